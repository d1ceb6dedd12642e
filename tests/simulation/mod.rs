//! Weeks of virtual time with the code that ships: many accounts of every kind of service, faults at every step,
//! crashes between any two of them, sleep and clock jumps, people who log in and out, edit, pause and ask. The
//! invariants are looked at after every step; what is wrong panics with the seed.
//!
//! Core's own tests live through some days of it (`tests/core/simulation.rs`), `cargo xtask campaign simulate` through months.

mod clock;
mod crash;
pub mod faults;
pub mod model;
pub mod network;
pub mod oracle;
mod people;
mod perform;
mod power;
pub mod random;
mod replies;
pub mod scenes;
pub mod services;
mod store;
mod strike;
pub mod table;
pub mod tally;
mod trouble;
mod twin;
mod weather;
pub mod world;

use std::time::Duration;

use services::{KINDS, Kind};
use world::{Plot, World};

/// 24 hours.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// A story with everything that can go wrong, or without.
pub fn plot(seed: u64, accounts: usize, time: Duration, is_calm: bool) -> Plot {
    Plot { seed, accounts, kinds: KINDS.to_vec(), time, is_calm }
}

/// A story of one kind of service in which nothing goes wrong that no script says.
pub fn calm(seed: u64, accounts: usize, kind: Kind, time: Duration) -> World {
    let mut world = World::new(&Plot { seed, accounts, kinds: vec![kind], time, is_calm: true });
    world.boot();
    world
}

/// Lives through it, lets everything settle, and judges. `None` if nobody wants to know any more.
pub fn live(mut world: World, time: Duration) -> Option<World> {
    world.boot();
    world.live(time);
    world.calm_down();
    if world.is_moot() {
        return None;
    }
    world.verdict();
    Some(world)
}
