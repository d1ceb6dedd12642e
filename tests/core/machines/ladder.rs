//! Which rung is tried when, and what the whole ladder says in the end.

use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{BrowserEnd, BrowserResult, NoChrome};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::refresh::{End, Purpose, Way};
use lamplighter_core::time::Now;

use super::COOKIES;
use super::rig::{Rig, json, reply};

const BROWSER: &str = r#"
[[refresh]]
strategy = "browser"
url = "https://app.example.com/"
ready = [{ local_storage = "access_token" }]
save = { "token.access" = "local_storage:access_token" }
"#;

fn two_rungs() -> Rig {
    let (before, after) = COOKIES.split_once("[[probe]]").unwrap();
    let without_probe = after.split_once("[dead]").unwrap().1;
    Rig::new(&format!("{before}{BROWSER}\n[dead]{without_probe}"))
}

fn visit(end: BrowserEnd, token: Option<&str>, now: Now) -> BrowserResult {
    let item = |value: &str| StorageItem {
        origin: "https://app.example.com".to_owned(),
        area: StorageArea::Local,
        key: "access_token".to_owned(),
        value: value.into(),
    };
    BrowserResult {
        end,
        url: None,
        cookies: Some(Vec::new()),
        storage: Some(token.map(item).into_iter().collect()),
        request_headers: Vec::new(),
        user_agent: None,
        took: std::time::Duration::from_secs(2),
        at: now,
    }
}

#[test]
fn a_rung_that_answers_without_the_token_is_followed_by_the_next_at_once() {
    let mut rig = two_rungs();
    // A page's token counts only if it ends later than the one that is there.
    rig.clock.advance(std::time::Duration::from_secs(3500));
    rig.answers = Box::new(|_, now| json(401, "{}", now));
    rig.visits = Box::new(|_, now| visit(BrowserEnd::Ready, Some("canary-b"), now));
    let summary = rig.refresh();
    assert_eq!((summary.end, summary.way), (End::Renewed { probe: None }, Some(Way::Browser)));
    assert_eq!(rig.token(), "canary-b");
}

#[test]
fn f11_a_transient_rung_is_not_followed_by_the_next() {
    let mut rig = two_rungs();
    rig.answers = Box::new(|_, now| json(503, "{}", now));
    assert!(matches!(rig.refresh().end, End::Transient { .. }));
}

#[test]
fn i9_a_browser_that_times_out_is_transient_and_what_it_left_is_saved_unproven() {
    let mut rig = two_rungs();
    rig.answers = Box::new(|_, now| json(401, "{}", now));
    rig.visits = Box::new(|_, now| visit(BrowserEnd::TimedOut, Some("canary-half"), now));
    assert!(matches!(rig.refresh().end, End::Transient { .. }));
    let record = rig.stored();
    assert!(!record.current.is_proven);
    assert_eq!(record.current.storage.len(), 1);
    assert!(record.proven.is_some_and(|older| older.storage.is_empty()));
}

#[test]
fn f60_without_chrome_nothing_is_over() {
    let mut rig = two_rungs();
    rig.answers = Box::new(|_, now| json(401, "{}", now));
    rig.visits = Box::new(|_, now| BrowserResult {
        cookies: None,
        storage: None,
        ..visit(BrowserEnd::CannotRun(NoChrome::Missing), None, now)
    });
    assert_eq!(rig.refresh().end, End::CannotRun { no_chrome: Some(NoChrome::Missing) });
}

#[test]
fn f60_a_chrome_that_crashed_leaves_the_fate_unknown() {
    let mut rig = two_rungs();
    rig.answers = Box::new(|_, now| json(401, "{}", now));
    rig.visits = Box::new(|_, now| BrowserResult {
        cookies: None,
        storage: None,
        ..visit(BrowserEnd::Crashed, None, now)
    });
    assert!(matches!(rig.refresh().end, End::Unknown { replays: 1, .. }));
}

