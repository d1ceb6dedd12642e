//! What logouts owe: stores that they could not look into, of accounts that are gone otherwise. A file of the profile
//! says it, so that it outlives the process: ids and names of stores, nothing secret.
//!
//! It is void as soon as the account is in the configuration again. What lies there may be a login that the person wants
//! back, or a newer one.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lamplighter_core::id::AccountId;
use lamplighter_core::record::StoreKind;

use crate::paths::{Paths, sync_folder};

/// Stores that may still hold something, by account.
pub type List = BTreeMap<AccountId, Vec<StoreKind>>;

/// The file, and what is in it. Whoever has the engine's lock writes it, and nobody else.
pub(crate) struct Owed {
    path: PathBuf,
    list: Mutex<List>,
}

impl Owed {
    pub(crate) fn read(path: PathBuf) -> Self {
        let list = read(&path);
        Self { path, list: Mutex::new(list) }
    }

    pub(crate) fn all(&self) -> List {
        self.lock().clone()
    }

    pub(crate) fn of(&self, account: &AccountId) -> Vec<StoreKind> {
        self.lock().get(account).cloned().unwrap_or_default()
    }

    /// From now on these are owed, and on the disk when this returns; none at all settles it.
    ///
    /// # Errors
    /// If the disk does not take it. What is settled is not done again by this process all the same.
    pub(crate) fn set(&self, account: &AccountId, stores: &[StoreKind]) -> io::Result<()> {
        let mut list = self.lock();
        let mut new = list.clone();
        if stores.is_empty() {
            new.remove(account);
        } else {
            new.insert(account.clone(), stores.to_vec());
        }
        if new == *list {
            return Ok(());
        }
        let written = write(&self.path, &new);
        if written.is_ok() || stores.is_empty() {
            *list = new;
        }
        written
    }

    /// Nothing is owed of these any more: they are in the configuration.
    pub(crate) fn void<'a>(&self, accounts: impl IntoIterator<Item = &'a AccountId>) {
        for account in accounts {
            if let Err(error) = self.set(account, &[]) {
                tracing::warn!(%account, %error, "what a logout left is void, and stays written down");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What logouts of this profile still owe.
pub fn owed(paths: &Paths) -> List {
    read(&paths.owed())
}

/// One that cannot be read is as good as none: a logout by the id looks everywhere once more.
fn read(path: &Path) -> List {
    let said = match std::fs::read(path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(list) => return list,
            Err(error) => error.to_string(),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => return List::new(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(said, "what logouts have left cannot be read");
    List::new()
}

/// New file, synced, renamed; none where nothing is owed.
fn write(path: &Path, list: &List) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if list.is_empty() {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => return sync_folder(folder),
        }
    }
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(list)?)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}
