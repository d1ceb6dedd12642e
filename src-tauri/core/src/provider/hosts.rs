//! Where secrets may go: host patterns, and what they cover.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use crate::jar::Cookie;

/// One entry of a provider's `hosts`: a host or an address, exact, ports count; `*.x` = subdomains of x.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern {
    scheme: Option<&'static str>,
    wildcard: bool,
    host: String,
    port: Option<u16>,
}

/// Why a text is no host pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadHost {
    /// Neither a host nor an address.
    #[error("not a host")]
    NotAHost,
    /// http where only https is allowed.
    #[error("http is for this machine only")]
    NotHttps,
    /// Everybody's domain, such as `co.uk` or `github.io`.
    #[error("a public suffix belongs to everybody")]
    PublicSuffix,
    /// An address with a path, a query or a fragment, or with a user.
    #[error("a host has no path")]
    HasPath,
}

impl FromStr for HostPattern {
    type Err = BadHost;

    fn from_str(text: &str) -> Result<Self, BadHost> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Some("https"), rest),
            Some(("http", rest)) => (Some("http"), rest),
            Some(_) => return Err(BadHost::NotAHost),
            None => (None, text),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@', '\\']) {
            return Err(BadHost::HasPath);
        }
        let (wildcard, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let url = Url::parse(&format!("https://{rest}/")).map_err(|_| BadHost::NotAHost)?;
        let host = url.host_str().ok_or(BadHost::NotAHost)?.trim_end_matches('.').to_owned();
        if host.is_empty() || host.contains('*') {
            return Err(BadHost::NotAHost);
        }
        // `url` drops the port that is https' own; for `http://x:443` it has to be kept.
        let port = explicit_port(rest).filter(|port| Some(*port) != scheme.and_then(own_port));
        let is_ip = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
        if scheme == Some("http") && !is_this_machine(&host) {
            return Err(BadHost::NotHttps);
        }
        if (is_ip && wildcard) || (!is_ip && is_everybodys(&host, wildcard)) {
            return Err(if is_ip { BadHost::NotAHost } else { BadHost::PublicSuffix });
        }
        Ok(Self { scheme, wildcard, host, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        f.write_str(if self.wildcard { "*." } else { "" })?;
        f.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl HostPattern {
    /// Whether a request to `url` stays with this pattern: https (or http on this machine), same host, same port.
    pub fn covers(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let scheme = url.scheme();
        let is_scheme_right = match self.scheme {
            Some(wanted) => scheme == wanted,
            None => scheme == "https" || (scheme == "http" && is_this_machine(host)),
        };
        let port = self.port.or(own_port(scheme));
        is_scheme_right && url.port_or_known_default() == port && self.covers_host(host)
    }

    /// Whether `url` is at a host that is meant, be it http: no secrets go there, and it says something all the same.
    fn is_of(&self, url: &Url) -> bool {
        let own = own_port(url.scheme());
        let is_port_right = own.is_some() && url.port_or_known_default() == self.port.or(own);
        is_port_right && url.host_str().is_some_and(|host| self.covers_host(host))
    }

    /// Whether `host` is meant, whatever the scheme and port.
    pub fn covers_host(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        if self.wildcard { is_below(host, &self.host) } else { host.eq_ignore_ascii_case(&self.host) }
    }

    /// Whether a cookie with this domain can reach a host that is meant.
    fn meets_cookie(&self, domain: &str, host_only: bool) -> bool {
        let is_same = domain.eq_ignore_ascii_case(&self.host);
        match (self.wildcard, host_only) {
            (false, true) => is_same,
            (false, false) => is_same || is_below(&self.host, domain),
            (true, true) => is_below(domain, &self.host),
            (true, false) => is_same || is_below(domain, &self.host) || is_below(&self.host, domain),
        }
    }
}

/// All hosts of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hosts(Vec<HostPattern>);

impl Hosts {
    /// From rendered texts, as a `BrowserVisit`, a login plan or a record holds them.
    ///
    /// # Errors
    /// With the first text that is no host pattern.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, BadHost> {
        texts.iter().map(|text| text.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request to `url` may carry secrets.
    pub fn allow(&self, url: &Url) -> bool {
        self.0.iter().any(|pattern| pattern.covers(url))
    }

    /// Whether a page at `url` is one of these hosts', encrypted or not.
    pub fn own(&self, url: &Url) -> bool {
        self.0.iter().any(|pattern| pattern.is_of(url))
    }

    /// Whether web storage of this origin (`https://app.example.com`) belongs to the provider.
    pub fn allow_origin(&self, origin: &str) -> bool {
        Url::parse(origin).is_ok_and(|url| self.allow(&url))
    }

    /// Whether a cookie can reach one of these hosts.
    pub fn have_cookie(&self, cookie: &Cookie) -> bool {
        self.0.iter().any(|pattern| pattern.meets_cookie(&cookie.domain, cookie.host_only))
    }

    /// The patterns, in the file's order.
    pub fn patterns(&self) -> &[HostPattern] {
        &self.0
    }

    /// As texts, for the record, the browser and the login plan.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl From<Vec<HostPattern>> for Hosts {
    fn from(patterns: Vec<HostPattern>) -> Self {
        Self(patterns)
    }
}

/// Whether `host` is this machine: a loopback address, `localhost` or `*.localhost` (RFC 6761 section 6.3).
pub fn is_this_machine(host: &str) -> bool {
    let host = host.trim_end_matches('.').trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost") || is_below(host, "localhost"),
    }
}

/// Whether `url` is one that secrets may travel on: https, or http on this machine.
pub fn is_safe(url: &Url) -> bool {
    let is_local = url.host_str().is_some_and(is_this_machine);
    url.scheme() == "https" || (url.scheme() == "http" && is_local)
}

fn is_below(host: &str, parent: &str) -> bool {
    let Some(start) = host.len().checked_sub(parent.len()) else { return false };
    start > 1
        && host.as_bytes().get(start - 1) == Some(&b'.')
        && host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(parent))
}

/// A single label that nobody registered (`intranet`) is a host of its own, but no parent of others.
fn is_everybodys(host: &str, wildcard: bool) -> bool {
    if is_this_machine(host) {
        return false;
    }
    psl::suffix(host.as_bytes())
        .is_some_and(|suffix| suffix.as_bytes().len() == host.len() && (suffix.is_known() || wildcard))
}

fn own_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

fn explicit_port(authority: &str) -> Option<u16> {
    let (_, port) = authority.rsplit_once(':')?;
    port.parse().ok()
}
