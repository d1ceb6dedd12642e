//! What a person does when something is wrong, and that it is put right by it.

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response, Standing, TokenRequest};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::StoreError;
use lamplighter_core::report::Code;
use lamplighter_core::secret::Secret;

use super::world::{Running, World};

const JSON: &str = include_str!("../../support/providers/practice-json.toml");

fn text(secret: &Secret) -> String {
    secret.expose_str().expect("text").to_owned()
}

fn of(account: &str) -> String {
    account.to_owned()
}

fn only_account(world: &World) -> AccountId {
    let stored = world.store.lock().backup();
    assert_eq!(stored.len(), 1, "one record");
    stored.into_keys().next().expect("a record")
}

impl Running {
    async fn reconnect(&self, account: &str) -> String {
        match self.call(Request::Login { account: of(account), way: None }).await {
            Ok(Response::Login { login }) => login.id,
            other => panic!("no login: {other:?}"),
        }
    }

    async fn log_out(&self, account: &str) -> Option<String> {
        match self.call(Request::Logout { account: of(account) }).await {
            Ok(Response::LoggedOut { revoke_failed, left: None }) => revoke_failed,
            other => panic!("not logged out: {other:?}"),
        }
    }
}

#[tokio::test]
async fn f42_an_entry_that_cannot_be_read_is_kept_aside_and_a_login_cures_it() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    engine.engine.stop().await;
    let id = only_account(&world);
    world.store.lock().corrupt(&id);
    let engine = world.start().await;
    let view = engine.until("work", "unreadable", |view| view.notice.is_some()).await;
    assert_ne!(view.standing, Standing::Fine);
    let login = engine.reconnect("work").await;
    let stage = engine.fill_in(&world, &login).await;
    assert!(matches!(stage, LoginStage::Done { renewable: true, .. }), "{stage:?}");
    assert_eq!(engine.account("work").await.standing, Standing::Fine);
    assert_eq!(world.store.lock().aside[&id], b"no record");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f42_an_account_whose_entry_cannot_be_read_can_be_logged_out() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    engine.engine.stop().await;
    let id = only_account(&world);
    world.store.lock().corrupt(&id);
    let engine = world.start().await;
    let said = engine.log_out("work").await;
    assert!(said.is_some(), "the service could not be told");
    assert!(world.store.is_empty());
    assert!(
        matches!(engine.call(Request::Accounts).await, Ok(Response::Accounts { accounts }) if accounts.is_empty())
    );
    engine.engine.stop().await;
}

#[tokio::test]
async fn an_account_whose_provider_file_is_gone_can_be_logged_out() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    std::fs::remove_file(world.path("config/providers/practice-json.toml")).expect("removed");
    let said = engine.log_out("work").await;
    assert!(said.is_some(), "the service could not be told");
    assert!(world.store.is_empty());
    let journals = std::fs::read_dir(world.path("data/journals")).expect("a folder").count();
    assert_eq!(journals, 0, "a logout leaves nothing");
    assert!(
        matches!(engine.call(Request::Accounts).await, Ok(Response::Accounts { accounts }) if accounts.is_empty())
    );
    engine.engine.stop().await;
}

#[tokio::test]
async fn s3_5_a_check_finds_a_token_that_was_revoked_early_and_refreshes_before_it_answers() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let old = engine.token("work", TokenRequest::default()).await.expect("a token");
    let before = world.site.count("POST /api/auth/refresh");
    world.site.revoke_token(&text(&old.value));
    let checked = engine.call(Request::Check { account: of("work") }).await;
    let Ok(Response::Account { account }) = checked else { panic!("{checked:?}") };
    assert_eq!(account.standing, Standing::Fine);
    assert_eq!(world.site.count("POST /api/auth/refresh"), before + 1, "one refresh");
    let new = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(world.site.owner_of(&text(&new.value)).is_some());
    engine.engine.stop().await;
}

