//! Parsing one `Set-Cookie` value (section 5.6), on bytes: nothing but its attributes has to be text.

use std::time::Duration;

use super::{Ignored, SameSite, date};
use crate::secret::Secret;
use crate::time::{LONGEST_LIFE, Timestamp};

/// Longest name and value together, in octets (F30).
const LONGEST_PAIR: usize = 4096;
/// Longest attribute value, in octets; a longer one is as if it were absent (F30).
const LONGEST_ATTRIBUTE: usize = 1024;

/// A parsed `Set-Cookie`, not yet judged against the address it came from.
pub(super) struct Parsed {
    pub name: String,
    pub value: Secret,
    /// The last `Domain`, lower case, without its leading dot; `None` if absent or empty.
    pub domain: Option<String>,
    /// The last `Path`, `None` if there is none; empty if it is not absolute.
    pub path: Option<String>,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: SameSite,
    /// `Max-Age`, else `Expires`, at most 400 days off (F33).
    pub expires: Option<Timestamp>,
    /// CHIPS, section 3.1.
    pub partitioned: bool,
}

pub(super) fn set_cookie(line: &[u8], now: Timestamp) -> Result<Parsed, Ignored> {
    if line.iter().any(|byte| is_control(*byte)) {
        return Err(Ignored::ControlByte);
    }
    let mut parts = line.split(|byte| *byte == b';');
    let pair = parts.next().unwrap_or_default();
    let (name, value) = split_at_equals(pair).unwrap_or((b"", trim(pair)));
    if name.is_empty() && value.is_empty() {
        return Err(Ignored::Empty);
    }
    if name.len() + value.len() > LONGEST_PAIR {
        return Err(Ignored::TooLong);
    }
    // Values may be any bytes (F29); no site is known that names a cookie with something else than text.
    let name = std::str::from_utf8(name).map_err(|_| Ignored::NameNotText)?;
    let mut parsed = Parsed {
        name: name.to_owned(),
        value: Secret::new(value),
        domain: None,
        path: None,
        secure: false,
        http_only: false,
        same_site: SameSite::Unspecified,
        expires: None,
        partitioned: false,
    };
    let mut max_age = None;
    for part in parts {
        let (key, value) = split_at_equals(part).unwrap_or((trim(part), b""));
        if value.len() > LONGEST_ATTRIBUTE {
            continue;
        }
        match key.to_ascii_lowercase().as_slice() {
            b"expires" => parsed.expires = date::parse(value).or(parsed.expires),
            b"max-age" => max_age = seconds(value).or(max_age),
            b"domain" => parsed.domain = domain(value),
            b"path" => parsed.path = Some(path(value)),
            b"secure" => parsed.secure = true,
            b"httponly" => parsed.http_only = true,
            b"partitioned" => parsed.partitioned = true,
            b"samesite" => parsed.same_site = same_site(value),
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        parsed.expires = Some(if seconds <= 0 {
            Timestamp(i64::MIN)
        } else {
            now.plus(Duration::from_secs(seconds.unsigned_abs()).min(LONGEST_LIFE))
        });
    }
    parsed.expires = parsed.expires.map(|end| end.min(now.plus(LONGEST_LIFE)));
    Ok(parsed)
}

/// %x00-08, %x0A-1F and %x7F: everything but the tab.
fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

fn split_at_equals(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = part.iter().position(|byte| *byte == b'=')?;
    Some((trim(&part[..at]), trim(&part[at + 1..])))
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// `Max-Age` (section 5.6.2): digits, perhaps a minus sign; more than fits counts as very long.
fn seconds(value: &[u8]) -> Option<i64> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if (digits.is_empty() && !negative) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if negative {
        return Some(-1);
    }
    let number = digits
        .iter()
        .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Some(number)
}

fn domain(value: &[u8]) -> Option<String> {
    let value = value.strip_prefix(b".").unwrap_or(value);
    // Not text: no host matches it, so the cookie is refused rather than widened to its own host.
    let text = String::from_utf8_lossy(value).to_lowercase();
    if text.is_empty() {
        return None;
    }
    // The same canonical form as the address's host has: punycode, numbers of IP addresses.
    Some(url::Host::parse(&text).map_or(text, |host| host.to_string()))
}

fn path(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if text.starts_with('/') => text.to_owned(),
        _ => String::new(),
    }
}

fn same_site(value: &[u8]) -> SameSite {
    match value.to_ascii_lowercase().as_slice() {
        b"none" => SameSite::None,
        b"strict" => SameSite::Strict,
        b"lax" => SameSite::Lax,
        _ => SameSite::Unspecified,
    }
}
