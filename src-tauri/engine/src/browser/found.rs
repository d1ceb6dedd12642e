//! What a visit's thread and the one who waits for it say to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lamplighter_core::exchange::{BrowserEnd, BrowserResult};
use lamplighter_core::jar::Cookie;
use lamplighter_core::record::StorageItem;
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Now;
use url::Url;

/// Asks a visit to come to its end: what it has is read, then Chrome goes.
#[derive(Clone, Default)]
pub(in crate::browser) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on only reading is left to do.
    pub(in crate::browser) fn ask(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was asked for.
    pub(in crate::browser) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Asks when dropped: nobody waits for the visit any more.
    pub(in crate::browser) fn on_drop(self) -> StopOnDrop {
        StopOnDrop(self)
    }
}

/// See [`Stop::on_drop`].
pub(in crate::browser) struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.ask();
    }
}

/// A [`BrowserResult`] before it is known how long it took.
pub(in crate::browser) struct Found {
    pub end: BrowserEnd,
    pub url: Option<Url>,
    pub cookies: Option<Vec<Cookie>>,
    pub storage: Option<Vec<StorageItem>>,
    pub request_headers: Vec<(String, Secret)>,
    pub user_agent: Option<String>,
}

impl Found {
    /// An end before anything could be read.
    pub(in crate::browser) fn nothing(end: BrowserEnd) -> Self {
        Self { end, url: None, cookies: None, storage: None, request_headers: Vec::new(), user_agent: None }
    }

    /// The result, with its times.
    pub(in crate::browser) fn into_result(self, took: Duration, at: Now) -> BrowserResult {
        BrowserResult {
            end: self.end,
            url: self.url,
            cookies: self.cookies,
            storage: self.storage,
            request_headers: self.request_headers,
            user_agent: self.user_agent,
            took,
            at,
        }
    }
}
