//! Moving all logins from one store to another, while no engine runs.
//!
//! Each entry is copied, read back and compared; then the setting is switched; then the old entries go. Whoever is
//! killed at any point has every login in at least one store, and does the same once more.

use std::path::Path;

use lamplighter_core::config::{AlertUrl, Config};
use lamplighter_core::id::{AccountId, AccountName};
use lamplighter_core::record::{Record, StoreError, StoreKind, encode};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{self, Lang, Why, notice};

use super::alerts::ALERTS;
use super::configuration::Configuration;
use super::{alerts, spending, typed};
use crate::clock::Clock;
use crate::lock::{EngineLock, Holder, LockError};
use crate::paths::{Kind, Paths, ensure};
use crate::store::OfKind;

/// What a move did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Entries that were copied now.
    pub copied: usize,
    /// Old ones that were removed.
    pub removed: usize,
}

/// One step of a move, told before it is made. A seam for tests, which end the process there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveStep {
    /// An entry is copied.
    Copy(AccountId),
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
        let accounts = owners(&configuration.config);
        let mut moved = Moved::default();
        for (name, account) in &accounts {
            for slot in self.slots(account) {
                let copied = self.copy(&slot, from, &mut before);
                moved.copied += usize::from(copied.map_err(|store| self.say(name, store))?);
            }
        }
        if from != self.to.0 {
            before(MoveStep::Switch);
            let mut settings = configuration.config.settings.clone();
            settings.store = self.to.0;
            configuration.edit(lang, |document| {
                document.set_settings(&settings);
                true
            })?;
        }
        for (name, account) in &accounts {
            for slot in self.slots(account) {
                let removed = self.remove(&slot, from, &mut before);
                moved.removed += removed.map_err(|store| self.say(name, store))?;
            }
        }
        Ok(moved)
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
    /// that has nothing.
    fn copy(
        &mut self,
        slot: &AccountId,
        from: StoreKind,
        before: &mut impl FnMut(MoveStep),
    ) -> Result<bool, StoreError> {
        let mut found: Option<(StoreKind, Record)> = None;
        // The one of the settings first.
        self.others.sort_by_key(|(kind, _)| *kind != from);
        for (kind, store) in &mut self.others {
            match store.load(slot) {
                Ok(Some(record)) if found.is_none() => found = Some((*kind, record)),
                Ok(_) => {}
                Err(error) if *kind == from => return Err(error),
                // Not in use, and not there: that is what it was left for.
                Err(error) => tracing::debug!(?kind, %slot, %error, "not looked at"),
            }
        }
        let Some((kind, record)) = found else { return Ok(false) };
        let (_, target) = &mut self.to;
        match target.load(slot) {
            Ok(None) => {}
            Ok(Some(there)) if is_same(&there, &record) || kind != from => return Ok(false),
            // An earlier use of it left it there; the settings say which one counts. It is kept.
            Ok(Some(_)) | Err(StoreError::Corrupt(_)) if kind == from => {
                before(MoveStep::Copy(slot.clone()));
                target.set_aside(slot)?;
            }
            Ok(Some(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
        before(MoveStep::Copy(slot.clone()));
        target.save(slot, None, &record)?;
        let back = target.load(slot)?;
        if back.is_some_and(|back| is_same(&back, &record)) {
            return Ok(true);
        }
        Err(StoreError::Corrupt("what was copied reads back differently".to_owned()))
    }

    /// Removes from all other stores what the new one holds as well.
    fn remove(
        &mut self,
        slot: &AccountId,
        from: StoreKind,
        before: &mut impl FnMut(MoveStep),
    ) -> Result<usize, StoreError> {
        let Some(here) = self.to.1.load(slot)? else { return Ok(0) };
        let mut removed = 0;
        for (kind, store) in &mut self.others {
            match store.load(slot) {
                Ok(Some(there)) if is_same(&there, &here) => {
                    before(MoveStep::Remove(slot.clone()));
                    store.delete(slot)?;
                    removed += 1;
                }
                Ok(_) => {}
                Err(error) if *kind == from => return Err(error),
                Err(error) => tracing::debug!(?kind, %slot, %error, "not looked at"),
            }
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

/// Whose entries are moved, by name: those of all accounts, and the addresses of alerts, which are no account's.
fn owners(config: &Config) -> Vec<(String, AccountId)> {
    let named = config.accounts.iter().map(|(name, of)| (name.to_string(), of.id.clone()));
    let mut owners: Vec<(String, AccountId)> = named.collect();
    let mut told = config.accounts.values().flat_map(|of| &of.alerts).chain(&config.alerts);
    let has_secret = told.any(|alert| matches!(alert.url, AlertUrl::Secret(_)));
    // Who has neither may leave a store that does not even answer.
    if has_secret || !owners.is_empty() {
        owners.push((ALERTS.to_owned(), alerts::alerts()));
    }
    owners
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

/// Where the entries of all accounts lie.
///
/// # Errors
/// If the configuration cannot be used.
pub fn places(
    config: &Path,
    stores: &mut [OfKind],
    lang: Lang,
) -> Result<Vec<(AccountName, Vec<StoreKind>)>, Notice> {
    let configuration = Configuration::read(config.to_owned(), lang)?;
    if let Some(broken) = configuration.notice(lang) {
        return Err(broken);
    }
    let mut rows = Vec::new();
    for (name, settings) in &configuration.config.accounts {
        let is_in = |(kind, store): &mut OfKind| match store.load(&settings.id) {
            Ok(Some(_)) | Err(StoreError::Corrupt(_) | StoreError::NewerFormat(_) | StoreError::Key(_)) => {
                Some(*kind)
            }
            Ok(None) | Err(_) => None,
        };
        rows.push((name.clone(), stores.iter_mut().filter_map(is_in).collect()));
    }
    Ok(rows)
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

fn held(error: &LockError, lang: Lang) -> Notice {
    let what = match (error, lang) {
        (LockError::HeldBy(Some(holder)), Lang::En) => {
            format!("Lamplighter is running (process {}).", holder.pid)
        }
        (LockError::HeldBy(Some(holder)), Lang::Fr) => {
            format!("Lamplighter est en marche (processus {}).", holder.pid)
        }
        (LockError::HeldBy(None), _) => {
            lang.pick("Lamplighter is running.", "Lamplighter est en marche.").to_owned()
        }
        (LockError::Io(error), Lang::En) => {
            format!("The lock file cannot be used: {}.", text::system(&error.to_string(), lang))
        }
        (LockError::Io(error), Lang::Fr) => {
            format!(
                "Le fichier de verrou n’est pas utilisable\u{a0}: {}.",
                text::system(&error.to_string(), lang)
            )
        }
    };
    Notice::new(Code::Busy, what)
        .safe(lang.pick(
            "Nothing was moved; your logins are safe.",
            "Rien n’a été déplacé\u{a0}; vos connexions ne sont pas perdues.",
        ))
        .next(lang.pick(
            "Logins are moved only while nothing refreshes them.",
            "Les connexions ne sont déplacées que lorsque rien ne les rafraîchit.",
        ))
        .cure(lang.pick("Quit it, then run this again.", "Quittez-le, puis relancez cette commande."))
}
