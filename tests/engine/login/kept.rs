//! What a login has spent is kept, whatever comes between that and its proof, until it is proven, refused for
//! good, or logged out (I2, I3, I5, I6).

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response, Standing};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::{Record, StoreError, decode};
use lamplighter_core::report::{Code, Notice};
use testkit::practice::Fault;
use tokio::sync::watch;

use super::exchange::{EXCHANGE, PROBE, credential, exchanging, world};
use crate::whole::world::{Running, World};

const EXCHANGED: &str = "POST /api/auth/refresh";
const IS_KEPT: &str = "What the login has so far is kept.";

fn records(world: &World) -> Vec<Record> {
    world.store.lock().backup().values().map(|bytes| decode(bytes).expect("a record")).collect()
}

/// The credential of the only record, which the service would take.
fn stored(world: &World) -> String {
    let records = records(world);
    assert_eq!(records.len(), 1, "one record");
    let held = records[0].current.credentials.values().next().expect("a credential");
    held.value.expose_str().expect("text").to_owned()
}

/// A login whose exchange went through, and whose probe got no answer: as its notice says it.
async fn unproven(world: &World, engine: &Running) -> Notice {
    world.site.always(PROBE, Fault::ResetBefore);
    let login = engine.new_login(world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(world)).await;
    engine.fails(world, &login).await
}

async fn is_done(engine: &Running, world: &World, stage: &LoginStage) {
    assert!(matches!(stage, LoginStage::Done { renewable: true, .. }), "{stage:?}");
    assert_eq!(engine.account("work").await.standing, Standing::Fine);
    assert_eq!(records(world).len(), 1, "nothing is left beside the record");
}

