//! One login's life: won, proven, tried, served, refreshed, lost, won again.

use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response, Standing, TokenRequest};
use lamplighter_core::report::Code;
use testkit::practice::Fault;

use super::world::World;

const MINUTE: Duration = Duration::from_secs(60);

fn text(secret: &lamplighter_core::secret::Secret) -> String {
    secret.expose_str().expect("text").to_owned()
}

#[tokio::test]
async fn n2_a_login_is_proven_and_tried_before_it_is_called_done() {
    let world = World::new();
    let engine = world.start().await;
    let stage = engine.log_in(&world, "work").await;
    let LoginStage::Done { identity, renewable, words, .. } = stage else { panic!("{stage:?}") };
    assert_eq!(identity.as_deref(), Some(world.site.person().email.as_str()));
    assert!(renewable, "the trial refresh went through");
    assert!(words.contains("Lamplighter can keep this alive."), "{words}");
    assert_eq!(world.site.count_good("POST /api/auth/refresh"), 1, "one trial");
    let view = engine.account("work").await;
    assert_eq!(view.standing, Standing::Fine);
    assert!(view.notice.is_none(), "{:?}", view.notice);
    engine.engine.stop().await;
}

#[tokio::test]
async fn m4_s4_1_a_token_is_always_valid_because_it_is_refreshed_before_it_ends() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    for round in 0..20 {
        world.pass(&engine, 5 * MINUTE).await;
        let grant = engine.token("work", TokenRequest::default()).await.expect("a token");
        assert!(
            world.site.owner_of(&text(&grant.value)).is_some(),
            "round {round}: the service takes it, {:?} ms left",
            grant.left_ms
        );
        assert!(grant.left_ms.expect("a known end") > 0);
    }
    assert!(world.site.count_good("POST /api/auth/refresh") >= 6, "100 minutes of 15-minute tokens");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f48_many_askers_at_expiry_cause_one_request() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let before = world.site.count("POST /api/auth/refresh");
    // The engine sleeps through the whole life of the token.
    world.sleep(16 * MINUTE);
    let asks = (0..64).map(|_| engine.token("work", TokenRequest::default()));
    for granted in futures_util::future::join_all(asks).await {
        assert!(world.site.owner_of(&text(&granted.expect("a token").value)).is_some());
    }
    assert_eq!(world.site.count("POST /api/auth/refresh"), before + 1);
    engine.engine.stop().await;
}

#[tokio::test]
async fn s0_2_a_reported_401_leads_to_one_refresh_and_a_report_of_a_fresh_token_to_none() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let old = engine.token("work", TokenRequest::default()).await.expect("a token");
    let report = || TokenRequest {
        rejected: Some(lamplighter_core::id::hex(&old.value.digest())),
        ..TokenRequest::default()
    };
    let fresh = engine.token("work", report()).await.expect("a token");
    assert!(fresh.still_good, "F58: it is younger than a minute");
    world.pass(&engine, 2 * MINUTE).await;
    world.site.revoke_token(&text(&old.value));
    let before = world.site.count("POST /api/auth/refresh");
    let asks = (0..8).map(|_| engine.token("work", report()));
    for granted in futures_util::future::join_all(asks).await {
        let granted = granted.expect("a token");
        assert!(!granted.still_good);
        assert!(world.site.owner_of(&text(&granted.value)).is_some(), "a new one that works");
    }
    assert_eq!(world.site.count("POST /api/auth/refresh"), before + 1, "S2.2: they share one refresh");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f58_a_report_that_the_probe_does_not_believe_changes_nothing() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let old = engine.token("work", TokenRequest::default()).await.expect("a token");
    world.pass(&engine, 2 * MINUTE).await;
    let before = world.site.count("POST /api/auth/refresh");
    let rejected = Some(lamplighter_core::id::hex(&old.value.digest()));
    let granted =
        engine.token("work", TokenRequest { rejected, ..TokenRequest::default() }).await.expect("a token");
    assert!(granted.still_good);
    assert!(granted.value == old.value);
    assert_eq!(world.site.count("POST /api/auth/refresh"), before);
    engine.engine.stop().await;
}

#[tokio::test]
async fn s3_7_a_session_that_ended_needs_the_person_and_a_new_login_repairs_everything() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let email = world.site.person().email.clone();
    world.site.end_session(&email);
    world.site.revoke_grants(&email);
    // Rejected once, confirmed later, then the person is needed.
    world.pass(&engine, 40 * MINUTE).await;
    let view = engine.until("work", "needing the person", |view| view.standing == Standing::NeedsYou).await;
    let notice = view.notice.expect("it says why");
    assert_eq!(notice.code, Code::NeedsLogin);
    for part in [&notice.safe, &notice.cure] {
        assert!(part.is_some(), "five parts: {notice:?}");
    }
    let refused = engine.token("work", TokenRequest::default()).await.err().expect("no token");
    assert_eq!(refused.code.exit(), 3);

    let Ok(Response::Login { login }) =
        engine.call(Request::Login { account: "work".to_owned(), way: None }).await
    else {
        panic!("no login")
    };
    let code = world.site.totp_code(&email);
    let password = world.site.person().password.clone();
    let values = [("email", email), ("password", password), ("code", code)];
    let values = values.map(|(field, value)| (field.to_owned(), value.into())).into();
    engine.answer(&login.id, LoginAnswer::Fields { values }).await;
    let stage = engine.login_ends(&login.id).await;
    assert!(matches!(stage, LoginStage::Done { renewable: true, .. }), "{stage:?}");
    let granted = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(world.site.owner_of(&text(&granted.value)).is_some());
    engine.engine.stop().await;
}

