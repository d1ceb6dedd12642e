//! One-time codes (RFC 6238).

use totp_rs::{Builder, Secret, Totp};

/// The code that an authenticator shows at `now_ms`.
pub fn code(secret_base32: &str, now_ms: i64) -> String {
    totp(secret_base32).generate(seconds(now_ms)).to_string()
}

/// The code that an authenticator shows right now.
pub fn now(secret_base32: &str) -> String {
    code(secret_base32, crate::clock::wall_ms())
}

/// Milliseconds until the authenticator shows another code.
pub fn left_ms(now_ms: i64) -> i64 {
    30_000 - now_ms.rem_euclid(30_000)
}

/// Whether `code` is one of those around now: services take the step before and after, this one also the code of
/// somebody whose machine took minutes to hand it over.
pub(super) fn is_right(secret_base32: &str, code: &str, now_ms: i64) -> bool {
    (-10..=10).any(|steps| totp(secret_base32).check(code, seconds(now_ms + steps * 30_000)).is_some())
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms.div_euclid(1000)).unwrap_or(0)
}

fn totp(secret_base32: &str) -> Totp {
    let secret = Secret::try_from_base32(secret_base32).expect("a person's TOTP secret is base32");
    Builder::new().with_secret(secret).build().expect("a person's TOTP secret is long enough")
}
