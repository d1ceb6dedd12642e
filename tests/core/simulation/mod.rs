//! Weeks of virtual time with the code that ships: many accounts, crashes between any two steps, lost
//! replies, locked keychains, full disks, sleep and clock jumps. A failing seed is printed and reproducible:
//! `LAMPLIGHTER_SIM_SEED=n`; more of them with `LAMPLIGHTER_SIM_SEEDS=count`.

mod model;
mod world;

use std::time::Duration;

use world::{Tally, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn run(seed: u64, faults: u64) -> Tally {
    let mut world = World::new(seed, 7, faults);
    world.live(5 * DAY);
    world.calm_down();
    world.verdict();
    world.tally.clone()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn i1_to_i9_hold_after_every_step_and_no_login_is_lost_that_its_service_would_keep() {
    let (first, count) = match number("LAMPLIGHTER_SIM_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number("LAMPLIGHTER_SIM_SEEDS").unwrap_or(8)),
    };
    let mut sum = Tally::default();
    for seed in first..first + count {
        let tally = run(seed, 300);
        sum.steps += tally.steps;
        sum.refreshes += tally.refreshes;
        sum.crashes += tally.crashes;
        sum.faults += tally.faults;
        sum.unavoidable += tally.unavoidable;
        sum.toasts += tally.toasts;
    }
    println!("{sum:?}");
    assert!(
        sum.crashes > 0 && sum.faults > 100 && sum.refreshes > 100,
        "the simulation does something: {sum:?}"
    );
}

#[test]
fn a_calm_fortnight_costs_one_request_an_hour_and_no_word() {
    let mut world = World::new(7, 6, 0);
    world.live(14 * DAY);
    world.verdict();
    assert_eq!((world.tally.unavoidable, world.tally.toasts), (0, 0));
    for model in world.models.values() {
        assert!((330..400).contains(&model.used), "{}", model.used);
    }
}

#[test]
#[should_panic(expected = "never the old token again")]
fn the_oracle_notices_a_journal_that_forgets_replies() {
    for seed in 1..20 {
        let mut world = World::new(seed, 6, 300);
        world.forgets_replies = true;
        world.live(5 * DAY);
    }
}
