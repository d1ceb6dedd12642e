//! A keychain as far as crashes are concerned: an entry is there whole or not at all, and outlives every process.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, decode, encode, is_to_be_written};

/// One file per account in a folder.
pub struct FolderStore(PathBuf);

impl FolderStore {
    pub fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        Self(folder.to_owned())
    }

    /// All records that are there.
    pub fn records(&self) -> Vec<Record> {
        let entries = std::fs::read_dir(&self.0).expect("the folder").map(|entry| entry.expect("an entry"));
        let records = entries.filter(|entry| entry.path().extension().is_none());
        records.map(|entry| decode(&std::fs::read(entry.path()).expect("bytes")).expect("a record")).collect()
    }
}

impl SessionStore for FolderStore {
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        match std::fs::read(self.0.join(account.as_str())) {
            Ok(bytes) => decode(&bytes).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::Absent(error.to_string())),
        }
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
        let path = self.0.join(account.as_str());
        let new = path.with_extension("new");
        std::fs::write(&new, &*encode(record)).expect("a file");
        std::fs::rename(&new, &path).expect("a file");
        Ok(())
    }

    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        match std::fs::remove_file(self.0.join(account.as_str())) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::Absent(error.to_string())),
            _ => Ok(()),
        }
    }
}
