//! Stages of a long run: each announced, timed, and listed at the end with its closing line.

use std::fmt::Write as _;
use std::time::Duration;

use crate::clock::Watch;
use crate::shell::Done;

/// The stages so far.
pub struct Stages {
    rows: Vec<Row>,
    watch: Watch,
}

struct Row {
    name: String,
    took: Duration,
    closing: Vec<String>,
    failed: bool,
}

impl Stages {
    /// None yet.
    pub fn new() -> Self {
        Self { rows: Vec::new(), watch: Watch::start() }
    }

    /// Runs one. What it returns are its closing lines, for the table; an error ends up there, too, and the others go
    /// on, so that one run tells everything that is wrong.
    pub fn stage(&mut self, name: &str, work: impl FnOnce() -> Done<Vec<String>>) {
        println!("\n── {name} ──");
        let watch = Watch::start();
        let done = work();
        let took = watch.elapsed();
        let failed = done.is_err();
        let closing = done.unwrap_or_else(|why| {
            eprintln!("{why}");
            vec![format!("FAILED: {}", why.lines().next().unwrap_or_default())]
        });
        self.rows.push(Row { name: name.to_owned(), took, closing, failed });
    }

    /// Whether all went well until now.
    pub fn are_fine(&self) -> bool {
        self.rows.iter().all(|row| !row.failed)
    }

    /// Prints the table; an error if any failed.
    pub fn finish(self) -> Done {
        println!("\n{}", self.table());
        let failed: Vec<&str> =
            self.rows.iter().filter(|row| row.failed).map(|row| row.name.as_str()).collect();
        if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
    }

    fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for row in &self.rows {
            let mut closing = row.closing.iter();
            let first = closing.next().map_or("", String::as_str);
            // Writing to a String cannot fail.
            _ = writeln!(text, "{:width$}  {:>9}  {first}", row.name, seconds(row.took));
            for line in closing {
                _ = writeln!(text, "{:width$}  {:9}  {line}", "", "");
            }
        }
        _ = write!(text, "{:width$}  {:>9}", "all", seconds(self.watch.elapsed()));
        text
    }
}

fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 100.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{}:{:02} min", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}
