//! What a login's step brought while the keychain was locked is sealed on the disk, as the reply of a refresh is
//! (I4, F39).

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response, Standing};
use lamplighter_core::record::StoreError;
use lamplighter_core::report::Code;
use testkit::memory_store::Fault as Refusal;
use testkit::practice::Fault;
use tokio::sync::watch;

use super::exchange::{EXCHANGE, PROBE, credential, world};
use crate::whole::world::{Running, World};

const EXCHANGED: &str = "POST /api/auth/refresh";

/// A login whose keychain locks between its exchange and what it brought.
async fn locked_in_between(world: &World, engine: &Running) -> String {
    let (answer, gate) = watch::channel(false);
    world.site.script(EXCHANGE, [Fault::Held(gate)]);
    let login = engine.new_login(world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(world)).await;
    world.arrived(1).await;
    world.store.lock().refuses = Some(StoreError::Locked);
    answer.send_replace(true);
    let stage = engine.until_stage(&login, |stage| matches!(stage, LoginStage::Unsaved { .. })).await;
    let LoginStage::Unsaved { notice } = stage else { unreachable!("looked for") };
    assert_eq!(notice.safe.as_deref(), Some("What the login has so far is kept."), "not in memory alone");
    login
}

fn journals(world: &World) -> usize {
    std::fs::read_dir(world.path("data/journals")).expect("a folder").count()
}

async fn goes_on(world: &World, engine: &Running) {
    world.store.lock().refuses = None;
    let login = engine.again().await;
    let stage = engine.ends_in_time(world, &login).await;
    assert!(matches!(stage, LoginStage::Done { renewable: true, .. }), "{stage:?}");
    assert_eq!(engine.account("work").await.standing, Standing::Fine);
    assert_eq!(world.store.lock().backup().len(), 1, "nothing is left beside the record");
    assert_eq!(journals(world), 1, "nor beside its journal");
    assert_eq!(world.site.count(EXCHANGED), 2, "one exchange, one trial");
}

#[tokio::test]
async fn i4_f39_what_came_while_the_keychain_was_locked_outlives_the_process() {
    let world = world();
    let engine = world.start().await;
    locked_in_between(&world, &engine).await;
    engine.engine.stop().await;
    world.store.lock().refuses = None;

    let engine = world.start().await;
    let view = engine.until("work", "read", |view| view.notice.is_some()).await;
    assert_eq!(view.notice.expect("it says why").what, "The login is not finished.");
    goes_on(&world, &engine).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn i4_f39_who_gives_up_while_the_keychain_is_locked_finds_it_at_the_next_login() {
    let world = world();
    let engine = world.start().await;
    let login = locked_in_between(&world, &engine).await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    assert_eq!(engine.ends_in_time(&world, &login).await, LoginStage::Cancelled);
    goes_on(&world, &engine).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn i6_what_is_sealed_alone_waits_for_a_service_that_is_down_at_the_probe() {
    let world = world();
    let engine = world.start().await;
    world.site.always(PROBE, Fault::ResetBefore);
    let (answer, gate) = watch::channel(false);
    world.site.script(EXCHANGE, [Fault::Held(gate)]);
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    world.arrived(1).await;
    world.store.lock().refuses = Some(StoreError::Locked);
    answer.send_replace(true);
    let notice = engine.fails(&world, &login).await;
    assert_eq!(notice.code, Code::Temporary, "{notice:?}");
    world.site.clear_faults();
    goes_on(&world, &engine).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn s2_3_a_logout_ends_the_session_that_is_sealed_alone_and_leaves_no_journal() {
    let world = world();
    let engine = world.start().await;
    let login = locked_in_between(&world, &engine).await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    engine.ends_in_time(&world, &login).await;
    world.store.lock().refuses = None;
    let out = engine.call(Request::Logout { account: "work".to_owned() }).await;
    assert!(matches!(out, Ok(Response::LoggedOut { revoke_failed: None, left: None })), "{out:?}");
    assert_eq!(world.site.count_good("POST /api/auth/logout"), 1);
    assert!(world.store.is_empty());
    assert_eq!(journals(&world), 0);
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_what_is_sealed_alone_and_refused_for_good_is_set_aside_with_what_it_brought() {
    let world = world();
    let engine = world.start().await;
    let login = locked_in_between(&world, &engine).await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    engine.ends_in_time(&world, &login).await;
    world.store.lock().refuses = None;
    world.site.revoke_all_tokens();
    let login = engine.again().await;
    engine.until_stage(&login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    let aside = world.store.lock().backup();
    let record =
        aside.values().next().map(|bytes| lamplighter_core::record::decode(bytes).expect("a record"));
    assert_eq!(record.expect("one").current.tokens.len(), 1, "not what was given, but what came for it");
    assert_eq!((aside.len(), journals(&world)), (1, 0));
    engine.answer(&login, LoginAnswer::Cancel).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn i3_f38_a_disk_that_has_no_room_for_what_comes_back_spends_nothing() {
    let world = world();
    let engine = world.start().await;
    let folder = world.path("data/journals");
    // Whoever the tests run as, nothing can be written there.
    std::fs::remove_dir(&folder).expect("nothing in it");
    std::fs::write(&folder, "in the way").expect("free");
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    let notice = engine.fails(&world, &login).await;
    assert_eq!(notice.code, Code::Disk, "{notice:?}");
    assert_eq!(notice.safe.as_deref(), Some("Nothing was sent; what you entered is still good."));
    assert_eq!(world.site.count(EXCHANGED), 0);
    assert!(world.store.is_empty());
    let unknown = engine.call(Request::Account { account: "work".to_owned() }).await.expect_err("no account");
    assert_eq!(unknown.code, Code::UnknownAccount);
    engine.engine.stop().await;
}

#[tokio::test]
async fn i3_a_keychain_that_refuses_the_mark_leaves_no_journal() {
    let world = world();
    let engine = world.start().await;
    world.store.lock().fail_next(Refusal::Refuses(StoreError::Locked));
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    let notice = engine.fails(&world, &login).await;
    assert_eq!(notice.code, Code::StoreLocked, "{notice:?}");
    assert_eq!((world.site.count(EXCHANGED), journals(&world)), (0, 0));
    assert!(world.store.is_empty());
    engine.engine.stop().await;
}
