//! Everything that can be wrong with an account or the engine, as data; [`super::notice()`] and
//! [`super::toast()`] say it.

use serde::{Deserialize, Serialize};

use super::{Clock, Lang};
use crate::account::{Block, Death};
use crate::classify::Cause;
use crate::exchange::BrowserEnd;
use crate::record::{StoreError, StoreKind};
use crate::time::Timestamp;

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The session is over.
    NeedsLogin {
        /// Why.
        reason: Death,
        /// Since when.
        since: Timestamp,
        /// Until when a token is still good.
        tokens_until: Option<Timestamp>,
    },
    /// Only the person can settle it.
    Blocked {
        /// What.
        block: Block,
        /// Until when a token is still good.
        tokens_until: Option<Timestamp>,
    },
    /// Rejected once; tried again before anybody is disturbed.
    Suspect {
        /// When.
        confirm_at: Timestamp,
        /// Until when a token is still good.
        tokens_until: Option<Timestamp>,
    },
    /// The last try failed for a passing reason.
    Waiting {
        /// Why.
        cause: Cause,
        /// Since when, if it is an outage.
        since: Option<Timestamp>,
        /// Next try.
        next: Timestamp,
        /// Until when a token is still good.
        tokens_until: Option<Timestamp>,
    },
    /// A reply was lost; asked again at `next`.
    LostReply {
        /// What was seen in the answer's place, if anything tells.
        cause: Option<Cause>,
        /// Next try.
        next: Timestamp,
        /// Until when a token is still good.
        tokens_until: Option<Timestamp>,
    },
    /// The newest material is in the journal only.
    Unsaved {
        /// What the store said.
        store: StoreError,
        /// Next try.
        next: Timestamp,
    },
    /// The newest material is in the memory of this process alone: neither store nor journal took it.
    Held {
        /// What the store said.
        store: StoreError,
        /// Next try.
        next: Timestamp,
    },
    /// The record cannot be had.
    Store {
        /// What the store said.
        store: StoreError,
    },
    /// Nothing may be sent, because the journal cannot be written.
    Disk {
        /// What the system said.
        said: String,
    },
    /// Paused by the person.
    Paused,
    /// Nothing is stored yet.
    NeverLoggedIn,
    /// Something was stored, and the keychain does not have it any more.
    RecordGone,
    /// The same, of a store that keeps nothing over a restart.
    Forgotten,
    /// It is in the other store, which `config.toml` does not name any more.
    Elsewhere {
        /// Where it is.
        there: StoreKind,
        /// Where it was looked for.
        here: StoreKind,
    },
    /// `config.toml` names another store than the one that is used since the start.
    OtherStore {
        /// What it names.
        named: StoreKind,
    },
    /// The login goes on, but will end.
    WillEnd {
        /// About when.
        at: Timestamp,
    },
    /// All is well, but a site gets more cookies than many servers take (F31).
    HeavyCookies {
        /// Which site.
        site: String,
        /// What one request there carries, in bytes.
        bytes: usize,
    },
    /// A refresh is wanted and did not come in time.
    TooSlow,
    /// Somebody asked very often in a short time (S2.5).
    Limited {
        /// When the service is asked again.
        next: Timestamp,
    },
    /// The token is not there.
    NoToken {
        /// Its name.
        name: String,
    },
}

/// About whom it is said, and to whom.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Account's name; empty for the engine as a whole.
    pub account: &'a str,
    /// Provider's name.
    pub service: &'a str,
    /// Language.
    pub lang: Lang,
    /// Time zone and the present.
    pub clock: Clock<'a>,
}

/// Serde needs names for what the state database keeps of toasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// The login needs the person: dead or blocked.
    NeedsYou,
    /// It will end.
    WillEnd,
    /// A service cannot be reached.
    Network,
    /// No Chrome runs.
    Chrome,
    /// The keychain.
    Store,
    /// The disk.
    Disk,
}

impl Why {
    /// Which matter a toast about this belongs to; `None` if there is never one.
    pub fn matter(&self) -> Option<Matter> {
        Some(match self {
            // It was chosen, and the reminders come by themselves.
            Self::Blocked { block: Block::ReminderOnly, .. } => return None,
            Self::NeedsLogin { .. }
            | Self::Blocked { .. }
            | Self::RecordGone
            | Self::Forgotten
            | Self::Elsewhere { .. } => Matter::NeedsYou,
            Self::WillEnd { .. } => Matter::WillEnd,
            Self::Waiting { cause: Cause::Browser { end: BrowserEnd::CannotRun(_) }, .. } => Matter::Chrome,
            Self::Waiting { .. } => Matter::Network,
            Self::Store { .. } | Self::Unsaved { .. } | Self::Held { .. } => Matter::Store,
            Self::Disk { .. } => Matter::Disk,
            _ => return None,
        })
    }
}
