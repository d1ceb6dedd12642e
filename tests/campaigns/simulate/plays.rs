//! The scenes, played and judged: outages of a day, a morning, a week that must not grow.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::common::table::Table;
use crate::simulation::network::{OUTAGES, Outage};
use crate::simulation::random::Trace;
use crate::simulation::scenes::{self, DaySeen, OutageSeen};
use crate::simulation::services::{KINDS, Kind};

/// What one outage may cost.
const MOST_REQUESTS: u64 = 60;
const ASKED_AFTER: Duration = Duration::from_secs(60);
const ALL_AFTER: Duration = Duration::from_secs(300);

/// Growth that is none: days differ by their dice.
const SLACK: usize = 50;
/// The wall clock of a busy machine says little; what grows without end passes this in a week.
const MOST_SLOWER: f64 = 3.0;

/// Every outage at every kind of service, one row each, or the one that is named; that one can be written down. Whether
/// all keep within the bars.
pub fn outages(threads: usize, only: Option<&str>, trace: Option<&str>) -> bool {
    let all = OUTAGES.iter().flat_map(|outage| KINDS.iter().map(|kind| (*outage, *kind)));
    let is_wanted = |(outage, kind): &(Outage, Kind)| {
        only.is_none_or(|only| only.eq_ignore_ascii_case(&format!("{outage:?}/{}", kind.name())))
    };
    let rows: Vec<(Outage, Kind)> = all.filter(is_wanted).collect();
    let trace = trace.filter(|_| rows.len() == 1);
    let (next, seen) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some((outage, kind)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let row = scenes::outage(*kind, *outage, 1, trace.map_or_else(Trace::default, Trace::to));
                    seen.lock().expect("no thread panics with it").push(((*outage, *kind), row));
                }
            });
        }
    });
    let mut seen = seen.into_inner().expect("no thread panics with it");
    seen.sort_by_key(|(row, _)| rows.iter().position(|of| of == row));
    let mut table = Table::new(["24 h outage", "service", "requests", "asked s", "all s", "toasts", ""]);
    let mut good = 0;
    for ((outage, kind), seen) in &seen {
        good += usize::from(keeps_within(seen));
        table.row([
            format!("{outage:?}"),
            kind.name().to_owned(),
            seen.requests.to_string(),
            seen.asked.as_secs().to_string(),
            seen.all.as_secs().to_string(),
            seen.toasts.to_string(),
            if keeps_within(seen) { String::new() } else { "misses a bar".to_owned() },
        ]);
    }
    println!(
        "\n{}bars: {MOST_REQUESTS} requests with a credential, asked-for tokens within {} s, all within {} s, one toast\n\
         {good} of {} rows keep within all of them",
        table.text(),
        ASKED_AFTER.as_secs(),
        ALL_AFTER.as_secs(),
        rows.len()
    );
    good == rows.len()
}

fn keeps_within(seen: &OutageSeen) -> bool {
    seen.requests <= MOST_REQUESTS
        && seen.asked <= ASKED_AFTER
        && seen.all <= ALL_AFTER
        && seen.toasts <= 1
        && (seen.toasts == 1 || !seen.is_told)
}

/// Days of many accounts, one line each: whether neither work nor memory grows from the second day on. The first has the
/// logins and their first journals.
#[allow(clippy::disallowed_methods, reason = "how long it took is printed, and judged with a wide margin")]
pub fn growth(accounts: usize, days: u32) -> bool {
    let mut table = Table::new([
        "day",
        "events",
        "steps",
        "refreshes",
        "records",
        "journals",
        "states",
        "others",
        "resident kB",
        "s",
        "µs per event",
    ]);
    let (mut seen, mut begun): (Vec<(DaySeen, f64)>, _) = (Vec::new(), Instant::now());
    scenes::week(accounts, days, 1, |day| {
        let took = begun.elapsed().as_secs_f64();
        let each = took * 1e6 / day.events.max(1) as f64;
        table.row([
            (seen.len() + 1).to_string(),
            day.events.to_string(),
            day.steps.to_string(),
            day.refreshes.to_string(),
            day.records.to_string(),
            day.journals.to_string(),
            day.states.to_string(),
            day.others.to_string(),
            resident().map_or("?".to_owned(), |kb| kb.to_string()),
            format!("{took:.1}"),
            format!("{each:.1}"),
        ]);
        seen.push((day, each));
        begun = Instant::now();
    });
    println!("\n{accounts} accounts, {days} days\n{}", table.text());
    let (Some((second, fast)), Some((last, slow))) = (seen.get(1), seen.last()) else { return true };
    let grows = |from: usize, to: usize| to > from + from / SLACK + SLACK;
    let bytes = |day: &DaySeen| day.records + day.journals + day.states;
    let work = |day: &DaySeen| usize::try_from(day.events + day.steps).unwrap_or(usize::MAX);
    let is_good = !grows(work(second), work(last))
        && !grows(bytes(second), bytes(last))
        && !grows(second.others, last.others)
        && slow / fast <= MOST_SLOWER;
    println!(
        "from the second day to the last: events and steps × {:.3}, bytes × {:.3}, time per event × {:.2}: {}",
        work(last) as f64 / work(second) as f64,
        bytes(last) as f64 / bytes(second) as f64,
        slow / fast,
        if is_good { "nothing grows" } else { "SOMETHING GROWS" }
    );
    is_good
}

/// What this process holds in memory, where the system says it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// All wake with expired tokens (F46): who asks waits 5 s at most, the others come within half a minute.
pub fn morning(accounts: usize) -> bool {
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
