//! Waiting for the thing itself: looked at again and again, and given up at a deadline.

use std::time::Duration;

/// How often the thing is looked at. Short beside everything that tests wait for, long beside a look.
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// Looks until there is something, or `at_most` has passed; then `None`.
pub fn until<T>(at_most: Duration, look: impl FnMut() -> Option<T>) -> Option<T> {
    until_every(BETWEEN_LOOKS, at_most, look)
}

/// The same with other times between two looks, where a look is work.
#[allow(clippy::disallowed_methods, reason = "other programs tell nobody when they are ready")]
pub fn until_every<T>(
    between: Duration,
    at_most: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Option<T> {
    let start = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if start.elapsed() >= at_most {
            return None;
        }
        std::thread::sleep(between);
    }
}

/// Looks until it is so; says whether it came to that in time.
pub fn until_true(at_most: Duration, mut look: impl FnMut() -> bool) -> bool {
    until(at_most, || look().then_some(())).is_some()
}
