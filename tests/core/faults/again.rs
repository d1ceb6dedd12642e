//! What was lost is sent again and gets an answer that says nothing of it: F7 with F2, F9, F11, F12, F15, F36, F50.

use std::cell::Cell;
use std::rc::Rc;

use lamplighter_core::account::{Block, Death, Event, Session};
use lamplighter_core::exchange::{Exchange, NoReply};
use lamplighter_core::id::ChainName;
use lamplighter_core::refresh::{End, Purpose};
use lamplighter_core::time::Now;

use super::line::{Line, MIN};
use crate::machines::OAUTH;
use crate::machines::rig::{Rig, body, cut, json, minted, reply};

/// A service whose first answer gets lost; then it answers this, how often was it asked.
fn then(toml: &str, mut answer: impl FnMut(u32, Now) -> Exchange + 'static) -> (Line, Rc<Cell<u32>>) {
    let mut line = Line::new(toml);
    let sent = Rc::new(Cell::new(0));
    let count = Rc::clone(&sent);
    line.rig.answers = Box::new(move |request, now| {
        assert!(body(request).contains("canary-r1"), "only what was lost is sent again");
        count.set(count.get() + 1);
        if count.get() == 1 { cut(NoReply::Cut, now) } else { answer(count.get(), now) }
    });
    line.refresh();
    (line, sent)
}

fn busy(now: Now) -> Exchange {
    reply(503, &[], "<html>back soon</html>", now)
}

