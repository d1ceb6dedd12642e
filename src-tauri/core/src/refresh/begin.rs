//! The start of an attempt: reload record and journal, and see whether somebody else did the work already.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::attempt::{Attempt, Phase};
use super::finish::After;
use super::resume::Resumed;
use super::work::Work;
use super::{Doubt, Effect, End, Purpose};
use crate::classify::Cause;
use crate::journal::{Entry, Fold, JournalError, JournalRead, fold};
use crate::record::{self, Record, StoreError};
use crate::secret::Secret;
use crate::time::Now;

impl Attempt {
    pub(super) fn loaded(&mut self, loaded: Result<Option<Arc<Record>>, StoreError>) -> Effect {
        if matches!(
            (&self.purpose, &loaded),
            (Purpose::Commit { .. } | Purpose::Logout, Err(StoreError::Corrupt(_)))
        ) && !self.has_set_aside
        {
            // Nobody can use it any more; it must not keep the person from a new login, or from none.
            self.has_set_aside = true;
            self.phase = Phase::SettingAside;
            return Effect::SetAside;
        }
        if matches!(self.purpose, Purpose::Commit { .. } | Purpose::Amend { .. }) {
            return self.replace_loaded(loaded);
        }
        let record = match loaded {
            Ok(Some(record)) => record,
            Ok(None) if matches!(self.purpose, Purpose::Logout) => {
                let unread = self.has_set_aside.then_some(Cause::Unreadable);
                return self.delete(unread);
            }
            Ok(None) => return self.done(End::NoRecord),
            Err(StoreError::NewerFormat(format)) => return self.done(End::NewerFormat(format)),
            Err(error) => return self.done(End::NoStore(error)),
        };
        self.latest = Some(Arc::clone(&record));
        self.stored = Some(Arc::clone(&record));
        if matches!(self.purpose, Purpose::Logout) {
            self.phase = Phase::Opening;
            return Effect::ReadJournal { key: record.journal_key.duplicate() };
        }
        self.phase = Phase::Opening;
        Effect::ReadJournal { key: record.journal_key.duplicate() }
    }

    pub(super) fn opened(&mut self, read: Result<JournalRead, JournalError>, now: Now) -> Effect {
        let Some(stored) = self.stored.clone() else { return self.done(End::Broken) };
        if matches!(self.purpose, Purpose::Logout) {
            return self.revoke_newest(read.ok(), &stored, now);
        }
        self.is_held = matches!(read, Ok(JournalRead::Held { .. }));
        // What is in the journal and not in the store may be a login, which has hosts and secrets of its own.
        let unfit = |attempt: &Self, fold: &Fold| attempt.unfit(&stored).filter(|_| fold.record.is_none());
        match read {
            Err(error) => {
                let end = self.unfit(&stored).unwrap_or_else(|| End::NoJournal(error.to_string()));
                self.done(end)
            }
            Ok(JournalRead::Lost { readable }) => {
                let (entries, fold) = self.doubted(readable, &stored);
                if let Some(end) = unfit(self, &fold) {
                    return self.done(end);
                }
                if let Some(format) = fold.newer {
                    return self.done(End::NewerFormat(format));
                }
                self.phase = Phase::Restoring(Box::new(fold));
                Effect::CreateJournal { key: stored.journal_key.duplicate(), entries }
            }
            Ok(JournalRead::Entries(entries) | JournalRead::Held { entries }) => {
                let fold = fold(&entries, stored.current.generation);
                if let Some(end) = unfit(self, &fold) {
                    return self.done(end);
                }
                let is_only_kept = entries.len() == 1 && fold.kept == Some(stored.current.generation);
                let is_clean = entries.is_empty() || (is_only_kept && fold.open.is_empty());
                self.adopt(fold, is_clean, &stored, now)
            }
        }
    }

    /// Why nothing may be done with what is stored: a variable is missing, or the file names other hosts.
    fn unfit(&self, stored: &Record) -> Option<End> {
        match self.service.bind(stored) {
            Err(error) => Some(End::Incomplete { missing: error.to_string() }),
            Ok(bound) => {
                let hosts = bound.hosts_not_agreed(&stored.hosts);
                (!hosts.is_empty()).then_some(End::HostChanged { hosts })
            }
        }
    }

