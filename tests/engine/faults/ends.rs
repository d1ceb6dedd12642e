//! Ends in the middle of a refresh: F51, F64.

use std::time::Duration;

use lamplighter_core::api::{LoginStage, Request, Response};
use lamplighter_core::report::Code;
use testkit::practice::{Fault, JSON_PROVIDER, Settings, Site};

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
    let Ok(Response::LoggedOut { revoke_failed, left: None }) = answer else { panic!("{answer:?}") };
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

/// A home in which a login has spent what the person gave, and was switched off before it was proven.
async fn with_a_login_half_done() -> World {
    let world = World::new();
    // What is typed is good for one time, as far as this provider file says.
    let step = "save   = { \"token.access\" = \"json:access\", \"refresh.main\" = \"json:refresh\" }\n";
    let spends = format!("{step}spends = true\nwhen   = {{ absent = \"token.access\" }}\n");
    world.provider("practice-json", &JSON_PROVIDER.replacen(step, &spends, 1));
    let engine = world.start().await;
    // The service does not answer the probe, and then the machine is switched off.
    world.site.always("/api/me", Fault::Html(503));
    let login = engine.begin_login(&world, "work").await;
    let filled = engine.fill_in(&world, &login);
    tokio::select! {
        stage = filled => panic!("{stage:?}"),
        () = world.probed() => {}
    }
    engine.engine.stop().await;
    assert!(!world.store.is_empty(), "hidden, but there");
    world.site.clear_faults();
    world
}

#[tokio::test]
async fn f36_a_login_that_had_spent_what_the_person_gave_goes_on_where_it_stopped() {
    let world = with_a_login_half_done().await;
    let engine = world.start().await;
    let login = engine.begin_login(&world, "work").await;
    let stage = engine.login_ends(&login).await;
    assert!(matches!(stage, LoginStage::Done { .. }), "nobody was asked again: {stage:?}");
    assert_eq!(world.site.count("POST /api/auth/login"), 1);
    engine.is_alive(&world).await;
    assert_eq!(world.store.lock().backup().len(), 1, "what was hidden is gone");
    engine.engine.stop().await;
}

#[tokio::test]
async fn t23_what_is_left_of_a_login_goes_to_no_other_host() {
    let world = with_a_login_half_done().await;
    let other = Site::start(Settings::default());
    let engine = world.start().await;
    // The account belongs to what is left; here its service moves.
    let taken = engine.new_login_at(other.base(), Some("work")).await.expect_err("it is another one's");
    assert_eq!(taken.code, Code::NameTaken);
    let config = world.path("config/config.toml");
    let text = std::fs::read_to_string(&config).expect("a file");
    std::fs::write(&config, text.replace(world.site.base(), other.base())).expect("a file");
    let login = engine.again().await;
    engine.until_stage(&login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    assert!(other.requests().is_empty(), "the person is asked, and nothing was sent there");
    engine.engine.stop().await;
}
