//! When a session will probably end, from how long this service's earlier ones lived (S0.5, N7).

use std::time::Duration;

use super::forecast::Ending;
use crate::time::{Now, Timestamp};

/// Fewer lives than this say nothing.
const AT_LEAST: usize = 3;
/// Only so many count: services change.
const LATEST: usize = 10;
/// The person is told so long before the earliest quarter of the lives were over.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A forecast, with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Likely {
    /// When: half of the lives were over by then; past that, the longest.
    pub at: Timestamp,
    /// How many lives it is made of.
    pub lives: usize,
    /// The shortest of them.
    pub shortest: Duration,
    /// The longest.
    pub longest: Duration,
    median: Duration,
    /// A quarter of them were over by then.
    quarter: Duration,
    /// It has outlived half of them.
    is_late: bool,
}

impl Likely {
    /// From `lives`, newest first, for a session that began at `began`.
    pub(super) fn from(lives: &[Duration], began: Timestamp, now: Now) -> Option<Self> {
        let mut lives: Vec<Duration> = lives.iter().take(LATEST).copied().collect();
        if lives.len() < AT_LEAST {
            return None;
        }
        lives.sort_unstable();
        let (shortest, longest) = (*lives.first()?, *lives.last()?);
        let median = (lives[(lives.len() - 1) / 2] + lives[lives.len() / 2]) / 2;
        let quarter = lives[(lives.len() - 1) / 4];
        let age = now.wall.since(began);
        let life = [median, longest].into_iter().find(|life| age < *life)?;
        let is_late = age >= median;
        Some(Self { at: began.plus(life), lives: lives.len(), shortest, longest, median, quarter, is_late })
    }

    /// Whether the lives are alike enough to disturb somebody with it; if not, it is only shown.
    pub(super) fn is_telling(&self) -> bool {
        self.longest - self.shortest <= self.median
    }

    /// As an end to tell of. One that is late stays near: who was told is neither told that all is well nor told
    /// once more when the longest life is nearly over, too (I8).
    pub(super) fn ending(&self, now: Now) -> Ending {
        let before = if self.is_late {
            self.longest
        } else {
            (self.median - self.quarter).saturating_add(DAY.min(self.quarter / 2))
        };
        Ending { at: self.at, left: self.at.since(now.wall), tell_before: before }
    }
}
