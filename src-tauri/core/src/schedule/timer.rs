//! A wait that a jumping wall clock can neither cut short nor stretch (F44).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::{Now, Timestamp};

/// "Not before `wait` has passed since `set`", kept over restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// How long to wait.
    pub wait: Duration,
    /// Since when.
    pub set: Now,
}

impl Timer {
    /// Over when `wait` has passed from `now` on.
    pub fn after(wait: Duration, now: Now) -> Self {
        Self { wait, set: now }
    }

    /// Over at once.
    pub fn due(now: Now) -> Self {
        Self::after(Duration::ZERO, now)
    }

    /// What is left: by the boot clock within one boot, else by the wall clock. A wall clock that stands
    /// before the time it was set at was wrong then or is wrong now; waiting for it could take years, so
    /// then nothing is left.
    pub fn left(&self, now: Now) -> Duration {
        if now.boot.boot == self.set.boot.boot {
            self.wait.saturating_sub(Duration::from_millis(now.boot.ms.saturating_sub(self.set.boot.ms)))
        } else if now.wall < self.set.wall {
            Duration::ZERO
        } else {
            self.wait.saturating_sub(now.wall.since(self.set.wall))
        }
    }

    /// Whether nothing is left.
    pub fn is_over(&self, now: Now) -> bool {
        self.left(now).is_zero()
    }

    /// The moment it is over, on the wall clock of `now`.
    pub fn at(&self, now: Now) -> Timestamp {
        now.wall.plus(self.left(now))
    }
}
