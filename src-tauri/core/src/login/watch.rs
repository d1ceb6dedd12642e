//! When a login looks done. Looking done proves nothing (some services set their session cookie before the
//! second factor): a capture is only a proposal, the engine's probe decides and says `Finish` or `Continue`.

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::exchange::BrowserCondition;
use crate::jar::Cookie;
use crate::provider::conditions::is_there_at;
use crate::provider::hosts::Hosts;
use crate::record::StorageItem;

/// What the login window holds at one moment.
pub struct Seen<'a> {
    /// Address of the first window's page.
    pub url: Option<&'a Url>,
    /// All cookies, of all hosts.
    pub cookies: &'a [Cookie],
    /// Web storage of the provider's hosts.
    pub storage: &'a [StorageItem],
}

/// Why a capture is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The `done` conditions hold.
    Done,
    /// The person says so.
    Person,
}

/// A page may write its items one after the other: they count once they stayed the same between two looks,
/// or after this many looks if they never do.
const PATIENCE: u32 = 5;

/// After a `Continue` with nothing new to see, a look is taken all the same after this many looks: the service
/// may have changed its mind about a session whose cookies stay the same.
const LOOKS_BETWEEN: u32 = 30;

/// The same after the service could not be asked.
const LOOKS_UNTIL_RETRY: u32 = 5;

/// Whatever a page does, the service is not asked more often than once in this many looks.
const LOOKS_AT_LEAST: u32 = 3;

/// Decides, look by look (one per second), when to capture.
pub struct Watch {
    done: Vec<BrowserCondition>,
    hosts: Hosts,
    is_waiting: bool,
    is_asked: bool,
    has_loaded: bool,
    last_look: Option<[u8; 32]>,
    looks_unstable: u32,
    captured: Option<[u8; 32]>,
    looks_since_capture: u32,
    looks_between: u32,
}

impl Watch {
    /// Watches for all of `done` on the provider's `hosts`. Without conditions only the person can say so.
    pub fn new(done: Vec<BrowserCondition>, hosts: Hosts) -> Self {
        Self {
            done,
            hosts,
            is_waiting: false,
            is_asked: false,
            has_loaded: false,
            last_look: None,
            looks_unstable: 0,
            captured: None,
            looks_since_capture: 0,
            looks_between: LOOKS_BETWEEN,
        }
    }

    /// The provider's hosts.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// A page finished loading: what it shows may mean something else now, though no value changed.
    pub fn page_loaded(&mut self) {
        self.has_loaded = true;
    }

    /// The person says that they are signed in: the next look captures.
    pub fn asked(&mut self) {
        self.is_asked = true;
    }

    /// The engine says that the capture was no login yet.
    pub fn go_on(&mut self) {
        self.is_waiting = false;
        self.looks_between = LOOKS_BETWEEN;
    }

    /// The service could not be asked about the capture: the same one is proposed again soon.
    pub fn try_again(&mut self) {
        self.is_waiting = false;
        self.looks_between = LOOKS_UNTIL_RETRY;
    }

    /// Whether a capture is being judged by the engine.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Takes a look; says whether to capture what was seen.
    pub fn look(&mut self, seen: &Seen<'_>) -> Option<Reason> {
        if self.is_waiting {
            return None;
        }
        self.looks_since_capture = self.looks_since_capture.saturating_add(1);
        let print = self.fingerprint(seen);
        let reason = if self.is_asked {
            Some(Reason::Person)
        } else if self.looks_done(seen) && self.is_stable(print) && self.is_news(print) {
            Some(Reason::Done)
        } else {
            None
        };
        self.last_look = Some(print);
        if reason.is_some() {
            self.is_waiting = true;
            self.is_asked = false;
            self.has_loaded = false;
            self.captured = Some(print);
            self.looks_since_capture = 0;
            self.looks_unstable = 0;
        }
        reason
    }

    fn looks_done(&self, seen: &Seen<'_>) -> bool {
        !self.done.is_empty() && self.done.iter().all(|condition| self.holds(condition, seen))
    }

    fn is_stable(&mut self, print: [u8; 32]) -> bool {
        self.looks_unstable += 1;
        self.last_look == Some(print) || self.looks_unstable >= PATIENCE
    }

    fn is_news(&self, print: [u8; 32]) -> bool {
        let is_news =
            self.captured != Some(print) || self.has_loaded || self.looks_since_capture >= self.looks_between;
        is_news && (self.captured.is_none() || self.looks_since_capture >= LOOKS_AT_LEAST)
    }

    fn holds(&self, condition: &BrowserCondition, seen: &Seen<'_>) -> bool {
        match condition {
            BrowserCondition::Storage { origin, area, key, not } => seen.storage.iter().any(|item| {
                item.area == *area
                    && item.key == *key
                    && origin.as_ref().is_none_or(|origin| *origin == item.origin)
                    && !item.value.is_empty()
                    && *not != Some(item.value.digest())
            }),
            BrowserCondition::Cookie { name, not } => seen.cookies.iter().any(|cookie| {
                cookie.name == *name
                    && self.hosts.have_cookie(cookie)
                    && !cookie.value.is_empty()
                    && *not != Some(cookie.value.digest())
            }),
            BrowserCondition::Url(pattern) => {
                seen.url.is_some_and(|url| is_there_at(pattern, url, Some(&self.hosts)))
            }
            // Selectors would need a second script; the provider's validation refuses them in `done`.
            BrowserCondition::Selector(_) => false,
        }
    }

    /// Digest of all that the provider's hosts hold; other hosts' cookies change all the time.
    fn fingerprint(&self, seen: &Seen<'_>) -> [u8; 32] {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for cookie in seen.cookies.iter().filter(|cookie| self.hosts.have_cookie(cookie)) {
            let name = format!("c\0{}\0{}\0{}\0", cookie.domain, cookie.path, cookie.name);
            lines.push([name.as_bytes(), &cookie.value.digest()].concat());
        }
        for item in seen.storage {
            let name = format!("s\0{}\0{:?}\0{}\0", item.origin, item.area, item.key);
            lines.push([name.as_bytes(), &item.value.digest()].concat());
        }
        lines.sort_unstable();
        lines
            .iter()
            .fold(Sha256::new(), |hash, line| hash.chain_update(Sha256::digest(line)))
            .finalize()
            .into()
    }
}
