//! The whole engine with the real Chrome: a session that only a browser can renew, from login to the day it ends.

mod setting;

use std::time::Duration;

use lamplighter_core::api::{LoginStage, Request, Settings, Standing, TokenRequest};
use lamplighter_core::record::StorageArea;
use lamplighter_core::report::Code;
use lamplighter_core::secret::Secret;
use testkit::practice::PROVIDER;

use setting::{Setting, has_window};

const MINUTE: Duration = Duration::from_secs(60);
/// A token of the practice site lives 15 minutes.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// Requests by which the two ways mint a token.
const BY_HTTP: &str = "GET /api/session";
const BY_PAGE: &str = "POST /app/mint";
const LOGIN_PAGE: &str = "GET /login";

fn text(secret: &Secret) -> String {
    secret.expose_str().expect("text").to_owned()
}

#[tokio::test]
async fn s0_1_s0_2_s0_3_m4_http_renews_the_session_and_chrome_does_where_http_cannot() {
    if !has_window() {
        return;
    }
    let setting = Setting::start().await;
    let (stage, captured) = setting.log_in().await;
    let LoginStage::Done { renewable: true, identity, .. } = stage else { panic!("{stage:?}") };
    assert_eq!(identity.as_deref(), Some(setting.site().person().email.as_str()));
    let names = setting.stored(|record| {
        let storage = &record.current.storage;
        let kept = storage.iter().any(|item| item.area == StorageArea::Session && item.key == "tab");
        assert!(kept, "S0.1: web storage was captured whole");
        record.current.jar.cookies.iter().map(|cookie| cookie.name.clone()).collect::<Vec<_>>()
    });
    assert!(captured.iter().all(|name| names.contains(name)), "S0.1: every cookie: {captured:?} {names:?}");
    let first = setting.env_file().await;

    // Plain HTTP with the cookies does it, so no Chrome is started.
    let by_http = setting.site().count_good(BY_HTTP);
    setting.pass(LIFE).await;
    let second = setting.env_becomes_other_than(&first).await;
    assert!(setting.site().owner_of(&second).is_some(), "the service takes what is in the file");
    assert!(setting.site().count_good(BY_HTTP) > by_http);
    assert_eq!(setting.site().count(BY_PAGE), 0);

    // HTTP is not welcome any more: the page itself has to mint, in a Chrome with the session restored.
    setting.site().set_session_endpoint(false);
    setting.pass(LIFE).await;
    let third = setting.env_becomes_other_than(&second).await;
    assert!(setting.site().owner_of(&third).is_some());
    assert_eq!(setting.site().count_good(BY_PAGE), 1);
    let granted = setting.token(TokenRequest::default()).await.expect("a token");
    assert_eq!(text(&granted.value), third);
    assert_eq!(setting.ways().await[..2], ["browser", "http"], "newest first");
    let view = setting.account().await;
    assert_eq!((view.standing, view.notice), (Standing::Fine, None));
    assert!(setting.toasts().is_empty(), "M4: nobody was asked");
    setting.assert_no_chrome();
    setting.stop().await;
}

#[tokio::test]
async fn s0_4_f35_a_session_that_has_ended_is_doubted_confirmed_and_then_one_toast_asks_the_person() {
    if !has_window() {
        return;
    }
    let setting = Setting::start().await;
    setting.log_in().await;
    let token = setting.env_file().await;
    let email = setting.site().person().email.clone();
    assert!(setting.site().end_session(&email) > 0);
    setting.until_after("in doubt", |view| view.notice.is_some()).await;
    let view = setting.account().await;
    assert_eq!(view.standing, Standing::Waiting, "once is not enough: {:?}", view.notice);
    assert!(setting.toasts().is_empty(), "and nobody is disturbed yet");
    let stale = TokenRequest { stale: true, ..TokenRequest::default() };
    let served = setting.token(stale).await.expect("the token is still valid");
    assert_eq!(text(&served.value), token);

    setting.until_after("needing the person", |view| view.standing == Standing::NeedsYou).await;
    let notice = setting.account().await.notice.expect("it says why");
    assert_eq!(notice.code, Code::NeedsLogin);
    let visits = || setting.site().count_good(LOGIN_PAGE);
    assert_eq!(visits(), 2, "Chrome ended at the login page, a 200, and once more when it was confirmed");
    let toasts = setting.toasts();
    let [toast] = toasts.as_slice() else { panic!("one toast: {toasts:?}") };
    assert!(toast.key.ends_with(":needs-you") && toast.title.contains("work"), "{toast:?}");
    assert!(!format!("{toast:?}").contains(&token), "I7");
    setting.pass(10 * MINUTE).await;
    assert_eq!(setting.toasts().len(), 1, "I8");
    assert_eq!(visits(), 2, "what is over is not asked again");
    assert!(setting.stored(|record| !record.current.jar.is_empty()), "I2: nothing was deleted");
    setting.assert_no_chrome();
    setting.stop().await;
}

