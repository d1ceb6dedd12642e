//! Tokens in the form of RFC 7519, signed with HMAC-SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::random;

/// A token for `email`, from `issued_s` to `ends_s` (seconds since 1970), unlike every other one.
pub fn mint(key: &[u8; 32], email: &str, issuer: &str, issued_s: i64, ends_s: i64) -> String {
    let header = BASE64URL.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let claims =
        json!({ "iss": issuer, "sub": email, "iat": issued_s, "exp": ends_s, "jti": random::letters(16) });
    let signed = format!("{header}.{}", BASE64URL.encode(claims.to_string()));
    let signature = BASE64URL.encode(hmac_sha256(key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The claims of `token`, not checked; `None` if it does not look like one.
pub fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&BASE64URL.decode(payload).ok()?).ok()
}

/// RFC 2104.
fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut inner = Sha256::new();
    let mut outer = Sha256::new();
    let mut block = [0u8; 64];
    block[..32].copy_from_slice(key);
    inner.update(block.map(|byte| byte ^ 0x36));
    outer.update(block.map(|byte| byte ^ 0x5c));
    inner.update(message);
    outer.update(inner.finalize());
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_is_the_one_of_rfc_4231_case_1_with_a_padded_key() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(lamplighter_core::id::hex(&hmac_sha256(&key, b"Hi There")), expected);
    }

    #[test]
    fn claims_come_back() {
        let token = mint(&[7; 32], "ana@example.com", "http://x", 10, 20);
        assert_eq!(claims(&token).expect("a token")["exp"], 20);
    }
}
