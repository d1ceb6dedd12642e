//! How a key is made from what a person knows: argon2id, with a salt and costs that are stored.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use lamplighter_core::record::KeyTrouble;
use lamplighter_core::secret::Secret;
use zeroize::Zeroizing;

use crate::seal::KEY;

/// Bytes of a recipe.
pub(super) const RECIPE: usize = SALT + 12;
const SALT: usize = 16;
/// Above these it was not written by us, and would take a machine's memory.
const MOST_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 8;
const MOST_LANES: u32 = 4;

/// What turns a passphrase into a key; all zeroes where the key is one already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Recipe {
    salt: [u8; SALT],
    kib: u32,
    passes: u32,
    lanes: u32,
}

impl Recipe {
    /// For a key that is one already.
    pub const NONE: Self = Self { salt: [0; SALT], kib: 0, passes: 0, lanes: 0 };

    /// A new one: 64 MiB and three passes, the first of what RFC 9106 recommends for little memory.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn new() -> std::io::Result<Self> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(std::io::Error::other)?;
        Ok(Self { salt, kib: 64 * 1024, passes: 3, lanes: 1 })
    }

    /// Whether it makes a key from a passphrase.
    pub fn is_for_passphrase(&self) -> bool {
        self.kib > 0
    }

    /// The key. Takes a tenth of a second, on purpose.
    ///
    /// # Errors
    /// [`KeyTrouble::Wrong`] if this recipe is none that we write.
    pub fn key(&self, passphrase: &Secret) -> Result<Secret, KeyTrouble> {
        let params =
            Params::new(self.kib, self.passes, self.lanes, Some(KEY)).map_err(|_| KeyTrouble::Wrong)?;
        let mut key = Zeroizing::new([0; KEY]);
        let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon
            .hash_password_into_with_memory(
                passphrase.expose(),
                &self.salt,
                key.as_mut_slice(),
                memory.as_mut_slice(),
            )
            .map_err(|_| KeyTrouble::Wrong)?;
        Ok(Secret::new(key.as_slice()))
    }

    pub fn bytes(&self) -> [u8; RECIPE] {
        let mut bytes = [0; RECIPE];
        bytes[..SALT].copy_from_slice(&self.salt);
        for (at, number) in [self.kib, self.passes, self.lanes].into_iter().enumerate() {
            bytes[SALT + 4 * at..SALT + 4 * at + 4].copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// `None` if it is none that we would write.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECIPE] = bytes.first_chunk()?;
        let number = |at: usize| bytes[at..at + 4].try_into().map(u32::from_le_bytes).ok();
        let mut salt = [0; SALT];
        salt.copy_from_slice(&bytes[..SALT]);
        let this = Self { salt, kib: number(SALT)?, passes: number(SALT + 4)?, lanes: number(SALT + 8)? };
        let is_sane = this.kib <= MOST_KIB && this.passes <= MOST_PASSES && this.lanes <= MOST_LANES;
        is_sane.then_some(this)
    }
}
