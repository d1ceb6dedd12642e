//! Time: the only place that reads the machine's clocks, and the only place that waits for time to pass.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use lamplighter_core::time::{BootTime, Now, Timestamp};

/// Where the present comes from. Tests hand in a clock that they move by hand.
pub trait Clock: Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Now;

    /// Resolves when `duration` has passed on this clock, or earlier: callers look again.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// As [`Self::sleep`], for the few who rest all day long: the machine is woken once, and no more. It can take a
    /// descriptor, so it is not for what there may be many of.
    fn rest(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.sleep(duration)
    }
}

/// The machine's own clocks.
pub struct SystemClock {
    boot: u64,
    #[cfg(not(unix))]
    start: std::time::Instant,
}

impl SystemClock {
    /// Reads which boot this is. Where the system does not tell, each process counts as a boot of its own:
    /// expiries that an earlier process measured then go by the wall clock.
    pub fn new() -> Self {
        Self {
            boot: boot_id(),
            #[cfg(not(unix))]
            start: start_of_process(),
        }
    }

    #[cfg(unix)]
    fn boot_ms(&self) -> u64 {
        // Both run through suspend: CLOCK_BOOTTIME by definition, macOS's CLOCK_MONOTONIC as documented.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
        let time = rustix::time::clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
        seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000)
    }

    #[cfg(not(unix))]
    fn boot_ms(&self) -> u64 {
        // Windows' Instant runs through suspend.
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { wall: wall_clock(), boot: BootTime { boot: self.boot, ms: self.boot_ms() } }
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    // The runtime's wheel of timers wakes up three times for a rest of half a minute: at 4 s before its end, at 64 ms,
    // and at the end. The kernel's timer does once.
    #[cfg(target_os = "linux")]
    fn rest(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let end = boot_time().saturating_add(duration);
        Box::pin(async move {
            match kernel_timer(end) {
                Ok(timer) => {
                    if timer.readable().await.is_err() {
                        // The runtime ends, and so does whoever rests.
                        std::future::pending::<()>().await;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "no timer of the kernel");
                    tokio::time::sleep(duration).await;
                }
            }
        })
    }
}

/// Since the machine started, suspend included.
#[cfg(target_os = "linux")]
fn boot_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    // It is never negative, and its nanoseconds are fewer than a second has.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Can be read from `end` on, which is a [`boot_time`].
#[cfg(target_os = "linux")]
fn kernel_timer(end: Duration) -> std::io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let it_value =
        Timespec { tv_sec: end.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: end.subsec_nanos().into() };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
    timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &once)?;
    #[expect(
        deprecated,
        reason = "an owned descriptor stays open and the same, which is all that the unsafe one asks"
    )]
    tokio::io::unix::AsyncFd::with_interest(timer, tokio::io::Interest::READABLE)
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
fn wall_clock() -> Timestamp {
    // A clock before 1970 counts as 1970: nothing that we keep ended before then.
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
fn start_of_process() -> std::time::Instant {
    std::time::Instant::now()
}

fn boot_id() -> u64 {
    use sha2::Digest as _;
    let from_kernel = std::fs::read("/proc/sys/kernel/random/boot_id").ok().filter(|id| !id.is_empty());
    let mut first = [0; 8];
    match from_kernel {
        Some(id) => first.copy_from_slice(&sha2::Sha256::digest(id)[..8]),
        None => {
            // Without randomness the process has no business going on, but a clock is the wrong place to say so.
            _ = getrandom::fill(&mut first);
        }
    }
    u64::from_le_bytes(first)
}
