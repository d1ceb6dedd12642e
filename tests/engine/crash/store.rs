//! Stores that outlive every process: a keychain as far as crashes are concerned, where an entry is there whole or not
//! at all, and the sealed files as they are.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, decode, encode, is_to_be_written};
use lamplighter_engine::store::sealed::key::make_key_file;
use lamplighter_engine::store::{KeySource, SealedStore, Stores};
use serde::{Deserialize, Serialize};

/// Which store a home has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keeps {
    /// A [`FolderStore`].
    Keychain,
    /// A [`SealedStore`], its key beside the home's other folders.
    Sealed,
}

impl Keeps {
    /// The store of this home, as an engine takes it.
    pub fn stores(self, home: &Path) -> Stores {
        match self {
            Self::Keychain => Stores::only(FolderStore::new(&home.join("keychain"))),
            Self::Sealed => Stores::only(sealed(home)),
        }
    }

    /// All records that are there.
    pub fn records(self, home: &Path) -> Vec<Record> {
        match self {
            Self::Keychain => FolderStore::new(&home.join("keychain")).records(),
            Self::Sealed => sealed_records(home),
        }
    }
}

fn sealed(home: &Path) -> SealedStore {
    let key = home.join("key");
    if !key.exists() {
        make_key_file(&key).expect("a key");
    }
    SealedStore::new(&home.join("data/sealed"), &home.join("data/journals"), KeySource::File(key))
}

fn sealed_records(home: &Path) -> Vec<Record> {
    let Ok(entries) = std::fs::read_dir(home.join("data/sealed")) else { return Vec::new() };
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let accounts = names.filter_map(|name| name.strip_suffix(".sealed")?.parse::<AccountId>().ok());
    let mut store = sealed(home);
    accounts.map(|account| store.load(&account).expect("a record").expect("there")).collect()
}

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
