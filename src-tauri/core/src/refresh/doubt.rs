//! I4: a journal that should be there and is not, or of which not all can be read, counts as a lost reply of every
//! chain that spends.

use zeroize::Zeroizing;

use super::attempt::Attempt;
use super::ladder::Verdict;
use super::resume::Resumed;
use super::{Effect, End};
use crate::id::ChainName;
use crate::journal::{Entry, Fold, JournalError, Mark, Place, Scratch, fold};
use crate::provider::model::Rung;
use crate::record::Record;
use crate::time::Now;

impl Attempt {
    /// What a journal made anew holds from its first moment: what is left of the old one, then a mark for every
    /// chain whose last word may be lost with the rest. A crash finds the loss, or these marks. And what all of
    /// it says.
    pub(super) fn doubted(
        &self,
        readable: Vec<Zeroizing<Vec<u8>>>,
        stored: &Record,
    ) -> (Vec<Zeroizing<Vec<u8>>>, Fold) {
        let mut entries = readable;
        let generation = stored.current.generation;
        let left = fold(&entries, generation);
        let newest = left.record.as_ref().unwrap_or(stored);
        let marks: Vec<Mark> =
            self.spending_chains().iter().filter_map(|chain| self.doubt(chain, &left, newest)).collect();
        entries.extend(marks.into_iter().map(|mark| Entry::Mark(mark).encode()));
        let fold = fold(&entries, generation);
        (entries, fold)
    }

    /// The journal is there again; goes on as if all of it had been read.
    pub(super) fn restored(&mut self, fold: Fold, written: Result<(), JournalError>, now: Now) -> Effect {
        let Some(stored) = self.stored.clone() else { return self.done(End::Broken) };
        match written {
            Ok(()) => self.adopt(fold, true, &stored, now),
            Err(error) => self.done(End::NoJournal(error.to_string())),
        }
    }

    /// The mark of a chain of which `left` does not say how its last request ended.
    fn doubt(&self, chain: &ChainName, left: &Fold, newest: &Record) -> Option<Mark> {
        let Some(last) = left.open.get(chain) else { return Some(self.first_mark(chain, newest)) };
        match self.resume(last, newest) {
            // Known to be lost; or the answer is there and becomes the next generation, before which nothing is
            // spent again.
            Resumed::Lost(_) | Resumed::Next(..) => None,
            // It brought nothing, so more may have been sent since. What it left behind counts all the same.
            Resumed::Bad(place, verdict, work) => {
                let work = work.to_journal(&self.service.provider);
                let was_rejected = matches!(verdict, Verdict::Rejected { .. });
                let way = self.service.provider.rungs.get(place.rung).map(Rung::digest);
                let place = Place { step: 0, ..place };
                Some(Mark { place, replays: 0, was_rejected, way, work, stored: None })
            }
        }
    }

    /// Chains with a rung that spends.
    fn spending_chains(&self) -> Vec<ChainName> {
        let rungs = &self.service.provider.rungs;
        let spends =
            |index: usize| (0..rungs[index].steps().len().max(1)).any(|step| rungs[index].spends(step));
        let mut chains: Vec<ChainName> =
            (0..rungs.len()).filter(|index| spends(*index)).map(|index| rungs[index].chain.clone()).collect();
        chains.sort();
        chains.dedup();
        chains
    }

    fn first_mark(&self, chain: &ChainName, newest: &Record) -> Mark {
        let rungs = &self.service.provider.rungs;
        let rung = rungs.iter().position(|rung| rung.chain == *chain).unwrap_or_default();
        let generation = newest.current.generation;
        let replays = newest.current.replays.get(chain).copied().unwrap_or(0);
        let way = rungs.get(rung).map(Rung::digest);
        let place = Place { chain: chain.clone(), generation, rung, step: 0 };
        Mark { place, replays, was_rejected: false, way, work: Scratch::default(), stored: None }
    }
}
