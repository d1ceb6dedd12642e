//! When a second no confirms the first: not if both can be of the same bad moment.

use std::time::Duration;

use lamplighter_core::account::{Death, Event, Job, Session};
use lamplighter_core::classify::Cause;
use lamplighter_core::id::ChainName;
use lamplighter_core::record::Record;
use lamplighter_core::refresh::{Doubt, End};

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::held;

#[test]
fn f13_f44_a_clock_that_jumped_before_a_restart_does_not_bring_the_confirming_try_forward() {
    let mut desk = Desk::new(1);
    let no = || End::Rejected { last: false, lost: false };
    desk.refresh_fails(no());
    desk.clock.reboot(Duration::from_secs(5));
    desk.clock.jump_wall(400 * 24 * 3_600_000);
    desk.clock.advance(Duration::from_secs(5));
    desk.event(Event::Tick);
    assert_eq!(desk.job(), None, "five seconds are certain, and no year");
    desk.pass(2 * MIN);
    assert_eq!(desk.job(), Some(Job::Confirm(Doubt::Rejected)));
}

#[test]
fn f13_f45_a_lost_request_that_was_sent_again_right_after_a_no_confirms_nothing_though_sleep_came_before_its_end()
 {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Rejected { last: false, lost: false });
    desk.clock.advance(Duration::from_secs(8));
    let (account, chain) = (desk.ids[0].clone(), ChainName::main());
    let summary = desk.summary(End::Unknown { replays: 0, cause: Cause::Crash, host_down: false }, &chain);
    desk.event(Event::Ended { account: account.clone(), job: Job::Recover, chain, summary, facts: None });
    assert_eq!(desk.job(), Some(Job::Replay { asked: false }));
    desk.clock.advance(2 * MIN);
    desk.end_of(&account, End::Rejected { last: false, lost: true });
    assert!(matches!(desk.session(), Session::Suspect { .. }), "{:?}", desk.session());
}

#[test]
fn f13_f36_a_lost_request_that_a_restart_sends_again_right_after_a_no_confirms_nothing() {
    let mut desk = Desk::new(1);
    let no = || End::Rejected { last: false, lost: true };
    desk.refresh_fails(no());
    assert!(matches!(desk.session(), Session::Suspect { why: Doubt::LostReply, .. }));
    desk.clock.advance(Duration::from_secs(14));
    let (account, chain) = (desk.ids[0].clone(), ChainName::main());
    let (job, summary) = (Job::Replay { asked: false }, desk.summary(no(), &chain));
    desk.event(Event::Ended { account: account.clone(), job, chain, summary, facts: None });
    assert!(matches!(desk.session(), Session::Suspect { .. }), "two noes of one moment are one");
    desk.pass(10 * MIN);
    assert_eq!(desk.job(), Some(Job::Confirm(Doubt::LostReply)));
    desk.end_of(&account, no());
    assert!(matches!(desk.session(), Session::Dead { reason: Death::LostReply, .. }));
}

#[test]
fn f34_f36_a_lost_request_of_what_was_never_proven_is_not_the_last_word() {
    let unproven = |record: &mut Record, desk: &Desk| {
        record.current.is_proven = false;
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 3600, desk.clock.now()));
    };
    let mut desk = Desk::with(OAUTH, 1, unproven);
    desk.refresh_fails(End::Rejected { last: false, lost: false });
    desk.clock.advance(2 * MIN);
    let (account, chain) = (desk.ids[0].clone(), ChainName::main());
    let summary = desk.summary(End::Unknown { replays: 0, cause: Cause::Crash, host_down: false }, &chain);
    desk.event(Event::Ended { account: account.clone(), job: Job::Recover, chain, summary, facts: None });
    desk.pass(Duration::from_secs(45));
    assert_eq!(desk.job(), Some(Job::Replay { asked: false }));
    desk.end_of(&account, End::Rejected { last: false, lost: true });
    assert!(matches!(desk.session(), Session::Suspect { .. }), "{:?}", desk.session());
    desk.pass(2 * MIN);
    assert_eq!(desk.job(), Some(Job::Confirm(Doubt::Rejected)), "which asks what was there before as well");
    desk.end_of(&account, End::Rejected { last: false, lost: false });
    assert!(matches!(desk.session(), Session::Dead { .. }));
}
