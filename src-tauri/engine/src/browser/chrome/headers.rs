//! Request headers that pages send to the provider's hosts, for `request_header:` sources.

use std::collections::BTreeMap;

use lamplighter_core::secret::Secret;

/// How many different values are kept, the newest: a page's own traffic is no reason to grow.
const MOST: usize = 256;
/// Longer values are no tokens.
const LONGEST: usize = 16 * 1024;

/// The headers, newest last, names in lower case.
#[derive(Default)]
pub(super) struct RequestHeaders {
    seen: Vec<(String, Secret)>,
}

impl RequestHeaders {
    /// Takes the headers of one request to a host of the provider. A value seen before counts as seen just now.
    pub(super) fn add(&mut self, headers: BTreeMap<String, Secret>) {
        for (name, value) in headers {
            let name = name.to_ascii_lowercase();
            if name.starts_with(':') || value.len() > LONGEST {
                continue;
            }
            self.seen.retain(|(other, old)| *other != name || *old != value);
            self.seen.push((name, value));
        }
        let surplus = self.seen.len().saturating_sub(MOST);
        self.seen.drain(..surplus);
    }

    /// All of them, newest last.
    pub(super) fn into_seen(self) -> Vec<(String, Secret)> {
        self.seen
    }
}
