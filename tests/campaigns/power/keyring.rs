//! A keyring that writes when it likes: what it was told last may be gone after a power cut.

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, decode, encode, is_to_be_written};

use super::disk::{Power, Shared, held};
use super::tally::Came;

/// One entry, and the one before it while that may come back.
#[derive(Default)]
pub struct Entries {
    now: Option<Vec<u8>>,
    before: Option<Option<Vec<u8>>>,
}

impl Entries {
    /// The power is back; `loses` the last write, if it was not certain yet.
    pub fn crash(&mut self, loses: bool) {
        if let Some(before) = self.before.take().filter(|_| loses) {
            self.now = before;
        }
    }

    /// A keyring is not minutes behind: what it was told before the next refresh began, it has.
    pub fn settle(&mut self) {
        self.before = None;
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
            entries.before = Some(before);
        }
        if hit.is_some() { Err(StoreError::Slow) } else { Ok(()) }
    }

    fn delete(&mut self, _account: &AccountId) -> Result<(), StoreError> {
        held(&self.entries).now = None;
        Ok(())
    }
}
