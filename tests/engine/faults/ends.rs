//! Ends in the middle of a refresh: F51, F64.

use std::time::Duration;

use lamplighter_core::api::{Request, Response};
use lamplighter_core::report::Code;
use testkit::practice::Fault;

use super::world::{HOUR, POSTED, REFRESH, STEP, logged_in};
use crate::whole::world::World;

/// Real time in which other things happen while a reply is on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(400);

#[tokio::test]
async fn f51_logging_out_during_a_refresh_waits_for_it_and_leaves_nothing() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    world.site.script(REFRESH, [Fault::Delay(ON_ITS_WAY)]);
    let logout = async {
        world.arrived(2).await;
        engine.call(Request::Logout { account: "work".to_owned() }).await
    };
    let (_, answer) = tokio::join!(engine.refresh(), logout);
    let Ok(Response::LoggedOut { revoke_failed }) = answer else { panic!("{answer:?}") };
    assert_eq!(revoke_failed, None);
    assert!(world.store.is_empty(), "the late reply resurrects nothing");
    world.pass_by(&engine, HOUR, STEP).await;
    assert!(world.store.is_empty());
    assert_eq!(world.site.count(POSTED), 2, "the trial and the one in flight");
    let gone = engine.call(Request::Account { account: "work".to_owned() }).await.expect_err("gone");
    assert_eq!(gone.code, Code::UnknownAccount);
    engine.engine.stop().await;
}

#[tokio::test]
async fn f64_an_engine_that_ends_finishes_the_save_and_starts_nothing() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    let before = engine.generation().await;
    world.site.script(REFRESH, [Fault::Delay(ON_ITS_WAY)]);
    let asked = engine.call_later(Request::Refresh {
        accounts: vec!["work".to_owned()],
        force: true,
        dry_run: false,
    });
    world.arrived(2).await;
    engine.engine.stop().await;
    drop(asked);
    let stored = world.store.lock().backup();
    let id = stored.keys().next().expect("a record");
    let generation = world.store.lock().peek(id).expect("it can be read").current.generation;
    assert!(generation > before, "the reply was saved: {generation:?} after {before:?}");
    let sent = world.site.count(POSTED);

    let engine = world.start().await;
    engine.until("work", "there", |view| view.generation >= generation).await;
    assert_eq!(world.site.count(POSTED), sent, "nothing was open, so nothing is sent again");
    engine.is_alive(&world).await;
    engine.engine.stop().await;
}