#[tokio::test]
async fn f60_a_missing_chrome_is_no_dead_session_and_the_next_chrome_goes_on() {
    if !has_window() {
        return;
    }
    let setting = Setting::start().await;
    setting.log_in().await;
    let first = setting.env_file().await;
    let chrome = |path: Option<&str>| Request::SetSettings {
        settings: Settings { chrome: path.map(str::to_owned), ..Settings::default() },
    };
    setting.call(chrome(Some("/nonexistent/chrome"))).await.expect("settings");
    setting.site().set_session_endpoint(false);
    setting.until_after("without a Chrome", |view| view.notice.is_some()).await;
    let view = setting.account().await;
    let notice = view.notice.expect("it says why");
    assert_eq!(view.standing, Standing::Waiting, "{notice:?}");
    let said = format!("{notice:?}");
    assert!(said.contains("Chrome"), "it has words of its own: {said}");
    assert_eq!(view.ends, None, "a Chrome can be had again: that is no end of the session");

    setting.call(chrome(None)).await.expect("settings");
    let force = Request::Refresh { accounts: vec!["work".to_owned()], force: true, dry_run: false };
    setting.call(force).await.expect("refreshed");
    let second = setting.env_becomes_other_than(&first).await;
    assert!(setting.site().owner_of(&second).is_some());
    assert_eq!(setting.site().count_good(BY_PAGE), 1);
    assert_eq!(setting.account().await.standing, Standing::Fine);
    let needs_you = setting.toasts().iter().any(|toast| toast.key.ends_with(":needs-you"));
    assert!(!needs_you, "nobody had to sign in");
    setting.assert_no_chrome();
    setting.stop().await;
}

#[tokio::test]
async fn s0_5_n2_a_login_that_nothing_renews_says_when_it_ends_and_keeps_its_word() {
    if !has_window() {
        return;
    }
    let (before, rest) = PROVIDER.split_once("[[refresh]]").expect("a rung");
    let (_, after) = rest.split_once("[[probe]]").expect("a probe");
    let by_hand = format!("{before}[[refresh]]\nstrategy = \"manual\"\n[[probe]]{after}");
    let setting = Setting::start_with(&by_hand).await;
    let (stage, _) = setting.log_in().await;
    let LoginStage::Done { renewable: false, ends: Some(ends), words, .. } = stage else {
        panic!("{stage:?}")
    };
    assert!(words.contains("you will be told the day before"), "{words}");
    let view = setting.account().await;
    assert_eq!((view.ends, view.renewable), (Some(ends), Some(false)));
    setting.pass(LIFE / 2 - MINUTE).await;
    assert!(setting.toasts().is_empty());
    setting.pass(2 * MINUTE).await;
    let toasts = setting.toasts();
    let [toast] = toasts.as_slice() else { panic!("one toast: {toasts:?}") };
    assert!(
        toast.key.ends_with(":will-end") && toast.title.starts_with("work will probably end"),
        "{toast:?}"
    );
    setting.until_after("over", |view| view.standing == Standing::NeedsYou).await;
    assert_eq!(setting.account().await.ends, None);
    let keys: Vec<_> = setting.toasts().into_iter().map(|toast| toast.key).collect();
    assert!(keys.len() == 2 && keys[1].ends_with(":needs-you"), "{keys:?}");
    setting.stop().await;
}
