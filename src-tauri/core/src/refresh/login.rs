//! Writers of a record that are no refresh: a login's commit, and amendments by the person.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::attempt::{Attempt, Phase};
use super::begin::kept_of;
use super::{Amendment, Appended, Effect, End, Input, Purpose};
use crate::id::Generation;
use crate::journal::{Entry, JournalRead, fold};
use crate::record::{self, Record, StoreError};
use crate::secret::Secret;
use crate::time::Now;

/// Where replacing stands.
pub(super) enum Replacing {
    /// The journal is read: it can hold a newer generation than the store.
    Reading(Box<Record>, Arc<Record>),
    /// The journal of a new record is made.
    Creating(Box<Record>, Generation),
    /// The store is asked.
    Saving(Arc<Record>, bool),
    /// The store refused a login's material: it goes into the journal of the record that is there.
    Spilling(Arc<Record>),
    /// Its tokens are served.
    Publishing(bool),
    /// What the journal held is older now; then this is what it holds.
    Sweeping(Zeroizing<Vec<u8>>),
    /// The login's record is in the journal as well: a keychain that took it can lose it all the same (F37).
    Keeping,
}

const MOST_CONFLICTS: u32 = 3;

impl Attempt {
    pub(super) fn replace_loaded(&mut self, loaded: Result<Option<Arc<Record>>, StoreError>) -> Effect {
        let old = match loaded {
            Ok(old) => old,
            Err(StoreError::NewerFormat(format)) => return self.done(End::NewerFormat(format)),
            Err(error) => return self.done(End::NoStore(error)),
        };
        self.stored.clone_from(&old);
        self.latest.clone_from(&old);
        match (std::mem::replace(&mut self.purpose, Purpose::Persist), old) {
            (Purpose::Commit { record }, Some(old)) => self.read_journal(record, old),
            (Purpose::Commit { record }, None) => {
                let key = record.journal_key.duplicate();
                let generation = record.current.generation;
                self.phase = Phase::Replacing(Replacing::Creating(record, generation));
                Effect::CreateJournal { key, entries: Vec::new() }
            }
            (Purpose::Amend { change }, Some(old)) => {
                let mut record = old.duplicate();
                amend(&mut record, change);
                record.write_id = self.write_id();
                self.put(Arc::new(record), false)
            }
            (Purpose::Amend { .. }, None) => self.done(End::NoRecord),
            _ => self.done(End::Broken),
        }
    }

    pub(super) fn replace(&mut self, replacing: Replacing, input: Input, _now: Now) -> Effect {
        match (replacing, input) {
            (Replacing::Reading(record, old), Input::Journal(read)) => {
                self.journal_read(record, &old, read.ok())
            }
            // A login is saved though the disk is full: only spending needs the journal.
            (Replacing::Creating(record, newest), Input::Written(_)) => self.commit(record, newest),
            (Replacing::Saving(record, is_login), Input::Saved(saved)) => {
                self.put_result(record, is_login, saved)
            }
            (Replacing::Saving(record, is_login), Input::Loaded(loaded)) => {
                self.put_again(record, is_login, loaded)
            }
            (Replacing::Spilling(record), Input::Written(Ok(()))) => self.served(record, true),
            (Replacing::Spilling(_), Input::Written(Err(_))) => {
                let error = self.unsaved.take().unwrap_or(StoreError::Slow);
                self.done(End::NoStore(error))
            }
            (Replacing::Publishing(false), Input::Published) => self.done(End::Amended),
            (Replacing::Publishing(true), Input::Published) if self.unsaved.is_some() => {
                self.done(End::Committed)
            }
            (Replacing::Publishing(true), Input::Published) => self.sweep_older(),
            (Replacing::Sweeping(entry), Input::Swept) => {
                self.phase = Phase::Replacing(Replacing::Keeping);
                Effect::Append { what: Appended::Record, entry }
            }
            // The store has it; the journal is for a store that forgets.
            (Replacing::Keeping, Input::Written(_)) => self.done(End::Committed),
            _ => self.done(End::Broken),
        }
    }

    fn read_journal(&mut self, record: Box<Record>, old: Arc<Record>) -> Effect {
        let key = old.journal_key.duplicate();
        self.phase = Phase::Replacing(Replacing::Reading(record, old));
        Effect::ReadJournal { key }
    }

