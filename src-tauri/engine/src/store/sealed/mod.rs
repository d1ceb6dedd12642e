//! Sealed files as a [`SessionStore`]: for servers, where no keychain is there.
//!
//! One file per account, sealed with a key that lies elsewhere, and one older one beside it. A new file is written,
//! synced and renamed: a power loss leaves the old or the new. Of a damaged file the older one takes the place, unless
//! what is in that was spent since: then nobody rolls a login back behind the person's back (F42). An older file that
//! somebody puts back is noticed by the other file and by the journal (T18, best effort), and what is in it counts as
//! spent.

mod disk;
mod file;
mod given;
pub mod key;
mod lock;
mod recipe;
mod superseded;
mod witness;

use std::path::{Path, PathBuf};

use lamplighter_core::id::{AccountId, ChainName, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, is_to_be_written};

use disk::Away;
pub use disk::{Disk, Folder};
use file::{After, Sealed, Unusable};
pub use key::KeySource;
use lock::Lock;
use witness::Witness;

/// How the name of a sealed file goes on behind its account.
const ENDING: &str = ".sealed";
/// So many files that nobody could read are kept for one account.
const MOST_ASIDE: usize = 100;

/// Whether nothing is sealed in this folder: then a passphrase is a new one, and whoever types it can slip. The files
/// say it, and not the check: that can be lost, or be left of files which are gone.
pub fn is_new(folder: &Path) -> bool {
    lock::sealed(&Folder::new(folder)).is_ok_and(|files| files.is_empty())
}

/// Records in sealed files.
pub struct SealedStore<D = Folder> {
    disk: D,
    folder: PathBuf,
    journals: PathBuf,
    source: KeySource,
    lock: Option<Lock>,
}

impl SealedStore {
    /// In `folder`, with the journals of the same profile in `journals`. Opens nothing yet.
    pub fn new(folder: &Path, journals: &Path, source: KeySource) -> Self {
        Self::on(Folder::new(folder), folder, journals, source)
    }
}

/// What is there of an account.
struct Found {
    record: Record,
    /// An older file lies in the place of a newer one.
    is_put_back: bool,
    /// What lies in the current file's place cannot be read.
    is_damaged: bool,
}

/// Names of an account's files.
struct Names {
    current: String,
    older: String,
    new: String,
    older_new: String,
    damaged: String,
}

impl Names {
    fn of(account: &AccountId) -> Self {
        let current = format!("{account}{ENDING}");
        let with = |end: &str| format!("{current}.{end}");
        Self {
            older: with("older"),
            new: with("new"),
            older_new: with("older.new"),
            damaged: with("damaged"),
            current,
        }
    }
}

impl<D: Disk> SealedStore<D> {
    /// The same on any disk; `folder` is where it lies, for the check that the key does not.
    pub fn on(disk: D, folder: &Path, journals: &Path, source: KeySource) -> Self {
        Self { disk, folder: folder.to_owned(), journals: journals.to_owned(), source, lock: None }
    }

    /// The disk, for who made it.
    pub fn into_disk(self) -> D {
        self.disk
    }

    /// The key may be there only now, or be mended: it is asked for until it was right once.
    fn lock(&mut self) -> Result<&mut Lock, StoreError> {
        if self.lock.is_none() {
            let key = key::key(&self.source, &self.folder)?;
            self.lock = Some(Lock::open(&key, &self.disk)?);
        }
        self.lock.as_mut().ok_or(StoreError::Locked)
    }

    fn find(&mut self, account: &AccountId) -> Result<Option<Found>, StoreError> {
        let names = Names::of(account);
        let current = self.disk.read(&names.current).map_err(told)?;
        let older = self.disk.read(&names.older).map_err(told)?;
        if current.is_none() && older.is_none() {
            return Ok(None);
        }
        let sealer = &self.lock()?.sealer;
        let open = |bytes: Vec<u8>| file::open(sealer, account, &bytes);
        let is_damaged = current.is_some();
        let current = current.map_or(Err(Unusable::Damaged("it is gone")), open);
        let older = older.map(open);
        match (current, older) {
            (Err(Unusable::Newer(format)), _) => Err(Unusable::Newer(format).into()),
            (Ok(current), Some(Ok(older))) => Ok(Some(newest(current, older))),
            (Ok(current), _) => {
                Ok(Some(Found { record: current.record, is_put_back: false, is_damaged: false }))
            }
            (Err(why), Some(Ok(older))) => {
                tracing::warn!(%account, ?why, "a sealed file cannot be read; there is an older one");
                self.stand_in(older)
                    .ok_or_else(|| why.into())
                    .map(|record| Some(Found { record, is_put_back: false, is_damaged }))
            }
            (Err(_), Some(Err(newer @ Unusable::Newer(_)))) => Err(newer.into()),
            (Err(why), _) => Err(why.into()),
        }
    }

    /// The older record in the place of a newer one that cannot be read: only if nothing of it was spent since, or the
    /// journal knows what that brought.
    fn stand_in(&self, older: Sealed) -> Option<Record> {
        let is_spent =
            older.after.is_none_or(|after| after.has_spent) || !older.record.current.spent.is_empty();
        let may = !is_spent || Witness::of(&self.journals, &older.record).makes_whole(&older.record);
        may.then_some(older.record)
    }