fn no(now: Now) -> Exchange {
    json(400, r#"{"error":"invalid_grant"}"#, now)
}

/// The login is shared with another machine.
fn shared() -> String {
    format!("{OAUTH}\n[chains.main]\nlost_reply = \"ask\"\n")
}

#[test]
fn f07_f09_f11_what_is_lost_stays_lost_while_the_service_is_busy_and_is_no_storm() {
    let answers: [fn(Now) -> Exchange; 4] = [
        busy,
        |now| json(500, r#"{"error":"oops"}"#, now),
        |now| reply(429, &[], "", now),
        |now| reply(429, &[("retry-after", "1800")], "", now),
    ];
    for (index, answer) in answers.into_iter().enumerate() {
        let (mut line, sent) = then(OAUTH, move |_, now| answer(now));
        let end = line.end();
        assert!(matches!(end, End::StillLost { replays: 1, refused: None, .. }), "{index}: {end:?}");
        assert_eq!(line.ends.last().expect("one").lost, [(ChainName::main(), 1)], "{index}");
        line.record_is_unchanged();
        line.waits("is not known");
        line.pass(24 * 60 * MIN);
        assert!((10..=61).contains(&sent.get()), "{index}: {} requests in a day", sent.get());
        line.record_is_unchanged();
        assert!(!matches!(line.session(), Session::Dead { .. } | Session::Blocked { .. }), "{index}");
        line.goes_on();
    }
}

#[test]
fn f07_f09_what_is_lost_is_not_sent_again_before_the_time_that_the_service_names() {
    let (mut line, sent) = then(OAUTH, |_, now| reply(429, &[("retry-after", "7200")], "", now));
    // Its host goes and comes back meanwhile.
    let host = "https://id.example.com".to_owned();
    line.event(Event::HostChecked { host: host.clone(), up: false });
    line.pass(30 * MIN);
    line.event(Event::HostChecked { host, up: true });
    line.pass(88 * MIN);
    assert_eq!(sent.get(), 2, "not before");
    line.pass(5 * MIN);
    assert_eq!(sent.get(), 3, "then");
}

#[test]
fn f07_a_login_that_a_lost_reply_cost_is_said_to_be_that_though_the_service_was_busy_between() {
    for busy in [busy, |now| reply(429, &[], "", now), |now| reply(403, &[], "<html>no", now)] {
        let (mut line, sent) = then(OAUTH, move |count, now| if count == 2 { busy(now) } else { no(now) });
        line.waits("is not known");
        line.pass(40 * MIN);
        assert!(matches!(line.session(), Session::Dead { reason: Death::LostReply, .. }));
        line.tells("got lost");
        line.record_is_unchanged();
        assert_eq!(sent.get(), 4, "the request, two replays, the confirmation");
    }
}

#[test]
fn f07_f12_a_refusal_without_a_word_of_what_was_lost_needs_the_person_after_a_day() {
    let (mut line, sent) = then(OAUTH, |_, now| reply(403, &[], "<html>forbidden", now));
    assert!(matches!(line.end(), End::StillLost { refused: Some(403), .. }), "{:?}", line.end());
    line.waits("is not known");
    line.pass(25 * 60 * MIN);
    assert!(matches!(line.session(), Session::Blocked { why: Block::Refused { status: 403 }, .. }));
    assert!(sent.get() <= 61, "{} requests", sent.get());
    line.record_is_unchanged();
}

#[test]
fn f07_f50_trying_once_while_the_service_is_busy_leaves_it_to_the_person() {
    let answers: [fn(Now) -> Exchange; 3] =
        [busy, |now| reply(429, &[], "", now), |now| reply(403, &[], "<html>no", now)];
    for answer in answers {
        let (mut line, sent) =
            then(&shared(), move |count, now| if count == 2 { answer(now) } else { minted(2, now) });
        let account = line.rig.account.clone();
        assert_eq!(line.end(), End::AskPerson);
        line.event(Event::TryOnce { account: account.clone() });
        line.pass(MIN);
        assert!(matches!(line.session(), Session::Blocked { why: Block::LostReply, .. }));
        assert!(line.accounts.may_try_once(&account));
        line.pass(48 * 60 * MIN);
        assert_eq!(sent.get(), 2, "nothing more without the person");
        line.tells("shared with another machine");
        line.record_is_unchanged();
        line.event(Event::TryOnce { account });
        line.pass(MIN);
        line.record_is_one_newer();
        assert_eq!((sent.get(), line.told(lamplighter_core::text::Lang::En)), (3, None));
    }
}

#[test]
fn f07_f15_settings_of_the_app_that_are_found_wrong_by_the_repetition_settle_nothing() {
    let (mut line, sent) = then(OAUTH, |_, now| json(401, r#"{"error":"invalid_client"}"#, now));
    assert_eq!((line.end(), sent.get()), (End::AppRejected, 2));
    assert!(matches!(line.session(), Session::Blocked { why: Block::AppSettings, .. }));
    assert!(matches!(line.run(Purpose::Recover), End::Unknown { replays: 1, .. }), "it is lost as before");
}

#[test]
fn f07_f36_it_stays_lost_over_a_kill_right_after_that_answer_was_sealed() {
    let mut rig = Rig::new(OAUTH);
    let mut sent = 0;
    rig.answers = Box::new(move |_, now| {
        sent += 1;
        if sent == 1 { cut(NoReply::Cut, now) } else { busy(now) }
    });
    let basis = rig.stored().current.generation;
    // load, read, mark, send, mark, send, seal.
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 7).is_none());
    assert_eq!(rig.trace.last().map(String::as_str), Some("seal"));
    let summary = rig.run(Purpose::Recover);
    assert!(matches!(summary.end, End::Unknown { replays: 1, .. }), "{summary:?}");
    rig.answers = Box::new(|_, now| no(now));
    let end = rig.run(Purpose::Replay { asked: false }).end;
    assert_eq!(end, End::Rejected { last: false, lost: true });
}

#[test]
fn f07_f50_an_answer_without_the_token_to_what_was_tried_once_leaves_it_to_the_person() {
    let balanced = |now| reply(200, &[("set-cookie", "lb=1; Path=/")], r#"{"ok":true}"#, now);
    let answers: [fn(Now) -> Exchange; 2] = [|now| json(200, r#"{"ok":true}"#, now), balanced];
    for answer in answers {
        let (mut line, sent) = then(&shared(), move |_, now| answer(now));
        let account = line.rig.account.clone();
        line.event(Event::TryOnce { account: account.clone() });
        line.pass(MIN);
        assert!(matches!(line.end(), End::StillLost { refused: Some(200), .. }), "{:?}", line.end());
        assert!(matches!(line.session(), Session::Blocked { why: Block::LostReply, .. }));
        line.refresh();
        line.pass(48 * 60 * MIN);
        assert_eq!(sent.get(), 2, "nothing more without the person");
        assert!(line.accounts.may_try_once(&account));
        line.record_is_unchanged();
    }
}

#[test]
fn f07_f36_an_answer_without_the_token_leaves_it_lost_over_a_kill_right_after_it_was_sealed() {
    let mut rig = Rig::new(OAUTH);
    let mut sent = 0;
    rig.answers = Box::new(move |_, now| {
        sent += 1;
        if sent == 1 { cut(NoReply::Cut, now) } else { json(200, r#"{"ok":true}"#, now) }
    });
    let basis = rig.stored().current.generation;
    // load, read, mark, send, mark, send, seal.
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 7).is_none());
    let summary = rig.run(Purpose::Recover);
    assert!(matches!(summary.end, End::Unknown { replays: 1, .. }), "{summary:?}");
}
