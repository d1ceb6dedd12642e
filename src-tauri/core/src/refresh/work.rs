//! The record in the making: what the answers so far have brought, on top of what is stored.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::answer::Applied;
use super::ladder::Verdict;
use super::older::still_older;
use crate::id::{ChainName, WriteId};
use crate::journal;
use crate::provider::model::{Field, Provider, Save, Strategy};
use crate::provider::{Bound, Saved, Scratch, Warning};
use crate::record::{self, Material, Record};
use crate::secret::Secret;
use crate::time::Now;

/// Material that is being renewed.
pub(super) struct Work {
    /// As stored, with what answers brought applied to `current`.
    pub record: Record,
    /// `step.NAME` values.
    pub scratch: Scratch,
    /// `record` holds something that the store does not.
    pub is_dirty: bool,
    /// A redirect of the step that is under way brought cookies: who sent it is the service.
    pub hop_moved: bool,
    /// Whose the answers of the rung that is under way are.
    pub answered: Answered,
    /// A spending request was answered or lost since `record` was loaded: the older material is spent.
    pub has_spent: bool,
    /// The same before the request that is out.
    had_spent: bool,
    /// `record` holds the older material in the place of the current one.
    pub is_older: bool,
    /// `record` holds what a page that says no has put in the place of what is stored.
    pub is_doubtful: bool,
    /// The last answer without the token brought something else of the session's.
    pub has_brought: bool,
    /// What was odd about the answers so far.
    pub warnings: Vec<Warning>,
}

/// Whose the answers of a rung are, as far as they tell.
#[derive(Default)]
pub(super) enum Answered {
    /// None has come yet.
    #[default]
    Not,
    /// Pages that brought nothing: the service's or a network's own (F1).
    Perhaps {
        /// Status of the first.
        status: u16,
        /// What was held before it.
        before: Box<Material>,
    },
    /// At least one brought something, or was no page.
    Surely,
}

impl Work {
    /// These chains lost a reply, and the marks that say so are older than what is made of this.
    pub fn remember(&mut self, lost: &[(ChainName, u32)]) {
        for (chain, replays) in lost {
            self.record.current.spent.insert(chain.clone());
            self.record.current.replays.insert(chain.clone(), *replays);
        }
    }

    /// An answer of the rung was good; `page` is its status if nothing in it tells that it is the service's.
    pub fn note_answer(&mut self, page: Option<u16>) {
        self.answered = match (page, std::mem::take(&mut self.answered)) {
            (Some(status), Answered::Not) => {
                Answered::Perhaps { status, before: Box::new(self.record.current.duplicate()) }
            }
            (Some(_), before) => before,
            (None, _) => Answered::Surely,
        };
    }

    /// What the rung's pages made of the material is taken back. The status of the first, if there was no other answer.
    pub fn take_back(&mut self) -> Option<u16> {
        let Answered::Perhaps { status, before } = std::mem::take(&mut self.answered) else { return None };
        self.record.current = *before;
        Some(status)
    }

    /// Values of an answer that does not bring all it should: they were spent for, so they are kept (I6). A chain that
    /// has a new credential has lost nothing.
    pub fn keep(&mut self, found: Saved, bound: &Bound<'_>, after: &mut Material, now: Now) {
        for value in &found.values {
            if let Field::Refresh(chain) = &value.field {
                after.spent.remove(chain);
                after.replays.remove(chain);
            }
        }
        self.is_dirty |= !found.values.is_empty();
        self.has_brought |=
            found.values.iter().any(|value| matches!(value.field, Field::Refresh(_) | Field::Token(_)));
        self.warnings.extend(found.warnings.iter().cloned());
        found.apply(bound, after, &mut self.scratch, now);
    }

    /// A request that spends leaves; `again` if it is the repetition of a lost one.
    pub fn spends(&mut self, again: bool) {
        self.had_spent = self.has_spent || again;
        self.has_spent = true;
    }

    /// Its answer: what is refused was not spent by it.
    pub fn note_spent(&mut self, applied: &Applied) {
        match applied {
            Applied::Verdict(Verdict::Rejected { .. }) => self.has_spent = self.had_spent,
            Applied::Step => self.had_spent = true,
            Applied::Hop(_) | Applied::Verdict(_) => {}
        }
    }

