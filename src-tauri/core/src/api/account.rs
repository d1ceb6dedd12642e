//! An account as people and programs see it.

use serde::{Deserialize, Serialize};

use super::SinkView;
use crate::id::{AccountId, AccountName, Generation, ProviderId, TokenName};
use crate::report::Notice;
use crate::time::Timestamp;

/// What a person sees of an account's state (look.md, "States").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// All is well.
    Fine,
    /// A refresh or a probe is under way.
    Working,
    /// Waiting for the network, the service or the keychain; the login is believed good.
    Waiting,
    /// Only the person can go on.
    NeedsYou,
    /// Paused by the person.
    Paused,
}

/// One account, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct AccountView {
    /// Random id.
    pub id: AccountId,
    /// The person's name for it.
    pub name: AccountName,
    /// Provider's id.
    pub provider: ProviderId,
    /// Provider's name.
    pub service: String,
    /// First host of the provider.
    pub host: String,
    /// As whom the probe found us.
    pub identity: Option<String>,
    /// State.
    pub standing: Standing,
    /// Why it is not fine, in the asked language.
    pub notice: Option<Notice>,
    /// Tokens, the default one first.
    pub tokens: Vec<TokenView>,
    /// When the next refresh is due.
    pub next_refresh: Option<Timestamp>,
    /// The last refresh that succeeded.
    pub last_refresh: Option<Timestamp>,
    /// When the login was made.
    pub logged_in: Option<Timestamp>,
    /// Whether it can be kept alive, as the trial refresh at login showed.
    pub renewable: Option<bool>,
    /// When the session ends for good, if that is known.
    pub ends: Option<Timestamp>,
    /// It lasts only if it is refreshed until then: this service ends what is unused.
    #[serde(default)]
    pub unused_until: Option<Timestamp>,
    /// When it will probably end, as earlier sessions did; not if a certain end comes first.
    pub likely: Option<LikelyView>,
    /// A reply was lost, and the person may have the request sent once more: `TryOnce`.
    #[serde(default)]
    pub can_try_once: bool,
    /// A secret of the app is missing, or the service does not accept it: the person may type it (`SetSecret`).
    #[serde(default)]
    pub lacks_secret: bool,
    /// Number of stored cookies.
    pub cookies: u32,
    /// Generation of the stored material.
    pub generation: Generation,
    /// Whether the newest material could not be saved yet: it is in the journal, or in memory alone.
    pub unsaved: bool,
    /// Where its tokens go.
    pub sinks: Vec<SinkView>,
    /// Programs that asked for its tokens lately.
    pub readers: Vec<ReaderView>,
    /// Refreshes and failures of the last days.
    pub strip: Vec<StripView>,
    /// A login that is under way.
    pub login: Option<String>,
}

/// When a session will probably end, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LikelyView {
    /// When.
    pub at: Timestamp,
    /// How many earlier sessions it is made of.
    pub sessions: u32,
    /// The shortest of them, in milliseconds.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub shortest_ms: u64,
    /// The longest of them, in milliseconds.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub longest_ms: u64,
}

/// One access token, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct TokenView {
    /// Its name.
    pub name: TokenName,
    /// When it was got.
    pub got: Timestamp,
    /// When it ends, if that is known.
    pub ends: Option<Timestamp>,
    /// How long it lives in all, in milliseconds.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub life_ms: Option<u64>,
}

/// A program that asked for tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ReaderView {
    /// File name of its executable.
    pub program: String,
    /// Last time.
    pub at: Timestamp,
    /// How often, in the days that are kept.
    pub count: u32,
}

/// Some hours of the strip of refreshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct StripView {
    /// Start of the slot.
    pub from: Timestamp,
    /// Refreshes that succeeded.
    pub fine: u32,
    /// Refreshes that failed.
    pub failed: u32,
}
