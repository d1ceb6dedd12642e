//! Time as it is handed in: a wall clock that can jump, and a boot clock that cannot.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC, by some wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "number"))]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus `duration`, stopping at the ends of the range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment minus `duration`, stopping at the ends of the range.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// The boot clock: runs through suspend, never jumps, starts again with each boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootTime {
    /// Which boot this is; times of different boots cannot be compared.
    pub boot: u64,
    /// Milliseconds since that boot.
    pub ms: u64,
}

/// The present, as it is handed to every function that needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// What the wall clock says.
    pub wall: Timestamp,
    /// What the boot clock says.
    pub boot: BootTime,
}

impl Now {
    /// How long after `earlier` this is at the least, whatever any wall clock says: what the boot clock counted. Of
    /// two boots that is the time since the later one began. A process that counts as a boot of its own may have
    /// gone on with the same clock, so one that stands further than `earlier` did has counted only what lies between.
    pub fn surely_since(self, earlier: Self) -> Duration {
        let (from, to) = (earlier.boot, self.boot);
        let is_further = from.boot == to.boot || to.ms >= from.ms;
        Duration::from_millis(if is_further { to.ms.saturating_sub(from.ms) } else { to.ms })
    }
}

/// Lives longer than this are cut to it (F21, RFC 6265bis section 5.5).
pub const LONGEST_LIFE: Duration = Duration::from_secs(400 * 24 * 3600);

/// When something ends, kept so that a wrong or jumping wall clock cannot make it look valid or dead (F44).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// How long it lived from `got` on.
    pub life: Duration,
    /// When it was got.
    pub got: Now,
    /// The server's `Date` at that time, if it sent one.
    pub server_date: Option<Timestamp>,
}

impl Expiry {
    /// An expiry `life` from `got`; a life past [`LONGEST_LIFE`] is cut to it.
    pub fn after(life: Duration, got: Now, server_date: Option<Timestamp>) -> Self {
        Self { life: life.min(LONGEST_LIFE), got, server_date }
    }

    /// What is left at `now`: by the boot clock within one boot, else by the wall clock, where a wall clock
    /// that went backwards counts as not having moved.
    pub fn left(&self, now: Now) -> Duration {
        let passed = if now.boot.boot == self.got.boot.boot {
            Duration::from_millis(now.boot.ms.saturating_sub(self.got.boot.ms))
        } else {
            now.wall.since(self.got.wall)
        };
        self.life.saturating_sub(passed)
    }

    /// The moment it ends, on the wall clock of `now`.
    pub fn at(&self, now: Now) -> Timestamp {
        let left = self.left(now);
        if left.is_zero() { self.got.wall.plus(self.life).min(now.wall) } else { now.wall.plus(left) }
    }

    /// The whole life.
    pub fn life(&self) -> Duration {
        self.life
    }
}

/// A duration as people write it in provider files and on the command line: `90s`, `15m`, `12h`, `30d`, `500ms`.
///
/// Returns `None` for anything else, negative numbers and overflow included.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().ok()?;
    let ms_per_unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(ms_per_unit).map(Duration::from_millis)
}
