//! How an attempt ends: nothing that an answer brought is dropped, and no settled mark stays open.

use super::attempt::{Attempt, Phase};
use super::work::Work;
use super::{Appended, Effect, End};
use crate::journal::Entry;
use crate::time::Now;

/// What comes after a save, a publication, an unmark.
pub(super) enum After {
    /// The end.
    End(End),
    /// The probe decides whether the new material is good (I6).
    Probe,
    /// What was spent from the record that is stored now: load, and go on.
    Again,
}

impl Attempt {
    /// Ends the attempt: what the answers so far brought is saved unproven beside the last proven material,
    /// else the mark of a request that was answered is taken back.
    pub(super) fn finish(&mut self, end: End, _now: Now) -> Effect {
        _ = self.work.as_mut().and_then(Work::take_back);
        self.take_up();
        if self.work.as_ref().is_some_and(|work| work.is_dirty) {
            return self.save_work(false, After::End(end));
        }
        match self.settled.take() {
            Some(place) => {
                self.phase = Phase::Unmarking(After::End(end));
                Effect::Append { what: Appended::Unmark, entry: Entry::Unmark(place).encode() }
            }
            None => self.done(end),
        }
    }

    /// If taking back did not reach the disk, the answer in the journal says the same to the next attempt.
    pub(super) fn unmarked(&mut self, after: After, now: Now) -> Effect {
        self.after(after, now)
    }

    pub(super) fn after(&mut self, after: After, now: Now) -> Effect {
        match after {
            After::End(end) => self.done(end),
            // While the store refuses, nothing more is asked of it.
            After::Probe if self.unsaved.is_some() => self.done(End::Renewed { probe: None }),
            After::Again if self.unsaved.is_some() => self.done(End::Saved),
            After::Again => {
                self.phase = Phase::Loading;
                Effect::Load
            }
            After::Probe => self.prove(super::probe::Why::Fresh, now),
        }
    }
}
