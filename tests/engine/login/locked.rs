//! F61, F39: the keychain is locked when a login is won, and stays so, or opens.

use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Standing, TokenRequest};
use lamplighter_core::record::StoreError;
use lamplighter_core::report::Code;

use crate::whole::world::{Running, World};

/// As often as the keychain is asked.
const AGAIN: Duration = Duration::from_secs(3);

/// The keychain locks while the person is typing.
async fn locked_while_typing(world: &World, engine: &Running, login: &str) {
    engine.until_stage(login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    world.store.lock().refuses = Some(StoreError::Locked);
    let person = world.site.person();
    let code = world.site.totp_code(&person.email);
    let values = [("email", person.email.as_str()), ("password", &person.password), ("code", &code)];
    let values = values.map(|(field, value)| (field.to_owned(), value.into())).into();
    engine.answer(login, LoginAnswer::Fields { values }).await;
}

/// A login that is won while the keychain is locked, and waits for that.
async fn unsaved(world: &World, engine: &Running, login: &str) {
    locked_while_typing(world, engine, login).await;
    let stage = engine.until_stage(login, |stage| matches!(stage, LoginStage::Unsaved { .. })).await;
    let LoginStage::Unsaved { notice } = stage else { unreachable!("looked for") };
    assert_eq!(notice.code, Code::StoreLocked);
    assert_eq!(notice.cure.as_deref(), Some("Unlock it and the login is saved."));
    assert_eq!(notice.safe.as_deref(), Some("The login went through; it waits in memory."));
}

/// Time passes, and the keychain is asked again and again.
async fn ends(world: &World, engine: &Running, login: &str) -> LoginStage {
    engine.ends_by(world, login, AGAIN).await
}

/// The same until the login has asked often enough: what counts are the times, however many moments each one takes.
async fn given_up(world: &World, engine: &Running, login: &str) -> LoginStage {
    let mut ends = std::pin::pin!(engine.login_ends(login));
    for _ in 0..6000 {
        if let Ok(stage) = tokio::time::timeout(Duration::from_millis(20), &mut ends).await {
            return stage;
        }
        world.clock.advance(AGAIN);
    }
    panic!("it waits for ever")
}

#[tokio::test]
async fn f61_a_login_whose_keychain_stays_locked_ends_with_that_and_leaves_nothing() {
    let world = World::new();
    let engine = world.start().await;
    let login = engine.begin_login(&world, "work").await;
    unsaved(&world, &engine, &login).await;
    let LoginStage::Failed { notice } = given_up(&world, &engine, &login).await else {
        panic!("it cannot win")
    };
    assert_eq!((notice.code, notice.code.exit()), (Code::StoreLocked, 5), "{notice:?}");
    assert_eq!(notice.safe.as_deref(), Some("Nothing was stored."));
    world.store.lock().refuses = None;
    let unknown = engine.call(Request::Account { account: "work".to_owned() }).await.expect_err("no account");
    assert_eq!(unknown.code, Code::UnknownAccount);
    assert!(world.store.is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f61_a_new_login_is_saved_as_soon_as_the_keychain_opens() {
    let world = World::new();
    let engine = world.start().await;
    let login = engine.begin_login(&world, "work").await;
    unsaved(&world, &engine, &login).await;
    for _ in 0..60 {
        world.pass(&engine, AGAIN).await;
    }
    world.store.lock().refuses = None;
    let stage = ends(&world, &engine, &login).await;
    assert!(matches!(stage, LoginStage::Done { renewable: true, .. }), "{stage:?}");
    assert_eq!(world.site.count("POST /api/auth/login"), 1, "the person was asked once");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f61_the_old_session_stays_while_the_new_one_waits_in_the_journal_for_the_keychain() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let before = world.store.lock().backup();
    let login = match engine.call(Request::Login { account: "work".to_owned(), way: None }).await {
        Ok(lamplighter_core::api::Response::Login { login }) => login.id,
        other => panic!("no login: {other:?}"),
    };
    locked_while_typing(&world, &engine, &login).await;
    let stage = ends(&world, &engine, &login).await;
    // Sealed beside the keychain, as a refresh is; whether it can be renewed will show when it is stored.
    let LoginStage::Done { words, .. } = stage else { panic!("{stage:?}") };
    assert!(words.contains("Whether it can be kept alive will show later."), "{words}");
    assert_eq!(world.store.lock().backup(), before, "what was stored is untouched");
    engine.token("work", TokenRequest::default()).await.expect("a token all the while");
    world.store.lock().refuses = None;
    world.pass(&engine, Duration::from_secs(400)).await;
    engine.until("work", "saved", |view| !view.unsaved && view.standing == Standing::Fine).await;
    assert_ne!(world.store.lock().backup(), before);
    engine.engine.stop().await;
}

#[tokio::test]
async fn f61_who_gives_up_while_it_waits_leaves_nothing() {
    let world = World::new();
    let engine = world.start().await;
    let login = engine.begin_login(&world, "work").await;
    unsaved(&world, &engine, &login).await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    assert_eq!(ends(&world, &engine, &login).await, LoginStage::Cancelled);
    world.store.lock().refuses = None;
    world.pass(&engine, Duration::from_secs(60)).await;
    assert!(world.store.is_empty(), "it does not come back");
    let unknown = engine.call(Request::Account { account: "work".to_owned() }).await.expect_err("no account");
    assert_eq!(unknown.code, Code::UnknownAccount);
    engine.engine.stop().await;
}

#[tokio::test]
async fn f61_an_engine_that_ends_while_it_waits_leaves_no_empty_account() {
    let world = World::new();
    let engine = world.start().await;
    let login = engine.begin_login(&world, "work").await;
    unsaved(&world, &engine, &login).await;
    engine.engine.stop().await;
    world.store.lock().refuses = None;
    let config = std::fs::read_to_string(world.path("config/config.toml")).unwrap_or_default();
    assert!(!config.contains("work"), "{config}");
}
