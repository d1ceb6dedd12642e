//! Taking a cookie into the jar (section 5.7).

use url::Url;

use super::parse::{self, Parsed};
use super::send::{host_matches, is_secure, path_matches};
use super::{Cookie, Jar, SameSite};
use crate::time::Timestamp;

/// Most cookies a jar holds: what section 6.1 asks of a browser in all. Keeps a hostile site from filling the
/// keychain.
pub const MOST_COOKIES: usize = 3000;

/// What became of a `Set-Cookie`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is in the jar.
    Stored,
    /// It was already over: one that it replaces is gone (F34).
    Removed,
    /// It changed nothing.
    Ignored(Ignored),
}

/// Why a cookie was ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// Neither a name nor a value.
    Empty,
    /// A control byte (F32).
    ControlByte,
    /// Name and value are longer than 4,096 octets (F30).
    TooLong,
    /// The name is not UTF-8.
    NameNotText,
    /// The address is not http or https.
    NotHttp,
    /// `Domain` is a public suffix.
    PublicSuffix,
    /// `Domain` is not the address's own.
    OtherDomain,
    /// `Secure` over a connection that is not.
    Insecure,
    /// It would hide a `Secure` cookie, and came over a connection that is not.
    WouldHideSecure,
    /// `SameSite=None` without `Secure`.
    NoneWithoutSecure,
    /// `Partitioned` without `Secure`.
    PartitionedWithoutSecure,
    /// The rules of `__Host-` or `__Secure-` are broken (F32).
    Prefix,
    /// The jar is full.
    Full,
}

impl Jar {
    /// Takes one `Set-Cookie` value that `url` answered with, as section 5.7 says.
    pub fn receive(&mut self, url: &Url, set_cookie: &[u8], now: Timestamp) -> Received {
        let cookie = match parse::set_cookie(set_cookie, now).and_then(|parsed| self.judge(url, parsed)) {
            Ok(cookie) => cookie,
            Err(why) => return Received::Ignored(why),
        };
        let held = self.cookies.iter().position(|held| held.is_same_place(&cookie));
        if cookie.is_expired(now) {
            if let Some(index) = held {
                self.cookies.remove(index);
            }
            return Received::Removed;
        }
        match held {
            // In the old one's place, because it keeps the old one's age.
            Some(index) => self.cookies[index] = cookie,
            None => {
                if self.cookies.len() >= MOST_COOKIES && self.purge(now) == 0 {
                    return Received::Ignored(Ignored::Full);
                }
                self.cookies.push(cookie);
            }
        }
        Received::Stored
    }

    fn judge(&self, url: &Url, parsed: Parsed) -> Result<Cookie, Ignored> {
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https" | "ws" | "wss"));
        let host = host.ok_or(Ignored::NotHttp)?;
        let domain = domain_of(parsed.domain, host)?;
        if let Some(domain) = &domain
            && !host_matches(host, domain)
        {
            return Err(Ignored::OtherDomain);
        }
        let said_path = parsed.path.as_deref() == Some("/");
        let cookie = Cookie {
            name: parsed.name,
            value: parsed.value,
            host_only: domain.is_none(),
            domain: domain.unwrap_or_else(|| host.to_owned()),
            path: parsed.path.filter(|path| !path.is_empty()).unwrap_or_else(|| default_path(url)),
            secure: parsed.secure,
            http_only: parsed.http_only,
            same_site: parsed.same_site,
            expires: parsed.expires,
            partitioned: parsed.partitioned,
        };
        if !is_secure(url) {
            if cookie.secure {
                return Err(Ignored::Insecure);
            }
            if self.cookies.iter().any(|held| hides(&cookie, held)) {
                return Err(Ignored::WouldHideSecure);
            }
        }
        if cookie.same_site == SameSite::None && !cookie.secure {
            return Err(Ignored::NoneWithoutSecure);
        }
        if cookie.partitioned && !cookie.secure {
            return Err(Ignored::PartitionedWithoutSecure);
        }
        if keeps_prefix(&cookie, said_path) { Ok(cookie) } else { Err(Ignored::Prefix) }
    }
}

/// The domain that the cookie is for; `None` makes it host-only.
fn domain_of(attribute: Option<String>, host: &str) -> Result<Option<String>, Ignored> {
    match attribute {
        Some(domain) if is_public_suffix(&domain) => {
            if domain == host {
                Ok(None)
            } else {
                Err(Ignored::PublicSuffix)
            }
        }
        other => Ok(other),
    }
}

/// Names under which anyone can register. An unknown top-level name counts as one.
fn is_public_suffix(domain: &str) -> bool {
    // Each of the list's rules for other scripts is there in punycode, too.
    psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.as_bytes() == domain.as_bytes())
        && url::Host::parse(domain).is_ok_and(|host| matches!(host, url::Host::Domain(_)))
}

/// Section 5.7, step 15: name alike, one domain inside the other, path inside the held one's.
fn hides(new: &Cookie, held: &Cookie) -> bool {
    held.secure
        && held.name == new.name
        && (host_matches(&held.domain, &new.domain) || host_matches(&new.domain, &held.domain))
        && path_matches(&new.path, &held.path)
}

fn keeps_prefix(cookie: &Cookie, said_path: bool) -> bool {
    let starts = |text: &[u8], prefix: &str| {
        text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let name = cookie.name.as_bytes();
    if name.is_empty() {
        // A nameless one is sent as its value alone, and would look like the real one.
        let value = cookie.value.expose();
        return !starts(value, "__Secure-") && !starts(value, "__Host-");
    }
    if starts(name, "__Secure-") {
        return cookie.secure;
    }
    !starts(name, "__Host-") || (cookie.secure && cookie.host_only && said_path)
}

/// Section 5.1.4: the address's path up to, not including, its last slash.
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(last) => url.path()[..last].to_owned(),
    }
}
