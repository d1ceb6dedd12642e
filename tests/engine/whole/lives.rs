//! S0.5: the end of a session is foreseen from how long this service's sessions lived until now.

use std::time::Duration;

use lamplighter_core::api::{LoginStage, Request, Response, Standing};

use super::world::{Running, World};

const DAY: Duration = Duration::from_secs(24 * 3600);
const DAY_MS: u64 = 24 * 3600 * 1000;

/// The service ends the session after so many days, and the person logs in again.
async fn lived(world: &World, engine: &Running, days: u32) {
    world.sleep(DAY * days);
    // What expired meanwhile is refreshed, and only then does the service end it.
    world.pass(engine, Duration::from_secs(120)).await;
    let email = &world.site.person().email;
    world.site.end_session(email);
    world.site.revoke_grants(email);
    world.pass(engine, Duration::from_secs(30 * 60)).await;
    engine.until("work", "over", |view| view.standing == Standing::NeedsYou).await;
    let request = Request::Login { account: "work".to_owned(), way: None };
    let Ok(Response::Login { login }) = engine.call(request).await else { panic!("no login") };
    let stage = engine.fill_in(world, &login.id).await;
    assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
}

#[tokio::test]
async fn s0_5_three_sessions_foresee_the_fourth_and_a_restart_forgets_none() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    for days in [9, 14] {
        lived(&world, &engine, days).await;
    }
    assert_eq!(engine.account("work").await.likely, None, "two say nothing");
    lived(&world, &engine, 12).await;
    let view = engine.account("work").await;
    let likely = view.likely.expect("three are enough");
    assert_eq!(likely.sessions, 3);
    assert_eq!((likely.shortest_ms / DAY_MS, likely.longest_ms / DAY_MS), (9, 14));
    let until = likely.at.since(view.logged_in.expect("logged in"));
    assert!((DAY * 12..DAY * 12 + DAY / 8).contains(&until), "{until:?}");
    engine.engine.stop().await;

    let engine = world.start().await;
    engine.until("work", "foreseen", |view| view.likely == Some(likely)).await;
    // Another account of the same service has the same prospects.
    engine.log_in(&world, "second").await;
    engine.until("second", "foreseen", |view| view.likely.is_some_and(|other| other.sessions == 3)).await;
    engine.engine.stop().await;
}
