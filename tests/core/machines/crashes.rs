//! The power goes out between any two steps (F36).

use lamplighter_core::refresh::{End, Purpose};

use super::rig::{Rig, body, json, minted};
use super::{OAUTH, STEPS};

/// A service that rotates with each use and still knows the one before.
fn rotating(rig: &mut Rig) {
    let mut current = 1;
    rig.answers = Box::new(move |request, now| {
        let body = body(request);
        if body.contains(&format!("r{current}")) {
            current += 1;
            minted(current, now)
        } else if body.contains(&format!("r{}", current - 1)) {
            minted(current, now)
        } else {
            json(400, r#"{"error":"invalid_grant"}"#, now)
        }
    });
}

fn heal(rig: &mut Rig) {
    for _ in 0..3 {
        let summary = rig.run(Purpose::Recover);
        if let End::Unknown { .. } = summary.end {
            rig.run(Purpose::Replay { asked: false });
        }
    }
}

#[test]
fn f36_a_crash_between_any_two_steps_of_a_refresh_loses_no_login() {
    for steps in 0..12 {
        let mut rig = Rig::new(OAUTH);
        rotating(&mut rig);
        let basis = rig.stored().current.generation;
        let ended = rig.run_at_most(Purpose::Refresh { basis }, steps);
        heal(&mut rig);
        let summary = rig.refresh();
        assert!(
            matches!(summary.end, End::Renewed { .. }),
            "crashed after {steps}: {summary:?} {:?}",
            rig.trace
        );
        assert!(rig.stored().current.spent.is_empty());
        if ended.is_some() {
            return;
        }
    }
    panic!("the refresh never came to its end");
}

#[test]
fn f36_a_crash_after_the_reply_was_sealed_needs_no_second_request() {
    let mut rig = Rig::new(OAUTH);
    rotating(&mut rig);
    let basis = rig.stored().current.generation;
    // load, read, mark, send, seal: the reply is in the journal, the store has not heard of it.
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 5).is_none());
    assert_eq!(rig.trace.last().map(String::as_str), Some("seal"));
    assert_eq!(rig.credential(), "canary-r1");
    let summary = rig.run(Purpose::Recover);
    assert_eq!(summary.end, End::Renewed { probe: None });
    assert_eq!((rig.credential().as_str(), rig.requests.len()), ("canary-r2", 1));
}

#[test]
fn f36_a_mark_without_a_reply_is_a_lost_reply() {
    let mut rig = Rig::new(OAUTH);
    rotating(&mut rig);
    let basis = rig.stored().current.generation;
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 3).is_none());
    let summary = rig.run(Purpose::Recover);
    assert!(matches!(summary.end, End::Unknown { replays: 0, .. }), "{summary:?}");
    assert_eq!(summary.lost.len(), 1);
}

#[test]
fn f36_a_crash_in_a_rung_of_two_spending_steps_resumes_at_the_marked_step() {
    for steps in 3..14 {
        let mut rig = Rig::new(STEPS);
        let mut rotations = 0;
        rig.answers = Box::new(move |request, now| {
            if request.url.path() == "/rotate" {
                // No grace at all: the second use of a key ends the session.
                let wanted = format!("r{}", rotations + 1);
                if !body(request).contains(&wanted) {
                    return json(401, "{}", now);
                }
                rotations += 1;
                let key = rotations + 1;
                return json(200, &format!(r#"{{"key":"canary-r{key}","code":"c{rotations}"}}"#), now);
            }
            json(200, r#"{"access_token":"canary-a2"}"#, now)
        });
        let basis = rig.stored().current.generation;
        let ended = rig.run_at_most(Purpose::Refresh { basis }, steps);
        let was_lost =
            ended.is_none() && rig.requests.len() == 1 && rig.trace.last().is_some_and(|last| last == "send");
        if was_lost {
            // The only step whose loss this service does not forgive.
            continue;
        }
        heal(&mut rig);
        assert_eq!(rig.token(), "canary-a2", "crashed after {steps}: {:?}", rig.trace);
        let rotations = rig.requests.iter().filter(|request| request.ends_with("/rotate")).count();
        assert!(
            rotations == 1 || was_not_sent(&rig, steps),
            "the first step was spent twice: {:?}",
            rig.requests
        );
        if ended.is_some() {
            return;
        }
    }
}

/// Crashed between mark and send: the replay is the first request that leaves.
fn was_not_sent(rig: &Rig, steps: usize) -> bool {
    steps <= 3 && rig.requests.len() <= 3
}

#[test]
fn f41_of_record_and_journal_the_newer_wins_when_the_store_lost_its_last_write() {
    let mut rig = Rig::new(OAUTH);
    rotating(&mut rig);
    let backup = rig.store.backup();
    rig.refresh();
    assert_eq!(rig.credential(), "canary-r2");
    rig.store.restore(backup);
    let summary = rig.run(Purpose::Recover);
    assert_eq!(summary.end, End::Renewed { probe: None }, "the sealed reply is newer than the record");
    assert_eq!(rig.credential(), "canary-r2");
}

#[test]
fn i4_a_journal_that_is_gone_counts_as_a_lost_reply() {
    let mut rig = Rig::new(OAUTH);
    rotating(&mut rig);
    rig.journal.entries = None;
    let summary = rig.run(Purpose::Recover);
    assert!(matches!(summary.end, End::Unknown { replays: 0, .. }), "{summary:?}");
    assert_eq!(rig.journal.decoded().len(), 1, "the suspicion is on the disk");
    rig.run(Purpose::Replay { asked: false });
    assert_eq!(rig.credential(), "canary-r2");
}
