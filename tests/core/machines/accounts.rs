//! The machine of all accounts: what starts when, what is believed, what is served.

use std::time::Duration;

use lamplighter_core::account::{Account, Answer, Ask, Block, Death, Event, Job, Rules, Session, Work};
use lamplighter_core::api::Standing;
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::NotSent;
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::{AttemptSummary, Doubt, End};

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::provider;

#[test]
fn a_refresh_comes_before_the_token_ends_and_not_much_earlier() {
    let mut desk = Desk::new(1);
    desk.pass(54 * MIN);
    assert_eq!(desk.job(), None);
    desk.pass(2 * MIN);
    assert_eq!(desk.job(), Some(Job::Refresh));
}

#[test]
fn f13_rejected_once_is_confirmed_before_login_is_asked() {
    let mut desk = Desk::new(1);
    let rejected = End::Rejected { last: false, lost: false };
    desk.refresh_fails(rejected.clone());
    assert!(matches!(desk.session(), Session::Suspect { why: Doubt::Rejected, .. }));
    assert!(desk.toasts.is_empty());
    desk.pass(5 * MIN);
    assert_eq!(desk.job(), Some(Job::Confirm(Doubt::Rejected)));
    let id = desk.ids[0].clone();
    desk.end_of(&id, rejected);
    assert!(matches!(desk.session(), Session::Dead { reason: Death::Rejected, .. }));
    assert_eq!(desk.toasts.len(), 1, "f52: one toast");
    assert_eq!(desk.accounts.standing(&id), Standing::NeedsYou);
    desk.pass(120 * MIN);
    assert_eq!(desk.job(), None, "a dead session sends nothing");
}

#[test]
fn f14_a_throttle_that_looks_like_a_rejection_is_survived() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Rejected { last: false, lost: false });
    desk.pass(5 * MIN);
    let id = desk.ids[0].clone();
    desk.end_of(&id, End::Renewed { probe: None });
    assert!(matches!(desk.session(), Session::Alive { .. }));
}

#[test]
fn a_final_code_needs_no_confirmation() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    assert!(matches!(desk.session(), Session::Dead { reason: Death::Final, .. }));
}

#[test]
fn i9_a_day_without_network_ends_no_session() {
    let mut desk = Desk::new(1);
    let down = End::Transient { retry_after: None, cause: Cause::NotSent { why: NotSent::Dns } };
    desk.refresh_fails(down);
    desk.pass(24 * 60 * MIN);
    assert!(desk.running.is_empty(), "nothing with a credential goes out while the host is down");
    assert!(!matches!(desk.session(), Session::Dead { .. } | Session::Blocked { .. }));
    assert_eq!(desk.toasts, ["network"], "f04: one toast per outage");
    assert_eq!(desk.checks.len(), 1, "a check that is out is not repeated");
    desk.event(Event::HostChecked { host: "https://id.example.com".to_owned(), up: true });
    assert_eq!(desk.job(), Some(Job::Refresh), "the first success releases what waits");
}

#[test]
fn f04_a_host_that_is_down_is_asked_once_a_minute_without_a_secret() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Transient { retry_after: None, cause: Cause::NotSent { why: NotSent::Connect } });
    for _ in 0..10 {
        desk.pass(MIN + Duration::from_secs(1));
        desk.event(Event::HostChecked { host: "https://id.example.com".to_owned(), up: false });
    }
    assert!((9..=11).contains(&desk.checks.len()), "{}", desk.checks.len());
}

/// A firewall's page.
fn refused() -> End {
    End::Refused { status: 403, cause: Cause::Status { status: 403 } }
}

#[test]
fn f12_a_service_that_refuses_for_a_day_needs_the_person() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(refused());
    for _ in 0..200 {
        desk.pass(30 * MIN);
        let id = desk.ids[0].clone();
        if desk.job().is_some() {
            desk.end_of(&id, refused());
        }
        if matches!(desk.session(), Session::Blocked { .. }) {
            break;
        }
    }
    assert!(matches!(desk.session(), Session::Blocked { why: Block::Refused { status: 403 }, .. }));
}

