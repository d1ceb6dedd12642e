//! Random texts for secrets of the practice site.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).expect("the system has randomness");
    out
}

/// 43 characters of base64url.
pub fn opaque() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// Letters and digits that every keyboard layout types alike and nobody mistakes for each other.
pub fn letters(count: usize) -> String {
    pick(count, b"bcdefghijknoprstuvxBCDEFGHJKLNPRSTUVX2345679")
}

/// Base32 (RFC 4648 section 6).
pub fn base32(count: usize) -> String {
    pick(count, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
}

fn pick(count: usize, alphabet: &[u8]) -> String {
    let random = bytes::<64>();
    random.iter().take(count).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}
