//! The machine's clock, as who idles all day long uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lamplighter_engine::clock::{Clock as _, SystemClock};

/// How often this future's thread went to sleep before it was done.
fn parks(future: impl Future<Output = ()>) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || _ = counted.fetch_add(1, Ordering::SeqCst))
        .build()
        .expect("a runtime");
    runtime.block_on(future);
    count.load(Ordering::SeqCst)
}

#[test]
fn who_rests_wakes_the_machine_once_and_not_before_the_time_is_over() {
    let clock = SystemClock::new();
    // Long enough for the runtime's own timers to wake up on the way.
    let rest = Duration::from_millis(700);
    let begin = clock.now().boot.ms;
    let woken = parks(async { clock.rest(rest).await });
    let passed = clock.now().boot.ms - begin;
    assert!(passed >= 700, "{passed} ms");
    if cfg!(target_os = "linux") {
        assert_eq!(woken, 1, "once it is over, and never on the way");
    }
}

#[test]
fn a_rest_of_no_time_at_all_ends() {
    parks(async { SystemClock::new().rest(Duration::ZERO).await });
}
