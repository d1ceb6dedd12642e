//! One account, two chains: doubts about both.

use std::time::Duration;

use lamplighter_core::account::{Death, Event, Job, Session};
use lamplighter_core::id::ChainName;
use lamplighter_core::record::Record;
use lamplighter_core::refresh::{Doubt, End};

use super::PAIRS;
use super::desk::{Desk, MIN};
use super::rig::held;

fn pairs() -> Desk {
    let two = |record: &mut Record, desk: &Desk| {
        let now = desk.clock.now();
        record.current.tokens.clear();
        for name in ["bot", "user"] {
            record.current.tokens.insert(name.parse().unwrap(), held("t", 3600, now));
        }
    };
    let mut desk = Desk::with(PAIRS, 1, two);
    while !desk.running.is_empty() {
        let id = desk.ids[0].clone();
        desk.end_of(&id, End::Proven);
    }
    desk
}

/// Lets the time pass; whatever runs is rejected. Returns what ran.
fn all_rejected(desk: &mut Desk, time: Duration) -> Vec<(ChainName, Job)> {
    let mut ran = Vec::new();
    let end = desk.clock.now().wall.plus(time);
    while desk.clock.now().wall < end && ran.len() < 100 {
        match desk.running.first().cloned() {
            Some((id, chain, job)) => {
                ran.push((chain, job));
                desk.clock.advance(Duration::from_millis(300));
                desk.end_of(&id, End::Rejected { last: false, lost: false });
            }
            None => desk.pass(Duration::from_secs(5)),
        }
    }
    ran
}

#[test]
fn f52_two_chains_that_are_both_rejected_do_not_put_each_other_off() {
    let mut desk = pairs();
    let ran = all_rejected(&mut desk, 90 * MIN);
    assert_eq!(ran.len(), 3, "each once, and one confirmation: {ran:?}");
    assert_eq!(ran[2], (ran[0].0.clone(), Job::Confirm(Doubt::Rejected)));
    assert!(matches!(desk.session(), Session::Dead { reason: Death::Rejected, .. }));
}

#[test]
fn the_other_chain_is_doubted_in_its_turn_when_the_first_turns_out_good() {
    let mut desk = pairs();
    desk.pass(60 * MIN);
    let id = desk.ids[0].clone();
    for _ in 0..2 {
        desk.end_of(&id, End::Rejected { last: false, lost: false });
    }
    desk.pass(6 * MIN);
    assert!(matches!(desk.job(), Some(Job::Confirm(_))));
    desk.generation += 1;
    desk.end_of(&id, End::Renewed { probe: Some(true) });
    assert!(matches!(desk.session(), Session::Alive { .. }));
    let ran = all_rejected(&mut desk, 20 * MIN);
    assert!(ran.len() <= 2, "{ran:?}");
    desk.event(Event::Tick);
    assert!(matches!(desk.session(), Session::Suspect { .. } | Session::Dead { .. }), "{:?}", desk.session());
}

#[test]
fn f52_a_renewal_of_one_chain_lifts_no_doubt_about_the_other() {
    let mut desk = pairs();
    desk.pass(60 * MIN);
    let id = desk.ids[0].clone();
    let (_, first, _) = desk.running[0].clone();
    desk.end_of(&id, End::Rejected { last: false, lost: false });
    let (_, second, _) = desk.running[0].clone();
    assert_ne!(first, second);
    desk.generation += 1;
    desk.end_of(&id, End::Renewed { probe: None });
    assert!(
        matches!(desk.session(), Session::Suspect { chain, .. } if *chain == first),
        "{:?}",
        desk.session()
    );
    desk.pass(6 * MIN);
    assert_eq!(desk.running[0], (id, first, Job::Confirm(Doubt::Rejected)));
}
