//! A keyring that writes when it likes: what it was told last may be gone after a power cut, though it had given it back
//! and the next refresh had begun.

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, decode, encode, is_to_be_written};

use super::disk::{Power, Shared, held};
use super::tally::Came;

/// So many of its last writes may be gone.
pub const LATE: usize = 3;

/// One entry, and those before it that may come back, the newest last.
#[derive(Default)]
pub struct Entries {
    now: Option<Vec<u8>>,
    before: Vec<Option<Vec<u8>>>,
}

impl Entries {
    /// The power is back; so many writes are lost, if they were not certain yet. Says how many were.
    pub fn crash(&mut self, loses: usize) -> usize {
        let lost = loses.min(self.before.len());
        if lost > 0 {
            self.now = self.before.swap_remove(self.before.len() - lost);
        }
        self.before.clear();
        lost
    }

    /// Minutes have passed: the login itself is there for certain, for with it everything is lost that opens the
    /// journal. What came after it may still be gone, however late.
    pub fn settle(&mut self) {
        self.before.retain(Option::is_some);
    }
}

/// The keyring.
pub struct Keyring {
    pub entries: Shared<Entries>,
    pub power: Shared<Power>,
}

impl SessionStore for Keyring {
    fn load(&mut self, _account: &AccountId) -> Result<Option<Record>, StoreError> {
        held(&self.entries).now.as_ref().map(|bytes| decode(bytes)).transpose()
    }

    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError> {
        let there = self.load(account)?.map(|record| record.write_id);
        if !is_to_be_written(there, expected, record)? {
            return Ok(());
        }
        let hit = {
            let mut power = held(&self.power);
            if power.is_off() {
                return Err(StoreError::Slow);
            }
            power.fails("keyring: an entry is written")
        };
        if hit != Some(Came::Nothing) {
            let mut entries = held(&self.entries);
            let before = entries.now.replace(encode(record).to_vec());
            entries.before.push(before);
            if entries.before.len() > LATE {
                entries.before.remove(0);
            }
        }
        if hit.is_some() { Err(StoreError::Slow) } else { Ok(()) }
    }

    fn delete(&mut self, _account: &AccountId) -> Result<(), StoreError> {
        let mut entries = held(&self.entries);
        (entries.now, entries.before) = (None, Vec::new());
        Ok(())
    }
}