#[tokio::test]
async fn s3_5_a_check_of_a_login_that_is_over_says_no() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let old = engine.token("work", TokenRequest::default()).await.expect("a token");
    let email = world.site.person().email.clone();
    world.site.end_session(&email);
    world.site.revoke_grants(&email);
    world.site.revoke_token(&text(&old.value));
    assert!(engine.call(Request::Check { account: of("work") }).await.is_err());
    assert_ne!(engine.account("work").await.standing, Standing::Fine);
    engine.engine.stop().await;
}

/// A way before the form of the practice site's provider.
const PASTE: &str = "[[login]]\nkind = \"paste\"\n[login.fields]\n\
                     \"refresh.main\" = { label = \"Credential\", secret = true }\n\n[[login]]";
/// A secret of the account's own.
const NOTE: &str = "[vars.note]\ntype = \"text\"\nlabel = \"Note\"\nsecret = true\n\n[[login]]";

#[tokio::test]
async fn an_account_reconnects_by_the_way_that_won() {
    let world = World::new();
    world.provider("practice-json", &JSON.replacen("[[login]]", PASTE, 1));
    let engine = world.start().await;
    let vars = [("base".parse().expect("a name"), world.site.base().to_owned())].into();
    let request = Request::NewLogin {
        provider: "practice-json".parse().expect("an id"),
        name: Some("work".parse().expect("a name")),
        vars,
        secrets: Default::default(),
        way: Some(1),
    };
    let Ok(Response::Login { login }) = engine.call(request).await else { panic!("no login") };
    assert_eq!(login.kind, "form");
    let stage = engine.fill_in(&world, &login.id).await;
    assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
    engine.engine.stop().await;
    // Also by another process.
    let engine = world.start().await;
    engine.until("work", "read", |view| view.standing == Standing::Fine).await;
    let login = engine.reconnect("work").await;
    let Ok(Response::Login { login }) = engine.call(Request::LoginState { login }).await else {
        panic!("no login")
    };
    assert_eq!(login.kind, "form");
    engine.answer(&login.id, LoginAnswer::Cancel).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn a_secret_that_is_set_before_the_login_is_stored_and_taken_into_it() {
    let world = World::new();
    world.provider("practice-json", &JSON.replacen("[[login]]", NOTE, 1));
    let id = AccountId::from_random([3; 16]);
    let config = format!(
        "[accounts.work]\nid = \"{id}\"\nprovider = \"practice-json\"\nvars = {{ base = \"{}\" }}\n",
        world.site.base()
    );
    std::fs::write(world.path("config/config.toml"), config).expect("a file");
    let engine = world.start().await;
    engine.until("work", "without a record", |view| view.standing == Standing::NeedsYou).await;
    let name = || "note".parse().expect("a name");
    let set = |value: &str| Request::SetSecret { account: of("work"), name: name(), value: value.into() };
    world.store.lock().refuses = Some(StoreError::Locked);
    let refused = engine.call(set("first")).await.expect_err("it cannot be kept");
    assert_eq!(refused.code, Code::StoreLocked);
    world.store.lock().refuses = None;
    assert!(matches!(engine.call(set("second")).await, Ok(Response::Done)));
    engine.engine.stop().await;
    // Another process has it still; the account is one that was never logged in.
    let engine = world.start().await;
    let view = engine.until("work", "without a record", |view| view.standing == Standing::NeedsYou).await;
    assert_eq!(view.notice.expect("it says why").code, Code::NeedsLogin);
    let names = engine.call(Request::Secrets { account: of("work") }).await;
    assert!(matches!(&names, Ok(Response::Secrets { names }) if *names == [name()]), "{names:?}");
    let login = match engine.call(Request::Login { account: of("work"), way: None }).await {
        Ok(Response::Login { login }) => login.id,
        other => panic!("no login: {other:?}"),
    };
    let stage = engine.fill_in(&world, &login).await;
    assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
    let id = only_account(&world);
    let record = world.store.lock().peek(&id).expect("a record");
    assert_eq!(text(&record.secrets[&name()]), "second");
    engine.engine.stop().await;
}
