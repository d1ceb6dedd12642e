//! The machine's two clocks, moved by hand.

use std::time::Duration;

use lamplighter_core::time::{BootTime, Now, Timestamp};

/// What the machine believes the time to be.
pub struct Clock(Now);

impl Clock {
    /// 2026-01-01 00:00:00 UTC, an hour after boot 1.
    pub fn new() -> Self {
        Self(Now { wall: Timestamp(1_767_225_600_000), boot: BootTime { boot: 1, ms: 3_600_000 } })
    }

    pub fn now(&self) -> Now {
        self.0
    }

    /// Time passes: both clocks go on.
    pub fn advance(&mut self, by: Duration) {
        self.0.wall = self.0.wall.plus(by);
        self.0.boot.ms += super::model::millis(by);
    }

    /// Somebody sets the wall clock; the boot clock does not move.
    pub fn set_wall(&mut self, ms: i64) {
        self.0.wall = Timestamp(ms);
    }

    /// The machine starts again after being off for `off`: another boot, whose clock starts at nought.
    pub fn reboot(&mut self, off: Duration) {
        self.0.wall = self.0.wall.plus(off);
        self.0.boot = BootTime { boot: self.0.boot.boot + 1, ms: 0 };
    }
}
