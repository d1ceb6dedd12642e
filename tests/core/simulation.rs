//! Days of virtual time with the code that ships, in the world of the campaign `simulate`: many accounts of every kind
//! of service, whatever can go wrong, and a judge that looks after every step.
//!
//! `cargo xtask campaign simulate` lives through months of it, prints what struck where, and repeats a seed.

#[allow(dead_code, reason = "the campaign uses the rest")]
#[path = "../simulation/mod.rs"]
mod story;

use std::time::Duration;

use story::services::{KINDS, Kind};
use story::world::{Plot, World};
use story::{DAY, live, plot};

#[test]
fn i1_to_i9_hold_after_every_step_and_no_login_is_lost_that_its_service_would_keep() {
    // One in which a site wants a browser for days.
    let world = World::new(&plot(9, 24, 4 * DAY, false));
    let tally = live(world, 4 * DAY).expect("nobody stops it").tally;
    println!("{tally:?}");
    let is_busy = tally.refreshes > 2000 && tally.crashes > 50 && tally.faults > 500 && tally.visits > 20;
    assert!(is_busy, "the simulation does something: {tally:?}");
    assert!(
        tally.logins > 5 && tally.logouts > 0 && tally.edits > 0 && tally.pauses > 0 && tally.jumps > 0,
        "{tally:?}"
    );
    assert_eq!(tally.false_logouts, 0);
}

#[test]
fn the_same_seed_is_the_same_story() {
    let sum = |seed| {
        let mut world = World::new(&plot(seed, 12, DAY, false));
        world.boot();
        world.live(DAY / 4);
        world.trace.sum()
    };
    let (first, again, other) = (sum(11), sum(11), sum(12));
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn looking_only_at_who_is_due_is_the_same_as_looking_at_all() {
    let mut world = World::new(&plot(5, 24, DAY, false)).with_twin();
    world.boot();
    world.live(DAY / 2);
}

#[test]
fn a_calm_fortnight_costs_what_the_lives_cost_and_no_word() {
    // Tokens that live minutes would cost minutes.
    let kinds: Vec<Kind> = KINDS.into_iter().filter(|kind| !kind.is_jwt()).collect();
    let mut world =
        World::new(&Plot { seed: 7, accounts: kinds.len(), kinds, time: 14 * DAY, is_calm: true });
    world.boot();
    world.live(14 * DAY);
    world.verdict();
    let tally = &world.tally;
    assert!(tally.ended_by_its_rule.is_empty() && tally.ended_by_service.is_empty(), "{tally:?}");
    assert_eq!((tally.toasts, tally.spoilt, tally.false_logouts), (0, 0, 0));
    for model in world.models.values() {
        let chains = model.kind.chains().len() as u64;
        // Its provider file asks for an hour's margin.
        let margin = if model.kind == Kind::Twitch { DAY / 24 } else { Duration::ZERO };
        let lives = chains * (14 * DAY).as_secs() / (model.manner.life - margin).as_secs();
        let used = tally.by_kind.get(&model.kind).copied().unwrap_or(0);
        assert!((lives..=lives + lives / 10 + 2).contains(&used), "{:?} {used} {lives}", model.kind);
    }
}

#[test]
#[should_panic(expected = "never the old token again")]
fn the_oracle_notices_a_journal_that_forgets_replies() {
    for seed in 1..20 {
        let kinds = vec![Kind::GitHub, Kind::Okta, Kind::Blacklist, Kind::Alone];
        let mut world = World::new(&Plot { seed, accounts: 12, kinds, time: DAY, is_calm: false });
        world.weather.forgets_replies = true;
        world.boot();
        world.live(DAY);
    }
}
