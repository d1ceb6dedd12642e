//! What neither store nor journal takes: it is in this process alone, and the old token is not sent again (F38).

use lamplighter_core::account::Event;
use lamplighter_core::journal::Entry;
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::{AttemptSummary, Doubt, End, Purpose};
use testkit::memory_store::Fault;

use super::OAUTH;
use super::rig::{Rig, minted, shown};
use crate::faults::line::{Line, MIN};

/// A process whose disk and store both fail once the answer is there.
fn failed() -> (Rig, AttemptSummary) {
    let mut rig = Rig::new(OAUTH);
    rig.is_one_process = true;
    rig.answers = Box::new(|_, now| minted(2, now));
    let basis = rig.stored().current.generation;
    let summary = rig.run_with(Purpose::Refresh { basis }, breaks);
    (rig, summary)
}

fn breaks(rig: &mut Rig, effect: &str) {
    match effect {
        "seal" => rig.journal.is_full = true,
        "save" => rig.store.fail_next(Fault::Refuses(StoreError::Disk("read-only".to_owned()))),
        _ => {}
    }
}

#[test]
fn f38_what_neither_disk_nor_store_takes_is_served_and_the_old_token_is_never_sent_again() {
    let (mut rig, summary) = failed();
    assert!(summary.unsaved.is_some() && summary.is_held, "{summary:?}");
    assert_eq!(rig.published.len(), 1, "programs have the new one");
    let basis = rig.stored().current.generation;
    for purpose in [
        Purpose::Persist,
        Purpose::Recover,
        Purpose::Refresh { basis },
        Purpose::Replay { asked: true },
        Purpose::Confirm { why: Doubt::LostReply, basis },
        Purpose::Probe,
        Purpose::Persist,
    ] {
        let summary = rig.run_with(purpose, breaks);
        assert!(summary.is_held && summary.unsaved.is_some() && summary.lost.is_empty(), "{summary:?}");
        assert_eq!(rig.requests.len(), 1, "the old one is spent");
    }
    let served = rig.published.last().unwrap();
    assert_eq!(shown(&served.current.tokens[&"access".parse().unwrap()].value), "canary-a2");
}

#[test]
fn f38_what_was_in_memory_alone_goes_to_the_disk_or_the_store_whichever_is_there_first() {
    for is_disk_first in [true, false] {
        let (mut rig, _) = failed();
        if is_disk_first {
            rig.journal.is_full = false;
            rig.store.fail_next(Fault::Refuses(StoreError::Slow));
            let summary = rig.run(Purpose::Persist);
            assert!(summary.unsaved.is_some() && !summary.is_held, "{summary:?}");
            assert!(matches!(rig.journal.decoded().last(), Some(Entry::Record(_))));
            rig.is_one_process = false;
        }
        let summary = rig.run(Purpose::Persist);
        assert_eq!((summary.end, summary.unsaved, summary.is_held), (End::Saved, None, false));
        assert_eq!((rig.credential().as_str(), rig.requests.len()), ("canary-r2", 1));
    }
}

#[test]
fn f38_a_person_is_told_that_it_is_in_memory_alone_and_a_quit_tries_once_more() {
    for is_mended_before_quitting in [true, false] {
        let mut line = Line::new(OAUTH);
        line.rig.is_one_process = true;
        line.rig.answers = Box::new(|_, now| minted(2, now));
        line.ask();
        line.perform_with(breaks);
        for _ in 0..20 {
            line.rig.store.fail_next(Fault::Refuses(StoreError::Disk("read-only".to_owned())));
        }
        let told = line.tells("The disk did not take the newest session either");
        assert!(told.safe.unwrap().contains("kept only in Lamplighter’s memory"));
        assert!(told.cure.unwrap().starts_with("Do not quit Lamplighter"));
        line.pass(10 * MIN);
        line.tells("The disk did not take the newest session either");
        assert_eq!(line.rig.requests.len(), 1, "{:?}", line.rig.trace);
        if is_mended_before_quitting {
            line.rig.journal.is_full = false;
        }
        let tried = line.ends.len();
        line.event(Event::Stopping);
        line.perform();
        assert_eq!(line.ends.len(), tried + 1, "once more");
        assert_eq!(line.ends.last().unwrap().is_held, !is_mended_before_quitting);
        assert_eq!(line.rig.requests.len(), 1);
    }
}
