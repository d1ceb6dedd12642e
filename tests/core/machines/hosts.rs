//! Hosts that are down or answer wrongly, for several accounts at once: who is told, and when they are forgotten.

use std::time::Duration;

use lamplighter_core::account::Event;
use lamplighter_core::api::Occasion;
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::NotSent;
use lamplighter_core::refresh::End;

use super::desk::{Desk, MIN};

const SEC: Duration = Duration::from_secs(1);

/// The one that is running has found its host down.
fn found_down(desk: &mut Desk) {
    let (account, chain, job) = desk.running.remove(0);
    let cause = Cause::NotSent { why: NotSent::Connect };
    let mut summary = desk.summary(End::Transient { retry_after: None, cause }, &chain);
    summary.requests = 0;
    desk.event(Event::Ended { account, job, chain, summary, facts: None });
}

fn host_is_up(desk: &mut Desk) {
    let host = desk.checks.last().expect("it is looked at").clone();
    desk.event(Event::HostChecked { host, up: true });
}

#[test]
fn s0_4_f04_every_account_whose_host_is_down_is_told_of_and_each_once_it_works_again() {
    let mut desk = Desk::new(7);
    while desk.running.is_empty() {
        desk.pass(SEC);
    }
    found_down(&mut desk);
    // Some had begun before it was known.
    while !desk.running.is_empty() {
        found_down(&mut desk);
    }
    assert_eq!(desk.alerts, [], "there are tokens yet");
    while desk.clock.now().wall < desk.began.wall.plus(61 * MIN) {
        desk.pass(MIN);
        if let Some(host) = desk.checks.pop() {
            desk.event(Event::HostChecked { host, up: false });
        }
        assert!(desk.running.is_empty(), "nothing is tried while the host is down");
    }
    assert_eq!(desk.alerts, [Occasion::Failed; 7], "not of the first one alone");
    for id in desk.ids.clone() {
        desk.event(Event::Alerted { account: id, occasion: Occasion::Failed });
    }
    desk.pass(2 * MIN);
    desk.alerts.clear();
    host_is_up(&mut desk);
    assert_eq!(desk.alerts, [], "who still waits for its turn does not work yet");
    for _ in 0..20 {
        desk.end_all();
        desk.pass(SEC);
    }
    desk.end_all();
    assert_eq!(desk.alerts, [Occasion::Recovered; 7]);
}

/// Nothing is sent to a host for ever because an account that is gone once met it.
#[test]
fn f04_a_host_that_nobody_waits_for_any_more_is_forgotten() {
    let hour = 60 * MIN;
    let front = || Cause::Status { status: 503 };
    type Leave = fn(&mut Desk);
    let pause: Leave = |desk| desk.event(Event::Paused { account: None, paused: true });
    let remove: Leave = |desk| desk.event(Event::Unknown { account: desk.ids[0].clone() });
    for (leave, is_down) in [(pause, true), (remove, true), (pause, false), (remove, false)] {
        let mut desk = Desk::new(1);
        while desk.running.is_empty() {
            desk.pass(SEC);
        }
        if is_down {
            found_down(&mut desk);
        } else {
            desk.end_of(&desk.ids[0].clone(), End::Transient { retry_after: None, cause: front() });
        }
        desk.checks.clear();
        desk.pass(MIN);
        let host = desk.checks.pop().expect("while it waits the host is looked at");
        desk.event(Event::HostChecked { host: host.clone(), up: false });
        leave(&mut desk);
        desk.pass(hour);
        assert_eq!(desk.checks, Vec::<String>::new(), "is down: {is_down}");
    }
}

/// What is refreshed again after a while has no use for the checks of a front that answered once with 503.
#[test]
fn f12_an_ailing_host_is_looked_at_only_while_something_waits_for_it() {
    let mut desk = Desk::new(2);
    while desk.running.is_empty() {
        desk.pass(SEC);
    }
    let ailing = desk.running[0].0.clone();
    let cause = Cause::Status { status: 503 };
    desk.end_of(&ailing, End::Transient { retry_after: None, cause });
    desk.pass(2 * MIN);
    assert!(!desk.checks.is_empty());
    let host = desk.checks[0].clone();
    desk.event(Event::HostChecked { host: host.clone(), up: false });
    desk.event(Event::Unknown { account: ailing });
    // The other one goes on, without ever being told that the host is well: what it asks says nothing.
    let goes_on = |desk: &mut Desk| {
        let other: Vec<_> = desk.running.iter().map(|(id, ..)| id.clone()).collect();
        other.iter().for_each(|id| desk.end_of(id, End::ProbeSilent));
    };
    goes_on(&mut desk);
    desk.checks.clear();
    for _ in 0..180 {
        desk.pass(MIN);
        goes_on(&mut desk);
    }
    assert_eq!(desk.checks, Vec::<String>::new());
}

#[test]
fn f04_what_got_no_answer_does_not_say_that_a_host_that_is_down_is_there() {
    let mut desk = Desk::new(2);
    while desk.running.len() < 2 {
        desk.pass(SEC);
    }
    found_down(&mut desk);
    let second = desk.running[0].0.clone();
    desk.end_of(&second, End::ProbeSilent);
    desk.pass(MIN);
    assert!(desk.running.is_empty(), "nothing is tried while the host is down: {:?}", desk.running);
}
