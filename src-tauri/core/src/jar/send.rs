//! Choosing the cookies for a request (section 5.8.3).

use std::collections::BTreeMap;

use url::{Host, Url};

use super::{Cookie, Jar};
use crate::secret::Secret;
use crate::time::Timestamp;

/// A site that gets many cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeavyCookies {
    /// Its host.
    pub site: String,
    /// What one request there carries, in bytes.
    pub bytes: usize,
}

impl Jar {
    /// The site whose requests carry the most bytes of cookies, if that is more than `most`. As if nothing ended:
    /// what is too much now and then is worth knowing as well.
    pub fn heaviest(&self, most: usize) -> Option<HeavyCookies> {
        let size = |cookie: &Cookie| cookie.name.len() + cookie.value.len() + 3;
        // Nearly always: then no site has to be looked at by itself.
        if self.cookies.iter().map(size).sum::<usize>() <= most {
            return None;
        }
        let mut own: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for cookie in &self.cookies {
            *own.entry((&cookie.domain, &cookie.path)).or_default() += size(cookie);
        }
        let mut places: Vec<_> = own.into_iter().collect();
        places.sort_by_key(|(_, own)| std::cmp::Reverse(*own));
        let heavy = |((site, path), _): ((&str, &str), usize)| {
            let goes = |cookie: &&Cookie| domain_holds(cookie, site) && path_matches(path, &cookie.path);
            // Between two there are two bytes, and a nameless one has no equals sign.
            let bytes = self.cookies.iter().filter(goes).map(size).sum::<usize>().saturating_sub(2);
            HeavyCookies { site: site.to_owned(), bytes }
        };
        // A service with more places than this for its cookies must not make every refresh slow.
        places
            .into_iter()
            .take(64)
            .map(heavy)
            .max_by_key(|heavy| heavy.bytes)
            .filter(|heavy| heavy.bytes > most)
    }

    /// The cookies that a request to `url` carries, in their order: longer paths first, then older ones.
    ///
    /// SameSite keeps nothing back: our requests are what a person does on the service's own pages.
    pub fn cookies_for(&self, url: &Url, now: Timestamp) -> Vec<&Cookie> {
        let Some(host) = url.host_str() else { return Vec::new() };
        let secure = is_secure(url);
        let goes = |cookie: &&Cookie| {
            domain_holds(cookie, host)
                && path_matches(url.path(), &cookie.path)
                && (secure || !cookie.secure)
                && !cookie.is_expired(now)
        };
        let mut chosen: Vec<&Cookie> = self.cookies.iter().filter(goes).collect();
        // Stable: among equals the order of the jar stays, which is that of creation.
        chosen.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        chosen
    }

    /// The value of the `Cookie` header for a request to `url`, or `None` if no cookie is for it.
    pub fn header_for(&self, url: &Url, now: Timestamp) -> Option<Secret> {
        let chosen = self.cookies_for(url, now);
        if chosen.is_empty() {
            return None;
        }
        let length = chosen.iter().map(|cookie| cookie.name.len() + cookie.value.len() + 3).sum();
        // As large as it gets at once, so that growing leaves no copies behind.
        let mut header = Vec::with_capacity(length);
        for (index, cookie) in chosen.into_iter().enumerate() {
            if index > 0 {
                header.extend_from_slice(b"; ");
            }
            if !cookie.name.is_empty() {
                header.extend_from_slice(cookie.name.as_bytes());
                header.push(b'=');
            }
            header.extend_from_slice(cookie.value.expose());
        }
        Some(Secret::new(header))
    }
}

/// Whether `host` gets what was set for `domain` (section 5.1.3): the same, or a name under it.
pub fn host_matches(host: &str, domain: &str) -> bool {
    if host == domain {
        return true;
    }
    let under = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    under && matches!(Host::parse(host), Ok(Host::Domain(_)))
}

/// Whether `host` gets this cookie.
pub(super) fn domain_holds(cookie: &Cookie, host: &str) -> bool {
    if cookie.host_only { cookie.domain == host } else { host_matches(host, &cookie.domain) }
}

/// Section 5.1.4: the same path, or one inside it.
pub(super) fn path_matches(path: &str, of_cookie: &str) -> bool {
    match path.strip_prefix(of_cookie) {
        Some(rest) => rest.is_empty() || of_cookie.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

/// Encrypted, or never leaving the machine: browsers treat both alike.
pub(super) fn is_secure(url: &Url) -> bool {
    if matches!(url.scheme(), "https" | "wss") {
        return true;
    }
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
