//! Access tokens, the credentials that mint them, and when either ends.

use std::time::Duration;

use super::JsonPath;
use crate::id::ChainName;

/// An access token's rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Which chain mints it.
    pub chain: ChainName,
    /// When it ends: the first that yields.
    pub expires: Vec<ExpirySource>,
}

/// A chain's rules.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChainRules {
    /// When the credential itself ends: the first that yields.
    pub expires: Vec<ExpirySource>,
    /// How long a credential lives at most, from when it was got.
    pub life: Option<Duration>,
    /// How long it lives unused.
    pub idle: Option<Duration>,
    /// Refresh after this, though not expired.
    pub max_age: Option<Duration>,
    /// What to do when a reply was lost.
    pub lost_reply: LostReply,
}

/// What may be done when the reply to a spending request was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LostReply {
    /// Replay, journalled (the default).
    #[default]
    Replay,
    /// Ask the person: the chain is shared with another machine.
    Ask,
}

/// Where an expiry comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpirySource {
    /// The `exp` claim of the value itself.
    Jwt,
    /// Seconds from now, in the reply that brought it.
    Json(JsonPath),
    /// The expiry of this cookie.
    Cookie(String),
    /// A fixed life.
    Life(Duration),
}
