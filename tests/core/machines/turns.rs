//! Whose turn it is, what a program is answered that asks, and what a host that is back lets go on.

use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Answer, Ask, Chain, Effect, Event, Job, Rules, Session};
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::NotSent;
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::record::{Record, StoreError};
use lamplighter_core::refresh::{Doubt, End};

use super::desk::{Desk, MIN};
use super::rig::{held, provider};
use super::{OAUTH, PAIRS};

const HOST: &str = "https://id.example.com";

fn chain(name: &str) -> ChainName {
    name.parse().unwrap()
}

fn first(desk: &Desk) -> (AccountId, &Account) {
    (desk.ids[0].clone(), desk.accounts.get(&desk.ids[0]).unwrap())
}

/// Tokens of an hour for these chains of [`PAIRS`].
fn pairs(made: fn(&mut Record, &Desk)) -> Desk {
    let mut desk = Desk::with(PAIRS, 1, made);
    while !desk.running.is_empty() {
        let id = desk.ids[0].clone();
        desk.end_of(&id, End::Proven);
    }
    desk
}

fn both(record: &mut Record, desk: &Desk) {
    record.current.tokens.clear();
    for name in ["bot", "user"] {
        record.current.tokens.insert(name.parse().unwrap(), held("t", 3600, desk.clock.now()));
    }
}

fn bot(record: &mut Record, desk: &Desk) {
    both(record, desk);
    record.current.credentials.clear();
    record.current.tokens.retain(|name, _| name.to_string() == "bot");
}

fn asked(desk: &mut Desk, chain: Option<ChainName>, force: bool) {
    let account = desk.ids[0].clone();
    desk.event(Event::Asked { account, chain, force });
}

fn ended(desk: &mut Desk, job: Job, chain: ChainName, end: End) {
    let account = desk.ids[0].clone();
    desk.running.retain(|(id, ..)| *id != account);
    let summary = desk.summary(end, &chain);
    desk.event(Event::Ended { account, job, chain, summary, facts: None });
}

fn cut_off(retry_after: Option<Duration>) -> End {
    End::Transient { retry_after, cause: Cause::NotSent { why: NotSent::Connect } }
}

fn host_is_back(desk: &mut Desk) {
    desk.event(Event::HostChecked { host: HOST.to_owned(), up: true });
}

#[test]
fn a_wish_is_about_the_chain_that_it_names() {
    let mut desk = pairs(both);
    asked(&mut desk, Some(chain("user")), false);
    assert_eq!(desk.running[0].1, chain("user"));
    let (id, account) = first(&desk);
    assert!(!account.chains[&chain("bot")].asked);
    desk.end_of(&id, End::Newer);
    assert_eq!(desk.job(), None);
}

#[test]
fn s36_a_wish_about_all_is_about_the_chains_that_exist() {
    let mut desk = pairs(bot);
    asked(&mut desk, None, false);
    assert_eq!(desk.running[0].1, chain("bot"));
    let (id, _) = first(&desk);
    desk.end_of(&id, End::Newer);
    assert_eq!(desk.job(), None, "the other one was never logged in");
    let credential = |record: &mut Record, desk: &Desk| {
        bot(record, desk);
        record.current.credentials.insert(chain("user"), held("r", 36000, desk.clock.now()));
    };
    let mut desk = pairs(credential);
    asked(&mut desk, None, false);
    let (id, _) = first(&desk);
    desk.end_of(&id, End::Newer);
    assert_eq!(desk.running[0].1, chain("user"), "a credential is enough");
}

#[test]
fn f46_of_what_is_due_the_one_that_somebody_waits_for_goes_first() {
    let mut desk = pairs(both);
    desk.clock.advance(61 * MIN);
    asked(&mut desk, Some(chain("user")), false);
    assert_eq!(desk.running[0].1, chain("user"));
}

#[test]
fn only_force_cuts_a_wait_short_and_it_forgets_no_lost_reply() {
    for (force, is_running) in [(false, false), (true, true)] {
        let mut desk = Desk::new(1);
        let later = End::Transient { retry_after: Some(30 * MIN), cause: Cause::Status { status: 429 } };
        ended(&mut desk, Job::Refresh, ChainName::main(), later);
        asked(&mut desk, None, force);
        assert_eq!(desk.job().is_some(), is_running);
    }
    let mut desk = Desk::new(1);
    let lost = End::Unknown { replays: 2, cause: Cause::Crash, host_down: false };
    ended(&mut desk, Job::Replay { asked: false }, ChainName::main(), lost);
    asked(&mut desk, None, true);
    assert!(matches!(first(&desk).1.chains[&ChainName::main()].chain, Chain::Unknown { .. }));
}

#[test]
fn a_wish_stays_one_until_it_is_fulfilled() {
    let mut desk = Desk::new(1);
    asked(&mut desk, None, false);
    assert_eq!(desk.job(), Some(Job::Refresh));
    let later = End::Transient { retry_after: None, cause: Cause::Status { status: 503 } };
    ended(&mut desk, Job::Refresh, ChainName::main(), later);
    assert!(first(&desk).1.chains[&ChainName::main()].asked);
}

