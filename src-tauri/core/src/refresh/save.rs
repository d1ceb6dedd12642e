//! Saving a new generation, and what happens when the store does not take it.

use std::sync::Arc;

use super::attempt::{Attempt, Phase};
use super::finish::After;
use super::work::Work;
use super::{Appended, Effect, End, Purpose};
use crate::journal::{Entry, JournalError};
use crate::record::{self, Record, StoreError};
use crate::secret::Secret;

/// So often a save is tried again because another write came first.
const MOST_CONFLICTS: u32 = 3;

impl Attempt {
    /// Saves what the answers brought as the next generation.
    pub(super) fn save_work(&mut self, proven: bool, after: After) -> Effect {
        let id = self.write_id();
        let (Some(work), Some(stored)) = (&self.work, &self.stored) else { return self.done(End::Broken) };
        let record = work.next_generation(stored, &self.chain, proven, &self.service.provider, id);
        self.save(record, after)
    }

    /// I2: a record is replaced by a newer generation only. I5: and only if the store holds what was loaded.
    pub(super) fn save(&mut self, record: Arc<Record>, after: After) -> Effect {
        let expected = self.stored.as_ref().map(|stored| stored.write_id);
        self.phase = Phase::Saving(Arc::clone(&record), after);
        Effect::Save { expected, record }
    }

    pub(super) fn saved(
        &mut self,
        record: Arc<Record>,
        after: After,
        saved: Result<(), StoreError>,
    ) -> Effect {
        match saved {
            Ok(()) => {
                self.settled = None;
                self.unsaved = None;
                self.is_held = false;
                self.stored = Some(Arc::clone(&record));
                self.work = Some(Work::on(&record));
                self.publish(record, after)
            }
            Err(StoreError::Conflict) => {
                self.conflicts += 1;
                self.phase = Phase::Reloading(record, after);
                Effect::Load
            }
            Err(error) => self.unsaved(record, after, error),
        }
    }

    /// Somebody else wrote. A login or a logout wins (I5): its generation is not older than ours, or there is
    /// no record any more. What is older than ours was restored from somewhere, and ours replaces it (I2).
    pub(super) fn reloaded(
        &mut self,
        record: Arc<Record>,
        after: After,
        loaded: Result<Option<Arc<Record>>, StoreError>,
    ) -> Effect {
        match loaded {
            Ok(Some(there)) if there.write_id == record.write_id => self.saved(record, after, Ok(())),
            Ok(Some(there))
                if there.current.generation < record.current.generation
                    && self.conflicts < MOST_CONFLICTS =>
            {
                self.stored = Some(there);
                self.save(record, after)
            }
            Ok(there) => {
                self.latest = there;
                self.work = None;
                self.done(End::Superseded)
            }
            Err(error) => self.unsaved(record, after, error),
        }
    }

    /// The store refuses: the journal holds N+1, tokens are served, no chain spends, saving is retried (F38).
    fn unsaved(&mut self, record: Arc<Record>, after: After, error: StoreError) -> Effect {
        self.unsaved = Some(error);
        self.work = None;
        if matches!(self.purpose, Purpose::Persist) && !self.is_held {
            return self.publish(record, after);
        }
        let bytes = record::encode(&record);
        let entry = Entry::Record(Secret::new(bytes.as_slice())).encode();
        self.phase = Phase::Spilling(record, after);
        Effect::Append { what: Appended::Record, entry }
    }

    /// A disk that refuses as well leaves it to the memory of this process (see [`super::with_held`]).
    pub(super) fn spilled(
        &mut self,
        record: Arc<Record>,
        after: After,
        written: &Result<(), JournalError>,
    ) -> Effect {
        self.is_held = written.is_err();
        self.publish(record, after)
    }

    /// Served and delivered at once: a program must not see an old token after another saw the new one.
    pub(super) fn publish(&mut self, record: Arc<Record>, after: After) -> Effect {
        self.latest = Some(Arc::clone(&record));
        self.phase = Phase::Publishing(after);
        Effect::Publish(record)
    }
}
