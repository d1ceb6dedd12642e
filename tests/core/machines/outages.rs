//! Outages in which something answers, and outages that come and go: who is told, how often, and when it is over.

use std::time::Duration;

use lamplighter_core::account::{Event, Job, Session};
use lamplighter_core::api::Standing;
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{BrowserEnd, NoReply, NotSent};
use lamplighter_core::refresh::End;
use lamplighter_core::text::Why;

use super::desk::{Desk, MIN};

const HOST: &str = "https://id.example.com";

fn waits(cause: Cause) -> End {
    End::Transient { retry_after: None, cause }
}

fn unknown(cause: Cause) -> End {
    End::Unknown { replays: 1, cause, host_down: false }
}

/// A day in which every try ends like that and every check says what `up` says of it; then all is well.
fn day(desk: &mut Desk, end: &End, up: bool) {
    for _ in 0..24 * 60 {
        desk.pass(MIN);
        for id in desk.running.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>() {
            desk.end_of(&id, end.clone());
        }
        for host in std::mem::take(&mut desk.checks) {
            desk.event(Event::HostChecked { host, up });
        }
    }
}

fn gets_well(desk: &mut Desk) {
    for _ in 0..40 {
        desk.event(Event::HostChecked { host: HOST.to_owned(), up: true });
        desk.end_all();
        desk.pass(MIN);
    }
    desk.end_all();
}

#[test]
fn f01_f07_f11_a_day_in_which_something_else_answers_is_told_once_and_taken_away_at_its_end() {
    let page = BrowserEnd::TimedOut;
    let ends = [
        waits(Cause::Status { status: 503 }),
        unknown(Cause::Status { status: 502 }),
        unknown(Cause::Page { status: 200 }),
        unknown(Cause::NoReply { why: NoReply::Cut }),
        waits(Cause::Browser { end: page }),
    ];
    for end in ends {
        for up in [true, false] {
            let mut desk = Desk::new(3);
            day(&mut desk, &end, up);
            assert_eq!(desk.toasts, ["network"], "{end:?}, checks say {up}");
            assert_eq!(desk.closed, [""; 0], "no check that passes ends it: {end:?}, {up}");
            gets_well(&mut desk);
            assert_eq!((desk.toasts.len(), desk.closed.as_slice()), (1, ["network".to_owned()].as_slice()));
        }
    }
}

#[test]
fn f04_f47_a_host_whose_checks_pass_and_whose_requests_never_leave_is_one_outage_all_day() {
    let mut desk = Desk::new(3);
    day(&mut desk, &waits(Cause::NotSent { why: NotSent::Connect }), true);
    assert_eq!(desk.toasts, ["network"]);
    assert_eq!(desk.closed, [""; 0], "not forgotten after one good check");
    gets_well(&mut desk);
    assert_eq!(desk.closed, ["network"]);
}

#[test]
fn f11_what_passes_before_a_token_is_nearly_gone_is_told_to_nobody() {
    for end in [waits(Cause::Status { status: 503 }), waits(Cause::NotSent { why: NotSent::Dns })] {
        let mut desk = Desk::new(1);
        while desk.running.is_empty() {
            desk.pass(Duration::from_secs(1));
        }
        let id = desk.ids[0].clone();
        desk.end_of(&id, end);
        desk.pass(MIN);
        desk.event(Event::HostChecked { host: HOST.to_owned(), up: true });
        for _ in 0..40 {
            desk.end_all();
            desk.pass(Duration::from_secs(3));
        }
        desk.end_all();
        assert_eq!(desk.toasts, [""; 0], "its token lived on");
    }
}

#[test]
fn f09_f12_a_service_that_asks_for_patience_or_refuses_is_no_outage() {
    let refused = || End::Refused { status: 403, cause: Cause::Status { status: 403 } };
    for end in [waits(Cause::Status { status: 429 }), refused()] {
        let mut desk = Desk::new(1);
        for _ in 0..20 * 60 {
            desk.pass(MIN);
            for id in desk.running.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>() {
                desk.end_of(&id, end.clone());
            }
        }
        assert_eq!(desk.toasts, [""; 0], "{end:?}");
    }
}

#[test]
fn f01_a_page_in_a_browser_that_is_never_ready_has_its_host_looked_at_and_its_return_releases() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(waits(Cause::Browser { end: BrowserEnd::TimedOut }));
    for _ in 0..60 {
        desk.pass(MIN);
        for id in desk.running.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>() {
            desk.end_of(&id, waits(Cause::Browser { end: BrowserEnd::TimedOut }));
        }
        for host in std::mem::take(&mut desk.checks) {
            desk.event(Event::HostChecked { host, up: false });
        }
    }
    assert!(desk.running.is_empty(), "it waits for its time");
    desk.event(Event::HostChecked { host: HOST.to_owned(), up: true });
    assert_eq!(desk.running.len(), 1, "and not any longer than the network's page stood there");
}