#[test]
fn f52_both_rungs_logged_out_is_a_rejection() {
    let mut rig = two_rungs();
    rig.answers = Box::new(|_, now| json(401, "{}", now));
    rig.visits = Box::new(|_, now| visit(BrowserEnd::Dead, None, now));
    assert_eq!(rig.refresh().end, End::Rejected { last: false, lost: false });
}

#[test]
fn redirects_are_followed_within_the_hosts_and_every_hops_cookie_is_kept() {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/api/session" => {
            reply(302, &[("location", "/hop"), ("set-cookie", "sid=canary-1; Path=/")], "", now)
        }
        "/hop" => {
            let cookie = request
                .headers
                .iter()
                .find(|(name, _)| name == "Cookie")
                .map(|(_, value)| super::rig::shown(value));
            assert_eq!(cookie.as_deref(), Some("sid=canary-1"));
            json(200, r#"{"access_token":"canary-a2"}"#, now)
        }
        _ => json(200, r#"{"email":"ana@example.com"}"#, now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(true) });
    assert_eq!(rig.stored().current.jar.cookies.len(), 1);
}

#[test]
fn f02_a_redirect_to_another_host_is_not_followed() {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|request, now| {
        assert_eq!(request.url.host_str(), Some("app.example.com"));
        reply(302, &[("location", "https://portal.example.net/x")], "", now)
    });
    let cause = Cause::Redirected { host: "portal.example.net".to_owned() };
    assert_eq!(rig.refresh().end, End::Refused { status: 302, cause });
    assert_eq!(rig.requests.len(), 1);
}

#[test]
fn f02_i9_a_gateways_login_page_says_nothing_of_the_login_unless_the_file_names_its_host() {
    let at_gateway = |toml: &str| {
        let mut rig = Rig::new(toml);
        rig.answers =
            Box::new(|_, now| reply(302, &[("location", "https://portal.example.net/login?x")], "", now));
        rig.refresh().end
    };
    let cause = Cause::Redirected { host: "portal.example.net".to_owned() };
    assert_eq!(at_gateway(COOKIES), End::Refused { status: 302, cause });
    let named = COOKIES.replace("*/login*", "https://portal.example.net/login*");
    assert_eq!(at_gateway(&named), End::Rejected { last: false, lost: false });
}

#[test]
fn redirects_end_after_five() {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|_, now| reply(302, &[("location", "/again")], "", now));
    assert!(matches!(rig.refresh().end, End::Refused { status: 302, .. }));
    assert_eq!(rig.requests.len(), 6);
}

#[test]
fn f35_a_redirect_to_the_login_page_is_a_rejection_and_its_empty_session_is_not_taken_over() {
    let mut rig = Rig::new(COOKIES);
    rig.answers =
        Box::new(|_, now| reply(302, &[("location", "/login?next=x"), ("set-cookie", "sid=none")], "", now));
    assert_eq!(rig.refresh().end, End::Rejected { last: false, lost: false });
    assert!(rig.stored().current.jar.is_empty());
}

/// The service has ended the session, and so many visits of Chrome break off before anything can be read.
fn ended_and_breaking_off(mut breaks: u32) -> Rig {
    let mut rig = two_rungs();
    rig.answers = Box::new(|_, now| json(401, "{}", now));
    rig.visits = Box::new(move |_, now| {
        if breaks == 0 {
            return visit(BrowserEnd::Dead, None, now);
        }
        breaks -= 1;
        BrowserResult { cookies: None, storage: None, ..visit(BrowserEnd::Crashed, None, now) }
    });
    rig
}

#[test]
fn f60_a_session_that_the_service_ended_is_not_called_a_lost_reply_because_chrome_broke_off_afterwards() {
    let mut rig = ended_and_breaking_off(1);
    assert_eq!(rig.refresh().end, End::Rejected { last: false, lost: false });
}

#[test]
fn f60_nor_if_the_replay_is_another_attempts() {
    let mut rig = ended_and_breaking_off(2);
    assert!(matches!(rig.refresh().end, End::Unknown { replays: 1, .. }));
    let summary = rig.run(Purpose::Replay { asked: false });
    assert_eq!(summary.end, End::Rejected { last: false, lost: false }, "the mark remembers");
}
