//! What is written before and after each request, and what an answer settles: every word of the journal counts.

use std::collections::BTreeSet;

use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{BrowserEnd, BrowserResult, NoChrome, NoReply, NotSent};
use lamplighter_core::id::ChainName;
use lamplighter_core::journal::Entry;
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::refresh::{End, Purpose};
use lamplighter_core::time::Now;

use super::rig::{Rig, cut, json, minted, not_sent, reply};
use super::{COOKIES, OAUTH, STEPS};

const BROWSER: &str = r#"
[[refresh]]
strategy = "browser"
url = "https://app.example.com/"
ready = [{ local_storage = "access_token" }]
save = { "token.access" = "local_storage:access_token" }
"#;

/// Chrome first, then the request that mints; the probe stays.
fn browser_first() -> Rig {
    let (before, after) = COOKIES.split_once("[[refresh]]\n").unwrap();
    Rig::new(&format!("{before}{BROWSER}[[refresh]]\n{after}"))
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

fn nothing_left(end: BrowserEnd, now: Now) -> BrowserResult {
    BrowserResult { cookies: None, storage: None, ..visit(end, None, now) }
}

/// What was done, without reading, saving and telling.
fn words(rig: &Rig) -> Vec<&str> {
    let is_word = |name: &&str| matches!(*name, "mark" | "send" | "browse" | "seal" | "unmark");
    rig.trace.iter().map(String::as_str).filter(is_word).collect()
}

/// The step that is marked by an answer.
fn next(entry: &Entry) -> Option<Option<usize>> {
    match entry {
        Entry::Answer(answer) => Some(answer.next),
        _ => None,
    }
}

fn session(status: u16, now: Now) -> lamplighter_core::exchange::Exchange {
    json(status, r#"{"access_token":"canary-a2","email":"ana@example.com"}"#, now)
}

#[test]
fn f04_f07_a_replay_that_never_left_changes_nothing_the_first_reply_is_still_lost() {
    let mut rig = Rig::new(OAUTH);
    let mut sent = 0;
    rig.answers = Box::new(move |_, now| {
        sent += 1;
        match sent {
            1 => cut(NoReply::Cut, now),
            2 | 3 => not_sent(NotSent::Dns, now),
            _ => minted(2, now),
        }
    });
    let cause = Cause::NotSent { why: NotSent::Dns };
    let summary = rig.refresh();
    assert_eq!(summary.end, End::Unknown { replays: 0, cause: cause.clone(), host_down: true });
    assert_eq!(summary.lost, [(ChainName::main(), 0)]);
    assert_eq!(words(&rig), ["mark", "send", "mark", "send"], "and no mark is taken back");
    let summary = rig.run(Purpose::Replay { asked: false });
    assert!(matches!(summary.end, End::Unknown { host_down: true, .. }), "{summary:?}");
    assert!(matches!(rig.run(Purpose::Recover).end, End::Unknown { .. }), "nor forgotten");
    assert_eq!(rig.run(Purpose::Replay { asked: false }).end, End::Renewed { probe: None });
    assert_eq!(rig.credential(), "canary-r2");
}

#[test]
fn f07_a_reply_that_did_not_come_is_not_sealed() {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| cut(NoReply::Cut, now));
    rig.refresh();
    assert_eq!(words(&rig), ["mark", "send", "mark", "send"]);
}

#[test]
fn a_request_that_spends_nothing_leaves_no_word_in_the_journal() {
    for status in [200, 401, 404, 503] {
        let mut rig = Rig::new(COOKIES);
        rig.answers = Box::new(move |_, now| session(status, now));
        rig.refresh();
        assert_eq!(BTreeSet::from_iter(words(&rig)), BTreeSet::from(["send"]), "{status}");
    }
}

#[test]
fn f07_a_request_that_spends_nothing_has_no_reply_to_lose() {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|_, now| cut(NoReply::Cut, now));
    let cause = Cause::NoReply { why: NoReply::Cut };
    assert_eq!(rig.refresh().end, End::Transient { retry_after: None, cause });
    assert_eq!(words(&rig), ["send"]);
}

