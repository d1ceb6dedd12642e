//! The rules of timing to the millisecond: ceilings, jitter, budgets, ties of the clock.

use std::collections::BTreeSet;
use std::time::Duration;

use lamplighter_core::id::{AccountId, Generation};
use lamplighter_core::provider::model::ChainRules;
use lamplighter_core::schedule::{
    Budget, ChainFacts, Due, Limit, Rate, Timer, full_jitter, margin, refresh_due, replay_wait,
};
use lamplighter_core::time::{Expiry, Now};
use testkit::clock::ManualClock;

const HALF_HOUR: Duration = Duration::from_secs(30 * 60);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn due(facts: &ChainFacts<'_>, generation: u64, now: Now) -> Due {
    let id = AccountId::from_random([3; 16]);
    refresh_due(&id, Generation(generation), facts, &ChainRules::default(), None, now)
        .expect("something ends")
}

#[test]
fn f11_back_off_reaches_its_ceiling_and_begins_again_at_five_seconds() {
    for (failures, ceiling) in [(1, 10), (2, 20), (3, 40), (9, 1800), (60, 1800)] {
        let span = (ceiling - 5) * 1000;
        assert_eq!(full_jitter(failures, 0), secs(5));
        assert_eq!(full_jitter(failures, span), secs(ceiling));
        assert_eq!(full_jitter(failures, span + 1), secs(5));
    }
}

#[test]
fn f07_the_next_replay_comes_up_to_a_fifth_earlier() {
    for (tries, whole) in [(1, 10), (2, 20), (9, 1800)] {
        let fifth = whole * 1000 / 5;
        assert_eq!(replay_wait(tries, 0), secs(whole));
        assert_eq!(replay_wait(tries, fifth), secs(whole / 5 * 4));
        assert_eq!(replay_wait(tries, fifth + 1), secs(whole));
    }
    assert_eq!(replay_wait(0, 1), secs(5), "and never below five seconds");
}

#[test]
fn f11_eight_failed_requests_cost_no_wait_and_each_one_more_half_an_hour() {
    let now = ManualClock::new().now();
    for (requests, wait) in [(0, 0), (8, 0), (9, 1), (12, 4)] {
        let mut budget = Budget::default();
        budget.spend(requests, now);
        assert_eq!(budget.wait(now), HALF_HOUR * wait, "{requests}");
    }
    let mut budget = Budget::default();
    budget.spend(0, now);
    assert_eq!(budget, Budget::default(), "what succeeded costs nothing");
}

#[test]
fn f11_whatever_a_person_makes_it_try_it_goes_on_by_itself_after_two_hours() {
    let now = ManualClock::new().now();
    let mut budget = Budget::default();
    budget.spend(3, now);
    for _ in 0..50 {
        budget.spend(2, now);
    }
    assert_eq!(budget.wait(now), HALF_HOUR * 4);
}

#[test]
fn f11_what_failed_by_the_schedule_leaves_three_requests_for_the_return_of_the_service() {
    let now = ManualClock::new().now();
    let mut budget = Budget::default();
    budget.spend(9, now);
    for _ in 0..3 {
        assert_eq!(budget.wait_when_back(now), Duration::ZERO);
        budget.spend(1, now);
    }
    assert_eq!((budget.wait(now), budget.wait_when_back(now)), (HALF_HOUR * 4, HALF_HOUR));
}

#[test]
fn f44_a_budget_is_paid_back_by_the_boot_clock_and_after_a_restart_by_the_wall_clock() {
    let now = ManualClock::new().now();
    let mut budget = Budget::default();
    budget.spend(9, now);
    let mut jumped = now;
    jumped.wall = now.wall.plus(HALF_HOUR * 48);
    assert_eq!(budget.wait(jumped), HALF_HOUR, "only the wall clock has moved");
    let mut later = now;
    later.boot.ms += 10 * 60 * 1000;
    assert_eq!(budget.wait(later), secs(20 * 60));
    let mut restarted = now;
    restarted.boot.boot += 1;
    restarted.wall = now.wall.plus(secs(10 * 60));
    assert_eq!(budget.wait(restarted), secs(20 * 60));
}

