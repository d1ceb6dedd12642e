//! Weeks of virtual time with the code that ships: many accounts of every kind of service, crashes between any
//! two steps, lost replies, locked and absent keychains, full disks, outages, sleep and clock jumps, people who
//! log in and out, pause and ask. The invariants are looked at after every step.
//!
//! A failing seed is printed, and comes again with `LAMPLIGHTER_SIM_SEED=n`; more of them with
//! `LAMPLIGHTER_SIM_SEEDS=count`.

mod model;
mod oracle;
mod people;
mod perform;
mod random;
mod services;
mod weather;
mod world;

use std::time::Duration;

use random::Trace;
use world::{Tally, World};

const DAY: Duration = Duration::from_secs(24 * 3600);
const ACCOUNTS: u8 = 30;

fn run(seed: u64, accounts: u8, time: Duration) -> (Tally, Trace) {
    let mut world = World::new(seed, accounts, 1000);
    world.boot();
    world.live(time);
    world.calm_down();
    world.verdict();
    (world.tally.clone(), world.trace)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn i1_to_i9_hold_after_every_step_and_no_login_is_lost_that_its_service_would_keep() {
    let (first, count) = match number("LAMPLIGHTER_SIM_SEED") {
        Some(seed) => (seed, 1),
        // One in which a site wants a browser for days.
        None => (3, number("LAMPLIGHTER_SIM_SEEDS").unwrap_or(1)),
    };
    for seed in first..first + count {
        let (tally, _) = run(seed, ACCOUNTS, 21 * DAY);
        println!("seed {seed}: {tally:?}");
        let is_busy = tally.refreshes > 2000 && tally.crashes > 50 && tally.faults > 500 && tally.visits > 20;
        assert!(is_busy, "the simulation does something: {tally:?}");
        assert!(tally.logins > 5 && tally.logouts > 0 && tally.pauses > 0 && tally.jumps > 0, "{tally:?}");
        assert_eq!(tally.false_logouts, 0);
    }
}

#[test]
fn the_same_seed_is_the_same_story() {
    let (first, again, other) = (run(11, 10, 2 * DAY).1, run(11, 10, 2 * DAY).1, run(12, 10, 2 * DAY).1);
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn looking_only_at_who_is_due_is_the_same_as_looking_at_all() {
    let mut world = World::new(5, 20, 1000).with_twin();
    world.boot();
    world.live(2 * DAY);
    world.calm_down();
    world.verdict();
}

#[test]
fn a_calm_fortnight_costs_what_the_lives_cost_and_no_word() {
    let mut world = World::new(7, 10, 0);
    world.boot();
    world.live(14 * DAY);
    world.verdict();
    assert_eq!((world.tally.ended_by_its_rule, world.tally.ended_by_service, world.tally.toasts), (0, 0, 0));
    for model in world.models.values() {
        let chains = model.kind.chains().len() as u64;
        let lives = chains * (14 * DAY).as_secs() / model.kind.life().as_secs();
        let used = u64::from(model.used);
        assert!((lives..=lives + lives / 10 + 2).contains(&used), "{:?} {used} {lives}", model.kind);
    }
}

#[test]
#[should_panic(expected = "never the old token again")]
fn the_oracle_notices_a_journal_that_forgets_replies() {
    for seed in 1..20 {
        let mut world = World::new(seed, 10, 1000);
        world.weather.forgets_replies = true;
        world.boot();
        world.live(5 * DAY);
    }
}
