//! Sealing: XChaCha20-Poly1305 with a random nonce in front.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use lamplighter_core::secret::Secret;

/// Bytes of a key.
pub const KEY: usize = 32;
/// Bytes of the nonce. Random ones of this size never meet (2^96 of them would be needed).
const NONCE: usize = 24;
/// How many bytes more a sealed text has.
pub const OVERHEAD: usize = NONCE + 16;

/// The key or the sealed bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot be unsealed")]
pub struct Unsealable;

/// A key, ready for use.
pub struct Sealer(XChaCha20Poly1305);

impl Sealer {
    /// From the bytes of a key.
    ///
    /// # Errors
    /// If there are not [`KEY`] of them.
    pub fn new(key: &Secret) -> Result<Self, Unsealable> {
        XChaCha20Poly1305::new_from_slice(key.expose()).map(Self).map_err(|_| Unsealable)
    }

    /// `plain`, sealed together with `about`: it opens only with the same `about`.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn seal(&self, about: &[u8], plain: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(std::io::Error::other)?;
        let payload = Payload { msg: plain, aad: about };
        // Fails only for texts of 256 GiB and more.
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload).map_err(std::io::Error::other)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed together with `about`.
    ///
    /// # Errors
    /// If a single bit of key, `about` or `sealed` differs.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Result<Secret, Unsealable> {
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or(Unsealable)?;
        let payload = Payload { msg: text, aad: about };
        self.0.decrypt(XNonce::from_slice(nonce), payload).map(Secret::new).map_err(|_| Unsealable)
    }
}

/// A new random key.
///
/// # Errors
/// If the system gives no randomness.
pub fn new_key() -> std::io::Result<Secret> {
    let mut key = zeroize::Zeroizing::new([0; KEY]);
    getrandom::fill(key.as_mut_slice()).map_err(std::io::Error::other)?;
    Ok(Secret::new(key.as_slice()))
}
