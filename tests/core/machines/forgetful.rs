//! A keychain that takes a record, gives it back as it should, and loses it later: in a power cut, or because it starts
//! anew from what it had last written (F37).

use lamplighter_core::id::Generation;
use lamplighter_core::journal::{Entry, fold};
use lamplighter_core::refresh::{End, Purpose};
use zeroize::Zeroizing;

use super::OAUTH;
use super::rig::{Rig, SECRET, body, held, json, minted};

/// A service that knows the newest token and, for a reply that was lost, the one before; an older one ends the session.
fn strict(rig: &mut Rig) {
    let (mut current, mut has_ended) = (1_u32, false);
    rig.answers = Box::new(move |request, now| {
        let body = body(request);
        let shows = |turn: u32| body.split('&').any(|pair| pair == format!("refresh_token={SECRET}-r{turn}"));
        let is_newest = shows(current);
        has_ended |= !is_newest && !shows(current - 1);
        if has_ended {
            return json(400, r#"{"error":"invalid_grant"}"#, now);
        }
        current += u32::from(is_newest);
        minted(current, now)
    });
}

/// As the engine does at its start, until nothing is open.
fn recover(rig: &mut Rig) {
    for _ in 0..4 {
        if let End::Unknown { .. } = rig.run(Purpose::Recover).end {
            rig.run(Purpose::Replay { asked: false });
        }
    }
}

#[test]
fn f37_a_keychain_that_forgets_late_costs_no_login_wherever_the_next_refresh_stands() {
    for forgotten in 1..=3 {
        for steps in 0..14 {
            let mut rig = Rig::new(OAUTH);
            strict(&mut rig);
            let backup = rig.store.backup();
            for _ in 0..forgotten {
                assert_eq!(rig.refresh().end, End::Renewed { probe: None });
            }
            let basis = rig.stored().current.generation;
            let ended = rig.run_at_most(Purpose::Refresh { basis }, steps);
            rig.store.restore(backup);
            recover(&mut rig);
            let end = rig.refresh().end;
            assert_eq!(end, End::Renewed { probe: None }, "{forgotten} lost, {steps}: {:?}", rig.trace);
            assert!(rig.stored().current.spent.is_empty());
            if ended.is_some() {
                break;
            }
            assert!(steps < 13, "a refresh comes to its end");
        }
    }
}

#[test]
fn f37_a_reply_that_is_sealed_needs_no_second_request_though_the_keychain_forgot_what_came_before_it() {
    let mut rig = Rig::new(OAUTH);
    strict(&mut rig);
    let backup = rig.store.backup();
    rig.refresh();
    rig.refresh();
    rig.store.restore(backup);
    let requests = rig.requests.len();
    let summary = rig.run(Purpose::Recover);
    assert_eq!(summary.end, End::Renewed { probe: None });
    assert_eq!((rig.credential().as_str(), rig.requests.len()), ("canary-r3", requests));
    assert_eq!(rig.stored().current.generation, Generation(3));
}

#[test]
fn f37_a_keychain_that_lies_about_every_write_is_not_asked_without_end() {
    let mut rig = Rig::new(OAUTH);
    strict(&mut rig);
    let backup = rig.store.backup();
    rig.refresh();
    let basis = rig.stored().current.generation;
    // load, read, sweep, mark: then the power goes.
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 4).is_none());
    let lied = backup.clone();
    rig.store.restore(backup);
    let end = rig
        .run_with(Purpose::Recover, move |rig, name| {
            if name == "load" {
                rig.store.restore(lied.clone());
            }
        })
        .end;
    assert_eq!(end, End::Saved, "{:?}", rig.trace);
}

#[test]
fn f37_a_login_that_the_keychain_forgets_is_in_the_journal_and_no_older_answer_is() {
    let mut rig = Rig::new(OAUTH);
    strict(&mut rig);
    rig.refresh();
    let backup = rig.store.backup();
    let mut record = rig.record();
    let now = rig.clock.now();
    record.current.tokens.insert("access".parse().expect("a name"), held("canary-b1", 3600, now));
    assert_eq!(rig.run(Purpose::Commit { record: Box::new(record) }).end, End::Committed);
    assert!(matches!(rig.journal.decoded().as_slice(), [.., Entry::Record(_)]));
    let answers = rig.journal.decoded().iter().filter(|entry| matches!(entry, Entry::Answer(_))).count();
    assert_eq!(answers, 0, "nothing of the older login stays");
    rig.store.restore(backup);
    assert_eq!(rig.run(Purpose::Recover).end, End::Saved);
    assert_eq!(rig.token(), "canary-b1");
}

#[test]
fn f37_the_journal_holds_one_record_and_one_answer_however_often_is_refreshed() {
    let mut rig = Rig::new(OAUTH);
    strict(&mut rig);
    for _ in 0..20 {
        rig.refresh();
    }
    let entries = rig.journal.decoded();
    let kept = |entry: &&Entry| matches!(entry, Entry::Record(_));
    let answers = entries.iter().filter(|entry| matches!(entry, Entry::Answer(_))).count();
    assert!(entries.iter().filter(kept).count() <= 1 && answers == 1, "{}", entries.len());
    let bytes: Vec<_> = rig.journal.entries.iter().flatten().cloned().map(Zeroizing::new).collect();
    let kept = fold(&bytes, Generation(0)).kept;
    assert_eq!(kept, Some(Generation(20)), "the one that the last answer came from");
}

#[test]
fn f37_a_record_is_written_into_the_journal_once_however_often_its_credential_is_sent() {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| super::rig::cut(lamplighter_core::exchange::NoReply::Cut, now));
    rig.refresh();
    for _ in 0..5 {
        rig.run(Purpose::Replay { asked: false });
    }
    let entries = rig.journal.decoded();
    let marks: Vec<bool> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Mark(mark) => Some(mark.stored.is_some()),
            _ => None,
        })
        .collect();
    assert!(marks.len() >= 6 && marks[0] && !marks[1..].contains(&true), "{marks:?}");
}