    /// The journal keeps its key: a crash between this save and the next mark must not leave entries that
    /// nobody can open, which would count as a lost reply.
    fn journal_read(&mut self, mut record: Box<Record>, old: &Record, read: Option<JournalRead>) -> Effect {
        record.journal_key = old.journal_key.duplicate();
        let stored = old.current.generation;
        match read {
            Some(JournalRead::Entries(entries) | JournalRead::Held { entries }) => {
                let newest = fold(&entries, stored).record.map_or(stored, |newer| newer.current.generation);
                // A reply that is sealed and not saved would become this generation.
                self.commit(record, newest.next())
            }
            // Until this login is saved, the loss is the old record's.
            Some(JournalRead::Lost { readable }) => {
                let key = record.journal_key.duplicate();
                let (entries, fold) = self.doubted(readable, old);
                let newest = fold.record.map_or(stored, |newer| newer.current.generation);
                self.phase = Phase::Replacing(Replacing::Creating(record, newest.next()));
                Effect::CreateJournal { key, entries }
            }
            None => self.commit(record, stored.next()),
        }
    }

    fn commit(&mut self, mut record: Box<Record>, newest: Generation) -> Effect {
        record.current.generation = record.current.generation.max(newest).next();
        record.write_id = self.write_id();
        self.put(Arc::from(record), true)
    }

    fn put(&mut self, record: Arc<Record>, is_login: bool) -> Effect {
        let expected = self.stored.as_ref().map(|stored| stored.write_id);
        self.phase = Phase::Replacing(Replacing::Saving(Arc::clone(&record), is_login));
        Effect::Save { expected, record }
    }

    fn put_result(&mut self, record: Arc<Record>, is_login: bool, saved: Result<(), StoreError>) -> Effect {
        match saved {
            Ok(()) => {
                self.stored = Some(Arc::clone(&record));
                self.served(record, is_login)
            }
            Err(StoreError::Conflict) if self.conflicts < MOST_CONFLICTS => {
                self.conflicts += 1;
                self.phase = Phase::Replacing(Replacing::Saving(record, is_login));
                Effect::Load
            }
            // The key that seals the journal is in the record that is there, so what was captured is safe.
            Err(error) if is_login && self.stored.is_some() => {
                self.unsaved = Some(error);
                let mut record = record.duplicate();
                // It is told by this from what a refresh of the record that is there would leave in the journal.
                record.login.get_or_insert(record.write_id);
                let record = Arc::new(record);
                let bytes = record::encode(&record);
                let entry = Entry::Record(Secret::new(bytes.as_slice())).encode();
                self.phase = Phase::Replacing(Replacing::Spilling(record));
                Effect::Append { what: Appended::Record, entry }
            }
            Err(error) => self.done(End::NoStore(error)),
        }
    }

    /// I5: a login replaces whatever is there; an amendment is made again on what is there now.
    fn put_again(
        &mut self,
        record: Arc<Record>,
        is_login: bool,
        loaded: Result<Option<Arc<Record>>, StoreError>,
    ) -> Effect {
        let there = match loaded {
            Ok(there) => there,
            Err(error) => return self.done(End::NoStore(error)),
        };
        let mut record = record.duplicate();
        match &there {
            Some(there) if is_login => {
                record.current.generation = record.current.generation.max(there.current.generation.next());
            }
            Some(there) => {
                let mut newer = there.duplicate();
                newer.secrets = record.secrets;
                newer.hosts = record.hosts;
                newer.write_id = record.write_id;
                record = newer;
            }
            None if is_login => {}
            None => return self.done(End::NoRecord),
        }
        self.stored = there;
        self.put(Arc::new(record), is_login)
    }

    /// A login that is not proven yet stays hidden: its steps are not over.
    fn served(&mut self, record: Arc<Record>, is_login: bool) -> Effect {
        self.latest = Some(Arc::clone(&record));
        if is_login && !record.current.is_proven {
            return if self.unsaved.is_some() { self.done(End::Committed) } else { self.sweep_older() };
        }
        self.phase = Phase::Replacing(Replacing::Publishing(is_login));
        Effect::Publish(record)
    }

    /// Nothing of an older login stays, and the new one is there twice.
    fn sweep_older(&mut self) -> Effect {
        let Some(record) = &self.latest else { return self.done(End::Broken) };
        let keep = kept_of(record);
        self.phase = Phase::Replacing(Replacing::Sweeping(keep.clone()));
        Effect::Sweep { keep }
    }
}

fn amend(record: &mut Record, change: Amendment) {
    match change {
        Amendment::SetSecret(name, value) => _ = record.secrets.insert(name, value),
        Amendment::RemoveSecret(name) => _ = record.secrets.remove(&name),
        Amendment::AgreeHosts(hosts) => record.hosts = hosts,
    }
}