#[tokio::test]
async fn i2_i6_what_was_exchanged_outlives_a_service_that_is_down_at_the_probe() {
    let world = world();
    let engine = world.start().await;
    let notice = unproven(&world, &engine).await;
    assert_eq!(notice.code, Code::Temporary, "{notice:?}");
    assert_eq!(notice.safe.as_deref(), Some(IS_KEPT), "{notice:?}");
    let kept = stored(&world);

    // Again, and still nothing answers: nobody is asked for anything, nothing is written over.
    let before = world.store.lock().backup();
    let login = engine.again().await;
    let notice = engine.fails(&world, &login).await;
    assert_eq!(notice.code, Code::Temporary, "{notice:?}");
    assert_eq!(world.store.lock().backup(), before);
    assert_eq!(stored(&world), kept);

    world.site.clear_faults();
    let login = engine.again().await;
    let stage = engine.login_ends(&login).await;
    is_done(&engine, &world, &stage).await;
    assert_eq!(world.site.count(EXCHANGED), 2, "one exchange, one trial");
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_nobody_is_told_that_nothing_was_stored_of_a_login_that_spent_something() {
    let world = world();
    let engine = world.start().await;
    world.site.always(PROBE, Fault::Json(401, "{}".to_owned()));
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    let notice = engine.fails(&world, &login).await;
    assert_eq!((notice.code, notice.safe.as_deref()), (Code::NeedsLogin, Some(IS_KEPT)), "{notice:?}");
    stored(&world);

    // A probe that was wrong about it is asked once more before the person is.
    world.site.clear_faults();
    let login = engine.again().await;
    let stage = engine.login_ends(&login).await;
    is_done(&engine, &world, &stage).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_another_engine_goes_on_with_what_a_new_account_had_spent_under_its_name_or_none() {
    for name in [Some("work"), None] {
        let world = world();
        let engine = world.start().await;
        unproven(&world, &engine).await;
        engine.engine.stop().await;
        world.site.clear_faults();

        let engine = world.start().await;
        let view = engine.until("work", "read", |view| view.notice.is_some()).await;
        assert_eq!(view.standing, Standing::NeedsYou);
        assert_eq!(view.notice.expect("it says why").what, "The login is not finished.");
        let login = engine.new_login(&world, name).await.expect("the same account");
        assert_eq!(login.account.as_str(), "work");
        let stage = engine.login_ends(&login.id).await;
        is_done(&engine, &world, &stage).await;
        engine.engine.stop().await;
    }
}

#[tokio::test]
async fn s3_8_what_is_left_brings_the_secrets_of_its_login_with_it() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    engine.engine.stop().await;
    world.site.clear_faults();
    let engine = world.start().await;
    engine.until("work", "read", |view| view.notice.is_some()).await;
    let login = engine.again().await;
    let stage = engine.login_ends(&login).await;
    is_done(&engine, &world, &stage).await;
    assert_eq!(records(&world)[0].secrets.values().next().and_then(|key| key.expose_str()), Some("k-1"));
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_who_cancels_finds_what_was_spent_at_the_next_login() {
    let world = world();
    let engine = world.start().await;
    world.site.always(PROBE, Fault::Silence);
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    world.probed().await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    assert_eq!(engine.login_ends(&login).await, LoginStage::Cancelled);
    stored(&world);
    world.site.clear_faults();
    let login = engine.again().await;
    let stage = engine.login_ends(&login).await;
    is_done(&engine, &world, &stage).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn s2_3_a_logout_gives_an_unfinished_login_up_for_good() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    let out = engine.call(Request::Logout { account: "work".to_owned() }).await;
    assert!(matches!(out, Ok(Response::LoggedOut { revoke_failed: None, left: None })), "{out:?}");
    assert_eq!(world.site.count_good("POST /api/auth/logout"), 1, "at the service, too");
    assert!(world.store.is_empty());
    let unknown = engine.call(Request::Account { account: "work".to_owned() }).await.expect_err("gone");
    assert_eq!(unknown.code, Code::UnknownAccount);
    engine.engine.stop().await;
}

#[tokio::test]
async fn s2_3_a_logout_waits_for_a_login_that_is_spending_and_then_takes_all_of_it() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    world.site.clear_faults();
    // The next one sends its exchange when the first is refused for good; its answer is kept back for a moment.
    world.site.revoke_all_tokens();
    world.site.script(EXCHANGE, [Fault::Delay(std::time::Duration::from_millis(300))]);
    let login = engine.again().await;
    engine.paste(&login, &credential(&world)).await;
    world.arrived(2).await;
    let out = engine.call(Request::Logout { account: "work".to_owned() }).await;
    assert!(matches!(out, Ok(Response::LoggedOut { .. })), "{out:?}");
    assert!(world.store.is_empty(), "neither what was stored last nor what was set aside");
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_what_is_refused_for_good_is_set_aside_and_the_person_asked_anew() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    let refused = stored(&world);
    world.site.clear_faults();
    world.site.revoke_all_tokens();
    let login = engine.again().await;
    engine.until_stage(&login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    assert_eq!(stored(&world), refused, "kept, elsewhere");
    engine.paste(&login, &credential(&world)).await;
    let stage = engine.login_ends(&login).await;
    assert!(matches!(stage, LoginStage::Done { renewable: true, .. }), "{stage:?}");
    let kept = records(&world).iter().any(|record| {
        record.current.credentials.values().any(|held| held.value.expose_str() == Some(refused.as_str()))
    });
    assert!(kept, "still");
    engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
    assert!(world.store.is_empty(), "until the person logs out");
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_what_was_refused_for_good_is_not_called_a_login_to_be_finished() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    let what = async |engine: &Running| engine.account("work").await.notice.expect("it says why").what;
    assert_eq!(what(&engine).await, "The login is not finished.");
    world.site.clear_faults();
    world.site.revoke_all_tokens();
    let login = engine.again().await;
    engine.until_stage(&login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    assert_eq!(engine.login_ends(&login).await, LoginStage::Cancelled);
    assert_ne!(what(&engine).await, "The login is not finished.", "the next one begins anew");
    engine.engine.stop().await;
}

#[tokio::test]
async fn i5_what_a_committed_login_had_kept_is_never_taken_for_newer_than_its_record() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    let hidden = world.store.lock().backup();
    world.site.clear_faults();
    let login = engine.again().await;
    let stage = engine.login_ends(&login).await;
    is_done(&engine, &world, &stage).await;
    let newest = stored(&world);
    engine.engine.stop().await;
    // As if the process had ended between the commit and what is tidied up after it.
    let mut stored_now = world.store.lock().backup();
    stored_now.extend(hidden);
    world.store.lock().restore(stored_now);

    let engine = world.start().await;
    engine.until("work", "read", |view| !view.tokens.is_empty()).await;
    let login = engine.again().await;
    engine.until_stage(&login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    assert_eq!(stored(&world), newest, "the old one is gone, the record untouched");
    engine.answer(&login, LoginAnswer::Cancel).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn i5_hosts_that_differ_do_not_get_it_and_do_not_cost_it() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    let first = stored(&world);
    world.site.clear_faults();
    // The file names another host besides: what is there was not made for that (T23).
    world.provider(
        "practice-json",
        &exchanging().replacen("hosts  = [\"{{base}}\"]", "hosts  = [\"{{base}}\", \"127.0.0.9\"]", 1),
    );
    let login = engine.again().await;
    engine.paste(&login, &credential(&world)).await;
    let stage = engine.login_ends(&login).await;
    assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
    let kept = records(&world).iter().any(|record| {
        record.current.credentials.values().any(|held| held.value.expose_str() == Some(first.as_str()))
    });
    assert!(kept, "set aside, not written over");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f61_a_credential_that_was_not_spent_leaves_nothing_behind() {
    for fault in [Fault::ResetBefore, Fault::Json(401, "{\"error\":\"token_not_valid\"}".to_owned())] {
        let is_unknown = matches!(fault, Fault::ResetBefore);
        let world = world();
        let engine = world.start().await;
        world.site.always(EXCHANGE, fault);
        let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
        engine.paste(&login, &credential(&world)).await;
        engine.fails(&world, &login).await;
        // A reset says nothing about what the service did; a refusal does.
        assert_eq!(world.store.is_empty(), !is_unknown);
        let account = engine.call(Request::Account { account: "work".to_owned() }).await;
        assert_eq!(account.is_ok(), is_unknown, "{account:?}");
        engine.engine.stop().await;
    }
}

#[tokio::test]
async fn f61_another_persons_login_is_asked_about_again_until_it_is_answered() {
    let world = world();
    let engine = world.start().await;
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    engine.login_ends(&login).await;
    let own = stored(&world);
    let is_asked = |stage: &LoginStage| matches!(stage, LoginStage::WrongPerson { .. });

    let login = engine.again().await;
    engine.paste(&login, &world.site.open_session("bo@example.com").refresh).await;
    engine.until_stage(&login, is_asked).await;
    // The engine ends: nothing is decided by that.
    engine.engine.stop().await;
    let engine = world.start().await;
    engine.until("work", "read", |view| !view.tokens.is_empty()).await;
    let login = engine.again().await;
    engine.until_stage(&login, is_asked).await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    assert_eq!(engine.login_ends(&login).await, LoginStage::Cancelled);

    // "No" is an answer: the next login is for somebody else.
    let login = engine.again().await;
    engine.until_stage(&login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    engine.login_ends(&login).await;
    let records = records(&world);
    assert_eq!(records.len(), 2, "and what it brought is kept until the logout");
    let is_own = |record: &Record| {
        record.current.credentials.values().any(|held| held.value.expose_str() == Some(own.as_str()))
    };
    assert!(records.iter().any(is_own), "the account is who it was");
    engine.engine.stop().await;
}

#[tokio::test]
async fn i3_a_lost_answer_is_asked_for_again_with_what_was_given_then() {
    let world = world();
    let engine = world.start().await;
    world.site.script(EXCHANGE, [Fault::ResetAfter]);
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    let notice = engine.fails(&world, &login).await;
    assert_eq!(notice.code, Code::Temporary, "{notice:?}");
    let login = engine.again().await;
    let stage = engine.login_ends(&login).await;
    is_done(&engine, &world, &stage).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn f39_what_was_exchanged_waits_for_a_keychain_that_locked_meanwhile() {
    let world = world();
    let engine = world.start().await;
    let (answer, gate) = watch::channel(false);
    world.site.script(EXCHANGE, [Fault::Held(gate)]);
    let login = engine.new_login(&world, Some("work")).await.expect("a login").id;
    engine.paste(&login, &credential(&world)).await;
    world.arrived(1).await;
    world.store.lock().refuses = Some(StoreError::Locked);
    answer.send_replace(true);
    let stage = engine.until_stage(&login, |stage| matches!(stage, LoginStage::Unsaved { .. })).await;
    let LoginStage::Unsaved { notice } = stage else { unreachable!("looked for") };
    assert_eq!(notice.code, Code::StoreLocked);
    world.store.lock().refuses = None;
    let stage = engine.ends_in_time(&world, &login).await;
    is_done(&engine, &world, &stage).await;
    assert_eq!(world.site.count(EXCHANGED), 2, "one exchange, one trial");
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_a_keychain_that_cannot_say_what_is_left_spends_nothing() {
    let world = world();
    let engine = world.start().await;
    unproven(&world, &engine).await;
    world.site.clear_faults();
    let hidden: Vec<AccountId> = world.store.lock().backup().into_keys().collect();
    let before = world.store.lock().backup();
    world.store.lock().newer(&hidden[0]);
    let login = engine.again().await;
    let notice = engine.fails(&world, &login).await;
    assert_eq!(notice.code, Code::Blocked, "{notice:?}");
    world.store.lock().restore(before);
    let login = engine.again().await;
    let stage = engine.login_ends(&login).await;
    is_done(&engine, &world, &stage).await;
    engine.engine.stop().await;
}
