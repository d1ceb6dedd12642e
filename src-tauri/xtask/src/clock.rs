//! Time, for saying how long something took.

use std::time::{Duration, Instant};

/// A stop watch that runs from its creation on.
pub struct Watch(Instant);

impl Watch {
    /// Starts one.
    #[expect(clippy::disallowed_methods, reason = "stages are timed; nothing depends on it")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// What it shows.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