#[test]
fn f13_a_wish_about_a_doubted_chain_waits_for_the_confirmation() {
    let mut desk = Desk::new(1);
    ended(&mut desk, Job::Refresh, ChainName::main(), End::Rejected { last: false, lost: false });
    let later = End::Transient { retry_after: None, cause: Cause::Status { status: 503 } };
    ended(&mut desk, Job::Confirm(Doubt::Rejected), ChainName::main(), later);
    asked(&mut desk, None, false);
    desk.pass(10 * MIN);
    assert_eq!(desk.job(), Some(Job::Confirm(Doubt::Rejected)));
}

#[test]
fn f07_a_lost_reply_is_replayed_when_its_host_is_back() {
    let mut desk = Desk::new(1);
    let cause = Cause::NotSent { why: NotSent::Connect };
    let lost = End::Unknown { replays: 6, cause, host_down: true };
    ended(&mut desk, Job::Replay { asked: false }, ChainName::main(), lost);
    assert_eq!(desk.job(), None);
    host_is_back(&mut desk);
    assert_eq!(desk.job(), Some(Job::Replay { asked: false }));
}

#[test]
fn i9_a_confirmation_that_an_outage_put_off_is_made_soon_after_it() {
    let mut desk = Desk::new(1);
    ended(&mut desk, Job::Refresh, ChainName::main(), End::Rejected { last: false, lost: false });
    ended(&mut desk, Job::Confirm(Doubt::Rejected), ChainName::main(), cut_off(Some(120 * MIN)));
    host_is_back(&mut desk);
    let rules = Rules::of(&provider(OAUTH), &Default::default(), "a".parse().unwrap(), None, false);
    match desk.session() {
        Session::Suspect { confirm, .. } => assert_eq!(confirm.wait, rules.confirm_after()),
        other => panic!("{other:?}"),
    }
}

/// A token that must live longer than the one that is there.
fn answer(desk: &Desk, id: &AccountId, name: Option<&str>) -> Answer {
    let name = name.map(|name| name.parse().unwrap());
    let ask = Ask { name: name.as_ref(), min_valid: None, stale: false, rejected: None, current: None };
    desk.accounts.answer(id, &ask, desk.clock.now())
}

#[test]
fn whoever_asks_for_a_token_that_its_chain_never_brought_gets_a_refresh() {
    let desk = pairs(bot);
    assert_eq!(answer(&desk, &desk.ids[0], Some("user")), Answer::Refresh { chain: chain("user") });
}

#[test]
fn whoever_asks_when_the_token_is_over_is_told_no_where_nothing_can_be_done() {
    let mut over = Desk::new(1);
    ended(&mut over, Job::Refresh, ChainName::main(), End::Rejected { last: true, lost: false });
    let mut paused = Desk::new(1);
    let (id, _) = first(&paused);
    paused.event(Event::Paused { account: Some(id), paused: true });
    let mut full = Desk::new(1);
    ended(&mut full, Job::Refresh, ChainName::main(), End::NoJournal("full".to_owned()));
    for desk in [over, paused, full] {
        desk.clock.advance(61 * MIN);
        let (id, account) = first(&desk);
        if account.disk.is_some() {
            continue;
        }
        assert!(matches!(answer(&desk, &id, None), Answer::No(_)), "{:?}", account.session);
    }
}

#[test]
fn f38_while_the_disk_is_full_whoever_asks_is_told_and_a_minute_later_it_is_tried() {
    let mut desk = Desk::new(1);
    desk.clock.advance(61 * MIN);
    ended(&mut desk, Job::Refresh, ChainName::main(), End::NoJournal("full".to_owned()));
    let (id, _) = first(&desk);
    assert!(matches!(answer(&desk, &id, None), Answer::No(_)));
    desk.clock.advance(61 * Duration::from_secs(1));
    assert!(!matches!(answer(&desk, &id, None), Answer::No(_)));
}

#[test]
fn i1_whoever_asks_about_one_chain_while_another_is_refreshed_waits() {
    let mut desk = pairs(both);
    asked(&mut desk, Some(chain("bot")), false);
    desk.clock.advance(61 * MIN);
    let (id, _) = first(&desk);
    assert_eq!(answer(&desk, &id, Some("user")), Answer::Wait);
}

#[test]
fn f13_whoever_asks_while_the_session_is_in_doubt_waits_for_the_confirmation() {
    let mut desk = Desk::new(1);
    ended(&mut desk, Job::Refresh, ChainName::main(), End::Rejected { last: false, lost: false });
    desk.clock.advance(61 * MIN);
    let (id, _) = first(&desk);
    assert_eq!(answer(&desk, &id, None), Answer::Wait);
}

