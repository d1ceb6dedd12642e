//! Power that fails at any write: `cargo xtask campaign power --runs N [--seed S] [--run R]`.
//!
//! Each *run* is the life of one account on a machine of its own, whose power fails up to three times at a random write,
//! sync, rename or request. The refresh machine, the journal, the sealed files and the state database are the real ones;
//! the disk below them keeps, of what was not synced, anything: nothing, a part, all, in any order. After each cut the real
//! recovery runs. The service counts what it is shown, and is the oracle.

#![allow(clippy::print_stdout, reason = "the cells that were covered are the result")]

#[allow(dead_code, reason = "shared by all campaigns")]
#[path = "../common/mod.rs"]
mod common;
mod database;
mod disk;
mod keyring;
mod life;
mod perform;
mod service;
mod tally;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use common::options::Options;
use common::random::Random;
use life::{Keeps, Life};
use tally::Tally;

const USAGE: &str = "cargo xtask campaign power [--runs N] [--seed S] [--run R]

  --runs N   this many lives (100 if nothing is said)
  --seed S   other lives
  --run R    only this one, as it was told of a failure";

/// Lives of the short version.
const SHORT: u64 = 100;
/// One of so many lives is that of a state database, which takes longer.
const DATABASE_EACH: u64 = 10;

fn main() -> ExitCode {
    let options = Options::read(USAGE, &["runs", "seed", "run"]);
    let seed: u64 = options.get("seed").unwrap_or(1);
    let only: Option<u64> = options.get("run");
    let runs: u64 = options.get("runs").unwrap_or(SHORT);
    let mut tally = Tally::default();
    let all = only.map_or(0..runs, |run| run..run + 1);
    let count = all.end - all.start;
    for run in all {
        // A broken promise is a panic of the oracle; its message says which.
        if catch_unwind(AssertUnwindSafe(|| live(seed, run, &mut tally))).is_err() {
            println!(
                "run {run} broke a promise; once more: cargo xtask campaign power --seed {seed} --run {run}"
            );
            return ExitCode::FAILURE;
        }
    }
    println!("{}", tally.text());
    println!("{count} runs with seed {seed}: {}", tally.sum());
    ExitCode::SUCCESS
}

fn live(seed: u64, run: u64, tally: &mut Tally) {
    let mut random = Random::new(seed, run);
    if run % DATABASE_EACH == DATABASE_EACH - 1 {
        return database::live(&mut random, tally);
    }
    let keeps = *random.pick(&[Keeps::Sealed, Keeps::Sealed, Keeps::Keyring]);
    let has_grace = random.below(3) > 0;
    Life::new(random, keeps, has_grace).live(tally);
}
