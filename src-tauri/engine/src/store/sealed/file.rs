//! Bytes of a sealed file.
//!
//! Magic, format, a sum of these two (tells a newer version from a flipped bit), generation, how the key is made from
//! a passphrase (so that no single other file is needed to make it again), then the sealed text. Everything before the
//! text, and the account, is bound to it: no bit of them can change, and no file fits another account (T18).

use lamplighter_core::id::{AccountId, Generation, WriteId};
use lamplighter_core::record::{FORMAT, Record, StoreError, decode, encode};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::recipe::{RECIPE, Recipe};
use crate::seal::Sealer;

const MAGIC: &[u8; 8] = b"LAMPSEAL";
/// The newest format of the file around the record.
const FILE_FORMAT: u16 = 1;
pub(super) const SUM: usize = 8;
const GATE: usize = MAGIC.len() + 2 + SUM;
const HEAD: usize = GATE + 8 + RECIPE;
/// A flag and a write id.
const AFTER: usize = 17;
/// No file is larger: one that is was not written by us.
pub(super) const LARGEST: u64 = 64 * 1024 * 1024;

/// What a sealed file holds.
pub(super) struct Sealed {
    pub record: Record,
    /// Of an older file: what took its place.
    pub after: Option<After>,
}

/// What took the place of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct After {
    /// Its write.
    pub write_id: WriteId,
    /// It has other credentials: those of the older record were spent for it.
    pub has_spent: bool,
}

impl After {
    const WAS_SPENT: u8 = 2;
    const WAS_NOT: u8 = 1;

    fn bytes(self) -> [u8; AFTER] {
        let mut bytes = [0; AFTER];
        bytes[0] = if self.has_spent { Self::WAS_SPENT } else { Self::WAS_NOT };
        bytes[1..].copy_from_slice(&self.write_id.0);
        bytes
    }

    fn read([flag, id @ ..]: [u8; AFTER]) -> Option<Self> {
        (flag != 0).then_some(Self { write_id: WriteId(id), has_spent: flag != Self::WAS_NOT })
    }
}

/// Why a file is of no use.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Changed, cut off, of another account, or sealed with another key.
    Damaged(&'static str),
    /// A newer version's.
    Newer(u16),
}

impl From<Unusable> for StoreError {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Damaged(why) => Self::Corrupt(why.to_owned()),
            Unusable::Newer(format) => Self::NewerFormat(format),
        }
    }
}

/// The bytes of a file with `record` in it.
///
/// # Errors
/// If the system gives no randomness.
pub(super) fn seal(
    sealer: &Sealer,
    recipe: &Recipe,
    record: &Record,
    after: Option<After>,
) -> std::io::Result<Vec<u8>> {
    let mut head = gate(FILE_FORMAT);
    head.extend_from_slice(&record.current.generation.0.to_le_bytes());
    head.extend_from_slice(&recipe.bytes());
    let text = encode(record);
    let mut plain = Zeroizing::new(Vec::with_capacity(AFTER + text.len()));
    plain.extend_from_slice(&after.map_or([0; AFTER], After::bytes));
    plain.extend_from_slice(&text);
    let sealed = sealer.seal(&about(&record.account, &head), &plain)?;
    Ok([head, sealed].concat())
}

/// What the file of `account` holds.
///
/// # Errors
/// See [`Unusable`].
pub(super) fn open(sealer: &Sealer, account: &AccountId, bytes: &[u8]) -> Result<Sealed, Unusable> {
    let (head, text) = split(bytes)?;
    let plain = sealer.open(&about(account, head), text).map_err(|_| Unusable::Damaged("it was changed"))?;
    let (after, text) =
        plain.expose().split_first_chunk::<AFTER>().ok_or(Unusable::Damaged("it is too short"))?;
    let record = match decode(text) {
        Ok(record) => record,
        Err(StoreError::NewerFormat(format)) => return Err(Unusable::Newer(format)),
        // Sealed by us and no record: a version that has none of what this one needs.
        Err(_) => return Err(Unusable::Damaged("it holds no record")),
    };
    if record.account != *account {
        return Err(Unusable::Damaged("it belongs to another account"));
    }
    let generation = Generation(u64::from_le_bytes(head[GATE..GATE + 8].try_into().unwrap_or_default()));
    if record.current.generation != generation {
        return Err(Unusable::Damaged("it does not say what it holds"));
    }
    Ok(Sealed { record, after: After::read(*after) })
}

/// Whether this key opens the file of `account`, whatever is in it. What its head says proves nothing: anybody can
/// write that.
pub(super) fn is_sealed_with(sealer: &Sealer, account: &AccountId, bytes: &[u8]) -> bool {
    split(bytes).is_ok_and(|(head, text)| sealer.open(&about(account, head), text).is_ok())
}

/// How the key of this file is made, as it says itself; not proven until it opens.
pub(super) fn recipe_of(bytes: &[u8]) -> Option<Recipe> {
    let (head, _) = split(bytes).ok()?;
    Recipe::read(&head[GATE + 8..])
}

fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), Unusable> {
    let (gate, rest) = bytes.split_at_checked(GATE).ok_or(Unusable::Damaged("it is too short"))?;
    if !gate.starts_with(MAGIC) {
        return Err(Unusable::Damaged("it is none of ours"));
    }
    let (said, sum) = gate.split_at(GATE - SUM);
    if sum != sum_of(said) {
        return Err(Unusable::Damaged("it was changed"));
    }
    let format = u16::from_le_bytes([said[8], said[9]]);
    if format > FILE_FORMAT {
        return Err(Unusable::Newer(FORMAT.max(format)));
    }
    if rest.len() < HEAD - GATE {
        return Err(Unusable::Damaged("it is too short"));
    }
    Ok(bytes.split_at(HEAD))
}

fn gate(format: u16) -> Vec<u8> {
    let mut gate = [MAGIC.as_slice(), &format.to_le_bytes()].concat();
    let sum = sum_of(&gate);
    gate.extend_from_slice(&sum);
    gate
}

/// Tells damage from a wrong key; it proves nothing against somebody who writes it.
pub(super) fn sum_of(said: &[u8]) -> [u8; SUM] {
    let mut sum = [0; SUM];
    sum.copy_from_slice(&Sha256::digest(said)[..SUM]);
    sum
}

fn about(account: &AccountId, head: &[u8]) -> Vec<u8> {
    [b"lamplighter sealed record 1 ", account.as_str().as_bytes(), b" ", head].concat()
}
