//! The fate of a request is not known: F1, F5 to F8, F11, F27, F28, F36, F50.

use std::cell::Cell;
use std::rc::Rc;

use lamplighter_core::account::{Block, Death, Event, Session};
use lamplighter_core::api::Standing;
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{Exchange, NoReply};
use lamplighter_core::refresh::End;
use lamplighter_core::report::Code;
use lamplighter_core::time::Now;

use super::line::{Line, MIN};
use crate::machines::OAUTH;
use crate::machines::rig::{body, cut, json, minted, reply};

/// A service whose first `lost` answers are `instead`; then it answers.
fn losing(lost: u32, instead: impl Fn(Now) -> Exchange + 'static) -> (Line, Rc<Cell<u32>>) {
    let mut line = Line::new(OAUTH);
    let sent = Rc::new(Cell::new(0));
    let count = Rc::clone(&sent);
    line.rig.answers = Box::new(move |request, now| {
        assert!(body(request).contains("canary-r1"), "only what was lost is sent again");
        count.set(count.get() + 1);
        if count.get() <= lost { instead(now) } else { minted(2, now) }
    });
    line.refresh();
    (line, sent)
}

fn page(now: Now) -> Exchange {
    reply(200, &[("content-type", "text/html")], "<html>Welcome to the hotel</html>", now)
}