/// One more account, of which nothing was read yet.
fn unread() -> (Desk, AccountId) {
    let mut desk = Desk::new(1);
    let id = AccountId::from_random([99; 16]);
    let rules = Rules::of(&provider(OAUTH), &Default::default(), "new".parse().unwrap(), None, false);
    desk.event(Event::Known { account: Box::new(Account::new(id.clone())), rules: Box::new(rules) });
    assert_eq!(desk.job(), Some(Job::Recover));
    (desk, id)
}

#[test]
fn whoever_asks_before_the_store_was_read_waits_and_is_told_when_it_says_no() {
    let (mut desk, id) = unread();
    assert_eq!(answer(&desk, &id, None), Answer::Wait);
    desk.end_of(&id, End::NoStore(StoreError::Locked));
    assert!(matches!(answer(&desk, &id, None), Answer::No(_)));
    desk.pass(2 * MIN);
    assert_eq!(desk.job(), Some(Job::Recover), "it is asked again");
    assert_eq!(answer(&desk, &id, None), Answer::Wait);
    desk.end_of(&id, End::NoRecord);
    assert!(matches!(answer(&desk, &id, None), Answer::No(_)));
}

#[test]
fn f39_a_person_who_asks_for_the_record_has_the_store_asked_at_once() {
    let (mut desk, id) = unread();
    let ask = |desk: &mut Desk| {
        let effects = desk.accounts.on_event(Event::RecordAsked { account: id.clone() }, desk.clock.now());
        let is = |meant: fn(&Effect) -> bool| effects.iter().any(meant);
        (
            is(|effect| matches!(effect, Effect::Start { .. })),
            is(|effect| matches!(effect, Effect::SaveState { .. })),
        )
    };
    assert_eq!(ask(&mut desk), (false, false), "it is being read");
    desk.end_of(&id, End::NoStore(StoreError::Locked));
    let timer = |desk: &Desk| desk.accounts.get(&id).unwrap().no_record.as_ref().map(|(_, timer)| timer.wait);
    assert_eq!(timer(&desk), Some(MIN));
    assert_eq!(ask(&mut desk), (true, true));
    assert_eq!(ask(&mut desk), (false, false));
    let mut fine = Desk::new(1);
    let (id, _) = first(&fine);
    let now = fine.clock.now();
    let effects = fine.accounts.on_event(Event::RecordAsked { account: id }, now);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::SaveState { .. })), "nothing waits");
}

#[test]
fn f36_what_was_in_flight_when_the_engine_ended_is_not_in_flight_when_it_starts() {
    let mut desk = Desk::new(1);
    asked(&mut desk, None, false);
    let text = serde_json::to_string(first(&desk).1).unwrap();
    let mut account: Account = serde_json::from_str(&text).unwrap();
    account.recovered = true;
    account.running = first(&desk).1.running.clone();
    assert_eq!(account.chains[&ChainName::main()].chain, Chain::InFlight);
    let rules = Rules::of(&provider(OAUTH), &Default::default(), "a".parse().unwrap(), None, false);
    let mut accounts = Accounts::new(1);
    let known = Event::Known { account: Box::new(account), rules: Box::new(rules) };
    let effects = accounts.on_event(known, desk.clock.now());
    let jobs: Vec<Job> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Start { job, .. } => Some(*job),
            _ => None,
        })
        .collect();
    assert_eq!(jobs, [Job::Recover]);
    assert_eq!(accounts.get(&desk.ids[0]).unwrap().chains[&ChainName::main()].chain, Chain::Idle);
    assert!(accounts.is_busy());
    assert!(!Accounts::new(1).is_busy());
}

#[test]
fn a_waiting_chain_stays_as_it_was_over_a_restart() {
    let mut desk = Desk::new(1);
    ended(&mut desk, Job::Refresh, ChainName::main(), cut_off(None));
    let text = serde_json::to_string(first(&desk).1).unwrap();
    let account: Account = serde_json::from_str(&text).unwrap();
    let rules = Rules::of(&provider(OAUTH), &Default::default(), "a".parse().unwrap(), None, false);
    let mut accounts = Accounts::new(1);
    accounts.on_event(Event::Known { account: Box::new(account), rules: Box::new(rules) }, desk.clock.now());
    let chain = &accounts.get(&desk.ids[0]).unwrap().chains[&ChainName::main()].chain;
    assert!(matches!(chain, Chain::Waiting { .. }), "{chain:?}");
}

#[test]
fn s41_four_fifths_of_the_life_may_be_asked_for_and_no_more() {
    let desk = Desk::new(1);
    let (id, _) = first(&desk);
    for (asked, is_too_much) in [(48 * MIN, false), (48 * MIN + Duration::from_secs(1), true)] {
        let min_valid = Some(asked);
        let ask = Ask { name: None, min_valid, stale: false, rejected: None, current: None };
        match desk.accounts.answer(&id, &ask, desk.clock.now()) {
            Answer::Serve { hint, .. } => assert_eq!(hint.is_some(), is_too_much, "{asked:?}"),
            other => panic!("{other:?}"),
        }
    }
}
