//! Requests whose fate is not known: F1, F7, F8.

use std::time::Duration;

use lamplighter_core::api::Standing;
use lamplighter_core::report::Code;
use testkit::practice::{Fault, Settings};

use super::world::{HOUR, MINUTE, POSTED, REFRESH, STEP, logged_in};
use crate::whole::world::World;

#[tokio::test]
async fn f01_a_captive_portal_is_no_logout_and_one_replay_is_enough_once_it_is_gone() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    world.site.script(REFRESH, [Fault::Html(200)]);
    engine.refresh().await;
    assert_eq!(world.site.count(POSTED), 3, "trial, the page in the answer's place, one replay");
    assert_eq!(world.site.presented(&world.site.person().email).again, 0);
    engine.is_alive(&world).await;
    assert!(screen.toasts().is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f01_a_portal_that_stays_is_never_a_logout_and_is_not_hammered() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    world.site.always(REFRESH, Fault::Html(200));
    world.pass_by(&engine, 6 * HOUR, STEP).await;
    let view = engine.account("work").await;
    assert_eq!(view.standing, Standing::Waiting, "{:?}", view.notice);
    let sent = world.site.count(POSTED);
    assert!((3..=30).contains(&sent), "{sent} requests with a credential in six hours");
    world.site.clear_faults();
    world.pass_by(&engine, 40 * MINUTE, STEP).await;
    engine.is_alive(&world).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn f07_a_reset_before_the_service_acted_costs_nothing() {
    let world = World::with(Settings { grace: Duration::ZERO, ..Settings::default() });
    let (engine, screen) = logged_in(&world).await;
    world.site.script(REFRESH, [Fault::ResetBefore]);
    engine.refresh().await;
    assert_eq!(world.site.presented(&world.site.person().email).again, 0, "nothing was used yet");
    engine.is_alive(&world).await;
    assert!(screen.toasts().is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f07_a_reset_after_the_service_acted_is_healed_within_its_grace() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    world.site.script(REFRESH, [Fault::ResetAfter]);
    engine.refresh().await;
    assert_eq!(world.site.presented(&world.site.person().email).again, 1, "one marked replay");
    engine.is_alive(&world).await;
    assert!(screen.toasts().is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f07_without_a_grace_the_login_is_over_said_once_and_kept() {
    let world = World::with(Settings { grace: Duration::ZERO, ..Settings::default() });
    let (engine, screen) = logged_in(&world).await;
    world.site.script(REFRESH, [Fault::ResetAfter]);
    let report = engine.refresh().await;
    assert_eq!(report.failed, 1, "{report:?}");
    world.pass(&engine, 10 * MINUTE).await;
    let view = engine.until("work", "over", |view| view.standing == Standing::NeedsYou).await;
    assert_eq!(view.notice.expect("it says why").code, Code::NeedsLogin);
    let presented = world.site.presented(&world.site.person().email);
    assert_eq!(presented.again, 2, "the replay and its confirmation: {presented:?}");
    assert!(!world.store.is_empty(), "I2");
    assert_eq!(screen.toasts().len(), 1, "{:?}", screen.toasts());
    world.pass_by(&engine, 2 * HOUR, STEP).await;
    assert_eq!(world.site.presented(&world.site.person().email), presented, "nothing more is sent");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f08_a_reply_that_is_cut_anywhere_stores_no_half_token() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    for cut in [0, 1, 9, 17, 60, 120, 150, 200, 260, 320, 400, 500, 600] {
        world.site.script(REFRESH, [Fault::CutAfter(cut)]);
        engine.refresh().await;
        world.site.clear_faults();
        engine.is_alive(&world).await;
        // Who asks without a pause is told to ask less (S2.5).
        world.pass_by(&engine, 2 * MINUTE, STEP).await;
    }
    assert!(screen.toasts().is_empty());
    engine.engine.stop().await;
}