#[test]
fn the_slowest_of_twenty_refreshes_does_not_widen_the_margin() {
    let mut took: Vec<Duration> = (1..=19).map(secs).collect();
    took.push(secs(45));
    took.reverse();
    assert_eq!(margin(None, secs(100), &took).0, secs(38), "twice the nineteenth");
    assert_eq!(margin(None, secs(100), &[secs(12)]).0, secs(24), "twice the only one");
}

#[test]
fn what_ends_first_says_when_a_refresh_is_due() {
    let now = ManualClock::new().now();
    let end = |life| Some(Expiry::after(secs(life), now, None));
    for (token, credential) in [(3600, 1800), (1800, 3600)] {
        let facts = ChainFacts { token: end(token), credential: end(credential), ..ChainFacts::default() };
        assert_eq!(due(&facts, 1, now).left, Some(secs(1800)));
    }
}

#[test]
fn f21_a_token_of_forty_seconds_is_refreshed_before_it_ends() {
    let now = ManualClock::new().now();
    let token = Some(Expiry::after(secs(40), now, None));
    let facts = ChainFacts { token, refreshed: Some(now), ..ChainFacts::default() };
    let wait = due(&facts, 1, now).wait;
    assert!(wait >= secs(20) && wait <= secs(30), "{wait:?}");
    let born_dead = Some(Expiry::after(Duration::ZERO, now, None));
    let facts = ChainFacts { token: born_dead, ..facts };
    assert_eq!(due(&facts, 1, now).wait, secs(60));
}

#[test]
fn f46_generations_and_accounts_that_began_together_drift_apart() {
    let now = ManualClock::new().now();
    let facts = ChainFacts { token: Some(Expiry::after(secs(3600), now, None)), ..ChainFacts::default() };
    let waits: BTreeSet<Duration> = (0..20).map(|generation| due(&facts, generation, now).wait).collect();
    assert!(waits.len() > 15, "{waits:?}");
    let spread = *waits.last().expect("some") - *waits.first().expect("some");
    assert!(spread > secs(10), "{spread:?}");
}

#[test]
fn f44_after_a_restart_at_the_very_same_time_nothing_has_passed() {
    let now = ManualClock::new().now();
    let mut restarted = now;
    restarted.boot.boot += 1;
    assert_eq!(Timer::after(secs(60), now).left(restarted), secs(60));
    let facts = ChainFacts { token: Some(Expiry::after(secs(3600), now, None)), ..ChainFacts::default() };
    assert!(due(&facts, 1, restarted).wait > secs(3000));
    assert_eq!(Timer::after(secs(60), now).at(now), now.wall.plus(secs(60)));
}

#[test]
fn s2_5_a_rate_lets_so_many_through_at_once_and_then_one_each_while() {
    let limit = Limit { at_once: 20, refill: secs(30) };
    let clock = ManualClock::new();
    let now = clock.now();
    for (count, wait) in [(0, 0), (19, 0), (20, 30), (22, 90)] {
        let mut rate = Rate::default();
        rate.spend(limit, count, now);
        assert_eq!(rate.wait(limit, now), secs(wait), "{count}");
    }
    let mut rate = Rate::default();
    rate.spend(limit, 0, now);
    assert_eq!(rate, Rate::default(), "what was not done costs nothing");
    rate.spend(limit, 20, now);
    rate.spend(limit, 1, now);
    assert_eq!(rate.wait(limit, now), secs(60));
    clock.jump_wall(3_600_000);
    assert_eq!(rate.wait(limit, clock.now()), secs(60), "only the wall clock has moved");
    clock.advance(secs(20));
    assert_eq!(rate.wait(limit, clock.now()), secs(40));
}

#[test]
fn f44_a_rate_is_paid_back_by_the_wall_clock_after_a_restart() {
    let limit = Limit { at_once: 1, refill: secs(30) };
    let clock = ManualClock::new();
    let mut rate = Rate::default();
    rate.spend(limit, 2, clock.now());
    assert_eq!(rate.wait(limit, clock.now()), secs(60));
    clock.reboot(secs(20));
    assert_eq!(rate.wait(limit, clock.now()), secs(40));
}
