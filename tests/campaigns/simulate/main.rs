//! `cargo xtask campaign simulate`: virtual months of everything that can go wrong, on the code that ships.
//!
//! One seed is 50 accounts of twelve kinds of service over 30 days. The same seed is the same story, bit for bit:
//! the printed sum says so. A failing seed is named with the command that repeats it.

#![allow(clippy::print_stdout, reason = "a campaign talks to a terminal")]

#[allow(dead_code, reason = "other campaigns use the rest")]
#[path = "../common/mod.rs"]
mod common;
mod plays;
mod progress;
mod run;
#[allow(dead_code, reason = "core's own tests use the rest")]
#[path = "../../simulation/mod.rs"]
mod simulation;
mod table;

use common::options::Options;
use run::Wish;
use simulation::DAY;

const USAGE: &str = "campaign simulate [--seeds N] [--first S] [--days 30] [--accounts 50] [--threads T]
                  [--refreshes N]  go on with further seeds until so many refreshes were seen, and demand that
                                   every possible cell of the table was hit 100 times
                  [--trace FILE]   write down everything that happens (of one seed)
                  [--scenes no]    without outages, wake-ups and growth; `only` is these alone, and each has its
                                   name: outages, wake, growth
                  [--row OUTAGE/SERVICE]  one outage of all, such as Portal/cookie";
const KNOWN: [&str; 9] =
    ["seeds", "first", "days", "accounts", "threads", "refreshes", "trace", "scenes", "row"];

fn main() {
    let options = Options::read(USAGE, &KNOWN);
    let scenes: String = options.get("scenes").unwrap_or_default();
    if ["only", "outages", "wake", "growth"].contains(&scenes.as_str()) {
        let row: Option<String> = options.get("row");
        let trace: Option<String> = options.get("trace");
        if !play(&scenes, options.get("threads").unwrap_or(2), row.as_deref(), trace.as_deref()) {
            std::process::exit(1);
        }
        return;
    }
    let is_short = options.is_short();
    let refreshes: Option<u64> = options.get("refreshes");
    let seeds: Option<u64> = options.get("seeds");
    let wish = Wish {
        first: options.get("first").unwrap_or(1),
        seeds: seeds.or(refreshes.is_none().then_some(if is_short { 2 } else { 4 })),
        refreshes,
        time: options.get("days").map_or(if is_short { 2 * DAY } else { 30 * DAY }, |days: u32| days * DAY),
        accounts: options.get("accounts").unwrap_or(if is_short { 12 } else { 50 }),
        threads: options.get("threads").unwrap_or(2),
        trace: options.get("trace"),
    };
    let found = run::stories(&wish);
    table::print(&found, refreshes.is_some());
    let mut is_good = found.failed.is_none();
    if let Some((seed, why)) = &found.failed {
        println!("\nFAILED: seed {seed}: {why}");
        let days = wish.time.as_secs() / 86_400;
        println!(
            "again: cargo xtask campaign simulate --first {seed} --seeds 1 --days {days} --accounts {} --trace FILE",
            wish.accounts
        );
    }
    if refreshes.is_some() {
        is_good &= table::demand(&found);
    }
    if is_short {
        let is_same = found.first == run::stories(&Wish { threads: 1, seeds: Some(1), ..wish }).first;
        println!("the first seed again, on one thread: the same sum: {is_same}");
        is_good &= is_same;
        is_good &= plays::morning(120) & plays::growth(30, 3);
    } else {
        is_good &= play(&scenes, wish.threads, None, None);
    }
    if !is_good {
        std::process::exit(1);
    }
}

/// The scenes that `word` names; all of them if it says nothing else.
fn play(word: &str, threads: usize, row: Option<&str>, trace: Option<&str>) -> bool {
    let is_wanted = |name: &str| ["", "only", name].contains(&word);
    let mut is_good = true;
    if is_wanted("wake") {
        is_good &= plays::morning(500);
    }
    if is_wanted("outages") {
        is_good &= plays::outages(threads, row, trace);
    }
    if is_wanted("growth") {
        is_good &= plays::growth(1000, 7);
    }
    is_good
}