#[test]
fn f15_wrong_app_settings_block_every_account_of_the_app() {
    let mut desk = Desk::new(3);
    desk.refresh_fails(End::AppRejected);
    for id in &desk.ids {
        let session = &desk.accounts.get(id).unwrap().session;
        assert!(matches!(session, Session::Blocked { why: Block::AppSettings, .. }), "{session:?}");
    }
}

#[test]
fn f46_at_most_four_attempts_talk_to_one_host_and_asked_for_ones_go_first() {
    let mut desk = Desk::new(20);
    desk.clock.advance(Duration::from_secs(8 * 3600));
    desk.event(Event::Tick);
    let asked = desk.ids[17].clone();
    desk.event(Event::Asked { account: asked.clone(), chain: None, force: false });
    assert_eq!(
        desk.running.first().map(|(id, ..)| id),
        Some(&asked),
        "asked-for work does not wait for the network"
    );
    desk.pass(Duration::from_secs(40));
    assert_eq!(desk.running.len(), 4);
    for _ in 0..20 {
        let (id, ..) = desk.running[0].clone();
        desk.end_of(&id, End::Renewed { probe: None });
        assert!(desk.running.len() <= 4);
        desk.pass(Duration::from_secs(1));
    }
    assert!(desk.running.is_empty(), "each account once");
}

#[test]
fn f45_after_a_sleep_work_that_nobody_asked_for_waits_for_the_network() {
    let mut desk = Desk::new(1);
    desk.clock.advance(Duration::from_secs(8 * 3600));
    desk.event(Event::Tick);
    assert_eq!(desk.job(), None);
    desk.pass(Duration::from_secs(31));
    assert_eq!(desk.job(), Some(Job::Refresh));
}

#[test]
fn f45_before_a_sleep_nothing_is_begun_and_when_it_wakes_the_network_gets_its_time() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.event(Event::Sleeps);
    desk.event(Event::Asked { account: id.clone(), chain: None, force: false });
    assert_eq!(desk.job(), None, "an answer that comes to a machine that sleeps is lost");
    desk.event(Event::Woke);
    assert_eq!(desk.job(), Some(Job::Refresh), "asked-for work goes out at once");
    desk.end_of(&id, End::Renewed { probe: None });

    desk.pass(50 * MIN);
    desk.event(Event::Sleeps);
    // Short enough that the clocks alone would not tell.
    desk.pass(Duration::from_secs(45));
    desk.event(Event::Woke);
    desk.pass(10 * MIN);
    assert_eq!(desk.job(), Some(Job::Refresh));
}

#[test]
fn f45_a_machine_that_does_not_go_to_sleep_after_all_goes_on() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.event(Event::Sleeps);
    desk.event(Event::Asked { account: id, chain: None, force: false });
    assert_eq!(desk.job(), None);
    desk.pass(Duration::from_secs(61));
    assert_eq!(desk.job(), Some(Job::Refresh));
}

#[test]
fn f38_no_chain_spends_while_something_is_unsaved() {
    let mut desk = Desk::new(1);
    desk.pass(60 * MIN);
    let (id, chain, job) = desk.running.remove(0);
    let summary = AttemptSummary {
        unsaved: Some(StoreError::Slow),
        ..desk.summary(End::Renewed { probe: None }, &chain)
    };
    let facts = Some(desk.facts());
    desk.event(Event::Ended { account: id.clone(), job, chain, summary, facts });
    desk.event(Event::Asked { account: id.clone(), chain: None, force: true });
    assert_ne!(desk.job(), Some(Job::Refresh));
    desk.pass(6 * MIN);
    assert_eq!(desk.job(), Some(Job::Persist));
}