#[tokio::test]
async fn s0_3_the_env_file_has_the_new_token_after_every_refresh() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let env = world.path(".env");
    std::fs::write(&env, "# mine\nOTHER=1\nTOKEN=old\n").expect("a file");
    engine.sink("work", &env, "TOKEN").await;
    engine.until("work", "delivered", |view| view.sinks.iter().any(|sink| sink.delivered.is_some())).await;
    let granted = engine.token("work", TokenRequest::default()).await.expect("a token");
    let content = std::fs::read_to_string(&env).expect("the file");
    assert_eq!(content, format!("# mine\nOTHER=1\nTOKEN={}\n", text(&granted.value)));
    let delivered = engine.account("work").await.sinks.first().and_then(|sink| sink.delivered);
    engine.engine.stop().await;

    // An engine that starts again and cannot write still knows when it was written last.
    std::fs::remove_file(&env).expect("the file");
    std::fs::create_dir(&env).expect("a folder in its place");
    world.sleep(MINUTE);
    let engine = world.start().await;
    engine
        .until("work", "failing, and delivered before", |view| {
            view.sinks.iter().any(|sink| sink.notice.is_some() && sink.delivered == delivered)
        })
        .await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn f36_an_engine_that_starts_again_goes_on_where_the_last_one_was() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let before = engine.token("work", TokenRequest::default()).await.expect("a token");
    engine.engine.stop().await;

    let engine = world.start().await;
    let after = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(after.value == before.value, "the same token, no login, no needless refresh");
    world.pass(&engine, 14 * MINUTE).await;
    engine.until("work", "refreshed", |view| view.generation > after.generation).await;
    assert_eq!(world.site.count("POST /api/auth/login"), 1, "the person was asked once");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f61_a_login_that_fails_or_is_cancelled_leaves_nothing_behind() {
    let world = World::new();
    let engine = world.start().await;
    let login = engine.begin_login(&world, "work").await;
    engine.answer(&login, LoginAnswer::Cancel).await;
    assert_eq!(engine.login_ends(&login).await, LoginStage::Cancelled);
    let unknown = engine.call(Request::Account { account: "work".to_owned() }).await.expect_err("no account");
    assert_eq!(unknown.code, Code::UnknownAccount);
    assert!(!world.path("config/config.toml").exists(), "no section was written");
    assert!(world.store.is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f61_eight_logins_run_at_once_and_the_ninth_is_told_so_until_one_is_over() {
    let world = World::new();
    let engine = world.start().await;
    let mut logins = Vec::new();
    for number in 0..8 {
        logins.push(engine.begin_login(&world, &format!("work-{number}")).await);
    }
    let base = ("base".parse().expect("a name"), world.site.base().to_owned());
    let ninth = || Request::NewLogin {
        provider: "practice-json".parse().expect("an id"),
        name: Some("ninth".parse().expect("a name")),
        vars: [base.clone()].into(),
        secrets: std::collections::BTreeMap::new(),
        way: None,
    };
    let notice = engine.call(ninth()).await.expect_err("there are eight");
    assert_eq!((notice.code, notice.what.as_str()), (Code::Busy, "8 logins are under way already."));
    assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some(), "{notice:?}");
    engine.answer(&logins[0], LoginAnswer::Cancel).await;
    assert_eq!(engine.login_ends(&logins[0]).await, LoginStage::Cancelled);
    engine.call(ninth()).await.expect("there is room again");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f45_who_keeps_the_machine_awake_is_let_go_once_it_has_slept_all_the_same() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let (gate, held) = tokio::sync::watch::channel(false);
    world.site.script("/api/auth/refresh", [Fault::Held(held)]);
    let arrived = world.site.arrived("POST /api/auth/refresh");
    let accounts = vec!["work".to_owned()];
    let refresh = engine.call_later(Request::Refresh { accounts, force: true, dry_run: false });
    world.arrived(arrived + 1).await;
    let bed = engine.engine.bed();
    let lets_go = tokio::task::spawn_blocking(move || bed.sleeps());
    let sleeping = async {
        while !lets_go.is_finished() {
            world.sleep(2 * MINUTE);
            engine.call(Request::Engine).await.expect("it answers");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(super::world::HANGS, sleeping).await.expect("it lets go");
    assert_eq!(engine.account("work").await.standing, Standing::Working, "the answer is still on its way");
    gate.send_replace(true);
    refresh.await.expect("no panic").expect("a report");
    engine.engine.stop().await;
}

#[tokio::test]
async fn s2_3_logging_out_revokes_at_the_service_and_removes_all_traces() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let answer = engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
    let Response::LoggedOut { revoke_failed, left: None } = answer else { panic!("{answer:?}") };
    assert_eq!(revoke_failed, None);
    assert_eq!(world.site.count_good("POST /api/auth/logout"), 1);
    assert!(world.store.is_empty());
    let journals = std::fs::read_dir(world.path("data/journals")).expect("the folder").count();
    assert_eq!(journals, 0);
    assert!(!std::fs::read_to_string(world.path("config/config.toml")).expect("the file").contains("work"));
    engine.engine.stop().await;
}
