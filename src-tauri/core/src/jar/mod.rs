//! The cookie jar: RFC 6265bis, with values as secret bytes.
//!
//! Our own, because the jars that exist print and serialise values as strings, lose invalid UTF-8, or cannot
//! be read out again. Sections named here are those of draft-ietf-httpbis-rfc6265bis.

mod date;
mod parse;
mod receive;
mod send;
mod wire;

use serde::{Deserialize, Serialize};

pub use receive::{Ignored, MOST_COOKIES, Received};
pub use send::{HeavyCookies, host_matches};
pub use wire::{CookieWire, write_cookie};

use crate::secret::Secret;
use crate::time::Timestamp;

/// The SameSite attribute (section 5.6.7).
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
    /// Browsers keep it for pages of its own site only (the attribute `Partitioned`, CHIPS). One that belongs to a
    /// frame in another site's page is never in a jar.
    pub partitioned: bool,
}

impl Cookie {
    /// A second copy, made on purpose.
    pub fn duplicate(&self) -> Self {
        Self {
            name: self.name.clone(),
            value: self.value.duplicate(),
            domain: self.domain.clone(),
            host_only: self.host_only,
            path: self.path.clone(),
            secure: self.secure,
            http_only: self.http_only,
            same_site: self.same_site,
            expires: self.expires,
            partitioned: self.partitioned,
        }
    }

    /// The site that it belongs to, as browsers name the partitions of their jars: the domain that somebody
    /// registered, or the host itself where that cannot be told.
    pub fn site(&self) -> String {
        let registered = psl::domain(self.domain.as_bytes()).map(|domain| domain.as_bytes());
        let is_name = matches!(url::Host::parse(&self.domain), Ok(url::Host::Domain(_)));
        let registered = registered.filter(|_| is_name).and_then(|bytes| std::str::from_utf8(bytes).ok());
        format!("https://{}", registered.unwrap_or(&self.domain))
    }

    /// Whether its end has passed.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// Whether `other` takes this one's place in a jar (section 5.7: same name, domain, host-only flag, path).
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.name == other.name
            && self.domain == other.domain
            && self.host_only == other.host_only
            && self.path == other.path
    }
}

/// All cookies of one account, of every host that took part in its login.
#[derive(Default)]
pub struct Jar {
    /// In order of creation (section 5.8.3 sorts by it).
    pub cookies: Vec<Cookie>,
}

impl Jar {
    /// A second copy, made on purpose.
    pub fn duplicate(&self) -> Self {
        self.cookies.iter().map(Cookie::duplicate).collect()
    }

    /// Number of cookies.
    pub fn len(&self) -> usize {
        self.cookies.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// Puts one cookie in as it is. One that takes an older one's place keeps its age.
    pub fn put(&mut self, cookie: Cookie) {
        match self.cookies.iter_mut().find(|held| held.is_same_place(&cookie)) {
            Some(held) => *held = cookie,
            None => self.cookies.push(cookie),
        }
    }

    /// Puts all of them in; what is here already and not among them stays.
    pub fn merge(&mut self, cookies: impl IntoIterator<Item = Cookie>) {
        for cookie in cookies {
            self.put(cookie);
        }
    }

    /// Takes over what a browser has at its end: of the cookies that it was given (`given`), those it has no
    /// longer are gone; those it has are put in; all others stay.
    pub fn replace(&mut self, given: impl Fn(&Cookie) -> bool, cookies: Vec<Cookie>) {
        self.cookies.retain(|held| !given(held) || cookies.iter().any(|new| new.is_same_place(held)));
        self.merge(cookies);
    }

    /// The cookie called `name` that `host` would get, expired or not; of several the one set most narrowly:
    /// host-only first, then the longest domain, then the longest path.
    pub fn get(&self, name: &str, host: &str) -> Option<&Cookie> {
        self.cookies
            .iter()
            .filter(|cookie| cookie.name == name && send::domain_holds(cookie, host))
            .max_by_key(|cookie| (cookie.host_only, cookie.domain.len(), cookie.path.len()))
    }

    /// Drops what has expired, and says how many those were.
    pub fn purge(&mut self, now: Timestamp) -> usize {
        let before = self.cookies.len();
        self.cookies.retain(|cookie| !cookie.is_expired(now));
        before - self.cookies.len()
    }

    /// The earliest end among the cookies that have one and have not reached it.
    pub fn next_expiry(&self, now: Timestamp) -> Option<Timestamp> {
        self.cookies.iter().filter_map(|cookie| cookie.expires).filter(|end| *end > now).min()
    }

    /// SHA-256 over everything in it, values included, whatever the order: tells whether something changed.
    pub fn digest(&self) -> [u8; 32] {
        use sha2::{Digest as _, Sha256};
        let mut each: Vec<[u8; 32]> = self.cookies.iter().map(digest_of).collect();
        each.sort_unstable();
        each.iter().fold(Sha256::new(), |sum, one| sum.chain_update(one)).finalize().into()
    }
}

impl FromIterator<Cookie> for Jar {
    fn from_iter<I: IntoIterator<Item = Cookie>>(cookies: I) -> Self {
        let mut jar = Self::default();
        jar.merge(cookies);
        jar
    }
}

fn digest_of(cookie: &Cookie) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    let mut sum = Sha256::new();
    let texts =
        [cookie.name.as_bytes(), cookie.value.expose(), cookie.domain.as_bytes(), cookie.path.as_bytes()];
    for text in texts {
        // The length first, so that two neighbours cannot trade bytes unnoticed.
        sum.update((text.len() as u64).to_le_bytes());
        sum.update(text);
    }
    sum.update([u8::from(cookie.host_only), u8::from(cookie.secure), u8::from(cookie.http_only)]);
    sum.update([u8::from(cookie.partitioned)]);
    sum.update([cookie.same_site as u8, u8::from(cookie.expires.is_some())]);
    sum.update(cookie.expires.unwrap_or_default().0.to_le_bytes());
    sum.finalize().into()
}
