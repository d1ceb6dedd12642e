//! The cookie jar: RFC 6265bis, with values as secret bytes.
//!
//! Our own, because the jars that exist print and serialise values as strings, lose invalid UTF-8, or cannot
//! be read out again.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::time::Timestamp;

/// The SameSite attribute (RFC 6265bis section 5.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Sent with top-level navigations only.
    Lax,
    /// Sent within the same site only.
    Strict,
    /// Sent everywhere; needs `Secure`.
    None,
    /// The attribute was absent.
    Unspecified,
}

/// One cookie with everything that has to survive capture, keychain and replay.
pub struct Cookie {
    /// Name, as sent.
    pub name: String,
    /// Value, bytes exactly as sent.
    pub value: Secret,
    /// Lower-case host, without a leading dot.
    pub domain: String,
    /// Whether only that very host gets it (no `Domain` attribute was there).
    pub host_only: bool,
    /// Path it is valid for; starts with `/`.
    pub path: String,
    /// Sent over https only (and to loopback by browsers).
    pub secure: bool,
    /// Hidden from page scripts.
    pub http_only: bool,
    /// SameSite attribute.
    pub same_site: SameSite,
    /// When it ends; `None` is a session cookie.
    pub expires: Option<Timestamp>,
}

/// All cookies of one account, of every host that took part in its login.
#[derive(Default)]
pub struct Jar {
    /// In order of creation (RFC 6265bis section 5.8.3 sorts by it).
    pub cookies: Vec<Cookie>,
}
