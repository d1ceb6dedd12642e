//! A grant ends when it was said to, and only what is not over already (S3.2).

use lamplighter_core::account::{Account, Block, Death, Effect, Event, Job, Rules, Session, Work};
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::record::Record;
use lamplighter_core::refresh::End;
use lamplighter_core::time::Timestamp;

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::{held, provider};

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

/// A token that only the person can renew: the provider has no way to refresh it.
fn unrenewable(made: fn(&mut Record, &Desk)) -> Desk {
    let (before, after) = OAUTH.split_once("[[refresh]]").expect("there is one");
    let (_, after) = after.split_once("[answers]").expect("it comes next");
    Desk::with(&format!("{before}[[refresh]]\nstrategy = \"manual\"\n[answers]{after}"), 1, made)
}

fn an_hour(record: &mut Record, desk: &Desk) {
    record.current.tokens.values_mut().for_each(|token| *token = held("t", 3600, desk.began));
    record.current.credentials.clear();
}

fn ran_out(desk: &Desk) -> Option<Timestamp> {
    match desk.session() {
        Session::Dead { reason: Death::Ran, since } => Some(*since),
        _ => None,
    }
}

#[test]
fn s3_2_what_only_the_person_can_renew_is_over_when_it_runs_out_and_not_once_more() {
    let mut desk = unrenewable(an_hour);
    desk.pass(59 * MIN);
    assert_eq!(ran_out(&desk), None);
    desk.clock.advance(2 * MIN);
    let effects = desk.accounts.on_event(Event::Tick, desk.clock.now());
    let since = ran_out(&desk).expect("over");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Changed { .. })), "who looks is told");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::SaveState { .. })), "and a restart knows");
    desk.pass(60 * MIN);
    desk.event(Event::Woke);
    assert_eq!(ran_out(&desk), Some(since), "it ended then, and not now");
}

#[test]
fn s3_2_a_token_that_outlives_its_credential_is_looked_at_when_it_runs_out_itself() {
    let mut desk = unrenewable(|record, desk| {
        an_hour(record, desk);
        record.current.credentials.insert(ChainName::main(), held("r", 1800, desk.began));
    });
    desk.pass(59 * MIN);
    assert_eq!(ran_out(&desk), None);
    let end = desk.began.wall.plus(60 * MIN);
    desk.pass(2 * MIN);
    assert_eq!(ran_out(&desk), Some(end));
}

#[test]
fn s3_2_a_grant_of_which_only_the_login_is_known_counts_from_that_and_not_from_the_boot() {
    let limited = format!("{OAUTH}[policy]\ngrant = \"12h\"\n");
    let mut desk = Desk::of(&limited, 0);
    desk.clock.advance(20 * 60 * MIN);
    let id = AccountId::from_random([0; 16]);
    let mut account = Box::new(Account::new(id.clone()));
    account.logged_in = Some(desk.clock.now().wall);
    desk.clock.advance(60 * MIN);
    let name = "account-0".parse().expect("a name");
    let rules = Box::new(Rules::of(&provider(&limited), &Default::default(), name, None, false));
    desk.ids = vec![id.clone()];
    desk.event(Event::Known { account, rules });
    desk.end_of(&id, End::Quiet);
    let is_over =
        |desk: &Desk| matches!(desk.session(), Session::Blocked { why: Block::GrantEnded { .. }, .. });
    assert!(!is_over(&desk), "one hour of twelve: {:?}", desk.session());
    desk.clock.advance(11 * 60 * MIN + MIN);
    desk.event(Event::Tick);
    assert!(is_over(&desk), "{:?}", desk.session());
}

#[test]
fn s3_2_where_a_grant_has_no_limit_nothing_is_noted_of_it() {
    let mut desk = Desk::new(1);
    desk.pass(30 * MIN);
    let account = desk.accounts.get(&desk.ids[0]).expect("known");
    assert!(account.has_record && account.recovered);
    assert_eq!(account.granted, None);
}

/// The service said beforehand when the credential ends, and then it says no for good.
#[test]
fn s3_2_a_final_no_after_the_end_that_was_said_is_no_early_end() {
    let made = |record: &mut Record, desk: &Desk| {
        let now = desk.clock.now();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 30 * 60, now));
        record.current.credentials.insert(ChainName::main(), held("r", 3600, desk.began));
    };
    let account = AccountId::from_random([0; 16]);
    for (passed, is_said) in [(30, false), (70, true)] {
        let mut desk = Desk::with(OAUTH, 1, made);
        desk.clock.advance(passed * MIN);
        desk.event(Event::Asked { account: account.clone(), chain: Some(ChainName::main()), force: true });
        desk.end_of(&account, End::Rejected { last: true, lost: false });
        let said =
            Session::Blocked { why: Block::GrantEnded { by_service: true }, since: desk.clock.now().wall };
        let early = Session::Dead { reason: Death::Final, since: desk.clock.now().wall };
        assert_eq!(*desk.session(), if is_said { said } else { early }, "after {passed} minutes");
    }
}