#[test]
fn f01_a_page_in_place_of_an_answer_that_spends_nothing_is_an_answer_without_the_token() {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|_, now| reply(200, &[("content-type", "text/html")], "<html>", now));
    assert_eq!(rig.refresh().end, End::Refused { status: 200, cause: Cause::Page { status: 200 } });
    assert_eq!(words(&rig), ["send"]);
}

#[test]
fn i3_i4_the_mark_of_the_next_step_that_spends_comes_with_the_answer_before_it() {
    let mut rig = Rig::new(STEPS);
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/rotate" => json(200, r#"{"key":"canary-r2","code":"canary-c"}"#, now),
        _ => json(200, r#"{"access_token":"canary-a2"}"#, now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert_eq!(words(&rig), ["mark", "send", "seal", "send", "seal"]);
}

#[test]
fn i3_i4_so_does_the_mark_of_a_redirect_that_is_followed() {
    let spending = COOKIES.replace("auth = \"cookies\"\nsave", "auth = \"cookies\"\nspends = true\nsave");
    let mut rig = Rig::new(&spending);
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/api/session" => reply(302, &[("location", "/hop")], "", now),
        _ => session(200, now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(true) });
    assert_eq!(words(&rig), ["mark", "send", "seal", "send", "seal", "send"], "the last one is the probe");
    let marks: Vec<Option<usize>> = rig.journal.decoded().iter().filter_map(next).collect();
    assert_eq!(marks, [Some(0), None]);
}

#[test]
fn i4_half_of_what_a_visit_left_is_sealed_as_well() {
    for has_cookies in [true, false] {
        let mut rig = browser_first();
        rig.answers = Box::new(|_, now| session(200, now));
        rig.visits = Box::new(move |_, now| BrowserResult {
            cookies: has_cookies.then(Vec::new),
            storage: (!has_cookies).then(Vec::new),
            ..visit(BrowserEnd::Dead, None, now)
        });
        rig.refresh();
        assert_eq!(words(&rig)[..3], ["mark", "browse", "seal"]);
    }
}

#[test]
fn f36_a_visit_whose_end_was_sealed_needs_no_second_one() {
    let mut rig = browser_first();
    rig.clock.advance(std::time::Duration::from_secs(3500));
    rig.answers = Box::new(|_, now| session(200, now));
    rig.visits = Box::new(|_, now| visit(BrowserEnd::Ready, Some("canary-b"), now));
    let basis = rig.stored().current.generation;
    // load, read, mark, browse, seal.
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 5).is_none());
    assert_eq!(words(&rig), ["mark", "browse", "seal"]);
    assert_eq!(rig.run(Purpose::Recover).end, End::Renewed { probe: Some(true) });
    assert_eq!((rig.token().as_str(), words(&rig).len()), ("canary-b", 4), "only the probe comes after it");
}

#[test]
fn i6_a_visit_that_could_not_be_made_has_spent_nothing_of_the_older_material() {
    let mut rig = browser_first();
    rig.visits = Box::new(|_, now| nothing_left(BrowserEnd::CannotRun(NoChrome::Missing), now));
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/api/session" => session(200, now),
        _ => json(401, "{}", now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(false) });
    let older = rig.stored().proven.expect("not proven yet, so the older is there");
    assert!(older.spent.is_empty());
}

/// What of the older material counts as spent after a visit that ended so and a keep-alive that renewed.
fn spent_by_a_visit(end: BrowserEnd) -> BTreeSet<ChainName> {
    let mut rig = browser_first();
    rig.visits = Box::new(move |_, now| visit(end, None, now));
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/api/session" => session(200, now),
        _ => json(401, "{}", now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(false) });
    rig.stored().proven.expect("not proven yet, so the older is there").spent
}

#[test]
fn i6_a_visit_that_was_made_has_spent_the_older_material_though_it_brought_nothing() {
    assert_eq!(spent_by_a_visit(BrowserEnd::Ready), BTreeSet::from([ChainName::main()]));
}

#[test]
fn i6_f35_a_visit_that_was_refused_has_spent_nothing_of_the_older_material() {
    assert_eq!(spent_by_a_visit(BrowserEnd::Dead), BTreeSet::new());
}