#[test]
fn f04_what_sent_nothing_says_nothing_of_the_host_and_what_was_answered_ends_the_waiting() {
    for (requests, is_up) in [(0, false), (1, true)] {
        let mut desk = Desk::new(2);
        desk.pass(60 * MIN);
        let cause = Cause::NotSent { why: NotSent::Dns };
        let waiting = desk.ids[0].clone();
        desk.end_of(&waiting, End::Transient { retry_after: None, cause });
        let Some((account, chain, job)) = desk.running.pop() else { panic!("the other one runs") };
        assert_ne!(account, waiting);
        let mut summary = desk.summary(End::Renewed { probe: None }, &chain);
        summary.requests = requests;
        let facts = Some(desk.facts());
        desk.event(Event::Ended { account, job, chain, summary, facts });
        assert_eq!(desk.running.iter().any(|(id, ..)| *id == waiting), is_up, "{requests}");
    }
}

#[test]
fn f09_what_waits_because_the_service_says_so_goes_on_waiting_when_its_host_is_back() {
    let mut desk = Desk::new(2);
    desk.pass(60 * MIN);
    let retry_after = Some(30 * MIN);
    let [first, other] = [0, 1].map(|n| desk.ids[n].clone());
    desk.end_of(&first, End::Transient { retry_after, cause: Cause::Status { status: 429 } });
    let cause = Cause::NotSent { why: NotSent::Dns };
    desk.end_of(&other, End::Transient { retry_after: None, cause });
    desk.event(Event::HostChecked { host: "https://id.example.com".to_owned(), up: true });
    let ran: Vec<_> = desk.running.iter().map(|(id, ..)| id.clone()).collect();
    assert_eq!(ran, [other]);
}

#[test]
fn f04_what_is_due_and_held_up_by_a_host_that_another_account_found_down_is_not_called_fine() {
    let mut desk = Desk::new(2);
    while desk.running.is_empty() {
        desk.pass(Duration::from_secs(1));
    }
    assert_eq!(desk.running.len(), 1, "they do not begin in the same moment");
    let (account, chain, job) = desk.running.remove(0);
    let held_up = desk.ids.iter().find(|id| **id != account).expect("the other one").clone();
    assert_eq!(desk.accounts.standing(&held_up), Standing::Fine);
    let cause = Cause::NotSent { why: NotSent::Connect };
    let mut summary = desk.summary(End::Transient { retry_after: None, cause }, &chain);
    summary.requests = 0;
    desk.event(Event::Ended { account, job, chain, summary, facts: None });
    desk.pass(30 * MIN);
    assert!(desk.running.is_empty(), "nothing is tried while the host is down");
    assert_eq!(desk.accounts.standing(&held_up), Standing::Waiting);
    let why = desk.accounts.why(&held_up, desk.clock.now());
    assert!(matches!(why, Some(Why::Waiting { cause: Cause::HostDown, .. })), "{why:?}");
}
#[test]
fn p2_the_persons_own_check_of_the_network_changes_what_is_said_and_nothing_else() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.refresh_fails(End::Transient { retry_after: None, cause: Cause::NotSent { why: NotSent::Dns } });
    let said = |desk: &Desk| match desk.accounts.why(&id, desk.clock.now()) {
        Some(Why::Waiting { cause, .. }) => cause,
        other => panic!("it waits: {other:?}"),
    };
    let host = "https://id.example.com".to_owned();
    assert_eq!(said(&desk), Cause::NotSent { why: NotSent::Dns });
    for (up, cause) in [
        (Some(false), Cause::Offline),
        (Some(true), Cause::HostOnly),
        (None, Cause::NotSent { why: NotSent::Dns }),
    ] {
        desk.event(Event::NetworkJudged { up });
        assert_eq!(said(&desk), cause);
        let checks = desk.checks.len();
        desk.pass(5 * MIN);
        desk.event(Event::HostChecked { host: host.clone(), up: false });
        assert!(desk.running.is_empty() && desk.checks.len() > checks, "the host is checked as before");
        assert!(!matches!(desk.session(), Session::Dead { .. } | Session::Blocked { .. }));
    }
    desk.event(Event::NetworkJudged { up: Some(false) });
    desk.event(Event::HostChecked { host, up: true });
    assert_eq!(desk.job(), Some(Job::Refresh), "what can be reached is there, whatever the check said");
    assert_eq!(desk.accounts.why(&id, desk.clock.now()), None);
}
