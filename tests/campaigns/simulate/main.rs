//! `cargo xtask campaign simulate`: virtual months of everything that can go wrong, on the code that ships.
//!
//! One seed is 50 accounts of twelve kinds of service over 30 days. The same seed is the same story, bit for bit:
//! the printed sum says so. A failing seed is named with the command that repeats it.

#![allow(clippy::print_stdout, reason = "a campaign talks to a terminal")]

#[allow(dead_code, reason = "other campaigns use the rest")]
#[path = "../common/mod.rs"]
mod common;
mod run;
mod simulation;
mod table;

use std::time::Duration;

use common::options::Options;
use common::table::Table;
use run::Wish;
use simulation::DAY;
use simulation::network::OUTAGES;
use simulation::scenes;
use simulation::services::KINDS;

const USAGE: &str = "campaign simulate [--seeds N] [--first S] [--days 30] [--accounts 50] [--threads T]
                  [--refreshes N]  go on with further seeds until so many refreshes were seen, and demand that
                                   every possible cell of the table was hit 100 times
                  [--trace FILE]   write down everything that happens (of one seed)
                  [--scenes no]    without outages, wake-ups and growth";
const KNOWN: [&str; 8] = ["seeds", "first", "days", "accounts", "threads", "refreshes", "trace", "scenes"];

fn main() {
    let options = Options::read(USAGE, &KNOWN);
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
        is_good &= found.sum == run::stories(&Wish { threads: 1, ..wish }).sum;
        println!("the same seeds on one thread: the same sum: {is_good}");
        is_good &= morning(120);
    } else if options.get::<String>("scenes").is_none_or(|word| word != "no") {
        is_good &= morning(500) & play_scenes();
    }
    if !is_good {
        std::process::exit(1);
    }
}

/// Outages of a day, a morning, a week: what they cost, in virtual time.
fn play_scenes() -> bool {
    let bars =
        "bars: 60 requests with a credential, asked-for tokens within 60 s, all within 300 s, one toast";
    let mut table = Table::new(["24 h outage", "service", "requests", "asked s", "all s", "toasts", ""]);
    let mut is_good = true;
    for outage in OUTAGES {
        for kind in KINDS {
            let seen = scenes::outage(kind, outage, 1);
            let is_few = seen.requests <= 60 && seen.toasts <= 1;
            let is_soon = seen.asked.as_secs() <= 60 && seen.all.as_secs() <= 300;
            is_good &= is_few && is_soon;
            table.row([
                format!("{outage:?}"),
                kind.name().to_owned(),
                seen.requests.to_string(),
                seen.asked.as_secs().to_string(),
                seen.all.as_secs().to_string(),
                seen.toasts.to_string(),
                if is_few && is_soon { String::new() } else { "misses a bar".to_owned() },
            ]);
        }
    }
    println!("\n{}{bars}", table.text());
    println!(
        "\na week of 1,000 accounts: steps, refreshes, bytes of records, journals and states, other things remembered"
    );
    let mut days = Vec::new();
    scenes::week(1000, 7, 1, |day| {
        println!("  {day:?}");
        days.push(day);
    });
    // The first day has the logins' own journals; from the second on nothing grows.
    let does_not_grow = days.windows(2).skip(1).all(|two| two[1].bytes <= two[0].bytes + two[0].bytes / 50);
    is_good && does_not_grow
}

/// All wake with expired tokens (F46): who asks waits 5 s at most, the others come within half a minute.
fn morning(accounts: usize) -> bool {
    let woke = scenes::wake(accounts, 1);
    let first = woke.others.first().map_or(0.0, Duration::as_secs_f64);
    println!(
        "\nwake after 8 h, {accounts} expired: {} asked, p99 {:.1} s; the others from {first:.1} s to {:.1} s; \
         {} per host; {} requests",
        woke.asked.len(),
        woke.p99().as_secs_f64(),
        woke.all.as_secs_f64(),
        woke.most_per_host,
        woke.requests
    );
    woke.p99() <= Duration::from_secs(5) && woke.most_per_host <= 4 && woke.all <= Duration::from_secs(45)
}
