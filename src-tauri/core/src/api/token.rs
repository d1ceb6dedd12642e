//! A program asks for a token, and gets it.

use serde::{Deserialize, Serialize};

use crate::id::{Generation, TokenName};
use crate::secret::Secret;
use crate::time::Timestamp;

/// What a program asks when it wants a token (S4.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// Which token; the default one if absent.
    pub name: Option<TokenName>,
    /// It must be valid for at least this long, in milliseconds.
    pub min_valid_ms: Option<u64>,
    /// How long to wait for a refresh, in milliseconds; 30 s if absent.
    pub wait_ms: Option<u64>,
    /// Any that is still valid will do.
    pub stale: bool,
    /// SHA-256 (hex) of a token that got a 401.
    pub rejected: Option<String>,
}

/// A token for a consumer.
pub struct TokenGrant {
    /// The token.
    pub value: Secret,
    /// Which one.
    pub name: TokenName,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// What is left, in milliseconds.
    pub left_ms: Option<u64>,
    /// Generation it came with.
    pub generation: Generation,
    /// Ready headers, as `[use]` says: name and value.
    pub headers: Vec<(String, Secret)>,
    /// A report of a 401 was not believed: the token is younger than 60 s, or the probe accepts it (F58).
    pub still_good: bool,
    /// Something to know, such as a `min_valid` longer than the token lives.
    pub warning: Option<String>,
}