    /// Writes `record`, and keeps `old` beside it.
    fn write(&mut self, names: &Names, old: Option<&Found>, record: &Record) -> Result<(), StoreError> {
        self.lock()?;
        let Self { disk, lock: Some(lock), .. } = self else { return Err(StoreError::Locked) };
        lock.leave_check(disk).map_err(told)?;
        if old.is_some_and(|old| old.is_damaged) {
            disk.rename(&names.current, &names.damaged).map_err(told)?;
        }
        if let Some(old) = old {
            let has_spent = superseded::has_spent(&old.record, record);
            let after = After { write_id: record.write_id, has_spent };
            let bytes = file::seal(&lock.sealer, &lock.recipe, &old.record, Some(after)).map_err(told)?;
            disk.write(&names.older_new, &bytes).map_err(told)?;
            disk.rename(&names.older_new, &names.older).map_err(told)?;
            // First, and certainly: one that knows nothing of the next one's spending must not lie beside that.
            disk.sync().map_err(told)?;
        }
        let bytes = file::seal(&lock.sealer, &lock.recipe, record, None).map_err(told)?;
        disk.write(&names.new, &bytes).map_err(told)?;
        disk.rename(&names.new, &names.current).map_err(told)?;
        disk.sync().map_err(told)?;
        if disk.read(&names.current).map_err(told)?.is_some_and(|back| back == bytes) {
            return Ok(());
        }
        Err(StoreError::Corrupt("what was written reads back differently".to_owned()))
    }
}

/// Of two files that are both whole; the older one says what took its place. If something else lies there, an older
/// file was put back, and the newer of the two counts (F41).
fn newest(current: Sealed, older: Sealed) -> Found {
    let here = current.record.write_id;
    let is_put_back = older.record.write_id != here && older.after.is_none_or(|after| after.write_id != here);
    let is_older = current.record.current.generation < older.record.current.generation;
    let record = if is_put_back && is_older { older.record } else { current.record };
    Found { record, is_put_back, is_damaged: false }
}

impl<D: Disk> SessionStore for SealedStore<D> {
    /// What an older file holds that was put back counts as spent: only the lost-reply rule sends it, once and marked.
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        let Some(Found { mut record, is_put_back, .. }) = self.find(account)? else { return Ok(None) };
        let witness = Witness::of(&self.journals, &record);
        let is_behind = is_put_back || witness.knows_newer(record.current.generation);
        if is_behind && !witness.makes_whole(&record) {
            tracing::warn!(%account, "an older sealed file was put back; what is in it counts as spent");
            let chains: Vec<ChainName> =
                record.current.credentials.keys().cloned().chain(witness.chains()).collect();
            record.current.spent.extend(chains);
            record.current.spent.insert(ChainName::main());
        }
        Ok(Some(record))
    }

    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError> {
        let found = self.find(account)?;
        if !is_to_be_written(found.as_ref().map(|found| found.record.write_id), expected, record)? {
            return Ok(());
        }
        self.write(&Names::of(account), found.as_ref(), record)
    }

    /// The older one first: it must not come back in the place of the one that is gone.
    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        let names = Names::of(account);
        for beside in [&names.older, &names.older_new, &names.new, &names.damaged] {
            self.disk.remove(beside).map_err(told)?;
        }
        self.disk.sync().map_err(told)?;
        self.disk.remove(&names.current).map_err(told)?;
        self.disk.sync().map_err(told)?;
        // Gone it is: what could not be noted is noted with the next one.
        if let Err(error) = self.disk.let_go() {
            tracing::warn!(%error, "the folder of the sealed files still counts as needed");
        }
        Ok(())
    }

    /// Whatever bears the account's name; the current one last, as above.
    fn erase(&mut self, account: &AccountId) -> Result<(), StoreError> {
        let beside = format!("{}.", Names::of(account).current);
        for name in self.disk.names().map_err(told)?.iter().filter(|name| name.starts_with(&beside)) {
            self.disk.remove(name).map_err(told)?;
        }
        self.delete(account)
    }

    /// The files are synced with each save; the folder itself may be new, and so may be the key: without either
    /// everything would be gone.
    fn settle(&mut self) -> Result<(), StoreError> {
        self.disk.settle().map_err(told)?;
        key::settle(&self.source).map_err(told)
    }

    fn set_aside(&mut self, account: &AccountId) -> Result<(), StoreError> {
        let names = Names::of(account);
        let there = self.disk.names().map_err(told)?;
        let aside = |name: &str, number: usize| format!("{name}.aside.{number}");
        let is_free = |number: &usize| {
            [&names.current, &names.older].iter().all(|name| !there.contains(&aside(name, *number)))
        };
        let free =
            (0..MOST_ASIDE).find(is_free).ok_or_else(|| StoreError::Disk("too many set aside".to_owned()))?;
        for name in [&names.older, &names.current].into_iter().filter(|name| there.contains(name)) {
            self.disk.rename(name, &aside(name, free)).map_err(told)?;
        }
        self.disk.sync().map_err(told)
    }
}

/// What a disk says.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn told(error: std::io::Error) -> StoreError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Away>()) {
        Some(Away(path)) => StoreError::NoFolder(path.clone()),
        None => StoreError::Disk(error.to_string()),
    }
}
