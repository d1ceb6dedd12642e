//! Clocks for tests: one that is moved by hand, and the practice site's own, which can run faster.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lamplighter_core::time::{BootTime, Now, Timestamp};
use tokio::sync::watch;

/// What the wall clock says, in milliseconds since 1970. The only place in testkit that reads it.
#[allow(clippy::disallowed_methods, reason = "the practice site is a service with a clock of its own")]
pub fn wall_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Clone)]
pub struct ManualClock(Arc<watch::Sender<Now>>);

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl ManualClock {
    /// 2026-01-01 00:00:00 UTC, an hour after boot 1.
    pub fn new() -> Self {
        Self::at(Now { wall: Timestamp(1_767_225_600_000), boot: BootTime { boot: 1, ms: 3_600_000 } })
    }

    /// A clock that shows `now`.
    pub fn at(now: Now) -> Self {
        Self(Arc::new(watch::Sender::new(now)))
    }

    /// What it shows.
    pub fn now(&self) -> Now {
        *self.0.borrow()
    }

    /// Time passes: both clocks go on by `by`.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| {
            now.wall = now.wall.plus(by);
            now.boot.ms += u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        });
    }

    /// Somebody sets the wall clock: it moves by `ms` (back if negative), the boot clock does not.
    pub fn jump_wall(&self, ms: i64) {
        self.0.send_modify(|now| now.wall = Timestamp(now.wall.0 + ms));
    }

    /// The machine starts again after being off for `off`: another boot, whose clock starts at nought.
    pub fn reboot(&self, off: Duration) {
        self.0.send_modify(|now| {
            now.wall = now.wall.plus(off);
            now.boot = BootTime { boot: now.boot.boot + 1, ms: 0 };
        });
    }

    /// Resolves once the boot clock was moved on by `by`, or the machine was booted anew.
    pub fn sleep(&self, by: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let start = self.now().boot;
        let due = start.ms.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
        let mut moves = self.moves();
        Box::pin(async move {
            // An error means that the clock is gone: nothing will ever be due again, so the wait is over too.
            _ = moves.wait_for(|now| now.boot.boot != start.boot || now.boot.ms >= due).await;
        })
    }

    /// Is told whenever the clock is moved.
    pub fn moves(&self) -> watch::Receiver<Now> {
        self.0.subscribe()
    }
}

/// The practice site's clock: the real one, set off and sped up as a test likes. Clones show the same time.
#[derive(Clone)]
pub struct SiteClock(Arc<Mutex<Pace>>);

struct Pace {
    real_start: i64,
    site_start: i64,
    rate: f64,
}

impl SiteClock {
    /// A clock that shows the real time and runs `rate` times as fast.
    pub fn new(rate: f64) -> Self {
        let now = wall_ms();
        Self(Arc::new(Mutex::new(Pace { real_start: now, site_start: now, rate })))
    }

    /// Milliseconds since 1970, as the site believes.
    pub fn now_ms(&self) -> i64 {
        self.lock().at(wall_ms())
    }

    /// From now on the clock runs `rate` times as fast as the real one.
    pub fn set_rate(&self, rate: f64) {
        let real = wall_ms();
        let mut pace = self.lock();
        *pace = Pace { real_start: real, site_start: pace.at(real), rate };
    }

    /// The site's clock jumps ahead.
    pub fn advance(&self, by: Duration) {
        self.lock().site_start += i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    }

    /// The site's clock is set `ms` ahead of what it shows (back if negative): a service whose clock is wrong.
    pub fn skew(&self, ms: i64) {
        self.lock().site_start += ms;
    }

    fn lock(&self) -> MutexGuard<'_, Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "milliseconds of this century"
    )]
    fn at(&self, real: i64) -> i64 {
        self.site_start + ((real - self.real_start) as f64 * self.rate) as i64
    }
}
