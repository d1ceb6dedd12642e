//! What answers brought before an attempt failed: kept if it is material, forgotten if it is not.

use std::time::Duration;

use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{BrowserEnd, BrowserResult, Exchange};
use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::refresh::{End, Purpose, Way};
use lamplighter_core::time::Now;

use super::rig::{Rig, body, cut, json, minted, reply, shown};
use super::{COOKIES, OAUTH, STEPS};

/// Three requests with cookies that spend nothing: the first brings a value for the next, the last the token.
const THREE: &str = r#"
format = 1
name = "Test"
hosts = ["app.example.com"]
[[login]]
kind = "webview"
url = "https://app.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "local_storage:access_token" }
[tokens.access]
expires = ["15m"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "GET"
url = "https://app.example.com/one"
auth = "cookies"
save = { "step.code" = "json:code" }
[[refresh.steps]]
method = "GET"
url = "https://app.example.com/two"
auth = "cookies"
save = { "step.hint" = "json:code" }
[[refresh.steps]]
method = "GET"
url = "https://app.example.com/three?code={{step.code}}"
auth = "cookies"
save = { "token.access" = "json:access_token" }
"#;

const BROWSER: &str = r#"
[[refresh]]
strategy = "browser"
url = "https://app.example.com/"
ready = [{ local_storage = "access_token" }]
save = { "token.access" = "local_storage:access_token" }
"#;

/// What a service answers at a path.
struct Said {
    status: u16,
    /// The cookie's value that it sets.
    sid: Option<&'static str>,
    to: Option<&'static str>,
    body: &'static str,
}

const CODE: Said = Said { status: 200, sid: None, to: None, body: r#"{"code":"7"}"# };
const DOWN: Said = Said { status: 503, sid: None, to: None, body: "" };

impl Said {
    const fn with(self, sid: &'static str) -> Self {
        Self { sid: Some(sid), ..self }
    }

    const fn hop(to: &'static str) -> Self {
        Self { status: 302, sid: None, to: Some(to), body: "" }
    }

    fn exchange(&self, now: Now) -> Exchange {
        let cookie = self.sid.map(|sid| format!("sid={sid}; Path=/"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(cookie.as_deref().map(|cookie| ("set-cookie", cookie)));
        headers.extend(self.to.map(|to| ("location", to)));
        reply(self.status, &headers, self.body, now)
    }
}

/// The rig after one refresh of [`THREE`], where the service answers this, in order.
fn refreshed<const N: usize>(said: [Said; N]) -> (Rig, End) {
    let mut rig = Rig::new(THREE);
    let mut said = said.into_iter();
    rig.answers = Box::new(move |_, now| said.next().expect("no more requests").exchange(now));
    let end = rig.refresh().end;
    (rig, end)
}

/// The cookie that is kept, of how many.
fn kept(rig: &Rig) -> Option<String> {
    let cookies = rig.stored().current.jar.cookies;
    cookies.first().map(|cookie| super::rig::shown(&cookie.value))
}

#[test]
fn i2_a_value_for_the_next_step_alone_is_no_new_generation() {
    let (rig, end) = refreshed([CODE, DOWN]);
    assert!(matches!(end, End::Transient { .. }));
    assert_eq!(rig.stored().current.generation, Generation(1));
}

#[test]
fn f24_a_cookie_that_moved_is_kept_whatever_comes_after_it() {
    let cases = [
        refreshed([CODE.with("canary-1"), DOWN]),
        refreshed([CODE.with("canary-0"), CODE.with("canary-1"), DOWN]),
        refreshed([CODE.with("canary-1"), CODE, DOWN]),
        refreshed([Said::hop("/hop").with("canary-1"), DOWN]),
        refreshed([Said::hop("/hop").with("canary-0"), Said::hop("/hip").with("canary-1"), DOWN]),
    ];
    for (index, (rig, end)) in cases.iter().enumerate() {
        assert!(matches!(end, End::Transient { .. }), "{index}: {end:?}");
        assert_eq!(kept(rig).as_deref(), Some("canary-1"), "{index}");
        let record = rig.stored();
        assert_eq!(record.current.generation, Generation(2), "{index}");
        assert!(!record.current.is_proven && record.proven.is_some(), "{index}");
    }
}

#[test]
fn f17_the_cookie_of_an_answer_without_the_token_is_kept() {
    let none = Said { status: 200, sid: Some("canary-1"), to: None, body: "{}" };
    let (rig, end) = refreshed([none]);
    assert!(matches!(&end, End::Refused { status: 200, cause: Cause::Missing { .. } }), "{end:?}");
    assert_eq!(kept(&rig).as_deref(), Some("canary-1"));
    let none = Said { status: 200, sid: Some("canary-1"), to: None, body: "{}" };
    let (rig, _) = refreshed([CODE.with("canary-0"), none]);
    assert_eq!(kept(&rig).as_deref(), Some("canary-1"));
    let none = Said { status: 200, sid: None, to: None, body: "{}" };
    let (rig, _) = refreshed([none]);
    assert_eq!(rig.stored().current.generation, Generation(1), "nothing moved");
}

/// A refresh that this answers, without all that it should bring.
fn answered(toml: &str, with: &'static str) -> (Rig, End) {
    let mut rig = Rig::new(toml);
    rig.answers = Box::new(move |_, now| json(200, with, now));
    let end = rig.refresh().end;
    (rig, end)
}

/// The next request with a credential is made with `canary-r2`.
fn goes_on_with_the_new_one(mut rig: Rig) {
    rig.answers = Box::new(|request, now| {
        assert!(body(request).contains("canary-r2"), "what was spent is never sent again");
        minted(3, now)
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert_eq!((rig.credential().as_str(), rig.token().as_str()), ("canary-r3", "canary-a3"));
}

#[test]
fn f17_i6_the_new_credential_of_an_answer_without_the_token_is_kept_and_is_what_is_sent_next() {
    let (rig, end) =
        answered(OAUTH, r#"{"token":"canary-a2","refresh_token":"canary-r2","expires_in":3600}"#);
    assert!(matches!(&end, End::Refused { status: 200, cause: Cause::Missing { .. } }), "{end:?}");
    let record = rig.stored();
    assert_eq!(
        (rig.credential().as_str(), rig.token().as_str()),
        ("canary-r2", "canary-a1"),
        "what was brought, and what was not"
    );
    assert_eq!((record.current.generation, record.current.is_proven), (Generation(2), false));
    let older = record.proven.expect("what was proven is kept beside it");
    assert_eq!(shown(&older.credentials[&ChainName::main()].value), "canary-r1");
    assert!(older.spent.contains(&ChainName::main()));
    goes_on_with_the_new_one(rig);
}

#[test]
fn f17_i6_so_is_that_of_a_step_whose_other_field_is_missing() {
    let (mut rig, _) = answered(STEPS, r#"{"key":"canary-r2"}"#);
    assert_eq!((rig.credential().as_str(), rig.requests.len()), ("canary-r2", 1));
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/rotate" if body(request).contains("canary-r2") => {
            json(200, r#"{"key":"canary-r3","code":"canary-c"}"#, now)
        }
        "/redeem" => json(200, r#"{"access_token":"canary-a3"}"#, now),
        _ => json(401, "{}", now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
}

#[test]
fn f36_i4_the_new_credential_of_a_sealed_answer_without_the_token_is_kept_by_the_next_attempt() {
    for purpose in [Purpose::Recover, Purpose::Refresh { basis: Generation(1) }] {
        let mut rig = Rig::new(OAUTH);
        rig.answers = Box::new(|_, now| json(200, r#"{"refresh_token":"canary-r2"}"#, now));
        // load, read, mark, send, seal.
        assert!(rig.run_at_most(Purpose::Refresh { basis: Generation(1) }, 5).is_none());
        rig.run(purpose);
        assert_eq!((rig.credential().as_str(), rig.requests.len()), ("canary-r2", 1));
        goes_on_with_the_new_one(rig);
    }
}

#[test]
fn f07_f17_a_lost_request_whose_repetition_brings_a_new_credential_is_lost_no_more() {
    let mut rig = Rig::new(OAUTH);
    let mut sent = 0;
    rig.answers = Box::new(move |_, now| {
        sent += 1;
        let lost = lamplighter_core::exchange::NoReply::Cut;
        if sent < 3 { cut(lost, now) } else { json(200, r#"{"refresh_token":"canary-r2"}"#, now) }
    });
    assert!(matches!(rig.refresh().end, End::Unknown { .. }));
    assert!(matches!(rig.run(Purpose::Replay { asked: false }).end, End::Refused { .. }));
    assert_eq!((rig.credential().as_str(), rig.run(Purpose::Recover).end), ("canary-r2", End::Quiet));
    goes_on_with_the_new_one(rig);
}

#[test]
fn f01_i2_an_answer_that_brings_nothing_new_leaves_the_record_alone() {
    for with in [r#"{"portal":"sign in"}"#, r#"{"refresh_token":"canary-r1"}"#, r#"{"refresh_token":""}"#] {
        let (rig, end) = answered(OAUTH, with);
        assert!(matches!(end, End::Refused { status: 200, .. }), "{with}: {end:?}");
        assert_eq!(rig.stored().current.generation, Generation(1), "{with}");
    }
}

fn item(value: &str) -> StorageItem {
    StorageItem {
        origin: "https://app.example.com".to_owned(),
        area: StorageArea::Local,
        key: "access_token".to_owned(),
        value: value.into(),
    }
}

/// A visit that ended like this; cookies and storage as they could be read.
fn visited(end: BrowserEnd, has_cookies: bool, storage: Option<&str>, now: Now) -> BrowserResult {
    BrowserResult {
        end,
        url: None,
        cookies: has_cookies.then(Vec::new),
        storage: storage.map(|token| vec![item(token)]),
        request_headers: Vec::new(),
        user_agent: None,
        took: Duration::from_secs(2),
        at: now,
    }
}

/// A request, then Chrome; no probe.
fn two_rungs() -> Rig {
    let (before, after) = COOKIES.split_once("[[probe]]").unwrap();
    let dead = after.split_once("[dead]").unwrap().1;
    let mut rig = Rig::new(&format!("{before}{BROWSER}\n[dead]{dead}"));
    rig.answers = Box::new(|_, now| json(401, "{}", now));
    rig
}

#[test]
fn i9_a_visit_that_could_not_be_read_whole_is_a_lost_reply_however_it_ended() {
    for end in [BrowserEnd::Ready, BrowserEnd::TimedOut] {
        for (has_cookies, storage) in [(true, None), (false, Some("canary-b")), (false, None)] {
            let mut rig = two_rungs();
            rig.clock.advance(Duration::from_secs(3500));
            rig.visits = Box::new(move |_, now| visited(end, has_cookies, storage, now));
            let summary = rig.refresh();
            let cause = Cause::Browser { end };
            assert_eq!(summary.end, End::Unknown { replays: 1, cause, host_down: false });
            assert_eq!(rig.token(), "canary-a1");
        }
    }
}

#[test]
fn f17_a_visit_adds_to_what_the_request_before_it_left() {
    let mut rig = two_rungs();
    let moved = Said { status: 200, sid: Some("canary-1"), to: None, body: "{}" };
    rig.answers = Box::new(move |_, now| moved.exchange(now));
    rig.visits = Box::new(|_, now| BrowserResult {
        cookies: None,
        ..visited(BrowserEnd::CannotRun(lamplighter_core::exchange::NoChrome::Missing), false, Some("b"), now)
    });
    rig.refresh();
    let record = rig.stored();
    assert_eq!((record.current.generation, record.current.jar.cookies.len()), (Generation(2), 1));
}

#[test]
fn f36_a_sealed_visit_that_says_dead_ends_the_ladder_where_it_stood() {
    let mut rig = two_rungs();
    rig.visits = Box::new(|_, now| visited(BrowserEnd::Dead, true, Some("canary-b"), now));
    let basis = rig.stored().current.generation;
    // load, read, send, mark, browse, seal.
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 6).is_none());
    assert_eq!(rig.trace.last().map(String::as_str), Some("seal"));
    assert!(matches!(rig.run(Purpose::Recover).end, End::Rejected { .. }));
    assert_eq!(rig.requests, ["GET /api/session", "VISIT /"], "and nobody is asked twice");
}

#[test]
fn a_visit_counts_as_a_request() {
    let mut rig = two_rungs();
    rig.clock.advance(Duration::from_secs(3500));
    rig.visits = Box::new(|_, now| visited(BrowserEnd::Ready, true, Some("canary-b"), now));
    let summary = rig.refresh();
    assert_eq!((summary.end, summary.requests), (End::Renewed { probe: None }, 2));
    assert_eq!((summary.way, summary.host.as_deref()), (Some(Way::Browser), Some("app.example.com")));
    assert!(rig.stored().current.is_proven, "no probe can say more");
}

#[test]
fn f18_only_an_oauth_answer_needs_a_token_type() {
    let mut rig = Rig::new(COOKIES);
    rig.answers =
        Box::new(|_, now| json(200, r#"{"access_token":"canary-a2","email":"ana@x.example"}"#, now));
    assert_eq!(rig.refresh().warnings, []);
}

#[test]
fn f02_only_a_get_with_cookies_follows_a_redirect() {
    for (from, to) in [
        ("method = \"GET\"\nurl = \"https://app.example.com/one\"\nauth = \"cookies\"", "auth"),
        ("GET", "POST"),
    ] {
        let one = "method = \"GET\"\nurl = \"https://app.example.com/one\"\nauth = \"cookies\"";
        let without = match to {
            "auth" => one.replace("\nauth = \"cookies\"", ""),
            _ => one.replace(from, to),
        };
        let mut rig = Rig::new(&THREE.replace(one, &without));
        rig.answers = Box::new(|_, now| Said::hop("/hop").exchange(now));
        assert!(matches!(rig.refresh().end, End::Refused { status: 302, .. }), "{without}");
        assert_eq!(rig.requests.len(), 1, "{without}");
    }
}

#[test]
fn a_step_whose_condition_does_not_hold_is_left_out() {
    let two = "url = \"https://app.example.com/two\"\n";
    let mut rig = Rig::new(&THREE.replace(two, &format!("{two}when = [{{ cookie = \"other\" }}]\n")));
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/one" => CODE.exchange(now),
        _ => json(200, r#"{"access_token":"canary-a2"}"#, now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert_eq!(rig.requests, ["GET /one", "GET /three"]);
}

#[test]
fn a_rung_that_wants_what_is_not_there_is_told_with_its_name() {
    let mut rig = Rig::new(OAUTH);
    let mut record = rig.record();
    record.current.credentials.clear();
    let account = rig.account.clone();
    use lamplighter_core::record::SessionStore as _;
    rig.store.delete(&account).unwrap();
    rig.store.save(&account, None, &record).unwrap();
    let end = rig.refresh().end;
    assert!(matches!(&end, End::Incomplete { missing } if missing.contains("refresh.main")), "{end:?}");
    assert!(rig.requests.is_empty());
}

#[test]
fn f05_a_lost_visit_is_of_its_chain() {
    let mut rig = two_rungs();
    rig.visits = Box::new(|_, now| visited(BrowserEnd::Crashed, false, None, now));
    let summary = rig.refresh();
    assert_eq!(summary.lost, [(ChainName::main(), 1)]);
    rig.answers = Box::new(|_, now| cut(lamplighter_core::exchange::NoReply::Cut, now));
    assert!(matches!(rig.run(Purpose::Recover).end, End::Unknown { replays: 1, .. }));
}
