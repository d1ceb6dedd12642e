//! How often something may be done: so often at once, then once each while (S2.5).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Now;

/// So many at once, then one each `refill`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many can be done at once.
    pub at_once: u32,
    /// One is paid back in this time.
    pub refill: Duration,
}

/// Attempts of one account that somebody asked for: whoever asks in a loop spends nothing of the service's
/// patience. What the schedule starts keeps its distance by itself, but counts.
pub const PER_ACCOUNT: Limit = Limit { at_once: 20, refill: Duration::from_secs(30) };

/// Attempts that talk to one host, whoever wants them: enough for 10,000 logins whose tokens live 15 minutes.
pub const PER_HOST: Limit = Limit { at_once: 500, refill: Duration::from_millis(50) };

/// What was used up of a [`Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rate {
    /// Milliseconds of refilling that are used up, and when that was reckoned.
    used: Option<(u64, Now)>,
}

impl Rate {
    fn used(&self, now: Now) -> u64 {
        let Some((used, at)) = self.used else { return 0 };
        let passed = if now.boot.boot == at.boot.boot {
            now.boot.ms.saturating_sub(at.boot.ms)
        } else {
            u64::try_from(now.wall.since(at.wall).as_millis()).unwrap_or(u64::MAX)
        };
        used.saturating_sub(passed)
    }

    /// `count` were done.
    pub fn spend(&mut self, limit: Limit, count: u32, now: Now) {
        if count > 0 {
            self.used = Some((self.used(now) + u64::from(count) * limit.millis(), now));
        }
    }

    /// How long to wait before the next one.
    pub fn wait(&self, limit: Limit, now: Now) -> Duration {
        let at_once = u64::from(limit.at_once.saturating_sub(1)) * limit.millis();
        Duration::from_millis(self.used(now).saturating_sub(at_once))
    }
}

impl Limit {
    fn millis(self) -> u64 {
        u64::try_from(self.refill.as_millis()).unwrap_or(u64::MAX / u64::from(u32::MAX))
    }
}
