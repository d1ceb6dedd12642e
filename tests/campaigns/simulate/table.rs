//! What was covered, as tables, and what must have been.

use std::collections::BTreeMap;

use crate::common::table::Table;
use crate::run::Found;
use crate::simulation::faults::{FAULTS, STEPS};
use crate::simulation::services::{KINDS, Kind};

/// A long run hits every possible cell this often.
pub const LEAST: u32 = 100;

/// Prints everything.
pub fn print(found: &Found, is_long: bool) {
    let head = ["fault", "", "step"].into_iter().chain(KINDS.map(Kind::name));
    let mut table = Table::new(head);
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (fault, row, words) in FAULTS {
        for step in STEPS {
            let cells = KINDS.map(|kind| match fault.why_not(step, kind) {
                Some(_) => "-".to_owned(),
                None => found.covered.hits(fault, step, kind).to_string(),
            });
            if cells.iter().all(|cell| cell == "-") {
                let why = fault.why_not(step, Kind::Site).or(fault.why_not(step, Kind::Slack)).unwrap_or("");
                reasons.entry(format!("{row} {words}: {why}")).or_default().push(step.name());
            } else {
                table
                    .row([row.to_owned(), words.to_owned(), step.name().to_owned()].into_iter().chain(cells));
            }
            for kind in KINDS.iter().filter(|_| is_long) {
                let Some(why) = fault.why_not(step, *kind) else { continue };
                reasons.entry(format!("{row} {words}: {why}")).or_default();
                _ = kind;
            }
        }
    }
    println!("fault × step × service: how often each struck there; - cannot be\n{}", table.text());
    println!("what cannot be, and why (at these steps for nobody; at others for services with a -):");
    for (what, steps) in reasons {
        println!("  {what}{}{}", if steps.is_empty() { "" } else { " — " }, steps.join(", "));
    }
    let mut visits = Table::new(["step", ""].into_iter().take(1).chain(KINDS.map(Kind::name)));
    for step in STEPS {
        visits.counts(step.name(), KINDS.map(|kind| found.covered.visits(step, kind) as usize));
    }
    println!("\nhow often each step was taken\n{}", visits.text());
    ends(found);
}

fn ends(found: &Found) {
    let tally = &found.tally;
    let mut table = Table::new(["logins"].into_iter().chain(KINDS.map(Kind::name)));
    let count = |of: &BTreeMap<Kind, u64>| {
        KINDS.map(|kind| usize::try_from(of.get(&kind).copied().unwrap_or(0)).unwrap_or(usize::MAX))
    };
    table.counts("refreshes", count(&tally.by_kind));
    table.counts("ended by the service or its person", count(&tally.ended_by_service));
    table.counts("gone: committed, answer lost, no grace", count(&tally.ended_by_its_rule));
    table.counts("gone: the grace was missed, for more went wrong", count(&tally.grace_missed));
    println!("{}", table.text());
    println!(
        "a refresh here: an attempt that handed at least one request or visit of a refresh to the network, \
         whatever became of it\n\
         {} seeds, {} refreshes ({} renewed), {} attempts, {} steps, {} faults, {} crashes, {} sleeps, \
         {} jumps, {} visits, {} logins, {} logouts, {} edits, {} pauses, {} toasts\n\
         gone because the service deleted its own session cookie in an answer (F34) {}\n\
         false logouts {}\ntook {:.1} s\nsum {}",
        found.seeds,
        tally.refreshes,
        tally.renewed,
        tally.attempts,
        tally.steps,
        tally.faults,
        tally.crashes,
        tally.sleeps,
        tally.jumps,
        tally.visits,
        tally.logins,
        tally.logouts,
        tally.edits,
        tally.pauses,
        tally.toasts,
        tally.spoilt,
        tally.false_logouts,
        found.took.as_secs_f64(),
        found.sum
    );
}

/// Whether every possible cell was hit often enough; says which were not.
pub fn demand(found: &Found) -> bool {
    let few = found.covered.too_few(LEAST);
    if few.is_empty() {
        println!("every possible cell was hit {LEAST} times and more");
        return true;
    }
    println!("covered too little: {} cells under {LEAST}", few.len());
    for (fault, step, kind, hits) in few.iter().take(60) {
        println!("  {fault:?} × {} × {}: {hits}", step.name(), kind.name());
    }
    false
}
