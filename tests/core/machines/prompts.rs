//! Who is told what, and when: once for a matter, and not while nobody looks (I8).

use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Event, Job, Rules, Work};
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::NotSent;
use lamplighter_core::id::AccountId;
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::End;

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::provider;

#[test]
fn i8_prompts_are_three_at_most_and_none_while_the_screen_is_locked() {
    let mut desk = Desk::new(1);
    desk.event(Event::Screen { locked: true });
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    desk.pass(10 * MIN);
    assert!(desk.toasts.is_empty());
    desk.event(Event::Screen { locked: false });
    assert_eq!(desk.toasts.len(), 1);
    desk.pass(Duration::from_secs(3 * 3600));
    assert_eq!(desk.toasts.len(), 1);
    desk.pass(Duration::from_secs(2 * 3600));
    assert_eq!(desk.toasts.len(), 2, "one reminder after four hours");
    desk.pass(Duration::from_secs(10 * 24 * 3600));
    assert_eq!(desk.toasts.len(), 3);
    let id = desk.ids[0].clone();
    desk.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 1 } });
    desk.end_of(&id, End::Committed);
    assert_eq!(desk.closed.len(), 1, "a login takes the toast away");
}

/// The same desk after its process was killed and started again.
fn killed(mut desk: Desk) -> Desk {
    let id = desk.ids[0].clone();
    let kept = serde_json::to_string(desk.accounts.get(&id).unwrap()).unwrap();
    let rules = Box::new(desk.accounts.rules(&id).unwrap().clone());
    desk.accounts = Accounts::new(1);
    desk.running.clear();
    desk.event(Event::Known { account: Box::new(serde_json::from_str(&kept).unwrap()), rules });
    desk
}

#[test]
fn i8_a_login_that_is_not_in_its_store_any_more_is_told_of_once() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 1 } });
    desk.end_of(&id, End::Committed);
    let mut desk = killed(desk);
    desk.end_of(&id, End::NoRecord);
    assert_eq!(desk.toasts.len(), 1);
    desk.pass(10 * MIN);
    assert_eq!(desk.toasts.len(), 1);
    desk.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 2 } });
    desk.end_of(&id, End::Committed);
    assert_eq!(desk.closed.len(), 1, "a login takes the toast away");
}

#[test]
fn i8_of_a_login_that_never_was_nobody_is_told() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    let rules = Box::new(desk.accounts.rules(&id).unwrap().clone());
    desk.accounts = Accounts::new(1);
    desk.running.clear();
    desk.event(Event::Known { account: Box::new(Account::new(id.clone())), rules });
    desk.end_of(&id, End::NoRecord);
    desk.pass(10 * MIN);
    assert!(desk.toasts.is_empty());
}

fn left(desk: &Desk) -> Event {
    Event::ToastsLeft { keys: desk.toasts.iter().cloned().collect() }
}

#[test]
fn i8_a_toast_whose_process_was_killed_is_shown_in_its_place_and_not_counted() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    desk.pass(10 * MIN);
    assert_eq!(desk.toasts.len(), 1);
    let mut desk = killed(desk);
    assert_eq!(desk.toasts.len(), 1, "a restart alone tells nobody again");
    desk.event(left(&desk));
    assert_eq!(desk.toasts.len(), 2);
    assert_eq!(desk.toasts[0], desk.toasts[1], "in the place of the old one");
    assert!(desk.closed.is_empty());
    desk.pass(Duration::from_secs(3 * 3600));
    assert_eq!(desk.toasts.len(), 2, "once");
    desk.pass(Duration::from_secs(20 * 24 * 3600));
    assert_eq!(desk.toasts.len(), 4, "and the two reminders are still to come");
}

#[test]
fn i8_a_toast_that_was_left_waits_for_the_unlocked_screen_and_goes_with_its_matter() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    desk.pass(10 * MIN);
    let mut desk = killed(desk);
    desk.event(Event::Screen { locked: true });
    desk.event(left(&desk));
    assert_eq!(desk.toasts.len(), 1);
    desk.event(Event::Screen { locked: false });
    assert_eq!(desk.toasts.len(), 2);
    desk.event(Event::Paused { account: None, paused: true });
    assert_eq!(desk.closed.len(), 1);

    let mut desk = killed(desk);
    desk.event(left(&desk));
    assert_eq!((desk.toasts.len(), desk.closed.len()), (2, 2), "nobody is needed any more: it is taken away");
}

#[test]
fn f47_a_flapping_network_is_one_toast() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Transient { retry_after: None, cause: Cause::NotSent { why: NotSent::Connect } });
    for _ in 0..100 {
        desk.event(Event::HostChecked { host: "https://id.example.com".to_owned(), up: true });
        desk.pass(Duration::from_secs(6));
        let id = desk.ids[0].clone();
        if desk.job().is_some() {
            desk.end_of(
                &id,
                End::Transient { retry_after: None, cause: Cause::NotSent { why: NotSent::Connect } },
            );
        }
    }
    assert!(desk.toasts.len() <= 1, "{:?}", desk.toasts);
}

#[test]
fn f39_a_locked_keychain_is_one_prompt_for_all_accounts_and_everything_goes_on_when_it_opens() {
    let mut desk = Desk::new(0);
    let provider = provider(OAUTH);
    for n in 0..5 {
        let id = AccountId::from_random([n; 16]);
        let rules = Rules::of(&provider, &Default::default(), format!("a{n}").parse().unwrap(), None, false);
        desk.event(Event::Known { account: Box::new(Account::new(id.clone())), rules: Box::new(rules) });
        desk.end_of(&id, End::NoStore(StoreError::Locked));
    }
    desk.pass(Duration::from_secs(10));
    assert_eq!(desk.toasts, ["store"]);
    desk.event(Event::Store(Ok(())));
    assert_eq!(desk.running.len(), 5);
}
