//! Chrome, for one visit at a time: restored, opened, read, gone.
//!
//! Chrome is driven over `--remote-debugging-pipe`, two pipes that only we hold, never over a port that every
//! process of the machine could read cookies from (T16). The commands are those that `headless_chrome` defines;
//! the connection is our own, because that crate speaks WebSocket only, holds its lock for up to 100 ms per call
//! and prints cookies at trace level. Everything secret goes through [`lamplighter_core::secret`].
//!
//! Whatever happens, the process tree and the profile are gone when the visit's deadline is (F60).

mod chrome;
mod find;
mod found;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::exchange::{BrowserEnd, BrowserResult, BrowserVisit};
use tokio::sync::{Semaphore, oneshot};

use crate::clock::Clock;
pub use find::find_chrome;
use found::{Found, Stop};

/// Log targets of libraries that print cookies or tokens at trace level; to be switched off in every subscriber.
pub const SILENCED_LOG_TARGETS: &[&str] = &["headless_chrome", "tungstenite"];

/// How many Chromes run at the same time: each takes 300 MB.
const AT_ONCE: usize = 2;

/// Where Chrome is, and where its profile may lie for the length of a visit.
#[derive(Debug, Clone)]
pub struct ChromeSettings {
    /// The executable; `None` looks for one ([`find_chrome`]).
    pub executable: Option<PathBuf>,
    /// Switches Chrome's own sandbox off. Only for containers that allow no other way: a page that breaks out of
    /// its renderer then has everything that the user has.
    pub without_sandbox: bool,
    /// A folder of ours, on this machine; profiles lie in it for as long as a visit takes.
    pub temp: PathBuf,
}

/// Chrome as a service of the engine.
pub struct Chrome {
    settings: ChromeSettings,
    clock: Arc<dyn Clock>,
    slots: Arc<Semaphore>,
}

impl Chrome {
    /// Starts nothing yet; [`sweep`] is the caller's, at start.
    pub fn new(settings: ChromeSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock, slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// One visit, on a thread of its own; at most two at the same time, others queue.
    ///
    /// Dropping the future ends the visit: the thread then kills Chrome, and only then frees its place.
    pub async fn visit(&self, visit: BrowserVisit) -> BrowserResult {
        let begin = self.clock.now();
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let (done, answer) = oneshot::channel();
        let stop = Stop::default();
        let on_drop = stop.clone().on_drop();
        let settings = self.settings.clone();
        let thread = std::thread::Builder::new().name("chrome-visit".to_owned()).spawn(move || {
            let found = chrome::visit::run(&visit, &settings, &stop);
            drop(slot);
            // Nobody waits any more: then there is nobody to tell.
            _ = done.send(found);
        });
        if let Err(error) = thread {
            tracing::warn!(kind = ?error.kind(), "no thread for Chrome");
        }
        let found = answer.await.unwrap_or_else(|_| Found::nothing(BrowserEnd::Crashed));
        drop(on_drop);
        let now = self.clock.now();
        let took = Duration::from_millis(now.boot.ms.saturating_sub(begin.boot.ms));
        found.into_result(took, now)
    }
}

/// Ends Chromes and removes profiles that dead engines left below `temp` ([`ChromeSettings::temp`]). For the start
/// of an engine that holds the lock; what belongs to a living process is left alone.
pub fn sweep(temp: &Path) {
    chrome::profile::sweep(temp);
    if let Some(folder) = find::snaps_folder() {
        chrome::profile::sweep(&folder);
    }
}
