//! Outages in which something answers, and outages that come and go: who is told, how often, and when it is over.

use std::time::Duration;

use lamplighter_core::account::Event;
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{BrowserEnd, NoReply, NotSent};
use lamplighter_core::refresh::{End, Purpose};

use super::desk::{Desk, MIN};
use super::rig::{Rig, held, json, reply, shown};

const HOST: &str = "https://id.example.com";

fn waits(cause: Cause) -> End {
    End::Transient { retry_after: None, cause }
}

fn unknown(cause: Cause) -> End {
    End::Unknown { replays: 1, cause, host_down: false }
}

/// A day in which every try ends like that and every check says what `up` says of it; then all is well.
fn day(desk: &mut Desk, end: &End, up: bool) {
    for _ in 0..24 * 60 {
        desk.pass(MIN);
        for id in desk.running.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>() {
            desk.end_of(&id, end.clone());
        }
        for host in std::mem::take(&mut desk.checks) {
            desk.event(Event::HostChecked { host, up });
        }
    }
}

fn gets_well(desk: &mut Desk) {
    for _ in 0..40 {
        desk.event(Event::HostChecked { host: HOST.to_owned(), up: true });
        desk.end_all();
        desk.pass(MIN);
    }
    desk.end_all();
}

#[test]
fn f01_f07_f11_a_day_in_which_something_else_answers_is_told_once_and_taken_away_at_its_end() {
    let page = BrowserEnd::TimedOut;
    let ends = [
        waits(Cause::Status { status: 503 }),
        unknown(Cause::Status { status: 502 }),
        unknown(Cause::Page { status: 200 }),
        unknown(Cause::NoReply { why: NoReply::Cut }),
        waits(Cause::Browser { end: page }),
    ];
    for end in ends {
        for up in [true, false] {
            let mut desk = Desk::new(3);
            day(&mut desk, &end, up);
            assert_eq!(desk.toasts, ["network"], "{end:?}, checks say {up}");
            assert_eq!(desk.closed, [""; 0], "no check that passes ends it: {end:?}, {up}");
            gets_well(&mut desk);
            assert_eq!((desk.toasts.len(), desk.closed.as_slice()), (1, ["network".to_owned()].as_slice()));
        }
    }
}

#[test]
fn f04_f47_a_host_whose_checks_pass_and_whose_requests_never_leave_is_one_outage_all_day() {
    let mut desk = Desk::new(3);
    day(&mut desk, &waits(Cause::NotSent { why: NotSent::Connect }), true);
    assert_eq!(desk.toasts, ["network"]);
    assert_eq!(desk.closed, [""; 0], "not forgotten after one good check");
    gets_well(&mut desk);
    assert_eq!(desk.closed, ["network"]);
}

#[test]
fn f11_what_passes_before_a_token_is_nearly_gone_is_told_to_nobody() {
    for end in [waits(Cause::Status { status: 503 }), waits(Cause::NotSent { why: NotSent::Dns })] {
        let mut desk = Desk::new(1);
        while desk.running.is_empty() {
            desk.pass(Duration::from_secs(1));
        }
        let id = desk.ids[0].clone();
        desk.end_of(&id, end);
        desk.pass(MIN);
        desk.event(Event::HostChecked { host: HOST.to_owned(), up: true });
        for _ in 0..40 {
            desk.end_all();
            desk.pass(Duration::from_secs(3));
        }
        desk.end_all();
        assert_eq!(desk.toasts, [""; 0], "its token lived on");
    }
}

#[test]
fn f09_f12_a_service_that_asks_for_patience_or_refuses_is_no_outage() {
    let refused = || End::Refused { status: 403, cause: Cause::Status { status: 403 } };
    for end in [waits(Cause::Status { status: 429 }), refused()] {
        let mut desk = Desk::new(1);
        for _ in 0..20 * 60 {
            desk.pass(MIN);
            for id in desk.running.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>() {
                desk.end_of(&id, end.clone());
            }
        }
        assert_eq!(desk.toasts, [""; 0], "{end:?}");
    }
}

#[test]
fn f01_a_page_in_a_browser_that_is_never_ready_has_its_host_looked_at_and_its_return_releases() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(waits(Cause::Browser { end: BrowserEnd::TimedOut }));
    for _ in 0..60 {
        desk.pass(MIN);
        for id in desk.running.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>() {
            desk.end_of(&id, waits(Cause::Browser { end: BrowserEnd::TimedOut }));
        }
        for host in std::mem::take(&mut desk.checks) {
            desk.event(Event::HostChecked { host, up: false });
        }
    }
    assert!(desk.running.is_empty(), "it waits for its time");
    desk.event(Event::HostChecked { host: HOST.to_owned(), up: true });
    assert_eq!(desk.running.len(), 1, "and not any longer than the network's page stood there");
}

