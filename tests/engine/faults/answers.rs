//! Answers that are no token: F2, F12, F13, F15, F16, F22, F23.

use lamplighter_core::api::{Request, Standing, TokenRequest};
use lamplighter_core::report::Code;
use testkit::practice::{Fault, JSON_PROVIDER, Settings, Site};

use super::world::{HOUR, MINUTE, POSTED, REFRESH, STEP, logged_in};
use crate::whole::world::World;

#[tokio::test]
async fn f02_a_redirect_to_another_host_is_not_followed() {
    let world = World::new();
    let elsewhere = Site::start(Settings::default());
    let (engine, _) = logged_in(&world).await;
    world.site.script(REFRESH, [Fault::Redirect(format!("{}/portal", elsewhere.base()))]);
    let report = engine.refresh().await;
    assert_eq!(report.failed, 1, "{report:?}");
    assert!(elsewhere.requests().is_empty(), "nothing was sent there");
    assert_eq!(engine.account("work").await.standing, Standing::Waiting);
    world.pass_by(&engine, 35 * MINUTE, STEP).await;
    engine.is_alive(&world).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn f12_a_firewall_that_refuses_is_waited_for_a_day_and_then_told_of() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    world.site.always(REFRESH, Fault::Html(403));
    world.pass_by(&engine, 23 * HOUR, STEP).await;
    let view = engine.account("work").await;
    assert_eq!(view.standing, Standing::Waiting, "{:?}", view.notice);
    let sent = world.site.count(POSTED);
    assert!(sent <= 60, "F11: {sent} requests with a credential in a day");
    world.pass_by(&engine, 3 * HOUR, STEP).await;
    let view = engine.until("work", "told of", |view| view.standing == Standing::NeedsYou).await;
    assert_eq!(view.notice.expect("it says why").code, Code::Blocked);
    assert!(!world.store.is_empty(), "I2");
    assert!(screen.toasts().iter().all(|toast| toast.key == screen.toasts()[0].key), "one matter");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f13_rejected_once_is_confirmed_before_anybody_is_asked() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    let before = world.site.count(POSTED);
    world.site.script(REFRESH, [Fault::Json(401, r#"{"error":"token_not_valid"}"#.to_owned())]);
    let report = engine.refresh().await;
    assert_eq!(report.failed, 1);
    let token = engine.token("work", TokenRequest::default()).await;
    assert!(token.is_ok(), "a token that is still valid is served in every state");
    world.pass(&engine, MINUTE / 2).await;
    assert_eq!(world.site.count(POSTED), before + 1, "not at once");
    world.pass(&engine, 6 * MINUTE).await;
    assert_eq!(world.site.count(POSTED), before + 2, "one confirming try");
    engine.is_alive(&world).await;
    assert!(screen.toasts().is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f15_wrong_settings_of_an_app_are_not_a_logout_and_concern_all_its_accounts() {
    let world = World::new();
    // The form's login, and an OAuth app's refresh.
    let rung = "strategy = \"oauth\"\nsave = { \"token.access\" = \"json:access_token\" }\n";
    let oauth = "[oauth]\nauthorize = \"{{base}}/oauth/authorize\"\ntoken = \"{{base}}/oauth/token\"\n\
                 client_id = \"mine\"\nclient_auth = \"none\"\n";
    let (head, rest) = JSON_PROVIDER.split_once("[[login]]").expect("a login");
    let (middle, rest) = rest.split_once("[[refresh]]\n").expect("a refresh");
    let (_, tail) = rest.split_once("[answers]").expect("answers");
    let text = format!("{head}{oauth}[[login]]{middle}[[refresh]]\n{rung}[answers]{tail}");
    world.provider("practice-json", &text);
    let refused = Fault::Json(401, r#"{"error":"invalid_client"}"#.to_owned());
    let access = world.site.open_session(&world.site.person().email).access;
    let good = Fault::Json(200, format!(r#"{{"access_token":"{access}"}}"#));
    world.site.script("/oauth/token", [good.clone(), good]);
    let engine = world.start().await;
    let first = engine.begin_login(&world, "one").await;
    let second = engine.begin_login(&world, "two").await;
    engine.fill_in(&world, &first).await;
    engine.fill_in(&world, &second).await;
    world.site.always("/oauth/token", refused);
    let refresh = Request::Refresh { accounts: vec!["one".to_owned()], force: true, dry_run: false };
    engine.call(refresh).await.expect("a report");
    for name in ["one", "two"] {
        let view = engine.until(name, "blocked", |view| view.standing == Standing::NeedsYou).await;
        assert_eq!(view.notice.expect("it says why").code, Code::Blocked);
    }
    assert_eq!(world.store.lock().backup().len(), 2, "tokens are kept");
    world.pass_by(&engine, 2 * HOUR, STEP).await;
    let sent = world.site.count("POST /oauth/token");
    assert_eq!(sent, 3, "two trials, one refused: nothing is tried any more, for either");
    engine.engine.stop().await;
}

#[tokio::test]
async fn f16_a_200_that_says_no_is_a_no() {
    let world = World::new();
    let answers = "[answers]\nerror = { json = \"ok\", equals = false }\ncode = \"json:error\"\n";
    world.provider("practice-json", &JSON_PROVIDER.replace("[answers]\n", answers));
    let (engine, _) = logged_in(&world).await;
    world.site.script(REFRESH, [Fault::Json(200, r#"{"ok":false,"error":"token_not_valid"}"#.to_owned())]);
    let generation = engine.generation().await;
    let report = engine.refresh().await;
    assert_eq!(report.failed, 1, "{report:?}");
    assert_eq!(engine.generation().await, generation, "nothing of it was stored");
    world.pass(&engine, 7 * MINUTE).await;
    engine.is_alive(&world).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn f22_an_answer_without_a_refresh_token_keeps_the_old_one() {
    let world = World::with(Settings { rotation: false, ..Settings::default() });
    let (engine, _) = logged_in(&world).await;
    for _ in 0..3 {
        engine.is_alive(&world).await;
    }
    engine.engine.stop().await;
}

#[tokio::test]
async fn f23_an_empty_refresh_token_keeps_the_old_one() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    let access = world.site.open_session(&world.site.person().email).access;
    for empty in [r#""""#, "null"] {
        let body = format!(r#"{{"access":"{access}","refresh":{empty}}}"#);
        world.site.script(REFRESH, [Fault::Json(200, body)]);
        let report = engine.refresh().await;
        assert_eq!(report.success, 1, "{empty}: {report:?}");
        engine.is_alive(&world).await;
    }
    engine.engine.stop().await;
}

#[tokio::test]
async fn n1_what_cannot_be_checked_or_refreshed_is_said_at_once() {
    let world = World::new();
    let (head, rest) = JSON_PROVIDER.split_once("[[refresh]]").expect("a refresh");
    let (_, rest) = rest.split_once("[answers]").expect("answers");
    let (answers, rest) = rest.split_once("[[probe]]").expect("a probe");
    let (_, revoke) = rest.split_once("[[revoke.steps]]").expect("a revocation");
    let text =
        format!("{head}[[refresh]]\nstrategy = \"manual\"\n[answers]{answers}[[revoke.steps]]{revoke}");
    world.provider("practice-json", &text);
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let check = engine.call(Request::Check { account: "work".to_owned() }).await.expect_err("no probe");
    assert_eq!(check.code, Code::Usage);
    let report = engine.refresh().await;
    assert_eq!(report.success, 0, "{report:?}");
    engine.engine.stop().await;
}
