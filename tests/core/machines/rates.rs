//! How often is asked at most, whoever asks: S2.5.

use std::time::Duration;

use lamplighter_core::account::{Answer, Event};
use lamplighter_core::record::Record;
use lamplighter_core::refresh::End;
use lamplighter_core::schedule::{Limit, PER_ACCOUNT, Rate};
use lamplighter_core::text::Why;
use testkit::clock::ManualClock;

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::held;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn s2_5_so_many_at_once_then_one_each_while_over_restarts_and_jumps() {
    let clock = ManualClock::new();
    let limit = Limit { at_once: 3, refill: MIN };
    let mut rate = Rate::default();
    for _ in 0..3 {
        assert_eq!(rate.wait(limit, clock.now()), Duration::ZERO);
        rate.spend(limit, 1, clock.now());
    }
    assert_eq!(rate.wait(limit, clock.now()), MIN);
    clock.jump_wall(86_400_000);
    assert_eq!(rate.wait(limit, clock.now()), MIN);
    clock.advance(MIN);
    assert_eq!(rate.wait(limit, clock.now()), Duration::ZERO);
    clock.advance(HOUR);
    assert_eq!(rate, serde_json::from_str(&serde_json::to_string(&rate).unwrap()).unwrap());
    for _ in 0..3 {
        assert_eq!(rate.wait(limit, clock.now()), Duration::ZERO);
        rate.spend(limit, 1, clock.now());
    }
}

#[test]
fn s2_5_who_asks_in_a_loop_is_told_when_and_the_schedule_goes_on() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    let mut sent = 0;
    for _ in 0..200 {
        if desk.accounts.limited(&id, desk.clock.now()).is_none() {
            desk.event(Event::Asked { account: id.clone(), chain: None, force: true });
        }
        if desk.job().is_some() {
            sent += 1;
            desk.end_of(&id, End::Renewed { probe: None });
        }
        desk.pass(Duration::from_secs(1));
    }
    // 20 at once, then one each 30 s of the 200 that passed; five seconds early counts.
    assert!((20..=27).contains(&sent), "{sent} attempts");
    desk.end_all();
    let Some(Why::Limited { next }) = desk.accounts.limited(&id, desk.clock.now()) else {
        panic!("it is limited")
    };
    assert!(next > desk.clock.now().wall && next <= desk.clock.now().wall.plus(PER_ACCOUNT.refill));
    assert!(matches!(desk.answer(), Answer::Serve { .. }), "a valid token is given all the same");
    assert!(desk.accounts.why(&id, desk.clock.now()).is_none(), "the login is fine");
    assert_eq!(
        desk.history.iter().filter(|kind| **kind == "refresh").count(),
        sent,
        "all are in the history"
    );
    desk.refresh_fails(End::Renewed { probe: None });
}

#[test]
fn s2_5_however_much_the_schedule_does_who_asks_waits_for_one_refill_at_most() {
    let seconds = |record: &mut Record, desk: &Desk| {
        let now = desk.clock.now();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 14, now));
    };
    let mut desk = Desk::with(OAUTH, 1, seconds);
    let id = desk.ids[0].clone();
    let mut done = 0;
    for _ in 0..900 {
        desk.pass(Duration::from_secs(1));
        while !desk.running.is_empty() {
            desk.generation += 1;
            desk.end_of(&id, End::Renewed { probe: None });
            done += 1;
        }
    }
    assert!(done > 60, "{done} were due");
    let wait = |desk: &Desk| desk.accounts.get(&id).unwrap().rate.wait(PER_ACCOUNT, desk.clock.now());
    assert!(wait(&desk) <= PER_ACCOUNT.refill, "{:?}", wait(&desk));
}
