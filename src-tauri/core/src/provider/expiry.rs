//! When a value ends: from the value itself, from the reply that brought it, from a cookie, or by rule.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::json::Json;
use super::model::{ChainRules, ExpirySource, JsonPath};
use crate::secret::Secret;
use crate::time::{Expiry, LONGEST_LIFE, Now, Timestamp};

/// Tells when a cookie ends, by its name.
pub(super) type CookieEnd<'a> = dyn Fn(&str) -> Option<Timestamp> + 'a;

/// What was around when the value was got.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub now: Now,
    pub server_date: Option<Timestamp>,
    pub answer: Option<&'a Json>,
    pub cookie: Option<&'a CookieEnd<'a>>,
}

/// A token's end by the first source that yields, and whether that is a fixed life where the service was
/// expected to say it.
pub(super) fn token_expiry(sources: &[ExpirySource], value: &Secret, at: At<'_>) -> (Option<Expiry>, bool) {
    let found = sources.iter().find_map(|source| Some((source, life(source, value, at)?)));
    let Some((source, life)) = found else { return (None, false) };
    let is_assumed = matches!(source, ExpirySource::Life(_)) && sources.first() != Some(source);
    (Some(Expiry::after(life, at.now, at.server_date)), is_assumed)
}

/// A credential's end: the earliest of what its sources, its life and its idle time say. `used` is when it was
/// last used, if that was after `at`.
pub(super) fn credential_expiry(
    rules: &ChainRules,
    value: &Secret,
    at: At<'_>,
    used: Option<Now>,
) -> Option<Expiry> {
    // "Ends in 0 s" is how some services say that it does not end.
    let told = rules.expires.iter().find_map(|source| life(source, value, at).filter(|life| !life.is_zero()));
    let unused_from_now = rules.idle.map(|idle| match used {
        Some(used) => idle.saturating_add(passed(at.now, used)),
        None => idle,
    });
    let life = [told, rules.life, unused_from_now].into_iter().flatten().min()?;
    Some(Expiry::after(life, at.now, at.server_date))
}

/// The time between two moments, by the boot clock where it can be told (F44).
fn passed(from: Now, to: Now) -> Duration {
    if from.boot.boot == to.boot.boot {
        Duration::from_millis(to.boot.ms.saturating_sub(from.boot.ms))
    } else {
        to.wall.since(from.wall)
    }
}

fn life(source: &ExpirySource, value: &Secret, at: At<'_>) -> Option<Duration> {
    match source {
        ExpirySource::Life(life) => Some(*life),
        ExpirySource::Json(path) => at.answer?.at(path)?.to_seconds().map(life_of_seconds),
        ExpirySource::Cookie(name) => {
            let end = (at.cookie?)(name)?;
            Some(end.since(at.now.wall))
        }
        ExpirySource::Jwt => jwt_life(value, at.now, at.server_date),
    }
}

/// Zero and less have ended already; more than the longest life, and any overflow, is that (F21).
fn life_of_seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE)
}

/// What is left of a JWT: from the server's `Date`, else from our clock, but never from before it was issued (a
/// clock behind), and, if by our clock it ended before it came, from when it was issued (a clock ahead, F44).
fn jwt_life(token: &Secret, now: Now, server_date: Option<Timestamp>) -> Option<Duration> {
    let claims = jwt_claims(token)?;
    let seconds = |name: &str| claims.at(&JsonPath(vec![name.to_owned()]))?.to_seconds();
    let exp = seconds("exp")?;
    let issued = seconds("iat").filter(|iat| *iat <= exp);
    let ours = now.wall.0 as f64 / 1000.0;
    let from = match (server_date, issued) {
        (Some(date), _) => date.0 as f64 / 1000.0,
        (None, Some(iat)) if ours >= exp || ours < iat => iat,
        (None, _) => ours,
    };
    Some(life_of_seconds(exp - from))
}

/// The claims of a JWT, unverified (RFC 7519 section 7.2): we are the bearer, not the judge.
pub(super) fn jwt_claims(token: &Secret) -> Option<Json> {
    let mut parts = token.expose().split(|byte| *byte == b'.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload = payload.strip_suffix(b"==").or_else(|| payload.strip_suffix(b"=")).unwrap_or(payload);
    let claims = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload).ok()?);
    Json::read(&claims)
}
