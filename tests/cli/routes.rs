//! Client and server agree on every call, and the table describes itself.

use std::collections::BTreeMap;

use lamplighter_core::api::{LoginAnswer, Request, Settings, SinkSettings};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::route::ROUTES;
use lamplighter_engine::api::{Client, Trouble, openapi};

use crate::fake::{Fake, told};
use crate::world::{World, post};

fn requests() -> Vec<Request> {
    let account = || "ana's/weird %2e name?é".to_owned();
    let sink = || SinkSettings::Env {
        path: "~/bot/.env".into(),
        set: BTreeMap::from([("TOKEN".into(), "{{token.bot}}".into())]),
        allow_tracked: true,
    };
    let secret = || Secret::from("p\"ä\\ss\nword");
    let answer = |answer| Request::LoginAnswer { login: "login-1".into(), answer };
    vec![
        Request::Accounts,
        Request::Account { account: account() },
        Request::Refresh { accounts: vec![account(), "b".into()], force: true, dry_run: true },
        Request::TryOnce { account: account() },
        Request::Check { account: account() },
        Request::Pause { account: account() },
        Request::Resume { account: account() },
        Request::PauseAll { paused: true },
        Request::PauseAll { paused: false },
        Request::Logout { account: account() },
        Request::Rename { account: account(), name: "new".parse().unwrap() },
        Request::NewLogin {
            provider: "slack".parse().unwrap(),
            name: Some("new".parse().unwrap()),
            vars: BTreeMap::from([("team".parse().unwrap(), "acme".into())]),
            secrets: BTreeMap::from([("client_secret".parse().unwrap(), secret())]),
            way: Some(1),
        },
        Request::Login { account: account(), way: Some(2) },
        Request::Login { account: account(), way: None },
        Request::LoginState { login: "login-1".into() },
        answer(LoginAnswer::Fields { values: BTreeMap::from([("user".into(), secret())]) }),
        answer(LoginAnswer::Address { url: Secret::from("http://127.0.0.1/?code=1&state=2") }),
        answer(LoginAnswer::SignedIn),
        answer(LoginAnswer::AcceptPerson),
        answer(LoginAnswer::Cancel),
        Request::SetSecret { account: account(), name: "client_secret".parse().unwrap(), value: secret() },
        Request::RemoveSecret { account: account(), name: "client_secret".parse().unwrap() },
        Request::Secrets { account: account() },
        Request::Alerts,
        Request::TestAlerts { account: Some(account()) },
        Request::TestAlerts { account: None },
        Request::Providers,
        Request::SetSinks { account: account(), sinks: vec![sink(), sink()] },
        Request::TestSink { account: account(), sink: sink() },
        Request::History { account: account(), limit: Some(7) },
        Request::History { account: account(), limit: None },
        Request::Engine,
        Request::Show,
        Request::RetryStore,
        Request::Settings,
    ]
}

#[test]
fn every_request_arrives_as_it_was_sent() {
    let world = World::new(Fake::new());
    let client = Client::new(world.socket(), Lang::Fr);
    for request in requests() {
        let answer = client.call(&request);
        let said = told(&request);
        assert!(answer.is_ok(), "{said}: {answer:?}");
        assert_eq!(world.fake.asked.lock().unwrap().last(), Some(&(said, Lang::Fr)));
    }
}

#[test]
fn settings_are_laid_over_those_that_are() {
    let world = World::new(Fake::new());
    let client = Client::new(world.socket(), Lang::En);
    let settings =
        Settings { start_at_login: true, chrome: Some("/usr/bin/chromium".into()), ..Settings::default() };
    client.call(&Request::SetSettings { settings: settings.clone() }).expect("it is answered");
    assert_eq!(world.fake.words().last(), Some(&format!("set_settings {settings:?}")));
    let patch =
        "PATCH /v1/settings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let reply = world.raw(format!("{patch}Content-Length: 16\r\n\r\n{{\"theme\":\"dark\"}}"));
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    let expected = Settings { theme: Some("dark".into()), ..Settings::default() };
    assert_eq!(world.fake.words().last(), Some(&format!("set_settings {expected:?}")));
    let reply = world
        .raw(format!("{patch}Content-Length: 9\r\n\r\n{{\"tehm\":1}}").replace("Length: 9", "Length: 10"));
    assert!(reply.starts_with("HTTP/1.1 400") && reply.contains("tehm"), "{reply}");
}

#[test]
fn what_only_the_window_does_is_refused_before_anything_is_sent() {
    let world = World::new(Fake::new());
    let client = Client::new(world.socket(), Lang::En);
    let answer = client.call(&Request::CopyToken { account: "a".into(), name: None });
    assert!(matches!(answer, Err(Trouble::Said(_))));
    assert!(world.fake.words().is_empty());
}

#[test]
fn durations_can_be_written_as_people_do_and_misspelt_members_are_refused() {
    let world = World::new(Fake::new());
    let reply = world.raw(post("/v1/accounts/a/token", r#"{"min_valid":"5m","wait":"1s"}"#));
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(reply.contains("cache-control: no-store"), "{reply}");
    assert_eq!(world.fake.words(), ["token a None Some(300000) Some(1000) false None"]);
    for body in [r#"{"min_valid_minutes":5}"#, r#"{"min_valid":"soon"}"#, r#"{"rejected":"xoxb-1-s3cret"}"#] {
        let reply = world.raw(post("/v1/accounts/a/token", body));
        assert!(reply.starts_with("HTTP/1.1 400") && reply.contains("\"usage\""), "{reply}");
        assert!(!reply.contains("s3cret"), "{reply}");
    }
    assert_eq!(world.fake.words().len(), 1);
}

#[test]
fn i7_a_secret_in_the_wrong_place_is_not_repeated() {
    let world = World::new(Fake::new());
    for (path, body) in [
        ("/v1/logins", r#"{"provider":"slack","way":"s3cret"}"#),
        ("/v1/logins", r#"{"provider":"slack","secrets":"s3cret"}"#),
        ("/v1/logins/x", r#"{"answer":"s3cret"}"#),
        ("/v1/logins/x", r#"{"answer":"fields","values":["s3cret"]}"#),
    ] {
        let reply = world.raw(post(path, body));
        assert!(reply.starts_with("HTTP/1.1 400") && !reply.contains("s3cret"), "{reply}");
    }
}

#[test]
fn lamp_prints_a_description_of_every_route() {
    let document = openapi();
    for route in ROUTES {
        let method = route.method.as_str().to_lowercase();
        assert!(document["paths"][route.path][&method]["summary"].is_string(), "{method} {}", route.path);
    }
    let world = World::new(Fake::new());
    let printed: serde_json::Value = serde_json::from_str(&world.lamp(&["openapi"]).out).expect("JSON");
    assert_eq!(printed, document);
    assert!(world.fake.words().is_empty(), "no engine is needed for it");
}
