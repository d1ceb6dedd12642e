//! Two Chromes at once, however many tests run: a machine with one core has each of them up in time, then.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// As many as the engine itself starts.
static PLACES: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];

/// Room for one Chrome, as long as it is held.
#[must_use]
pub struct Place(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

/// Waits for room. Each test has a thread and a runtime of its own: nobody else waits with it.
pub fn place() -> Place {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % PLACES.len();
    // A test that failed has given its place back all the same.
    Place(PLACES[number].lock().unwrap_or_else(PoisonError::into_inner))
}
