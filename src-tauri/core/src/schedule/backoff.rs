//! How long to wait after something did not work.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Now;

/// The shortest wait between tries.
const SHORTEST: Duration = Duration::from_secs(5);
/// The longest wait between tries that we choose ourselves.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// A confirmation never comes earlier than this after the first rejection.
const CONFIRM_AT_LEAST: Duration = Duration::from_secs(60);

/// Full jitter: anything between 5 s and a ceiling that doubles with each failure in a row, up to 30 min.
/// `random` decides where.
pub fn full_jitter(failures: u32, random: u64) -> Duration {
    let ceiling = SHORTEST.saturating_mul(2_u32.saturating_pow(failures.clamp(1, 16))).min(LONGEST);
    // Half an hour of milliseconds fits.
    let span = u64::try_from((ceiling - SHORTEST).as_millis()).unwrap_or(0);
    SHORTEST + Duration::from_millis(random % (span + 1))
}

/// How long after the `tries`-th unanswered try of a lost reply the next one comes: it doubles, with a fifth
/// of jitter, and stays between 5 s and 30 min.
pub fn replay_wait(tries: u32, random: u64) -> Duration {
    let whole = SHORTEST.saturating_mul(2_u32.saturating_pow(tries.min(16))).min(LONGEST);
    let fifth = u64::try_from((whole / 5).as_millis()).unwrap_or(0);
    whole.saturating_sub(Duration::from_millis(random % (fifth + 1))).max(SHORTEST)
}

/// How long after the first rejection the confirming try comes, when the token has `left` to live.
pub fn confirm_wait(left: Duration, confirm_after: Duration) -> Duration {
    (left / 2).clamp(CONFIRM_AT_LEAST, confirm_after.max(CONFIRM_AT_LEAST))
}

/// Keeps failed requests that carry a credential to 60 a day and account, however they fail (F11): nine at
/// once, then one each half hour; and three more when the service is back ([`Self::wait_when_back`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Budget {
    /// Milliseconds of refilling that are used up, and when that was reckoned.
    used: Option<(u64, Now)>,
}

impl Budget {
    /// One request per half hour is paid back.
    const REFILL: u64 = 30 * 60 * 1000;
    /// So many can be used at once.
    const AT_ONCE: u64 = 9;
    /// So many when the service is back: each chain and the probe have their own wait and may come together.
    const WHEN_BACK: u64 = Self::AT_ONCE + 3;
    /// Whatever a person makes it try, what it does by itself goes on after two hours.
    const AT_MOST: u64 = Self::WHEN_BACK;

    fn used(&self, now: Now) -> u64 {
        let Some((used, at)) = self.used else { return 0 };
        let passed = if now.boot.boot == at.boot.boot {
            now.boot.ms.saturating_sub(at.boot.ms)
        } else {
            u64::try_from(now.wall.since(at.wall).as_millis()).unwrap_or(u64::MAX)
        };
        used.saturating_sub(passed)
    }

    /// `requests` were sent and brought nothing.
    pub fn spend(&mut self, requests: u32, now: Now) {
        if requests > 0 {
            let used = self.used(now) + u64::from(requests) * Self::REFILL;
            self.used = Some((used.min(Self::AT_MOST * Self::REFILL), now));
        }
    }

    /// How long to wait before the next one.
    pub fn wait(&self, now: Now) -> Duration {
        self.left_above(Self::AT_ONCE - 1, now)
    }

    /// The same when a check without a secret says that the service is back: what failed by the schedule has left
    /// some for that, so that a day's outage does not delay the first request after it.
    pub fn wait_when_back(&self, now: Now) -> Duration {
        self.left_above(Self::WHEN_BACK - 1, now)
    }

    fn left_above(&self, requests: u64, now: Now) -> Duration {
        Duration::from_millis(self.used(now).saturating_sub(requests * Self::REFILL))
    }
}
