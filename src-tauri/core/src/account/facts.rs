//! What is known of a record without its secrets.

use std::collections::BTreeMap;

use crate::id::{ChainName, Generation, TokenName};
use crate::jar::{HeavyCookies, Jar};
use crate::record::Record;
use crate::time::{Expiry, Now, Timestamp};

/// Longest `Cookie` header that common servers take as they are installed (nginx, Apache), in bytes.
pub const MOST_OF_A_HEADER: usize = 8 * 1024;

/// What the schedule and the views need to know of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Generation of the newest material.
    pub generation: Generation,
    /// Whether it is proven.
    pub is_proven: bool,
    /// As whom we are logged in.
    pub identity: Option<String>,
    /// Access tokens that are there.
    pub tokens: BTreeMap<TokenName, ValueFacts>,
    /// Credentials that are there.
    pub credentials: BTreeMap<ChainName, ValueFacts>,
    /// Number of cookies.
    pub cookies: u32,
    /// When cookies end that have an end; of several of one name the last.
    pub cookie_ends: BTreeMap<String, Timestamp>,
    /// The site that gets more cookies in one request than many servers take (F31).
    pub heavy_cookies: Option<HeavyCookies>,
}

/// What is known of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueFacts {
    /// When it was got.
    pub got: Now,
    /// When it ends, if anything told.
    pub expiry: Option<Expiry>,
}

impl Facts {
    /// The facts of `record`.
    pub fn of(record: &Record) -> Self {
        let facts = |held: &crate::record::Held| ValueFacts { got: held.got, expiry: held.expiry };
        let material = &record.current;
        Self {
            generation: material.generation,
            is_proven: material.is_proven,
            identity: record.identity.clone(),
            tokens: material.tokens.iter().map(|(name, held)| (name.clone(), facts(held))).collect(),
            credentials: material
                .credentials
                .iter()
                .map(|(name, held)| (name.clone(), facts(held)))
                .collect(),
            cookies: u32::try_from(material.jar.cookies.len()).unwrap_or(u32::MAX),
            cookie_ends: cookie_ends(&material.jar),
            heavy_cookies: material.jar.heaviest(MOST_OF_A_HEADER),
        }
    }
}

fn cookie_ends(jar: &Jar) -> BTreeMap<String, Timestamp> {
    let mut ends = BTreeMap::new();
    for cookie in &jar.cookies {
        let Some(end) = cookie.expires else { continue };
        let last = ends.entry(cookie.name.clone()).or_insert(end);
        *last = end.max(*last);
    }
    ends
}
