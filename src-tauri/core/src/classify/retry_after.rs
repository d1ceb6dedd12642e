//! `Retry-After` (RFC 9110 section 10.2.3): seconds or a date, and whatever else services write there.

use std::time::Duration;

use crate::exchange::Reply;
use crate::time::{Now, Timestamp};

/// Where the header says nothing that can be used (F10).
pub const DEFAULT: Duration = Duration::from_secs(60);
/// No service is believed to mean longer (F9).
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// "0" never becomes a loop.
const SHORTEST: Duration = Duration::from_secs(5);

/// How long the service asks to wait; `None` without the header. A date is read against the server's own
/// `Date`, so that our clock can be wrong (F44).
pub fn retry_after(reply: &Reply, at: Now) -> Option<Duration> {
    let (_, value) = reply.headers.iter().find(|(name, _)| name == "retry-after")?;
    let text = value.expose_str().unwrap_or_default().trim();
    let server_now = reply.date.unwrap_or(at.wall);
    Some(seconds(text).or_else(|| date(text, server_now)).unwrap_or(DEFAULT).clamp(SHORTEST, LONGEST))
}

fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Only overflow can fail here: longer than any limit.
    Some(text.parse().map_or(LONGEST, Duration::from_secs))
}

fn date(text: &str, server_now: Timestamp) -> Option<Duration> {
    let parsed =
        jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    let wait = Timestamp(parsed.as_millisecond()).since(server_now);
    (!wait.is_zero()).then_some(wait)
}
