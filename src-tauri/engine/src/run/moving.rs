//! Moving all logins from one store to another, while no engine runs.
//!
//! Each entry is copied, read back and compared; then the setting is switched; then the old entries go. Whoever is
//! killed at any point has every login in at least one store, and does the same once more. All that is new is on the disk
//! before the first old entry goes: a power cut costs nothing either.

mod held;
mod places;
mod unseen;

use std::path::Path;

use lamplighter_core::config::{AlertUrl, Config};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::{Record, StoreError, StoreKind, encode};
use lamplighter_core::report::Notice;
use lamplighter_core::text::{self, Lang, Why, notice};

use super::alerts::ALERTS;
use super::configuration::Configuration;
use super::owed::Owed;
use super::{alerts, spending, typed};
use crate::clock::Clock;
use crate::lock::{EngineLock, Holder};
use crate::paths::{Kind, Paths, ensure, sync_file};
use crate::store::OfKind;
use held::held;
pub use places::places;
use unseen::{Unseen, is_to_be_told};

/// What a move did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moved {
    /// Entries that were copied now.
    pub copied: usize,
    /// Old ones that were removed.
    pub removed: usize,
    /// A login was found nowhere, and a store that may hold it could not be read: the move is not done.
    pub missing: Option<Notice>,
    /// Stores that could not be read, and may hold old copies of logins that are in the new one.
    pub unread: Vec<StoreKind>,
}

/// One step of a move, told before it is made. A seam for tests, which end the process there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveStep {
    /// An entry is copied.
    Copy(AccountId),
    /// What was copied is made to survive a power loss, with its folders and its key, and the setting as it is.
    Settle,
    /// The setting is switched.
    Switch,
    /// The old entry is removed.
    Remove(AccountId),
}

/// Between which stores is moved.
pub struct Move<'a> {
    /// The profile.
    pub paths: &'a Paths,
    /// To which.
    pub to: OfKind,
    /// All others.
    pub others: Vec<OfKind>,
    /// For what is said of a store.
    pub clock: &'a dyn Clock,
    /// The person's language.
    pub lang: Lang,
}