    /// The newest of record and journal wins; replies that no record contains are applied; chains whose reply
    /// was lost are `spent` from now on.
    pub(super) fn adopt(&mut self, mut fold: Fold, is_clean: bool, stored: &Arc<Record>, now: Now) -> Effect {
        // What a newer version has sent or brought, and this one cannot read, is not guessed at (F53).
        if let Some(format) = fold.newer {
            return self.done(End::NewerFormat(format));
        }
        let mut work = Work::on(stored);
        if let Some(record) = fold.record.take() {
            // Spent from already: what became of that is looked for at once, some services know it for seconds only.
            let is_spent = !fold.open.is_empty() && !matches!(self.purpose, Purpose::Persist);
            let goes_on = is_spent && !std::mem::replace(&mut self.has_restored, true);
            let after = if goes_on { After::Again } else { After::End(End::Saved) };
            return self.save(Arc::new(newer_than(stored, record)), after);
        }
        self.kept = fold.kept;
        let mut resumable = Vec::new();
        for (chain, last) in std::mem::take(&mut fold.open) {
            match self.resume(&last, stored) {
                Resumed::Lost(lost) => {
                    self.lost.push((chain.clone(), lost.replays));
                    if lost.work.is_dirty {
                        work.record.current = lost.work.record.current.duplicate();
                        work.is_dirty = true;
                    }
                    work.record.current.spent.insert(chain.clone());
                    work.record.current.replays.insert(chain.clone(), lost.replays);
                    if chain == self.chain {
                        self.ladder.lost = Some(lost);
                    }
                }
                going_on => resumable.push((chain, going_on)),
            }
        }
        // A chain whose mark was overtaken by another chain's generation: the material remembers it.
        for chain in &stored.current.spent {
            if !self.lost.iter().any(|(lost, _)| lost == chain) {
                let replays = stored.current.replays.get(chain).copied().unwrap_or(0);
                self.lost.push((chain.clone(), replays));
                if *chain == self.chain {
                    self.ladder.lost =
                        Some(super::resume::Lost::at_start(stored, chain, replays, &self.service));
                }
            }
        }
        // A good answer comes first: no other chain's word may cost it.
        resumable.sort_by_key(|(_, resumed)| !matches!(resumed, Resumed::Next(..)));
        for (chain, mut resumed) in resumable {
            resumed.remember(&self.lost);
            if let Some(effect) = self.go_on(chain, resumed, now) {
                return effect;
            }
        }
        let may_sweep = !is_clean && self.lost.is_empty() && stored.current.is_proven;
        self.work = Some(work);
        if may_sweep && !matches!(self.purpose, Purpose::Recover | Purpose::Persist) {
            self.phase = Phase::Sweeping;
            self.kept = None;
            return Effect::Sweep { keep: kept_of(stored) };
        }
        self.begin(now)
    }

    /// The stored record, if the journal does not hold it: a keychain that gave it back once can lose it all the same,
    /// in a power cut hours later or when it starts anew, and what made it is swept by then (F37).
    pub(super) fn kept_anew(&mut self) -> Option<Secret> {
        let stored = self.stored.as_ref()?;
        let generation = Some(stored.current.generation);
        let is_kept = std::mem::replace(&mut self.kept, generation) == generation;
        (!is_kept).then(|| Secret::new(record::encode(stored).as_slice()))
    }

    /// Record and journal are together: does what the attempt is for.
    pub(super) fn begin(&mut self, now: Now) -> Effect {
        let generation = self.stored.as_ref().map(|record| record.current.generation).unwrap_or_default();
        let is_lost = self.ladder.lost.is_some();
        self.look_for_older();
        match &self.purpose {
            Purpose::Recover if self.lost.is_empty() => self.done(End::Quiet),
            Purpose::Recover => {
                let (chain, replays) = self.lost[0].clone();
                self.chain = chain;
                if self.asks_person() {
                    return self.done(End::AskPerson);
                }
                self.done(End::Unknown { replays, cause: Cause::Crash, host_down: false })
            }
            Purpose::Persist => self.done(End::Quiet),
            Purpose::Probe => self.prove(super::probe::Why::Asked, now),
            Purpose::Refresh { basis } if generation > *basis => self.done(End::Newer),
            Purpose::Confirm { basis, .. } if generation > *basis => self.done(End::Newer),
            Purpose::Replay { .. } if !is_lost => self.done(End::Newer),
            // What is spent is sent again by the lost-reply rule only (I6), whatever the wish was.
            Purpose::Refresh { .. } | Purpose::Replay { .. } | Purpose::Confirm { .. } if is_lost => {
                self.replay(now)
            }
            Purpose::Confirm { why: Doubt::ProbeFailed, .. } => self.prove(super::probe::Why::Doubt, now),
            // What is refused was never proven, and what it took the place of was: a probe tells which is good (F34).
            Purpose::Confirm { .. } if self.has_unspent_older() && self.is_unproven() => {
                self.prove(super::probe::Why::Doubt, now)
            }
            Purpose::Refresh { .. } | Purpose::Replay { .. } | Purpose::Confirm { .. } => {
                self.run_ladder(now)
            }
            Purpose::Commit { .. } | Purpose::Amend { .. } | Purpose::Logout => self.done(End::Broken),
        }
    }
}

/// The journal's record in the place of the store's. What the person amended meanwhile is in the store; the material is
/// newer in the journal (F41). A login that only the journal took has its own: the person gave them last.
pub(super) fn newer_than(stored: &Record, mut record: Record) -> Record {
    if record.login == stored.login {
        record.secrets = stored.duplicate().secrets;
        record.hosts.clone_from(&stored.hosts);
    }
    record
}

/// The entry that holds all of a record that the store has.
pub(super) fn kept_of(stored: &Record) -> Zeroizing<Vec<u8>> {
    Entry::Record(Secret::new(record::encode(stored).as_slice())).encode()
}
