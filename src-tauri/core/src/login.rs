//! The protocol between the engine and `lamplighter login`, the child that owns the login webview.
//!
//! The engine writes one line to the child's stdin, the [`Plan`], then [`Command`]s; the child writes
//! [`Event`]s to its stdout. JSON lines, secrets as base64. The child knows nothing else: no other account,
//! no way to the engine, no password (the page has it, the child never reads it).

mod codec;
pub mod page;
pub mod watch;

pub use codec::BadMessage;

use serde::{Deserialize, Serialize};

use crate::exchange::BrowserCondition;
use crate::jar::Cookie;
use crate::record::StorageItem;
use crate::text::Lang;

/// Why a child fails whose parent is of another version ([`Event::Failed`]).
pub const OTHER_VERSION: &str = "another version";

/// What the child has to do.
pub struct Plan {
    /// The account's name, for the window's title.
    pub account: String,
    /// The provider's name, for the window's title.
    pub provider: String,
    /// Language of our bar.
    pub lang: Lang,
    /// Page to open.
    pub url: url::Url,
    /// Hosts whose storage may be read, as in the provider file.
    pub hosts: Vec<String>,
    /// The device jar: cookies by which the service knows this device, and those of other hosts.
    pub device: Vec<Cookie>,
    /// All must hold for the login to look done; values that were there before do not count. No selectors.
    pub done: Vec<BrowserCondition>,
    /// User agent to present instead of the webview's own.
    pub user_agent: Option<String>,
    /// Seconds until "I am signed in" appears.
    pub offer_done_after_s: u32,
}

/// What the engine tells the child afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// The last capture was proven: close the window and end.
    Finish,
    /// The last capture was not a login yet: go on watching.
    Continue,
    /// The service could not be asked about the last capture: say so, go on watching.
    Unreachable,
    /// The person says elsewhere that they are signed in: capture now.
    Capture,
    /// Bring the window to the front.
    Raise,
    /// End without a result.
    Cancel,
}

/// What the child reports.
pub enum Event {
    /// The window is on the screen.
    Shown,
    /// The page that is shown now; host only, never the path or query.
    At {
        /// Host.
        host: String,
        /// Whether the connection is encrypted.
        secure: bool,
    },
    /// The login looks done, or the person says so.
    Captured(Box<Capture>),
    /// The person closed the window.
    Closed,
    /// The webview cannot do this (no WebAuthn, web process crashed, no display); a short reason for the log.
    Failed {
        /// What happened, without secrets.
        why: String,
    },
}

/// Cookies and storage as they are when a login looks done.
pub struct Capture {
    /// Whether the person pressed "I am signed in" (else the `done` conditions held).
    pub by_person: bool,
    /// All cookies, of all hosts.
    pub cookies: Vec<Cookie>,
    /// Web storage of the page's origin and of the origins visited before, on the provider's hosts.
    pub storage: Vec<StorageItem>,
    /// `navigator.userAgent`.
    pub user_agent: Option<String>,
    /// `navigator.languages`, joined.
    pub languages: Option<String>,
    /// Address of the page, for `url` conditions.
    pub url: Option<url::Url>,
}