impl Move<'_> {
    /// Moves all logins. Nothing else of Lamplighter runs meanwhile: this holds its lock.
    ///
    /// # Errors
    /// What is in the way. Nothing is lost then, and the same again goes on where this ended.
    pub fn run(mut self, mut before: impl FnMut(MoveStep)) -> Result<Moved, Notice> {
        let lang = self.lang;
        self.paths.create(lang)?;
        let _lock = EngineLock::acquire(self.paths, Holder::OneShot).map_err(|error| held(&error, lang))?;
        let mut configuration = Configuration::read(self.paths.config_file(), lang)?;
        configuration.check_editable(lang)?;
        if self.to.0 == StoreKind::Sealed {
            ensure(&self.paths.sealed(), Kind::Own, lang)?;
        }
        let from = configuration.config.settings.store;
        let owners = owners(&configuration.config);
        // What lies there may be a login that is wanted again; the next engine would think so, too.
        Owed::read(self.paths.owed()).void(owners.iter().map(|owner| &owner.id));
        let mut moved = Moved::default();
        let mut unseen = Vec::new();
        for owner in &owners {
            let copied =
                self.copy_all(owner, from, &mut before).map_err(|store| self.say(&owner.name, store))?;
            moved.copied += copied.count;
            unseen.extend(copied.unseen);
        }
        if from != self.to.0 {
            self.settle(&mut before)?;
            before(MoveStep::Switch);
            let mut settings = configuration.config.settings.clone();
            settings.store = self.to.0;
            configuration.edit(lang, |document| {
                document.set_settings(&settings);
                true
            })?;
        }
        let mut gate = Gate { is_settled: from != self.to.0 };
        for owner in &owners {
            for slot in self.slots(&owner.id) {
                moved.removed +=
                    self.remove(&slot, from, &mut gate, &mut before).map_err(|stop| match stop {
                        Stop::Store(store) => self.say(&owner.name, store),
                        Stop::Told(notice) => *notice,
                    })?;
            }
        }
        unseen::tell(&unseen, &mut moved, self.to.0, self.clock, lang);
        Ok(moved)
    }

    /// Copies all entries of one owner.
    fn copy_all(
        &mut self,
        owner: &Owner,
        from: StoreKind,
        before: &mut impl FnMut(MoveStep),
    ) -> Result<Copied, StoreError> {
        let mut copied = Copied::default();
        let mut is_here = false;
        for slot in self.slots(&owner.id) {
            copied.count += usize::from(self.copy(&slot, from, &mut copied.unseen, before)?);
            is_here |= self.to.1.load(&slot)?.is_some();
        }
        let is_missing = owner.is_expected && !is_here;
        for unseen in &mut copied.unseen {
            (unseen.owner, unseen.is_missing) = (owner.name.clone(), is_missing);
        }
        Ok(copied)
    }

    /// Before anything old goes, and before the settings name what is new.
    fn settle(&mut self, before: &mut impl FnMut(MoveStep)) -> Result<(), Notice> {
        before(MoveStep::Settle);
        self.to.1.settle().map_err(|store| self.say("", store))?;
        // Whoever has changed it by hand may not have waited for the disk.
        sync_file(&self.paths.config_file())
            .map_err(|error| self.say("", StoreError::Disk(error.to_string())))
    }

    /// All entries that an account can have: its record, what was typed before there was one, what its logins keep.
    fn slots(&mut self, account: &AccountId) -> Vec<AccountId> {
        let mut slots = vec![account.clone(), typed::beside(account), spending::hidden(account)];
        for number in 0..spending::ASIDE {
            let slot = spending::aside(account, number);
            let all = std::iter::once(&mut self.to).chain(&mut self.others);
            // They are numbered without gaps. A store that does not answer was asked for the record before.
            if !all.into_iter().any(|(_, store)| store.load(&slot).is_ok_and(|record| record.is_some())) {
                break;
            }
            slots.push(slot);
        }
        slots
    }

    /// Whether it was to be copied. What is in the store of the settings counts; what another one holds, only where
    /// that has nothing, or has what the other one was made from.
    fn copy(
        &mut self,
        slot: &AccountId,
        from: StoreKind,
        unseen: &mut Vec<Unseen>,
        before: &mut impl FnMut(MoveStep),
    ) -> Result<bool, StoreError> {
        let mut found: Option<(StoreKind, Record)> = None;
        // The one of the settings first.
        self.others.sort_by_key(|(kind, _)| *kind != from);
        for (kind, store) in &mut self.others {
            match store.load(slot) {
                Ok(Some(record)) if found.as_ref().is_none_or(|(_, there)| is_newer(&record, there)) => {
                    found = Some((*kind, record));
                }
                Ok(_) => {}
                Err(error) if *kind == from => return Err(error),
                Err(error) => {
                    tracing::debug!(?kind, %slot, %error, "not looked at");
                    unseen.extend(is_to_be_told(&error).then(|| Unseen::new(*kind, error)));
                }
            }
        }
        let Some((kind, record)) = found else { return Ok(false) };
        let (_, target) = &mut self.to;
        let expected = match target.load(slot) {
            Ok(None) => None,
            Ok(Some(there)) if is_newer(&record, &there) => Some(there.write_id),
            Ok(Some(there)) if is_same(&there, &record) || kind != from || is_newer(&there, &record) => {
                return Ok(false);
            }
            // An earlier use of it left it there; the settings say which one counts. It is kept.
            Ok(Some(_)) | Err(StoreError::Corrupt(_)) if kind == from => {
                before(MoveStep::Copy(slot.clone()));
                target.set_aside(slot)?;
                None
            }
            Ok(Some(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        before(MoveStep::Copy(slot.clone()));
        target.save(slot, expected, &record)?;
        let back = target.load(slot)?;
        if back.is_some_and(|back| is_same(&back, &record)) {
            return Ok(true);
        }
        Err(StoreError::Corrupt("what was copied reads back differently".to_owned()))
    }

    /// Removes from all other stores what the new one holds as well, and what that was made from: a move that was
    /// interrupted left it there, and the login has been refreshed since.
    fn remove(
        &mut self,
        slot: &AccountId,
        from: StoreKind,
        gate: &mut Gate,
        before: &mut impl FnMut(MoveStep),
    ) -> Result<usize, Stop> {
        let Some(here) = self.to.1.load(slot)? else { return Ok(0) };
        let mut removed = 0;
        for index in 0..self.others.len() {
            let (kind, store) = &mut self.others[index];
            match store.load(slot) {
                Ok(Some(there)) if is_same(&there, &here) || is_newer(&here, &there) => {}
                Ok(_) => continue,
                Err(error) if *kind == from => return Err(error.into()),
                Err(error) => {
                    tracing::debug!(?kind, %slot, %error, "not looked at");
                    continue;
                }
            }
            if !std::mem::replace(&mut gate.is_settled, true) {
                self.settle(before).map_err(|notice| Stop::Told(Box::new(notice)))?;
            }
            before(MoveStep::Remove(slot.clone()));
            self.others[index].1.delete(slot)?;
            removed += 1;
        }
        Ok(removed)
    }

    fn say(&self, name: &str, store: StoreError) -> Notice {
        let time_zone = jiff::tz::TimeZone::system();
        let clock = text::Clock { now: self.clock.now().wall, tz: &time_zone };
        let subject = text::Subject { account: name, service: "", lang: self.lang, clock };
        let said = notice(&Why::Store { store }, &subject);
        said.next(self.lang.pick(
            "The move has stopped there; every login is where it was, or in both places.",
            "Le déplacement s’est arrêté là\u{a0}; chaque connexion est où elle était, ou aux deux endroits.",
        ))
    }
}

/// Whose entries are moved.
struct Owner {
    name: String,
    id: AccountId,
    /// Something of it is to be found, if it was ever logged in.
    is_expected: bool,
}

/// What came of copying one owner’s entries.
#[derive(Default)]
struct Copied {
    count: usize,
    unseen: Vec<Unseen>,
}

/// Nothing old goes before what is new has settled.
struct Gate {
    is_settled: bool,
}

/// Why a removal stops.
enum Stop {
    Store(StoreError),
    Told(Box<Notice>),
}

impl From<StoreError> for Stop {
    fn from(store: StoreError) -> Self {
        Self::Store(store)
    }
}

/// All accounts, and the addresses of alerts, which are no account's.
fn owners(config: &Config) -> Vec<Owner> {
    let account = |name: &dyn ToString, id: &AccountId| Owner {
        name: name.to_string(),
        id: id.clone(),
        is_expected: true,
    };
    let mut owners: Vec<Owner> =
        config.accounts.iter().map(|(name, settings)| account(name, &settings.id)).collect();
    let mut told = config.accounts.values().flat_map(|of| &of.alerts).chain(&config.alerts);
    let has_secret = told.any(|alert| matches!(alert.url, AlertUrl::Secret(_)));
    // Who has neither may leave a store that does not even answer.
    if has_secret || !owners.is_empty() {
        owners.push(Owner { is_expected: has_secret, ..account(&ALERTS, &alerts::alerts()) });
    }
    owners
}

/// Whether `one` is of the same account’s journal as `other`, and was made later: then that was spent for it, or is as
/// good as that.
fn is_newer(one: &Record, other: &Record) -> bool {
    one.journal_key == other.journal_key && one.current.generation > other.current.generation
}

/// Whether both are the same write of the same record. What one store counts as spent, because it noticed that somebody
/// has put back an older entry, is not in the record.
fn is_same(one: &Record, other: &Record) -> bool {
    let plain = |record: &Record| {
        let mut record = record.duplicate();
        record.current.spent.clear();
        encode(&record)
    };
    *plain(one) == *plain(other)
}

/// The configuration in force, for who only has to know what it says.
///
/// # Errors
/// If it cannot be read, or is broken.
pub fn configured(config: &Path, lang: Lang) -> Result<Config, Notice> {
    let configuration = Configuration::read(config.to_owned(), lang)?;
    match configuration.notice(lang) {
        Some(broken) => Err(broken),
        None => Ok(configuration.config),
    }
}