/// A cookie alone refreshes, and each answer replaces it.
const COOKIES: &str = r#"
format = 1
name = "Test"
hosts = ["id.example.com"]
[[login]]
kind = "webview"
url = "https://id.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "cookie:access_token" }
[tokens.access]
expires = ["1h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://id.example.com/refresh"
auth = "cookies"
save = { "token.access" = "cookie:access_token" }
"#;

#[test]
fn f01_a_sign_in_page_where_only_cookies_were_to_come_is_no_refusal_and_blocks_nothing() {
    let mut line = Line::new(COOKIES);
    line.rig.answers = Box::new(|_, now| reply(200, &[("content-type", "text/html")], "<html>sign in", now));
    let end = line.refresh();
    assert!(matches!(end, End::Unknown { cause: Cause::Page { status: 200 }, .. }), "{end:?}");
    line.waits("sign-in page");
    line.record_is_unchanged();
    line.pass(30 * 60 * MIN);
    line.record_is_unchanged();
    assert!(
        !matches!(line.session(), Session::Blocked { .. } | Session::Dead { .. }),
        "{:?}",
        line.session()
    );
    assert!(line.rig.requests.len() <= 75, "{}", line.rig.requests.len());
}

#[test]
fn f01_a_keep_alive_behind_a_sign_in_page_waits_and_goes_on_when_the_page_is_gone() {
    let probe = "[[probe]]\nrequest = { method = \"GET\", url = \"https://id.example.com/me\", auth = \"cookies\" }\nidentity = [\"json:email\"]\n";
    let mut line = Line::new(&format!("{}{probe}", COOKIES.replace("POST", "GET")));
    let mut record = line.rig.stored();
    let at = "https://id.example.com/".parse().expect("an address");
    record.current.jar.receive(&at, b"access_token=canary-a1; Path=/", line.rig.clock.now().wall);
    line.rig.put(&record);
    line.compare_from_here();
    line.rig.answers = Box::new(|_, now| page(now));
    let end = line.refresh();
    assert!(matches!(end, End::Transient { cause: Cause::Page { status: 200 }, .. }), "{end:?}");
    line.record_is_unchanged();
    line.waits("sign-in page");
    line.rig.is_host_up = false;
    line.pass(30 * 60 * MIN);
    assert!(
        !matches!(line.session(), Session::Blocked { .. } | Session::Dead { .. } | Session::Suspect { .. }),
        "{:?}",
        line.session()
    );
    line.record_is_unchanged();
    assert!(line.rig.requests.len() <= 150, "{}", line.rig.requests.len());
    line.rig.answers = Box::new(|request, now| match request.url.path() {
        "/me" => json(200, r#"{"email":"ana@example.com"}"#, now),
        _ => page(now),
    });
    line.rig.is_host_up = true;
    line.pass(2 * MIN);
    line.record_is_one_newer();
    assert_eq!(line.standing(), Standing::Fine);
}

#[test]
fn f01_a_sign_in_page_is_named_as_that_and_costs_one_replay_at_once() {
    let (mut line, sent) = losing(2, page);
    assert!(matches!(line.end(), End::Unknown { replays: 1, .. }), "{:?}", line.end());
    assert_eq!(sent.get(), 2);
    line.record_is_unchanged();
    let told = line.waits("sign-in page");
    assert_eq!(told.code, Code::Temporary);
    assert!(line.toasts.is_empty());
    line.pass(35 * MIN);
    line.record_is_one_newer();
    line.is_fine();
}

#[test]
fn f05_f06_f07_f27_a_reply_that_never_comes_whole_is_asked_for_once_more_at_once() {
    for why in [NoReply::Deadline, NoReply::Cut, NoReply::TooLarge, NoReply::Malformed] {
        let (mut line, sent) = losing(1, move |now| cut(why, now));
        assert_eq!((line.end(), sent.get()), (End::Renewed { probe: None }, 2), "{why:?}");
        line.record_is_one_newer();
        line.is_fine();
    }
}

#[test]
fn f05_f06_f07_f27_while_no_reply_comes_nothing_is_over_and_the_next_try_is_told() {
    let words = [
        (NoReply::Deadline, "did not answer in time"),
        (NoReply::Cut, "broke before"),
        (NoReply::TooLarge, "too large"),
        (NoReply::Malformed, "broke before"),
    ];
    for (why, what) in words {
        let (mut line, sent) = losing(u32::MAX, move |now| cut(why, now));
        line.record_is_unchanged();
        line.waits(what);
        line.pass(24 * 60 * MIN);
        assert!(sent.get() <= 61, "{why:?}: {} requests with a credential in a day", sent.get());
        line.record_is_unchanged();
        assert!(!matches!(line.session(), Session::Dead { .. } | Session::Blocked { .. }));
        line.tells("");
        line.goes_on();
    }
}

#[test]
fn f07_a_login_that_a_lost_reply_cost_is_said_to_be_that_and_is_kept() {
    let mut line = Line::new(OAUTH);
    let mut sent = 0;
    line.rig.answers = Box::new(move |_, now| {
        sent += 1;
        if sent == 1 { cut(NoReply::Cut, now) } else { json(400, r#"{"error":"invalid_grant"}"#, now) }
    });
    assert_eq!(line.refresh(), End::Rejected { last: false, lost: true });
    line.record_is_unchanged();
    line.waits("refused once");
    line.pass(6 * MIN);
    assert!(matches!(line.session(), Session::Dead { reason: Death::LostReply, .. }));
    line.record_is_unchanged();
    let told = line.tells("got lost");
    assert_eq!((told.code, line.toasts.len()), (Code::NeedsLogin, 1));
    let requests = line.rig.requests.len();
    assert_eq!(requests, 3, "the request, its replay, the confirmation");
    line.pass(24 * 60 * MIN);
    assert_eq!(line.rig.requests.len(), requests);
}

#[test]
fn f08_an_answer_cut_at_any_byte_leaves_the_record_alone_or_brings_the_next_one() {
    let whole = r#"{"access_token":"canary-a2","refresh_token":"canary-r2","expires_in":3600}"#;
    for end in 0..whole.len() {
        let (line, _) = losing(u32::MAX, move |now| json(200, &whole[..end], now));
        line.record_is_unchanged();
        assert!(matches!(line.end(), End::Unknown { .. }), "cut at {end}: {:?}", line.end());
        line.waits("got lost");
        let (mut line, _) = losing(1, move |now| json(200, &whole[..end], now));
        line.record_is_one_newer();
        line.is_fine();
    }
}

#[test]
fn f11_an_answer_of_what_stands_before_the_service_says_nothing_of_the_request() {
    for status in [500, 502, 504, 520, 521, 524, 530] {
        let (mut line, sent) = losing(1, move |now| reply(status, &[], "<html>bad gateway</html>", now));
        assert_eq!((line.end(), sent.get()), (End::Renewed { probe: None }, 2), "{status}");
        line.record_is_one_newer();
        line.is_fine();
        let (line, _) = losing(u32::MAX, move |now| reply(status, &[], "<html>bad gateway</html>", now));
        line.record_is_unchanged();
        line.waits("is not known: it reports a failure of its own (status");
    }
}

#[test]
fn f28_json_that_is_none_stores_nothing_and_of_two_equal_keys_the_last_counts() {
    let deep = format!(r#"{{"access_token":{}"#, "[".repeat(10_000));
    let odd = [
        "{\"access_token\":\"canary-x\"}trailing",
        "\u{0}{\"access_token\":\"canary-x\"}",
        "{\"access_token\":\"\\ud800\"}",
        &deep,
    ];
    for body in odd.map(str::to_owned) {
        let shown: String = body.chars().take(40).collect();
        let (mut line, _) = losing(u32::MAX, move |now| json(200, &body, now));
        line.record_is_unchanged();
        assert!(matches!(line.end(), End::Unknown { .. }), "{shown}: {:?}", line.end());
        line.waits("got lost");
        line.goes_on();
    }
    let twice = r#"{"access_token":"canary-x","access_token":"canary-y","refresh_token":"canary-z"}"#;
    let (mut line, _) = losing(1, move |now| json(200, twice, now));
    line.record_is_one_newer();
    assert_eq!((line.rig.token().as_str(), line.rig.credential().as_str()), ("canary-y", "canary-z"));
    line.is_fine();
}

#[test]
fn f50_the_login_of_two_machines_is_left_to_the_person_who_may_try_once() {
    let mut line = Line::new(&format!("{OAUTH}\n[chains.main]\nlost_reply = \"ask\"\n"));
    let mut sent = 0;
    line.rig.answers = Box::new(move |_, now| {
        sent += 1;
        if sent == 1 { cut(NoReply::Cut, now) } else { minted(2, now) }
    });
    assert_eq!(line.refresh(), End::AskPerson);
    line.record_is_unchanged();
    assert!(matches!(line.session(), Session::Blocked { why: Block::LostReply, .. }));
    let told = line.tells("shared with another machine");
    assert_eq!(told.code, Code::Blocked);
    line.pass(24 * 60 * MIN);
    assert_eq!(line.rig.requests.len(), 1, "nothing without the person");
    let account = line.rig.account.clone();
    line.event(Event::TryOnce { account });
    line.pass(MIN);
    line.record_is_one_newer();
    assert_eq!(line.standing(), Standing::Fine);
}
