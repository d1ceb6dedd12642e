//! The rules of timing (design 4).

use std::time::Duration;

use lamplighter_core::id::{AccountId, Generation};
use lamplighter_core::provider::model::ChainRules;
use lamplighter_core::schedule::{
    Budget, ChainFacts, Timer, confirm_wait, full_jitter, margin, refresh_due, replay_wait,
};
use lamplighter_core::time::Expiry;
use testkit::clock::ManualClock;

const MIN: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn id() -> AccountId {
    AccountId::from_random([3; 16])
}

#[test]
fn the_margin_is_five_minutes_or_a_tenth_of_the_life() {
    assert_eq!(margin(None, 12 * HOUR, &[]).0, 5 * MIN);
    assert_eq!(margin(None, 5 * MIN, &[]).0, Duration::from_secs(30));
    assert_eq!(margin(None, MIN, &[]).0, Duration::from_secs(10), "at least 10 s");
    assert_eq!(
        margin(None, Duration::from_secs(12), &[]).0,
        Duration::from_secs(6),
        "at most half of the life"
    );
}

#[test]
fn slow_refreshes_widen_the_margin() {
    let took = [Duration::from_secs(40); 20];
    assert_eq!(margin(None, 10 * MIN, &took).0, Duration::from_secs(80));
}

#[test]
fn a_margin_of_ninety_percent_of_the_life_is_cut_with_a_warning() {
    let (margin, cut) = margin(Some(2 * HOUR), HOUR, &[]);
    assert_eq!(margin, 54 * MIN);
    assert_eq!(cut.map(|cut| cut.wanted), Some(2 * HOUR));
}

#[test]
fn jitter_is_earlier_only_at_most_a_tenth_of_the_margin_and_always_the_same() {
    let clock = ManualClock::new();
    let now = clock.now();
    let facts = ChainFacts { token: Some(Expiry::after(HOUR, now, None)), ..ChainFacts::default() };
    for generation in 0..50 {
        let due = |_| {
            refresh_due(&id(), Generation(generation), &facts, &ChainRules::default(), None, now)
                .unwrap()
                .wait
        };
        assert_eq!(due(0), due(1));
        assert!(due(0) <= 55 * MIN && due(0) >= 55 * MIN - Duration::from_secs(30), "{:?}", due(0));
    }
}

#[test]
fn f44_a_jumping_wall_clock_moves_no_refresh() {
    for jump in [86_400_000, -86_400_000, 315_360_000_000, -1_767_225_600_000] {
        let clock = ManualClock::new();
        let facts =
            ChainFacts { token: Some(Expiry::after(HOUR, clock.now(), None)), ..ChainFacts::default() };
        let wait = |clock: &ManualClock| {
            refresh_due(&id(), Generation(1), &facts, &ChainRules::default(), None, clock.now()).unwrap().wait
        };
        let timer = Timer::after(HOUR, clock.now());
        let before = wait(&clock);
        clock.jump_wall(jump);
        assert_eq!(wait(&clock), before);
        assert_eq!(timer.left(clock.now()), HOUR);
    }
}

#[test]
fn f44_after_a_reboot_with_a_clock_set_back_the_token_is_refreshed_once_and_not_believed_for_ever() {
    let clock = ManualClock::new();
    let token = Expiry::after(HOUR, clock.now(), None);
    clock.reboot(MIN);
    clock.jump_wall(-86_400_000_000);
    let facts = ChainFacts { token: Some(token), refreshed: Some(token.got), ..ChainFacts::default() };
    let rules = ChainRules::default();
    let due = refresh_due(&id(), Generation(1), &facts, &rules, None, clock.now()).unwrap();
    assert_eq!(due.wait, Duration::ZERO);
    let now = clock.now();
    let renewed = ChainFacts { token: Some(Expiry::after(HOUR, now, None)), refreshed: Some(now), ..facts };
    assert!(refresh_due(&id(), Generation(2), &renewed, &rules, None, now).unwrap().wait > 50 * MIN);
}

#[test]
fn f24_the_same_credential_again_makes_no_loop() {
    let clock = ManualClock::new();
    let credential = Expiry::after(HOUR, clock.now(), None);
    clock.advance(56 * MIN);
    let now = clock.now();
    let facts = ChainFacts {
        token: Some(Expiry::after(HOUR, now, None)),
        credential: Some(credential),
        refreshed: Some(now),
        ..ChainFacts::default()
    };
    let due = refresh_due(&id(), Generation(1), &facts, &ChainRules::default(), None, now).unwrap();
    assert!(due.wait > 50 * MIN, "{due:?}");
}

#[test]
fn f21_a_token_that_is_born_expired_is_refreshed_once_a_minute_at_most() {
    let now = ManualClock::new().now();
    let facts = ChainFacts {
        token: Some(Expiry::after(Duration::ZERO, now, None)),
        refreshed: Some(now),
        ..ChainFacts::default()
    };
    let due = refresh_due(&id(), Generation(1), &facts, &ChainRules::default(), None, now).unwrap();
    assert_eq!(due.wait, MIN);
}

#[test]
fn f19_without_any_expiry_only_a_report_leads_to_a_refresh() {
    let now = ManualClock::new().now();
    assert_eq!(
        refresh_due(&id(), Generation(1), &ChainFacts::default(), &ChainRules::default(), None, now),
        None
    );
}

#[test]
fn max_age_makes_a_refresh_due_though_nothing_expires() {
    let clock = ManualClock::new();
    let rules = ChainRules { max_age: Some(HOUR), ..ChainRules::default() };
    let facts = ChainFacts { token_got: Some(clock.now()), ..ChainFacts::default() };
    clock.advance(2 * HOUR);
    assert_eq!(
        refresh_due(&id(), Generation(1), &facts, &rules, None, clock.now()).unwrap().wait,
        Duration::ZERO
    );
}

#[test]
fn f13_the_confirming_try_comes_between_a_minute_and_confirm_after() {
    assert_eq!(confirm_wait(Duration::ZERO, 5 * MIN), MIN);
    assert_eq!(confirm_wait(4 * MIN, 5 * MIN), 2 * MIN);
    assert_eq!(confirm_wait(10 * HOUR, 15 * MIN), 15 * MIN);
    assert_eq!(confirm_wait(10 * HOUR, Duration::ZERO), MIN);
}

#[test]
fn f11_back_off_stays_between_five_seconds_and_half_an_hour() {
    for failures in 0..40 {
        for random in [0, 1, u64::MAX / 3, u64::MAX] {
            for wait in [full_jitter(failures, random), replay_wait(failures, random)] {
                assert!(wait >= Duration::from_secs(5) && wait <= 30 * MIN, "{failures} {wait:?}");
            }
        }
    }
}

#[test]
fn f11_at_most_sixty_failed_requests_a_day() {
    let clock = ManualClock::new();
    let mut budget = Budget::default();
    let mut sent = 0;
    let start = clock.now();
    loop {
        clock.advance(budget.wait(clock.now()).max(Duration::from_secs(5)));
        if clock.now().wall.since(start.wall) > 24 * HOUR {
            break;
        }
        budget.spend(1, clock.now());
        sent += 1;
    }
    assert!((50..=60).contains(&sent), "{sent}");
}
