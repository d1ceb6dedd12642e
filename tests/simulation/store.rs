//! The store and the journals as they behave in any weather: refusals, hanging, writes that land late or are lost.

use std::sync::Arc;

use lamplighter_core::account::Job;
use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::journal::{Entry, JournalError, JournalRead, fold};
use lamplighter_core::record::{Record, SessionStore as _, StoreError, decode};
use lamplighter_core::refresh::Appended;
use zeroize::Zeroizing;

use super::faults::{Fault, Step};
use super::world::World;

/// A write that the store has taken and not answered yet.
pub struct Late {
    pub due: u64,
    id: AccountId,
    expected: Option<WriteId>,
    record: Arc<Record>,
    /// The process that waits for it; another one waits for nothing.
    is_ours: bool,
}

/// The last write of the store, and what was there before: the disk under it may not have it yet.
pub struct LastWrite {
    pub at: u64,
    pub id: AccountId,
    pub before: Option<Vec<u8>>,
}

impl World {
    pub fn load(&mut self, id: &AccountId, fault: Option<Fault>) -> Result<Option<Arc<Record>>, StoreError> {
        match fault {
            Some(Fault::StoreShut) => return Err(self.some_refusal()),
            Some(Fault::StoreSlow) => return Err(StoreError::Slow),
            Some(Fault::Corrupt) => return Err(StoreError::Corrupt("at byte 7".to_owned())),
            Some(Fault::Newer) => self.writes_newer(id),
            _ => {}
        }
        if self.hangs(id) {
            return Err(StoreError::Slow);
        }
        match &self.store.refuses {
            Some(refusal) => Err(refusal.clone()),
            None => self.read(id),
        }
    }

    /// What is stored. Reading is most of what a crash costs here: what was read before is not read again.
    fn read(&self, id: &AccountId) -> Result<Option<Arc<Record>>, StoreError> {
        let Some(bytes) = self.store.bytes(id) else { return Ok(None) };
        let mut known = self.known.borrow_mut();
        if let Some((_, record)) = known.get(id).filter(|(read, _)| read == bytes) {
            return Ok(Some(Arc::clone(record)));
        }
        let record = Arc::new(decode(bytes)?);
        known.insert(id.clone(), (bytes.to_vec(), Arc::clone(&record)));
        Ok(Some(record))
    }

    /// The record that could be loaded now, if the store were open.
    pub fn stored(&self, id: &AccountId) -> Option<Arc<Record>> {
        self.read(id).ok().flatten()
    }

    fn some_refusal(&mut self) -> StoreError {
        match self.random.roll(3) {
            0 => StoreError::Locked,
            1 => StoreError::Absent("no bus".to_owned()),
            _ => StoreError::Denied("no".to_owned()),
        }
    }

    /// Somebody has run a newer version; in a while that is what runs here.
    fn writes_newer(&mut self, id: &AccountId) {
        if self.weather.newer.contains_key(id) || self.store.refuses.is_some() {
            return;
        }
        let Some(bytes) = self.store.entry(id) else { return };
        let until = self.elapsed + 60_000 * (1 + self.random.roll(120));
        self.weather.newer.insert(id.clone(), (bytes, until));
        self.store.newer(id);
    }

    /// A write of this process hangs in the store: whatever is asked after it hangs too.
    fn hangs(&self, id: &AccountId) -> bool {
        self.late.iter().any(|late| late.is_ours && late.id == *id)
    }

    pub fn save(
        &mut self,
        id: &AccountId,
        expected: Option<WriteId>,
        record: &Arc<Record>,
        job: Job,
        fault: Option<Fault>,
    ) -> Result<(), StoreError> {
        self.check_save(id, record, job);
        if self.hangs(id) {
            return Err(StoreError::Slow);
        }
        let before = self.store.entry(id);
        match fault {
            Some(Fault::Disk) => return Err(StoreError::Denied("no space left".to_owned())),
            Some(Fault::StoreShut) => return Err(self.some_refusal()),
            Some(Fault::StoreSlow) => return self.save_slowly(id, expected, record),
            _ => {}
        }
        let saved = self.store.save(id, expected, record);
        if saved.is_ok() {
            // What a person did is not undone: a login that is lost with the power is made again.
            let last = LastWrite { at: self.elapsed, id: id.clone(), before };
            self.last_write = Some(last).filter(|_| job != Job::Commit);
        }
        self.note_stored(id);
        saved
    }

