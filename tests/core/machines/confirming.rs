//! When a second no confirms the first: not if both can be of the same bad moment.

use std::time::Duration;

use lamplighter_core::account::{Death, Event, Job, Session};
use lamplighter_core::classify::Cause;
use lamplighter_core::id::ChainName;
use lamplighter_core::record::Record;
use lamplighter_core::refresh::{Doubt, End};
use lamplighter_core::text::Why;
use lamplighter_core::time::{BootTime, Now, Timestamp};

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
    desk.pass(4 * MIN);
    assert_eq!(desk.job(), None, "nor is a bad hour of the service over by then");
    desk.pass(MIN);
    assert_eq!(desk.job(), Some(Job::Confirm(Doubt::Rejected)));
}

/// A service that wants a quarter of an hour between two noes.
fn patient() -> Desk {
    Desk::of(&format!("{OAUTH}[policy]\nconfirm_after = \"15m\"\n"), 1)
}

#[test]
fn f13_f44_after_a_reboot_two_noes_are_as_far_apart_as_the_provider_asks() {
    for jump in [400 * 24 * 3_600_000, -400 * 24 * 3_600_000, 0] {
        let mut desk = patient();
        desk.refresh_fails(End::Rejected { last: false, lost: false });
        desk.clock.advance(Duration::from_secs(20));
        desk.event(Event::Tick);
        desk.clock.reboot(if jump == 0 { 3 * 60 * MIN } else { Duration::from_secs(30) });
        desk.clock.jump_wall(jump);
        desk.event(Event::Tick);
        assert_eq!(desk.job(), None, "{jump}");
        desk.pass(14 * MIN);
        assert_eq!(desk.job(), None, "{jump}: a clock that jumps is no quarter of an hour");
        desk.pass(2 * MIN);
        assert_eq!(desk.job(), Some(Job::Confirm(Doubt::Rejected)), "{jump}");
        let id = desk.ids[0].clone();
        desk.end_of(&id, End::Rejected { last: false, lost: false });
        assert!(matches!(desk.session(), Session::Dead { .. }), "{jump}: and it is the last word");
    }
}

#[test]
fn f13_f44_a_lost_request_that_is_sent_again_after_a_reboot_confirms_no_earlier_than_that() {
    for (minutes, is_last) in [(13, false), (16, true)] {
        let mut desk = patient();
        desk.refresh_fails(End::Rejected { last: false, lost: false });
        desk.clock.reboot(Duration::from_secs(30));
        desk.clock.jump_wall(400 * 24 * 3_600_000);
        desk.clock.advance(minutes * MIN);
        let (account, chain) = (desk.ids[0].clone(), ChainName::main());
        let lost = desk.summary(End::Unknown { replays: 0, cause: Cause::Crash, host_down: false }, &chain);
        desk.event(Event::Ended {
            account: account.clone(),
            job: Job::Recover,
            chain,
            summary: lost,
            facts: None,
        });
        desk.pass(Duration::from_secs(45));
        assert_eq!(desk.job(), Some(Job::Replay { asked: false }), "what was lost is sent again");
        desk.end_of(&account, End::Rejected { last: false, lost: true });
        assert_eq!(matches!(desk.session(), Session::Dead { .. }), is_last, "after {minutes} minutes");
    }
}

#[test]
fn f13_what_boot_clocks_have_counted_is_certain_and_never_more_than_has_passed() {
    let at = |boot, ms| Now { wall: Timestamp(0), boot: BootTime { boot, ms } };
    let since = |now: Now, then| now.surely_since(then).as_millis();
    assert_eq!(since(at(1, 9_000), at(1, 4_000)), 5_000);
    assert_eq!(since(at(2, 3_000), at(1, 4_000)), 3_000, "since that boot began");
    // Where the system names no boots each process counts as one, and the clock of both is the same.
    assert_eq!(since(at(2, 9_000), at(1, 4_000)), 5_000);
    assert_eq!(since(at(2, 4_000), at(1, 4_000)), 0);
}

#[test]
fn f13_after_a_reboot_what_is_said_of_the_confirming_try_is_when_it_comes() {
    let mut desk = patient();
    desk.refresh_fails(End::Rejected { last: false, lost: false });
    desk.clock.reboot(Duration::from_secs(30));
    desk.clock.jump_wall(400 * 24 * 3_600_000);
    let now = desk.clock.now();
    let Some(Why::Suspect { confirm_at, .. }) = desk.accounts.why(&desk.ids[0], now) else {
        panic!("it is in doubt")
    };
    assert_eq!(confirm_at.since(now.wall), 15 * MIN - Duration::from_millis(now.boot.ms));
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