#[test]
fn f58_a_report_of_a_fresh_token_is_not_believed_and_three_an_hour_are_enough() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    let ask =
        Ask { name: None, min_valid: None, stale: false, rejected: Some([1; 32]), current: Some([1; 32]) };
    let still_good = |desk: &Desk| {
        matches!(desk.accounts.answer(&id, &ask, desk.clock.now()), Answer::Serve { still_good: true, .. })
    };
    assert!(still_good(&desk), "younger than 60 s");
    for _ in 0..3 {
        desk.pass(2 * MIN);
        assert!(matches!(desk.accounts.answer(&id, &ask, desk.clock.now()), Answer::Report { .. }));
        desk.event(Event::Reported { account: id.clone(), chain: ChainName::main() });
        assert_eq!(desk.job(), Some(Job::Refresh));
        desk.end_of(&id, End::Renewed { probe: None });
    }
    desk.pass(2 * MIN);
    assert!(still_good(&desk), "the fourth of this hour");
}

#[test]
fn s41_a_token_that_lives_long_enough_is_served_at_once_and_another_is_waited_for() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    let now = desk.clock.now();
    let ask = |min_valid: Duration| Ask {
        name: None,
        min_valid: Some(min_valid),
        stale: false,
        rejected: None,
        current: None,
    };
    assert!(matches!(desk.accounts.answer(&id, &ask(5 * MIN), now), Answer::Serve { hint: None, .. }));
    assert!(matches!(desk.accounts.answer(&id, &ask(59 * MIN), now), Answer::Serve { hint: Some(_), .. }));
    desk.pass(30 * MIN);
    assert!(matches!(desk.accounts.answer(&id, &ask(40 * MIN), desk.clock.now()), Answer::Refresh { .. }));
}

#[test]
fn a_still_valid_token_is_served_in_every_state() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.event(Event::Asked { account: id.clone(), chain: None, force: true });
    desk.end_of(&id, End::Rejected { last: true, lost: false });
    let ask = Ask { name: None, min_valid: None, stale: false, rejected: None, current: None };
    assert!(matches!(desk.accounts.answer(&id, &ask, desk.clock.now()), Answer::Serve { .. }));
    desk.pass(61 * MIN);
    assert!(matches!(desk.accounts.answer(&id, &ask, desk.clock.now()), Answer::No(_)));
}

#[test]
fn pausing_takes_effect_after_the_attempt_in_flight() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.pass(60 * MIN);
    desk.event(Event::Paused { account: Some(id.clone()), paused: true });
    desk.end_of(&id, End::Renewed { probe: None });
    desk.pass(5 * 60 * MIN);
    assert_eq!((desk.job(), desk.accounts.standing(&id)), (None, Standing::Paused));
    desk.event(Event::Paused { account: Some(id), paused: false });
    assert_eq!(desk.job(), Some(Job::Refresh));
}

#[test]
fn i5_a_login_waits_for_the_attempt_in_flight() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.pass(60 * MIN);
    desk.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 7 } });
    assert_eq!(desk.running.len(), 1);
    desk.end_of(&id, End::Renewed { probe: None });
    assert_eq!(desk.job(), Some(Job::Commit));
}

#[test]
fn f36_a_lost_reply_is_replayed_at_once_after_recovery() {
    let mut desk = Desk::new(0);
    let id = AccountId::from_random([1; 16]);
    let rules = Rules::of(&provider(OAUTH), &Default::default(), "a".parse().unwrap(), None, false);
    desk.event(Event::Known { account: Box::new(Account::new(id.clone())), rules: Box::new(rules) });
    let (account, chain, job) = desk.running.remove(0);
    let end = End::Unknown { replays: 0, cause: Cause::Crash, host_down: false };
    let summary = AttemptSummary { lost: vec![(chain.clone(), 0)], ..desk.summary(end, &chain) };
    let facts = Some(desk.facts());
    desk.event(Event::Ended { account, job, chain, summary, facts });
    assert_eq!(desk.job(), Some(Job::Replay { asked: false }));
}

