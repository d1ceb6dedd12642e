//! What was asked of the site, free of secrets.

use std::time::Duration;

use super::Site;

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds since 1970, by the site's clock.
    pub at: i64,
    /// Method.
    pub method: String,
    /// Path, without the query.
    pub path: String,
    /// Status; 0 if a fault kept the answer back.
    pub status: u16,
    /// `User-Agent`.
    pub agent: String,
    /// Whether it came with the session's cookie.
    pub with_session: bool,
}

impl Site {
    /// All requests so far, oldest first.
    pub fn requests(&self) -> Vec<Entry> {
        self.shared.lock().log.clone()
    }

    /// How many requests such as `GET /api/session` there were.
    pub fn count(&self, endpoint: &str) -> usize {
        self.shared.lock().log.iter().filter(|entry| entry.is(endpoint)).count()
    }

    /// How many of them were answered with a status below 400 and not by a redirect.
    pub fn count_good(&self, endpoint: &str) -> usize {
        let good = |entry: &&Entry| entry.is(endpoint) && (200..300).contains(&entry.status);
        self.shared.lock().log.iter().filter(good).count()
    }

    /// Waits until there were `count` requests such as `GET /api/session`; says whether it came to that in time.
    pub fn wait_for(&self, endpoint: &str, count: usize, at_most: Duration) -> bool {
        let reached = |state: &mut super::state::State| {
            state.log.iter().filter(|entry| entry.is(endpoint)).count() < count
        };
        let waited = self.shared.answered.wait_timeout_while(self.shared.lock(), at_most, reached);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }

    /// How many requests such as `GET /api/session` came in, those that are not answered yet included.
    pub fn arrived(&self, endpoint: &str) -> usize {
        self.shared.lock().arrived.get(endpoint).copied().unwrap_or(0)
    }

    /// Waits until that many came in; says whether it came to that in time.
    pub fn wait_for_arrival(&self, endpoint: &str, count: usize, at_most: Duration) -> bool {
        let missing =
            |state: &mut super::state::State| state.arrived.get(endpoint).copied().unwrap_or(0) < count;
        let waited = self.shared.answered.wait_timeout_while(self.shared.lock(), at_most, missing);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.shared.lock().log.clear();
    }
}

impl Entry {
    fn is(&self, endpoint: &str) -> bool {
        endpoint.split_once(' ').is_some_and(|(method, path)| self.method == method && self.path == path)
    }
}