/// A cookie that refreshes, and another that is the token; how long it lives is said by no answer.
const COOKIES: &str = r#"
format = 1
name = "Cookies"
hosts = ["app.example.com"]
[[login]]
kind = "webview"
url = "https://app.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "cookie:access_token" }
[tokens.access]
expires = ["3h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://app.example.com/auth/refresh"
auth = "cookies"
save = { "token.access" = "cookie:access_token" }
"#;

#[test]
fn f01_the_old_cookie_in_the_jar_is_not_what_a_networks_page_has_brought() {
    let mut rig = Rig::new(COOKIES);
    let mut record = rig.record();
    let now = rig.clock.now();
    let at = "https://app.example.com/".parse().expect("an address");
    record.current.credentials.clear();
    for cookie in ["sid=canary-s1; Path=/", "access_token=canary-a1; Path=/"] {
        record.current.jar.receive(&at, cookie.as_bytes(), now.wall);
    }
    record.current.tokens.insert("access".parse().expect("a name"), held("canary-a1", 3 * 3600, now));
    rig.put(&record);
    rig.answers = Box::new(|_, now| reply(200, &[("content-type", "text/html")], "<html>sign in", now));
    let end = rig.refresh().end;
    assert!(matches!(end, End::Unknown { cause: Cause::Page { status: 200 }, .. }), "{end:?}");
    assert_eq!(rig.stored().current.generation, record.current.generation, "nothing is newer");

    let brought = [
        ("content-type", "text/html"),
        ("set-cookie", "access_token=canary-a2; Path=/"),
        ("set-cookie", "sid=canary-s2; Path=/"),
    ];
    rig.answers = Box::new(move |_, now| reply(200, &brought, "<html>welcome", now));
    let end = rig.run(Purpose::Replay { asked: false }).end;
    assert!(matches!(end, End::Renewed { .. }), "a page with the cookies is the service's: {end:?}");
    assert_eq!(rig.token(), "canary-a2");

    // One that answers as programs do may keep the cookie that it has given.
    rig.answers = Box::new(|_, now| json(200, "{}", now));
    let end = rig.refresh().end;
    assert!(matches!(end, End::Renewed { .. }), "{end:?}");
}

/// The same, with another last step.
fn cookies_with(method: &str, save: &str) -> String {
    let more = if method == "GET" { "spends = true\n" } else { "" };
    COOKIES.replace("method = \"POST\"", &format!("{more}method = \"{method}\"")).replace(
        "auth = \"cookies\"\nsave = { \"token.access\" = \"cookie:access_token\" }",
        &format!("auth = \"cookies\"\nsave = {{ {save} }}"),
    )
}

fn with_cookies(toml: &str) -> Rig {
    let mut rig = Rig::new(toml);
    let mut record = rig.record();
    let now = rig.clock.now();
    let at = "https://app.example.com/".parse().expect("an address");
    record.current.credentials.clear();
    for cookie in ["sid=canary-s1; Path=/", "access_token=canary-a1; Path=/"] {
        record.current.jar.receive(&at, cookie.as_bytes(), now.wall);
    }
    record.current.tokens.insert("access".parse().expect("a name"), held("canary-a1", 3 * 3600, now));
    rig.put(&record);
    rig
}

const TOKEN: &str = "\"token.access\" = \"cookie:access_token\"";

#[test]
fn f01_an_empty_answer_that_calls_itself_a_page_is_no_networks_page() {
    let mut rig = with_cookies(&cookies_with("POST", TOKEN));
    rig.answers = Box::new(|_, now| reply(200, &[("content-type", "text/html")], "", now));
    let end = rig.refresh().end;
    assert!(matches!(end, End::Renewed { .. }), "a sliding session sends no cookie anew: {end:?}");
}

#[test]
fn f01_a_page_that_rotates_another_cookie_is_the_services_and_what_may_be_absent_may_be_absent() {
    for (save, cookie) in [(TOKEN, true), ("\"token.access\" = \"cookie:access_token?\"", false)] {
        let mut rig = with_cookies(&cookies_with("POST", save));
        rig.answers = Box::new(move |_, now| {
            let rotated = [("content-type", "text/html"), ("set-cookie", "sid=canary-s2; Path=/")];
            reply(200, &rotated[..if cookie { 2 } else { 1 }], "<html>welcome", now)
        });
        let end = rig.refresh().end;
        assert!(matches!(end, End::Renewed { .. }), "{save} {cookie}: {end:?}");
    }
}

#[test]
fn f01_a_page_behind_a_redirect_that_brought_the_cookie_is_the_services_and_one_request_is_enough() {
    let mut rig = with_cookies(&cookies_with("GET", "\"token.access\" = \"cookie:access_token\""));
    let sent = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = sent.clone();
    rig.answers = Box::new(move |request, now| {
        if request.url.path() == "/auth/refresh" {
            count.set(count.get() + 1);
            let cookie = format!("sid=canary-s{}; Path=/", count.get() + 1);
            return reply(302, &[("location", "/home"), ("set-cookie", &cookie)], "", now);
        }
        reply(200, &[("content-type", "text/html")], "<html>welcome", now)
    });
    let end = rig.refresh().end;
    assert!(matches!(end, End::Renewed { .. }), "{end:?}");
    assert_eq!(sent.get(), 1);
    let jar = rig.stored().current.jar;
    assert!(jar.cookies.iter().any(|cookie| shown(&cookie.value) == "canary-s2"), "what was got is stored");
}