    fn save_slowly(
        &mut self,
        id: &AccountId,
        expected: Option<WriteId>,
        record: &Arc<Record>,
    ) -> Result<(), StoreError> {
        match self.random.roll(3) {
            // It has landed, and the answer got lost.
            0 => {
                self.store.save(id, expected, record)?;
                self.note_stored(id);
            }
            1 => {
                let due = self.elapsed + 500 + self.random.roll(120_000);
                let (id, record) = (id.clone(), Arc::clone(record));
                self.late.push(Late { due, id, expected, record, is_ours: true });
            }
            _ => {}
        }
        Err(StoreError::Slow)
    }

    pub fn next_late(&self) -> Option<u64> {
        self.late.iter().map(|late| late.due).min()
    }

    /// Writes that hang are through; the store compares as it writes.
    pub fn land_late(&mut self) {
        let at = self.elapsed;
        let (due, rest) = std::mem::take(&mut self.late).into_iter().partition(|late| late.due <= at);
        self.late = rest;
        let due: Vec<Late> = due;
        for late in due {
            let refuses = self.store.refuses.take();
            let is_newer = self.weather.newer.contains_key(&late.id);
            if !is_newer && self.store.save(&late.id, late.expected, &late.record).is_ok() {
                self.note_stored(&late.id);
            }
            self.store.refuses = refuses;
        }
    }

    /// The process is gone: what it had begun to write lands within seconds, or never.
    pub fn orphan_writes(&mut self, power_lost: bool) {
        if power_lost {
            self.late.clear();
        }
        for late in &mut self.late {
            late.is_ours = false;
            late.due = late.due.min(self.elapsed + 3000);
        }
    }

    pub fn read_journal(
        &mut self,
        id: &AccountId,
        fault: Option<Fault>,
    ) -> Result<JournalRead, JournalError> {
        if fault == Some(Fault::Disk) {
            return Err(JournalError::Disk("input/output error".to_owned()));
        }
        let Some(entries) = self.journals.get(id) else {
            return Ok(JournalRead::Lost { readable: Vec::new() });
        };
        if self.holds_newer(id)
            && let Some(model) = self.models.get(id)
        {
            self.covered.hit(Fault::TwoCopies, Step::Journal, model.kind);
        }
        Ok(JournalRead::Entries(entries.iter().cloned().map(Zeroizing::new).collect()))
    }

    pub fn create_journal(
        &mut self,
        id: &AccountId,
        entries: &[Zeroizing<Vec<u8>>],
        fault: Option<Fault>,
    ) -> Result<(), JournalError> {
        if fault == Some(Fault::Disk) || self.elapsed < self.weather.disk_full {
            return Err(JournalError::Disk("no space left".to_owned()));
        }
        self.journals.insert(id.clone(), entries.iter().map(|entry| entry.to_vec()).collect());
        Ok(())
    }

    pub fn append(
        &mut self,
        id: &AccountId,
        entry: &[u8],
        what: Appended,
        fault: Option<Fault>,
    ) -> Result<(), JournalError> {
        // A disk that fills up between mark and reply: the file was grown beforehand (I3).
        let is_full = self.elapsed < self.weather.disk_full && what == Appended::Mark;
        if is_full || fault == Some(Fault::Disk) {
            self.note_unkept(id);
            return Err(JournalError::Disk("no space left".to_owned()));
        }
        if fault == Some(Fault::LockLost) {
            return Err(JournalError::LockLost);
        }
        // Something was begun on top of it: from then on the store answers for its last write.
        self.last_write.take_if(|last| last.id == *id);
        self.note_sealed(id, entry);
        if !(self.weather.forgets_replies && what == Appended::Answer) {
            self.journals.entry(id.clone()).or_default().push(entry.to_vec());
        }
        Ok(())
    }

    pub fn sweep(&mut self, id: &AccountId, keep: &[u8]) {
        // The next attempt has read the record from the store: from then on the store answers for it.
        self.last_write.take_if(|last| last.id == *id);
        let before = self.journals.insert(id.clone(), vec![keep.to_vec()]).unwrap_or_default();
        self.swept = Some((self.elapsed, id.clone(), before));
    }

    /// Whether the journal has an answer that nobody may have read yet.
    pub fn has_unread(&self, id: &AccountId) -> bool {
        let entries = self.journals.get(id).into_iter().flatten();
        entries.filter_map(|bytes| Entry::decode(bytes)).any(|entry| matches!(entry, Entry::Answer(_)))
    }

    /// Whether the journal has a record that the store does not have.
    pub fn holds_newer(&self, id: &AccountId) -> bool {
        let Some(entries) = self.journals.get(id) else { return false };
        let stored = self.stored(id).map(|record| record.current.generation).unwrap_or_default();
        let entries: Vec<_> = entries.iter().cloned().map(Zeroizing::new).collect();
        fold(&entries, stored).record.is_some()
    }
}
