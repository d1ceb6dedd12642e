//! A grant ends when it was said to, and only what is not over already (S3.2).

use lamplighter_core::account::{Block, Death, Event, Job, Session, Work};
use lamplighter_core::id::ChainName;
use lamplighter_core::refresh::End;

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::held;

/// A grant of twelve hours; the token in it lives for a month, so nothing else is due.
fn granted() -> Desk {
    let mut desk = Desk::with(&format!("{OAUTH}\n[policy]\ngrant = \"12h\"\n"), 1, |record, desk| {
        let now = desk.clock.now();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 30 * 24 * 3600, now));
        record.current.credentials.clear();
    });
    let account = desk.ids[0].clone();
    let work = Work { job: Job::Commit, ticket: 1 };
    desk.event(Event::Wanted { account: account.clone(), work });
    desk.end_of(&account, End::Committed);
    desk
}

#[test]
fn s3_2_a_grant_ends_when_it_was_said_to_though_nothing_else_is_due() {
    let mut desk = granted();
    desk.pass(11 * 60 * MIN);
    assert!(!matches!(desk.session(), Session::Blocked { .. }), "{:?}", desk.session());
    desk.pass(61 * MIN);
    let session = desk.session();
    assert!(
        matches!(session, Session::Blocked { why: Block::GrantEnded { .. }, .. }),
        "{session:?} {:?}",
        desk.running
    );
}

#[test]
fn s3_2_a_session_that_was_over_before_its_grant_stays_over_for_its_own_reason() {
    let mut desk = granted();
    let account = desk.ids[0].clone();
    desk.event(Event::Asked { account: account.clone(), chain: Some(ChainName::main()), force: true });
    desk.end_of(&account, End::Rejected { last: true, lost: false });
    desk.pass(13 * 60 * MIN);
    assert!(matches!(desk.session(), Session::Dead { reason: Death::Final, .. }), "{:?}", desk.session());
}