    /// Whether what may be worth nothing can be kept without dropping anything.
    pub fn has_room(&self, chain: &ChainName) -> bool {
        !(self.is_full(chain) || self.is_dirty || self.had_spent)
    }

    /// Whether there are two to ask with already: a record holds no third.
    pub fn is_full(&self, chain: &ChainName) -> bool {
        let is_open = |older: &Material| !older.spent.contains(chain);
        self.is_older || (!self.record.current.is_proven && self.record.proven.as_ref().is_some_and(is_open))
    }

    /// Nothing done yet.
    pub fn on(record: &Record) -> Self {
        Self {
            record: record.duplicate(),
            scratch: Scratch::default(),
            is_dirty: false,
            hop_moved: false,
            answered: Answered::default(),
            has_spent: false,
            had_spent: false,
            is_older: false,
            is_doubtful: false,
            has_brought: false,
            warnings: Vec::new(),
        }
    }

    /// What a mark keeps of it.
    pub fn to_journal(&self, provider: &Provider) -> journal::Scratch {
        let encoded = |record: &Record| {
            let bytes: Zeroizing<Vec<u8>> = record::encode(record);
            Secret::new(bytes.as_slice())
        };
        let steps = step_names(provider);
        let value = |name: &String| Some((name.clone(), self.scratch.get(name)?.duplicate()));
        journal::Scratch {
            record: (self.is_dirty || self.is_older).then(|| encoded(&self.record)),
            steps: steps.iter().filter_map(value).collect(),
            is_doubtful: self.is_doubtful,
        }
    }

    /// What a mark has kept, on top of `stored`.
    pub fn from_journal(stored: &Record, kept: &journal::Scratch) -> Self {
        let mut work = Self::on(stored);
        if let Some(record) = kept.record.as_ref().and_then(|bytes| record::decode(bytes.expose()).ok()) {
            // Secrets and hosts may have been amended since; the material is what the mark is about.
            work.record.current = record.current;
            work.is_dirty = true;
            work.has_spent = true;
            work.is_doubtful = kept.is_doubtful;
        }
        for (name, value) in &kept.steps {
            work.scratch.set(name, value.duplicate());
        }
        work
    }

    /// The next generation. Not proven yet, it keeps the last proven material beside it (I6).
    pub fn next_generation(
        &self,
        stored: &Record,
        chain: &ChainName,
        proven: bool,
        provider: &Provider,
        id: WriteId,
    ) -> Arc<Record> {
        let mut record = self.record.duplicate();
        record.write_id = id;
        record.current.generation = stored.current.generation.max(record.current.generation).next();
        record.proven = match proven {
            true => still_older(&record.current, stored.proven.as_ref(), chain, provider),
            false => self.older(stored, chain),
        };
        record.current.is_proven = proven && record.proven.is_none();
        Arc::new(record)
    }

    /// The last proven material, for the case that the new one turns out bad. Once something was spent from it,
    /// only the lost-reply rule may send it (I6). What is doubtful takes the place of nothing, and its visit has
    /// perhaps spent nothing.
    fn older(&self, stored: &Record, chain: &ChainName) -> Option<Material> {
        let mut older = if stored.current.is_proven || self.is_doubtful {
            stored.current.duplicate()
        } else {
            stored.proven.as_ref()?.duplicate()
        };
        if self.has_spent && !self.is_doubtful {
            older.spent.insert(chain.clone());
        }
        Some(older)
    }
}

/// Names of all scratch fields that the provider's steps save.
fn step_names(provider: &Provider) -> Vec<String> {
    let of_rungs = provider.rungs.iter().flat_map(|rung| match &rung.strategy {
        Strategy::Http { steps } => steps.as_slice(),
        _ => &[],
    });
    let name = |save: &Save| match &save.field {
        Field::Step(name) => Some(name.clone()),
        _ => None,
    };
    of_rungs.flat_map(|step| &step.save).filter_map(name).collect()
}
