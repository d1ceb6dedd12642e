//! Stories on several threads, seed by seed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::progress::Progress;
use crate::simulation::random::Trace;
use crate::simulation::table::Covered;
use crate::simulation::tally::Tally;
use crate::simulation::world::World;
use crate::simulation::{live, plot};
use crate::table;

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
    /// That of the first seed alone.
    pub first: String,
    pub took: Duration,
    /// The lowest seed that broke something, and what.
    pub failed: Option<(u64, String)>,
}

impl Found {
    fn add(&mut self, lived: &Lived) {
        self.covered.add(&lived.covered);
        self.tally.add(&lived.tally);
        self.seeds += 1;
    }

    /// So many refreshes, and every possible cell often enough. What is never hit is not waited for without end.
    fn is_full(&self, wanted: u64) -> bool {
        let refreshes = self.tally.refreshes;
        let is_covered = || self.covered.too_few(table::LEAST).is_empty();
        refreshes >= wanted && (refreshes >= 2 * wanted || is_covered())
    }
}

/// What a story leaves.
struct Lived {
    covered: Covered,
    tally: Tally,
    sum: [u8; 32],
}

/// What the threads share.
struct Shared<'a> {
    wish: &'a Wish,
    next: AtomicU64,
    /// The lowest seed that failed: higher ones need not be lived through any more.
    failed: Arc<AtomicU64>,
    ends: Mutex<BTreeMap<u64, Result<Lived, String>>>,
    progress: Progress,
}

/// Lives through all of them. Which seeds count hangs on the wish alone and not on which thread was faster: all
/// that were wished for, or the shortest row of seeds that has so many refreshes and covers everything, or all up to
/// the lowest that fails.
#[allow(clippy::disallowed_methods, reason = "how long it took is printed, and nothing hangs on it")]
pub fn stories(wish: &Wish) -> Found {
    let begun = Instant::now();
    let shared = Shared {
        wish,
        next: AtomicU64::new(wish.first),
        failed: Arc::new(AtomicU64::new(u64::MAX)),
        ends: Mutex::default(),
        progress: Progress::since(begun),
    };
    std::thread::scope(|scope| {
        for _ in 0..wish.threads.max(1) {
            scope.spawn(|| shared.live_through_some());
        }
    });
    let ends = shared.ends.into_inner().expect("no thread panics with it");
    Found { took: begun.elapsed(), ..count(wish, ends) }
}

impl Shared<'_> {
    fn ends(&self) -> MutexGuard<'_, BTreeMap<u64, Result<Lived, String>>> {
        self.ends.lock().expect("no thread panics with it")
    }

    fn live_through_some(&self) {
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.failed.load(Ordering::Relaxed) || self.is_enough(seed) {
                return;
            }
            match self.story(seed) {
                Ok(Some(lived)) => _ = self.ends().insert(seed, Ok(lived)),
                Ok(None) => return,
                Err(why) => {
                    self.failed.fetch_min(seed, Ordering::Relaxed);
                    self.progress.say(&format!("seed {seed} failed: {why}"));
                    self.ends().insert(seed, Err(why));
                }
            }
            let ends = self.ends();
            let refreshes = refreshes(&ends);
            self.progress.note(ends.len(), refreshes, self.wish.refreshes);
        }
    }

    /// Whether this seed is not wanted any more.
    fn is_enough(&self, seed: u64) -> bool {
        match (self.wish.seeds, self.wish.refreshes) {
            (Some(seeds), _) => seed >= self.wish.first + seeds,
            (None, Some(wanted)) => {
                let mut sum = Found::default();
                self.ends().values().flatten().for_each(|lived| sum.add(lived));
                sum.is_full(wanted)
            }
            (None, None) => true,
        }
    }

    /// `None` if a lower seed failed meanwhile.
    fn story(&self, seed: u64) -> Result<Option<Lived>, String> {
        let wish = self.wish;
        let plot = plot(seed, wish.accounts, wish.time, false);
        let trace = wish.trace.as_ref().map(|file| {
            let file = File::create(file).unwrap_or_else(|why| panic!("{file}: {why}"));
            Trace::written(Box::new(BufWriter::new(file)))
        });
        let lived = catch_unwind(AssertUnwindSafe(|| {
            let mut world = World::new(&plot);
            world.moot = Some(Arc::clone(&self.failed));
            if let Some(trace) = trace {
                world.trace = trace;
            }
            let world = live(world, wish.time)?;
            Some(Lived { sum: world.trace.sum(), covered: world.covered, tally: world.tally })
        }));
        lived.map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        })
    }
}

fn refreshes(ends: &BTreeMap<u64, Result<Lived, String>>) -> u64 {
    ends.values().flatten().map(|lived| lived.tally.refreshes).sum()
}

/// Adds up what counts, in the order of the seeds.
fn count(wish: &Wish, ends: BTreeMap<u64, Result<Lived, String>>) -> Found {
    let mut found = Found::default();
    let mut sums = Sha256::new();
    for (seed, end) in ends {
        let is_full = wish.refreshes.is_some_and(|wanted| found.is_full(wanted));
        if found.failed.is_some() || (wish.seeds.is_none() && is_full) {
            break;
        }
        match end {
            Ok(lived) => {
                if found.seeds == 0 {
                    found.first = lamplighter_core::id::hex(&lived.sum);
                }
                found.add(&lived);
                sums.update(lived.sum);
            }
            Err(why) => found.failed = Some((seed, why)),
        }
    }
    found.sum = lamplighter_core::id::hex(&sums.finalize());
    found
}
