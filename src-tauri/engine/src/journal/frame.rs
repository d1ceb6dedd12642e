//! Bytes of a journal: a head, then entries.
//!
//! Head, 512 bytes, a sector of its own: magic, epoch (16 random bytes, new with every file), an empty text
//! sealed with the key (tells a wrong key from damage), checksum.
//!
//! Entry: a header of 32 bytes (magic, flags, number, length, checksum, `0xa5`), the sealed text, and `0xa5` up
//! to the next multiple of 32. So no header lies in two sectors, the last byte of header and entry is never
//! zero, and 32 zeroes in a row never occur: that is how an append that a power loss tore (zeroes where bytes
//! should be) is told from damage (other bytes).

use std::io;

use lamplighter_core::id::AccountId;
use lamplighter_core::secret::Secret;
use sha2::{Digest as _, Sha256};

use crate::seal::{self, Sealer};

/// Where the entries start.
pub(super) const START: u64 = 512;
/// Bytes of an entry's header, and what entries are aligned to.
pub(super) const HEADER: usize = 32;
/// Most bytes that an entry takes beyond its text.
pub(super) const OVERHEAD: usize = HEADER + seal::OVERHEAD + HEADER;
/// Ends headers and fills up entries; not zero.
pub(super) const FILL: u8 = 0xa5;

const HEAD_MAGIC: &[u8; 8] = b"LAMPJNL1";
const ENTRY_MAGIC: &[u8; 4] = b"LJ1E";
const EPOCH: usize = 16;
const HEAD: usize = HEAD_MAGIC.len() + EPOCH + seal::OVERHEAD + SUM;
const SUM: usize = 11;
const DROPS_OLDER: u32 = 1;

/// What an entry's header says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Counts from 0 in each file.
    pub index: u64,
    /// Whether all entries before this one were swept.
    pub drops_older: bool,
}

/// What binds entries to their account, key and file.
pub(super) struct Label {
    account: AccountId,
    sealer: Sealer,
    epoch: [u8; EPOCH],
}

/// What a head says.
pub(super) enum Head {
    Fine,
    WrongKey,
    Damaged,
}

impl Label {
    pub fn new(account: &AccountId, sealer: Sealer) -> Self {
        Self { account: account.clone(), sealer, epoch: [0; EPOCH] }
    }

    /// The head of a new file. This label takes over its epoch by [`Self::read_head`], once the file is there.
    pub fn new_head(&self) -> io::Result<Vec<u8>> {
        let mut epoch = [0; EPOCH];
        getrandom::fill(&mut epoch).map_err(io::Error::other)?;
        let mut head = [HEAD_MAGIC.as_slice(), &epoch].concat();
        head.extend(self.sealer.seal(&self.about(b"head", &epoch, &[]), b"")?);
        head.extend(sum(&[&head]));
        head.resize(START as usize, 0);
        Ok(head)
    }

    /// Reads a head; this label takes over its epoch.
    pub fn read_head(&mut self, head: &[u8]) -> Head {
        let Some((body, rest)) = head.split_at_checked(HEAD - SUM) else { return Head::Damaged };
        if !body.starts_with(HEAD_MAGIC) || rest.get(..SUM) != Some(&sum(&[body])) {
            return Head::Damaged;
        }
        let (epoch, check) = body[HEAD_MAGIC.len()..].split_at(EPOCH);
        self.epoch.copy_from_slice(epoch);
        match self.sealer.open(&self.about(b"head", &self.epoch, &[]), check) {
            Ok(_) => Head::Fine,
            Err(seal::Unsealable) => Head::WrongKey,
        }
    }

    /// What binds entries to the file in force.
    pub fn epoch(&self) -> [u8; EPOCH] {
        self.epoch
    }

    /// Goes back to the file of this epoch.
    pub fn set_epoch(&mut self, epoch: [u8; EPOCH]) {
        self.epoch = epoch;
    }

    /// The bytes of an entry.
    pub fn encode(&self, frame: Frame, text: &[u8]) -> io::Result<Vec<u8>> {
        let sealed = self.sealer.seal(&self.about(b"entry", &self.epoch, &frame.bytes()), text)?;
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(sealed.len() + OVERHEAD);
        bytes.extend_from_slice(ENTRY_MAGIC);
        bytes.extend_from_slice(&frame.bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend(sum(&[&self.epoch, &bytes]));
        bytes.push(FILL);
        bytes.extend_from_slice(&sealed);
        // At least one, so that the last byte of an entry is never zero.
        bytes.push(FILL);
        bytes.resize(bytes.len().next_multiple_of(HEADER), FILL);
        Ok(bytes)
    }

    /// What the header at the start of `bytes` says, and how long the whole entry is; `None` if there is none.
    pub fn read_header(&self, bytes: &[u8]) -> Option<(Frame, usize, usize)> {
        let header: &[u8; HEADER] = bytes.first_chunk()?;
        let (said, rest) = header.split_at(HEADER - SUM - 1);
        if !said.starts_with(ENTRY_MAGIC) || rest[..SUM] != sum(&[&self.epoch, said]) || rest[SUM] != FILL {
            return None;
        }
        let flags = u32::from_le_bytes(said[4..8].try_into().ok()?);
        let index = u64::from_le_bytes(said[8..16].try_into().ok()?);
        let length = u32::from_le_bytes(said[16..20].try_into().ok()?) as usize;
        let whole = (HEADER + length + 1).next_multiple_of(HEADER);
        Some((Frame { index, drops_older: flags == DROPS_OLDER }, length, whole))
    }

    /// The text of an entry whose header was read.
    pub fn open(&self, frame: Frame, length: usize, bytes: &[u8]) -> Option<Secret> {
        let sealed = bytes.get(HEADER..HEADER + length)?;
        self.sealer.open(&self.about(b"entry", &self.epoch, &frame.bytes()), sealed).ok()
    }

    fn about(&self, what: &[u8], epoch: &[u8; EPOCH], more: &[u8]) -> Vec<u8> {
        [b"lamplighter journal 1 ", what, b" ", self.account.as_str().as_bytes(), epoch, more].concat()
    }
}

impl Frame {
    fn bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&(if self.drops_older { DROPS_OLDER } else { 0 }).to_le_bytes());
        bytes[4..].copy_from_slice(&self.index.to_le_bytes());
        bytes
    }
}

/// Tells flipped bits; who would forge an entry fails at the seal.
fn sum(parts: &[&[u8]]) -> [u8; SUM] {
    let digest = parts.iter().fold(Sha256::new(), |sum, part| sum.chain_update(part)).finalize();
    let mut sum = [0; SUM];
    sum.copy_from_slice(&digest[..SUM]);
    sum
}
