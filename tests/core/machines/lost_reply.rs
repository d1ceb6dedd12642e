//! A reply is lost: Unknown, replays, and what ends it (F1, F7, F8, F27).

use std::cell::Cell;
use std::rc::Rc;

use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{NoReply, NotSent};
use lamplighter_core::journal::Entry;
use lamplighter_core::refresh::{Doubt, End, Purpose};

use super::OAUTH;
use super::rig::{Rig, body, cut, json, minted, not_sent, reply};

/// The first `lost` replies do not arrive.
fn losing(rig: &mut Rig, lost: u32) -> Rc<Cell<u32>> {
    let sent = Rc::new(Cell::new(0));
    let count = Rc::clone(&sent);
    rig.answers = Box::new(move |_, now| {
        count.set(count.get() + 1);
        if count.get() <= lost { cut(NoReply::Cut, now) } else { minted(2, now) }
    });
    sent
}

#[test]
fn f07_reset_after_request_is_replayed_once_at_once_and_keeps_the_login() {
    let mut rig = Rig::new(OAUTH);
    let sent = losing(&mut rig, 1);
    let summary = rig.refresh();
    assert_eq!(summary.end, End::Renewed { probe: None });
    assert_eq!((sent.get(), rig.credential().as_str()), (2, "canary-r2"));
}

#[test]
fn f07_every_replay_is_marked_before_it_leaves() {
    let mut rig = Rig::new(OAUTH);
    losing(&mut rig, 3);
    assert!(matches!(rig.refresh().end, End::Unknown { replays: 1, .. }));
    assert!(matches!(rig.run(Purpose::Replay { asked: false }).end, End::Unknown { replays: 2, .. }));
    let replays: Vec<u32> = rig
        .journal
        .decoded()
        .iter()
        .filter_map(|entry| match entry {
            Entry::Mark(mark) => Some(mark.replays),
            _ => None,
        })
        .collect();
    assert_eq!(replays, [0, 1, 2]);
    assert_eq!(rig.run(Purpose::Replay { asked: false }).end, End::Renewed { probe: None });
}

#[test]
fn f07_nothing_is_replayed_while_the_host_does_not_answer_its_check() {
    let mut rig = Rig::new(OAUTH);
    let sent = losing(&mut rig, 2);
    rig.refresh();
    rig.is_host_up = false;
    let summary = rig.run(Purpose::Replay { asked: false });
    assert_eq!(summary.end, End::Unknown { replays: 1, cause: Cause::HostDown, host_down: true });
    assert_eq!(sent.get(), 2);
}

#[test]
fn f07_a_rejected_replay_says_that_the_reply_was_lost() {
    let mut rig = Rig::new(OAUTH);
    let mut sent = 0;
    rig.answers = Box::new(move |_, now| {
        sent += 1;
        if sent == 1 { cut(NoReply::Deadline, now) } else { json(400, r#"{"error":"invalid_grant"}"#, now) }
    });
    assert_eq!(rig.refresh().end, End::Rejected { last: false, lost: true });
    assert_eq!(rig.credential(), "canary-r1", "I2: a failure deletes nothing");
    let basis = rig.stored().current.generation;
    let again = rig.run(Purpose::Confirm { why: Doubt::LostReply, basis });
    assert!(matches!(again.end, End::Rejected { .. }), "{again:?}");
}

#[test]
fn f01_a_sign_in_page_of_the_network_is_no_answer() {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| {
        reply(200, &[("content-type", "text/html")], "<html>Welcome to the hotel</html>", now)
    });
    let summary = rig.refresh();
    assert_eq!(
        summary.end,
        End::Unknown { replays: 1, cause: Cause::Page { status: 200 }, host_down: false }
    );
    assert_eq!(rig.requests.len(), 2, "one replay at once, no more");
}

#[test]
fn f08_a_reply_cut_at_any_byte_stores_no_half_token() {
    let whole = br#"{"access_token":"canary-a2","refresh_token":"canary-r2","expires_in":3600}"#;
    for end in 0..whole.len() {
        let mut rig = Rig::new(OAUTH);
        let mut is_first = true;
        rig.answers = Box::new(move |_, now| {
            let text = std::str::from_utf8(&whole[..end]).unwrap();
            if std::mem::take(&mut is_first) { json(200, text, now) } else { minted(3, now) }
        });
        rig.refresh();
        assert_eq!(
            (rig.token().as_str(), rig.credential().as_str()),
            ("canary-a3", "canary-r3"),
            "cut at {end}"
        );
    }
}

#[test]
fn f27_an_endless_body_is_a_lost_reply() {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| cut(NoReply::TooLarge, now));
    assert!(matches!(rig.refresh().end, End::Unknown { replays: 1, .. }));
}

#[test]
fn f50_a_chain_that_is_shared_asks_the_person_instead_of_replaying() {
    let shared = format!("{OAUTH}\n[chains.main]\nlost_reply = \"ask\"\n");
    let mut rig = Rig::new(&shared);
    let sent = losing(&mut rig, 1);
    assert_eq!(rig.refresh().end, End::AskPerson);
    assert_eq!(rig.run(Purpose::Replay { asked: false }).end, End::AskPerson);
    assert_eq!(sent.get(), 1, "nothing is sent again without the person");
    assert_eq!(rig.run(Purpose::Replay { asked: true }).end, End::Renewed { probe: None });
}

#[test]
fn a_request_that_never_left_takes_its_mark_back() {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| not_sent(NotSent::Dns, now));
    assert!(matches!(rig.refresh().end, End::Transient { .. }));
    assert_eq!(rig.run(Purpose::Recover).end, End::Quiet);
}

#[test]
fn i6_another_chains_new_generation_remembers_that_a_credential_is_spent() {
    let mut rig = Rig::new(OAUTH);
    losing(&mut rig, 2);
    rig.refresh();
    // As another chain would: the same material with a new generation, made after reading the journal.
    let mut record = rig.stored();
    record.current.generation = record.current.generation.next();
    record.current.spent.insert(lamplighter_core::id::ChainName::main());
    record.current.replays.insert(lamplighter_core::id::ChainName::main(), 1);
    let before = rig.stored().write_id;
    record.write_id = lamplighter_core::id::WriteId([5; 16]);
    use lamplighter_core::record::SessionStore as _;
    let account = rig.account.clone();
    rig.store.save(&account, Some(before), &record).unwrap();
    let summary = rig.run(Purpose::Recover);
    assert!(matches!(summary.end, End::Unknown { replays: 1, .. }), "{summary:?}");
    rig.answers = Box::new(move |request, now| {
        assert!(body(request).contains("canary-r1"), "only the lost-reply rule sends a spent credential");
        minted(2, now)
    });
    rig.run(Purpose::Replay { asked: false });
    assert!(rig.stored().current.spent.is_empty());
}
