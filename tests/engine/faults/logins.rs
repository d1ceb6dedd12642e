//! Logins that cannot be stored, and what goes with them: F39, F49.

use lamplighter_core::api::{LoginStage, Request, Response, Standing};
use lamplighter_core::record::StoreError;
use testkit::practice::JSON_PROVIDER;

use super::world::SECOND;
#[cfg(unix)]
use super::world::{MINUTE, POSTED, logged_in};
use crate::whole::world::World;

#[tokio::test]
async fn f39_a_keychain_that_locks_during_a_login_is_waited_for() {
    let world = World::new();
    let engine = world.start().await;
    let login = engine.begin_login(&world, "work").await;
    engine.until_stage(&login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    world.store.lock().refuses = Some(StoreError::Locked);
    let filled = engine.fill_in(&world, &login);
    let unlocked = async {
        world.probed().await;
        for _ in 0..4 {
            world.pass(&engine, 3 * SECOND).await;
        }
        world.store.lock().refuses = None;
        for _ in 0..4 {
            world.pass(&engine, 3 * SECOND).await;
        }
    };
    let (stage, ()) = tokio::join!(filled, unlocked);
    assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
    assert_eq!(world.site.count("POST /api/auth/login"), 1, "the person was asked once");
    engine.is_alive(&world).await;
    engine.engine.stop().await;
}

// Windows lets nobody take a lock file away.
#[cfg(unix)]
#[tokio::test]
async fn f49_without_its_lock_file_the_engine_sends_nothing() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    let sent = world.site.requests().len();
    std::fs::remove_file(world.path("data/lock")).expect("the lock file");
    let report = engine.refresh().await;
    assert_eq!(report.failed, 1, "{report:?}");
    world.pass(&engine, 20 * MINUTE).await;
    assert_eq!(world.site.count(POSTED), 1, "only the trial");
    let with_token = world.site.requests().len() - sent;
    assert_eq!(with_token, 0, "nothing at all");
    assert_ne!(engine.account("work").await.standing, Standing::Fine);
    engine.engine.stop().await;
}

#[tokio::test]
async fn s3_8_a_secret_can_be_set_before_the_first_login() {
    let world = World::new();
    let var = "[vars.key]\nlabel = \"Key\"\nsecret = true\n\n[[login]]";
    world.provider("practice-json", &JSON_PROVIDER.replacen("[[login]]", var, 1));
    // Written by hand, as for a machine without a desktop.
    let account = format!(
        "[accounts.work]\nid = \"{}\"\nprovider = \"practice-json\"\nvars = {{ base = \"{}\" }}\n",
        "0123456789abcdef0123456789abcdef",
        world.site.base()
    );
    std::fs::write(world.path("config/config.toml"), account).expect("a file");
    let engine = world.start().await;
    engine.until("work", "asking for a login", |view| view.standing == Standing::NeedsYou).await;
    let request = || Request::Login { account: "work".to_owned(), way: None };
    assert!(engine.call(request()).await.is_err(), "it says what is missing");
    let set = Request::SetSecret {
        account: "work".to_owned(),
        name: "key".parse().expect("a name"),
        value: "k-1".into(),
    };
    engine.call(set).await.expect("kept for the login");
    let Ok(Response::Login { login }) = engine.call(request()).await else { panic!("no login") };
    let stage = engine.fill_in(&world, &login.id).await;
    assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
    let names = engine.call(Request::Secrets { account: "work".to_owned() }).await;
    let Ok(Response::Secrets { names }) = names else { panic!("{names:?}") };
    assert_eq!(names.len(), 1, "it is in the record now");
    engine.engine.stop().await;
}
