//! What a step brought, sealed on the disk before the keychain is asked: that can have locked since (I4, F39).
//!
//! The key lies in the hidden record, which is in the keychain before the step spends anything.

use lamplighter_core::id::AccountId;
use lamplighter_core::journal::{Entry, JournalError};
use lamplighter_core::record::{Record, decode, encode};
use lamplighter_core::secret::Secret;
use zeroize::Zeroizing;

use super::super::perform::{Ports, ROOM_FOR_REPLY, blocking};
use crate::journal::{Journal, Opened};

/// Makes room for what a step brings, before it spends. What is sealed with this key already stays.
pub(super) async fn begin(ports: &Ports, slot: &AccountId, key: &Secret) -> Result<(), JournalError> {
    if !ports.lock.still_held() {
        return Err(JournalError::LockLost);
    }
    let (folder, slot, key) = (ports.journals.clone(), slot.clone(), key.duplicate());
    blocking(move || {
        let (mut journal, opened) = Journal::open(&folder, &slot, &key)?;
        match opened {
            Opened::Fresh | Opened::Entries { .. } => {}
            // Of another key may be what belongs to a record that the keychain could not read, and kept: kept, too.
            Opened::Missing | Opened::WrongKey => journal.start_over()?,
            Opened::Damaged { readable } => {
                let entries: Vec<_> =
                    readable.iter().map(|entry| Zeroizing::new(entry.expose().to_vec())).collect();
                journal.start_over_with(&entries)?;
            }
        }
        journal.reserve(ROOM_FOR_REPLY)
    })
    .await
}

/// Seals `record`, and waits for the disk.
pub(super) async fn keep(ports: &Ports, slot: &AccountId, record: &Record) -> Result<(), JournalError> {
    let key = record.journal_key.duplicate();
    let entry = Entry::Record(Secret::new(encode(record).as_slice())).encode();
    let (folder, slot) = (ports.journals.clone(), slot.clone());
    blocking(move || {
        let (mut journal, opened) = Journal::open(&folder, &slot, &key)?;
        if !matches!(opened, Opened::Fresh | Opened::Entries { .. }) {
            journal.start_over()?;
        }
        journal.append(&entry)
    })
    .await
}

/// The newest that is sealed there with this key, or `None`: one that is lost had nothing that was told to be kept, or
/// the keychain has it, too.
pub(super) async fn newest(
    ports: &Ports,
    slot: &AccountId,
    key: &Secret,
) -> Result<Option<Record>, JournalError> {
    let (folder, slot, key) = (ports.journals.clone(), slot.clone(), key.duplicate());
    blocking(move || {
        let entries = match Journal::open(&folder, &slot, &key)?.1 {
            Opened::Entries { entries, .. } | Opened::Damaged { readable: entries } => entries,
            Opened::Fresh | Opened::Missing | Opened::WrongKey => Vec::new(),
        };
        let record = |entry: &Secret| match Entry::decode(entry.expose()) {
            Some(Entry::Record(bytes)) => decode(bytes.expose()).ok(),
            _ => None,
        };
        Ok(entries.iter().filter_map(record).max_by_key(|record| record.current.generation))
    })
    .await
}

/// The keychain has what is there, or nobody wants it any more.
pub(super) async fn remove(ports: &Ports, slot: &AccountId) {
    let (folder, id) = (ports.journals.clone(), slot.clone());
    // Without its record the key is gone: what is left of it can be read by nobody.
    if let Err(error) = blocking(move || Journal::remove_if_there(&folder, &id)).await {
        tracing::warn!(%error, "the journal of a login could not be removed");
    }
}
