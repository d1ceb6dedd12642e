//! A session store in memory that can be told to fail. What it holds are the encoded bytes, so a record
//! really goes through the encoder and back.

use std::collections::{BTreeMap, VecDeque};

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, decode, encode, is_to_be_written};

/// Records in memory. Survives whatever is dropped around it, as a keychain does.
#[derive(Default)]
pub struct MemoryStore {
    entries: BTreeMap<AccountId, Vec<u8>>,
    /// What was moved out of the way.
    pub aside: BTreeMap<AccountId, Vec<u8>>,
    faults: VecDeque<Fault>,
    /// While set, every call fails like that: a locked keychain, a dead D-Bus.
    pub refuses: Option<StoreError>,
    /// How many saves have changed an entry.
    pub writes: u32,
}

/// What the next save does instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written.
    Refuses(StoreError),
    /// It is written, but the answer is that nothing was heard (F40).
    LandsLate,
}

impl MemoryStore {
    /// The next save does this; several queue up.
    pub fn fail_next(&mut self, fault: Fault) {
        self.faults.push_back(fault);
    }

    /// What is stored of `account`, as it would be loaded.
    pub fn peek(&self, account: &AccountId) -> Option<Record> {
        decode(self.entries.get(account)?).ok()
    }

    /// Whether anything is stored of `account`.
    pub fn holds(&self, account: &AccountId) -> bool {
        self.entries.contains_key(account)
    }

    /// Somebody, or something, writes into the entry of `account` what is no record.
    pub fn corrupt(&mut self, account: &AccountId) {
        self.entries.insert(account.clone(), b"no record".to_vec());
    }

    /// A newer version has written the entry of `account`: nobody of this one may touch it.
    pub fn newer(&mut self, account: &AccountId) {
        self.entries.insert(account.clone(), b"{\"format\":65000}".to_vec());
    }

    /// The bytes of one entry, to look at.
    pub fn bytes(&self, account: &AccountId) -> Option<&[u8]> {
        self.entries.get(account).map(Vec::as_slice)
    }

    /// The bytes of one entry, if there is one.
    pub fn entry(&self, account: &AccountId) -> Option<Vec<u8>> {
        self.entries.get(account).cloned()
    }

    /// Puts one entry back as it was: its last write is lost (F37), or somebody restores it.
    pub fn put_back(&mut self, account: &AccountId, bytes: Option<Vec<u8>>) {
        match bytes {
            Some(bytes) => _ = self.entries.insert(account.clone(), bytes),
            None => _ = self.entries.remove(account),
        }
    }

    /// All entries, as a backup made now would hold them.
    pub fn backup(&self) -> BTreeMap<AccountId, Vec<u8>> {
        self.entries.clone()
    }

    /// Puts a backup back: somebody restores, or the keychain lost its last writes (F37).
    pub fn restore(&mut self, backup: BTreeMap<AccountId, Vec<u8>>) {
        self.entries = backup;
    }

    fn put(&mut self, account: &AccountId, record: &Record) {
        self.entries.insert(account.clone(), encode(record).to_vec());
        self.writes += 1;
    }
}

impl SessionStore for MemoryStore {
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        if let Some(error) = &self.refuses {
            return Err(error.clone());
        }
        self.entries.get(account).map(|bytes| decode(bytes)).transpose()
    }

    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError> {
        if let Some(error) = &self.refuses {
            return Err(error.clone());
        }
        let there = self.load(account)?.map(|record| record.write_id);
        if !is_to_be_written(there, expected, record)? {
            return Ok(());
        }
        match self.faults.pop_front() {
            Some(Fault::Refuses(error)) => Err(error),
            Some(Fault::LandsLate) => {
                self.put(account, record);
                Err(StoreError::Slow)
            }
            None => {
                self.put(account, record);
                Ok(())
            }
        }
    }

    fn set_aside(&mut self, account: &AccountId) -> Result<(), StoreError> {
        if let Some(error) = &self.refuses {
            return Err(error.clone());
        }
        if let Some(bytes) = self.entries.remove(account) {
            self.aside.insert(account.clone(), bytes);
        }
        Ok(())
    }

    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        if let Some(error) = &self.refuses {
            return Err(error.clone());
        }
        self.entries.remove(account);
        Ok(())
    }

    fn erase(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.delete(account)?;
        self.aside.remove(account);
        Ok(())
    }
}