#[test]
fn s3_2_a_grant_that_is_limited_in_time_ends() {
    let limited = format!("{OAUTH}\n[policy]\ngrant = \"12h\"\n");
    let mut desk = Desk::of(&limited, 1);
    let id = desk.ids[0].clone();
    desk.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 1 } });
    desk.end_of(&id, End::Committed);
    for _ in 0..30 {
        desk.pass(30 * MIN);
        if desk.job().is_some() {
            desk.end_of(&id, End::Renewed { probe: None });
        }
    }
    assert!(matches!(desk.session(), Session::Blocked { why: Block::GrantEnded { .. }, .. }));
}

#[test]
fn f43_a_lost_state_database_loses_no_login_and_the_probe_comes_first() {
    let desk = Desk::of(super::COOKIES, 1);
    assert_eq!(desk.session(), &Session::None);
    assert_eq!(desk.job(), Some(Job::Probe { reported: false }));
}

#[test]
fn the_state_survives_the_database() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(refused());
    let account = desk.accounts.get(&desk.ids[0]).unwrap();
    let text = serde_json::to_string(account).unwrap();
    let mut back: Account = serde_json::from_str(&text).unwrap();
    back.recovered = account.recovered;
    back.facts = account.facts.clone();
    // What is on its way to others is told again.
    back.alerts = account.alerts.clone();
    assert_eq!(&back, account);
}

#[test]
fn f38_a_full_disk_is_asked_again_once_a_minute_and_not_in_a_loop() {
    let mut desk = Desk::new(0);
    let id = AccountId::from_random([1; 16]);
    let rules = Rules::of(&provider(OAUTH), &Default::default(), "a".parse().unwrap(), None, false);
    desk.event(Event::Known { account: Box::new(Account::new(id.clone())), rules: Box::new(rules) });
    desk.end_of(&id, End::NoJournal("no space".to_owned()));
    assert_eq!(desk.job(), None);
    assert_eq!(desk.toasts, ["disk"]);
    desk.pass(MIN);
    assert_eq!(desk.job(), Some(Job::Recover));
}

#[test]
fn a_missing_value_blocks_and_the_amended_record_is_recovered_again() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.refresh_fails(End::Incomplete { missing: "client_secret".to_owned() });
    assert!(matches!(desk.session(), Session::Blocked { why: Block::Incomplete { .. }, .. }));
    desk.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Amend, ticket: 1 } });
    desk.end_of(&id, End::Amended);
    assert_eq!(desk.job(), Some(Job::Recover));
}

#[test]
fn f50_the_person_may_try_a_shared_chain_once() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.pass(60 * MIN);
    let (account, chain, job) = desk.running.remove(0);
    let summary = AttemptSummary { lost: vec![(chain.clone(), 0)], ..desk.summary(End::AskPerson, &chain) };
    desk.event(Event::Ended { account, job, chain, summary, facts: None });
    assert!(matches!(desk.session(), Session::Blocked { why: Block::LostReply, .. }));
    desk.pass(60 * MIN);
    assert_eq!(desk.job(), None);
    desk.event(Event::TryOnce { account: id.clone() });
    assert_eq!(desk.job(), Some(Job::Replay { asked: true }));
    desk.end_of(&id, End::Renewed { probe: None });
    assert!(matches!(desk.session(), Session::Alive { .. }));
}

#[test]
fn f12_f44_two_refusals_with_a_night_a_month_or_a_wrong_clock_between_them_are_not_a_day_of_refusals() {
    let blocked = |desk: &Desk| matches!(desk.session(), Session::Blocked { .. });
    let month = Duration::from_secs(30 * 24 * 3600);
    for hours in [30, 30 * 24] {
        let mut desk = Desk::new(1);
        desk.refresh_fails(refused());
        desk.clock.advance(Duration::from_secs(hours * 3600));
        desk.refresh_fails(refused());
        assert!(!blocked(&desk), "asleep for {hours} h");
    }
    for years in [-5, 5] {
        let mut desk = Desk::new(1);
        desk.refresh_fails(refused());
        desk.clock.reboot(Duration::from_secs(60));
        desk.clock.jump_wall(years * 12 * i64::try_from(month.as_millis()).unwrap());
        desk.refresh_fails(refused());
        assert!(!blocked(&desk), "a clock that is wrong by {years} years");
    }
}
