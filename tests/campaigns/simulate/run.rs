//! Stories on several threads, seed by seed.

use std::fs::File;
use std::io::BufWriter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::simulation::random::Trace;
use crate::simulation::table::Covered;
use crate::simulation::tally::Tally;
use crate::simulation::world::World;
use crate::simulation::{live, plot};

/// What is to be run.
pub struct Wish {
    pub first: u64,
    /// So many seeds; or as many as are needed for `refreshes`.
    pub seeds: Option<u64>,
    pub refreshes: Option<u64>,
    pub time: Duration,
    pub accounts: usize,
    pub threads: usize,
    pub trace: Option<String>,
}

/// What came of it.
#[derive(Default)]
pub struct Found {
    pub covered: Covered,
    pub tally: Tally,
    pub seeds: u64,
    /// Over the sums of all seeds in their order.
    pub sum: String,
    pub took: Duration,
    /// The first seed that broke something, and what.
    pub failed: Option<(u64, String)>,
}

struct Story {
    seed: u64,
    end: Result<(Covered, Tally, [u8; 32]), String>,
}

/// Lives through all of them.
#[allow(clippy::disallowed_methods, reason = "how long it took is printed, and nothing hangs on it")]
pub fn stories(wish: &Wish) -> Found {
    let begun = Instant::now();
    let next = AtomicU64::new(wish.first);
    let seen = AtomicU64::new(0);
    let stories = Mutex::new(Vec::new());
    let is_enough = |seed: u64| {
        let is_last = wish.seeds.is_some_and(|seeds| seed >= wish.first + seeds);
        let is_full = wish.seeds.is_none()
            && wish.refreshes.is_some_and(|wanted| seen.load(Ordering::Relaxed) >= wanted);
        is_last || is_full
    };
    std::thread::scope(|scope| {
        for _ in 0..wish.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if is_enough(seed) {
                        return;
                    }
                    let end = story(wish, seed);
                    match &end {
                        Ok((_, tally, _)) => _ = seen.fetch_add(tally.refreshes, Ordering::Relaxed),
                        // No further seeds: the first one that fails is what is wanted.
                        Err(_) => next.store(u64::MAX / 2, Ordering::Relaxed),
                    }
                    let is_lost = end.is_err() && wish.seeds.is_none();
                    stories.lock().expect("no thread panics with it").push(Story { seed, end });
                    if is_lost {
                        return;
                    }
                }
            });
        }
    });
    let mut stories = stories.into_inner().expect("no thread panics with it");
    stories.sort_by_key(|story| story.seed);
    let mut found = Found { took: begun.elapsed(), ..Found::default() };
    let mut sums = Sha256::new();
    for story in stories {
        match story.end {
            Ok((covered, tally, sum)) => {
                found.covered.add(&covered);
                found.tally.add(&tally);
                found.seeds += 1;
                sums.update(sum);
            }
            Err(why) => _ = found.failed.get_or_insert((story.seed, why)),
        }
    }
    found.sum = lamplighter_core::id::hex(&sums.finalize());
    found
}

fn story(wish: &Wish, seed: u64) -> Result<(Covered, Tally, [u8; 32]), String> {
    let plot = plot(seed, wish.accounts, wish.time, false);
    let trace = wish.trace.as_ref().map(|file| {
        let file = File::create(file).unwrap_or_else(|why| panic!("{file}: {why}"));
        Trace::written(Box::new(BufWriter::new(file)))
    });
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(&plot);
        if let Some(trace) = trace {
            world.trace = trace;
        }
        let world = live(world, wish.time);
        (world.covered, world.tally, world.trace.sum())
    }));
    lived.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}
