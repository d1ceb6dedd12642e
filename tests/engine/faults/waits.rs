//! Services and networks that are not there for a while: F9, F10, F11, F47.

use lamplighter_core::api::{Request, Standing};
use testkit::practice::Fault;

use super::world::{HOUR, MINUTE, POSTED, REFRESH, SECOND, STEP, logged_in};
use crate::whole::world::World;

fn throttled(retry_after: &str) -> Fault {
    Fault::Raw(429, vec![("retry-after".to_owned(), retry_after.to_owned())], b"{}".to_vec())
}

#[tokio::test]
async fn f09_a_service_that_says_when_is_not_asked_before() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    world.site.script(REFRESH, [throttled("900")]);
    engine.refresh().await;
    let before = world.site.count(POSTED);
    world.pass(&engine, 7 * MINUTE).await;
    engine.call(Request::Check { account: "work".to_owned() }).await.expect("the login itself is good");
    world.pass(&engine, 7 * MINUTE).await;
    assert_eq!(world.site.count(POSTED), before, "not before its time, whatever a probe says meanwhile");
    world.pass(&engine, 3 * MINUTE).await;
    assert_eq!(world.site.count(POSTED), before + 1);
    engine.is_alive(&world).await;
    assert!(screen.toasts().is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f10_a_retry_after_that_makes_no_sense_is_no_loop() {
    for value in ["-5", "soon", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "1e9"] {
        let world = World::new();
        let (engine, _) = logged_in(&world).await;
        world.site.always(REFRESH, throttled(value));
        let before = world.site.count(POSTED);
        engine.refresh().await;
        world.pass(&engine, 10 * MINUTE).await;
        let sent = world.site.count(POSTED) - before;
        assert!((1..=11).contains(&sent), "{value}: {sent} requests in ten minutes");
        engine.until("work", "waiting", |view| view.standing == Standing::Waiting).await;
        engine.engine.stop().await;
    }
}

#[tokio::test]
async fn f11_a_storm_is_waited_out_and_costs_few_requests() {
    for fault in [Fault::Html(503), Fault::Html(502), Fault::Json(500, "oops".to_owned())] {
        let world = World::new();
        let (engine, screen) = logged_in(&world).await;
        world.site.always(REFRESH, fault.clone());
        let before = world.site.count(POSTED);
        world.pass_by(&engine, 4 * HOUR, STEP).await;
        let sent = world.site.count(POSTED) - before;
        assert!((2..=30).contains(&sent), "{fault:?}: {sent} requests in four hours");
        assert_eq!(engine.account("work").await.standing, Standing::Waiting, "{fault:?}");
        world.site.clear_faults();
        world.pass_by(&engine, 40 * MINUTE, STEP).await;
        engine.is_alive(&world).await;
        assert!(screen.toasts().len() <= 1, "{:?}", screen.toasts());
        engine.engine.stop().await;
    }
}

#[tokio::test]
async fn f47_a_network_that_flaps_spends_nothing_twice_and_says_at_most_one_thing() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    world.pass(&engine, 12 * MINUTE).await;
    for round in 0..300 {
        // Down for two seconds, up for two: whatever is sent while it is down is reset.
        if round % 2 == 0 {
            for path in [REFRESH, "/", "/api/me"] {
                world.site.always(path, Fault::ResetBefore);
            }
        } else {
            world.site.clear_faults();
        }
        world.pass_by(&engine, 2 * SECOND, SECOND).await;
    }
    world.site.clear_faults();
    // The next look at the host comes within a minute, and what waited for it goes on at once. One that was on its
    // way may still find it down.
    world.pass(&engine, 2 * MINUTE).await;
    engine.until("work", "fresh within two minutes", |view| view.notice.is_none()).await;
    let presented = world.site.presented(&world.site.person().email);
    assert_eq!(presented.again, 0, "{presented:?}");
    assert!(screen.toasts().len() <= 1, "{:?}", screen.toasts());
    engine.is_alive(&world).await;
    engine.engine.stop().await;
}
