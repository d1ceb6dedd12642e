//! How far a long run is, for who waits.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A line is said so often at most.
const EVERY: Duration = Duration::from_secs(60);

/// When a line was last said.
pub struct Progress {
    begun: Instant,
    said: Mutex<Instant>,
}

impl Progress {
    pub fn since(begun: Instant) -> Self {
        Self { begun, said: Mutex::new(begun) }
    }

    /// One more story is over.
    pub fn note(&self, seeds: usize, refreshes: u64, wanted: Option<u64>) {
        let mut said = self.said.lock().expect("no thread panics with it");
        if said.elapsed() < EVERY {
            return;
        }
        let since = said.elapsed();
        *said += since;
        let of = wanted.map(|wanted| format!(" of {wanted}")).unwrap_or_default();
        self.say(&format!("{seeds} seeds, {refreshes}{of} refreshes"));
    }

    /// A line on what is not the result.
    #[allow(clippy::print_stderr, reason = "a campaign talks to a terminal")]
    pub fn say(&self, what: &str) {
        eprintln!("{:>5.0} s: {what}", self.begun.elapsed().as_secs_f64());
    }
}
