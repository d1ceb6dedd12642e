//! What was observed, and when.

use std::fmt::Write as _;
use std::time::Duration;

/// One step's outcome.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// Seconds since the demo began, at its end.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
    /// What was seen, or why it was not.
    pub seen: Result<String, String>,
    /// What the secret scan found: nothing, or where a secret lay.
    pub leaks: Vec<String>,
    /// What the scan looked at.
    pub scanned: String,
}

/// All steps.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    planned: usize,
    notes: Vec<String>,
}

impl Report {
    /// So many steps are to be observed.
    pub fn plan(&mut self, steps: usize) {
        self.planned = steps;
    }

    /// One more was.
    pub fn add(&mut self, row: Row) {
        let (mark, text) = match &row.seen {
            Ok(text) => ("ok  ", text),
            Err(text) => ("FAIL", text),
        };
        println!("{:6.1} s  {mark}  {}: {text}", row.at.as_secs_f64(), row.name);
        for leak in &row.leaks {
            println!("          LEAK  {leak}");
        }
        self.rows.push(row);
    }

    /// Something that is not a step, for the end.
    pub fn note(&mut self, text: String) {
        println!("          note  {text}");
        self.notes.push(text);
    }

    /// Whether every step was seen and no secret lay anywhere.
    pub fn all_observed(&self) -> bool {
        self.rows.len() == self.planned
            && self.rows.iter().all(|row| row.seen.is_ok() && row.leaks.is_empty())
    }

    /// The summary.
    pub fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let mut text = format!("{:width$}  {:>9}  {:>8}  observed\n", "step", "at", "took");
        for row in &self.rows {
            let (at, took) = (row.at.as_secs_f64(), row.took.as_secs_f64());
            let (mark, seen) = match &row.seen {
                Ok(seen) => ("yes", seen),
                Err(why) => ("NO ", why),
            };
            // Writing to a String cannot fail.
            _ = writeln!(text, "{:width$}  {at:7.1} s  {took:6.1} s  {mark}  {seen}", row.name);
            for leak in &row.leaks {
                _ = writeln!(text, "{:width$}  secret found: {leak}", "");
            }
        }
        for note in &self.notes {
            _ = writeln!(text, "{note}");
        }
        if let Some(last) = self.rows.last() {
            _ = writeln!(text, "Last secret scan: {}.", last.scanned);
        }
        let seen = self.rows.iter().filter(|row| row.seen.is_ok()).count();
        _ = write!(text, "{seen} of {} observed", self.planned);
        text
    }
}
