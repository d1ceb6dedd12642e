//! The campaign as a whole: lines side by side, and what they found.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::common::options::Options;
use crate::count::Counts;
use crate::home::Store;
use crate::line::{Broken, KILLS, Line};

const USAGE: &str = "\
campaign kill [--runs N] [--seed S] [--store keychain|sealed|both] [--line L]
--runs N   kills, 48 without
--seed S   which random instants, 1 without
--store    what keeps the login
--line L   this line alone: how a failure is repeated";

/// Kills of the short campaign.
const SHORT: usize = 48;
/// Lines side by side.
const WORKERS: usize = 2;

/// Runs it.
pub fn campaign() -> ExitCode {
    let options = Options::read(USAGE, &["runs", "seed", "store", "line"]);
    let runs = options.get("runs").unwrap_or(SHORT);
    let seed: u64 = options.get("seed").unwrap_or(1);
    let stores = match options.get::<String>("store").as_deref() {
        Some("keychain") => vec![Store::Keychain],
        Some("sealed") => vec![Store::Sealed],
        _ => vec![Store::Keychain, Store::Sealed],
    };
    let only: Option<u64> = options.get("line");
    // Of a short campaign each line is short, so that there is one of every kind.
    let each = if options.is_short() { runs.div_ceil(3 * stores.len()) } else { KILLS };
    let all = Campaign {
        seed,
        stores,
        each,
        next: AtomicU64::new(only.unwrap_or(0)),
        left: AtomicUsize::new(if only.is_some() { each } else { runs }),
        counts: Mutex::default(),
        broken: Mutex::default(),
    };
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| all.work());
        }
    });
    all.tell()
}

struct Campaign {
    seed: u64,
    stores: Vec<Store>,
    each: usize,
    next: AtomicU64,
    left: AtomicUsize,
    counts: Mutex<Counts>,
    broken: Mutex<Vec<Broken>>,
}

impl Campaign {
    /// Takes lines until there are enough kills.
    fn work(&self) {
        loop {
            let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                (left > 0).then(|| left.saturating_sub(self.each))
            });
            let Ok(left) = taken else { return };
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let mut counts = Counts::of(number);
            let ran = Line::new(self.seed, number, &self.stores, &mut counts).run(self.each.min(left));
            if let Err(broken) = ran {
                println!("line {}: {}", broken.line, broken.what);
                self.broken.lock().expect("nobody panicked").push(broken);
            }
            let mut all = self.counts.lock().expect("nobody panicked");
            let before = all.kills();
            all.add(counts);
            if all.kills() / 500 > before / 500 {
                println!("{} kills", all.kills());
            }
        }
    }

    /// What came of it.
    fn tell(self) -> ExitCode {
        let counts = self.counts.into_inner().expect("nobody panicked");
        let mut broken = self.broken.into_inner().expect("nobody panicked");
        println!("\n{}", counts.text(&self.stores));
        broken.sort_by_key(|broken| broken.line);
        let Some(first) = broken.first() else {
            println!("{}", counts.summary());
            println!("test result: ok. {} kills, seed {}", counts.kills(), self.seed);
            return ExitCode::SUCCESS;
        };
        println!(
            "{} promises broken in {} kills; the first one:\n{}",
            broken.len(),
            counts.kills(),
            first.what
        );
        let store = match self.stores.as_slice() {
            [Store::Keychain] => "keychain",
            [Store::Sealed] => "sealed",
            _ => "both",
        };
        println!("cargo xtask campaign kill --seed {} --store {store} --line {}", self.seed, first.line);
        ExitCode::FAILURE
    }
}
