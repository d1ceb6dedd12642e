//! What a person wishes: once is once, a pause stays a pause.

use lamplighter_core::account::{Account, Block, Chain, Death, Event, Job, Session, Work};
use lamplighter_core::classify::Cause;
use lamplighter_core::id::ChainName;
use lamplighter_core::refresh::End;

use super::desk::{Desk, MIN};

/// A reply was lost, and the provider says to ask the person.
fn asked() -> Desk {
    let mut desk = Desk::new(1);
    desk.pass(60 * MIN);
    let (account, chain, job) = desk.running.remove(0);
    let mut summary = desk.summary(End::AskPerson, &chain);
    summary.lost = vec![(chain.clone(), 0)];
    desk.event(Event::Ended { account, job, chain, summary, facts: None });
    assert!(desk.accounts.may_try_once(&desk.ids[0]));
    desk
}

fn account(desk: &Desk) -> &Account {
    desk.accounts.get(&desk.ids[0]).unwrap()
}

fn try_once(desk: &mut Desk) {
    let id = desk.ids[0].clone();
    desk.event(Event::TryOnce { account: id });
    assert_eq!(desk.job(), Some(Job::Replay { asked: true }));
}

/// The attempt that runs ends like that, the reply still lost or not.
fn ends(desk: &mut Desk, end: End, is_lost: bool) {
    let (account, chain, job) = desk.running.remove(0);
    let mut summary = desk.summary(end, &chain);
    summary.lost = if is_lost { vec![(chain.clone(), 1)] } else { Vec::new() };
    desk.event(Event::Ended { account, job, chain, summary, facts: None });
}

#[test]
fn nothing_is_sent_before_the_person_says_so() {
    let mut desk = asked();
    desk.pass(29 * 60 * MIN);
    assert_eq!(desk.job(), None);
    assert_eq!(desk.toasts.len(), 3, "the person is asked, and reminded");
}

#[test]
fn once_is_once_when_the_answer_is_lost_again() {
    let mut desk = asked();
    try_once(&mut desk);
    ends(&mut desk, End::Unknown { replays: 1, cause: Cause::Crash, host_down: false }, true);
    desk.pass(24 * 60 * MIN);
    assert_eq!(desk.job(), None, "never a loop");
    assert!(matches!(desk.session(), Session::Blocked { why: Block::LostReply, .. }));
    assert!(desk.accounts.may_try_once(&desk.ids[0]), "and may be said again");
    try_once(&mut desk);
}

#[test]
fn an_answer_that_renews_ends_it() {
    let mut desk = asked();
    try_once(&mut desk);
    let id = desk.ids[0].clone();
    desk.end_of(&id, End::Renewed { probe: None });
    assert!(matches!(desk.session(), Session::Alive { .. }));
    assert!(!desk.accounts.may_try_once(&id));
    assert_eq!(desk.closed, desk.toasts);
}

#[test]
fn an_answer_that_refuses_is_confirmed_before_the_session_is_dead() {
    let mut desk = asked();
    try_once(&mut desk);
    ends(&mut desk, End::Rejected { last: false, lost: true }, false);
    assert!(matches!(desk.session(), Session::Suspect { .. }), "{:?}", desk.session());
    desk.pass(6 * MIN);
    assert!(matches!(desk.job(), Some(Job::Confirm(_))));
    ends(&mut desk, End::Rejected { last: false, lost: false }, false);
    assert!(matches!(desk.session(), Session::Dead { reason: Death::LostReply, .. }));
}

#[test]
fn a_service_that_is_busy_leaves_no_dead_end() {
    let mut desk = asked();
    try_once(&mut desk);
    ends(&mut desk, End::Transient { retry_after: None, cause: Cause::Status { status: 503 } }, false);
    assert!(!matches!(desk.session(), Session::Blocked { .. }));
    desk.pass(31 * MIN);
    assert_eq!(desk.job(), Some(Job::Refresh), "it was answered: the usual rules hold");
}

#[test]
fn nobody_may_try_what_was_not_lost_or_is_paused() {
    let mut desk = asked();
    let id = desk.ids[0].clone();
    desk.event(Event::Paused { account: Some(id.clone()), paused: true });
    assert!(!desk.accounts.may_try_once(&id));
    let mut fine = Desk::new(1);
    assert!(!fine.accounts.may_try_once(&id));
    let id = fine.ids[0].clone();
    fine.event(Event::TryOnce { account: id });
    assert_eq!(fine.job(), None);
    assert_eq!(account(&fine).chains[&ChainName::main()].chain, Chain::Idle);
}

#[test]
fn a_pause_stays_a_pause_over_a_logout_and_the_next_login() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.event(Event::Paused { account: Some(id.clone()), paused: true });
    for (job, end) in [(Job::Logout, End::LoggedOut { revoke_failed: None }), (Job::Commit, End::Committed)] {
        desk.event(Event::Wanted { account: id.clone(), work: Work { job, ticket: 1 } });
        desk.end_of(&id, end);
    }
    assert!(account(&desk).paused);
    desk.pass(120 * MIN);
    assert_eq!(desk.job(), None);
}
