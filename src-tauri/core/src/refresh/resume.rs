//! Going on where an earlier attempt was stopped: replies that are sealed in the journal are applied by the
//! same code that applies fresh ones.

use std::sync::Arc;

use super::answer::{Applied, Asked, apply};
use super::attempt::{Attempt, Service};
use super::finish::After;
use super::ladder::Verdict;
use super::work::Work;
use super::{Effect, Purpose};
use crate::id::ChainName;
use crate::journal::{Last, Mark, Place};
use crate::record::Record;
use crate::time::Now;

/// A request whose reply is not there.
pub(super) struct Lost {
    /// Which.
    pub place: Place,
    /// How often it was sent again.
    pub replays: u32,
    /// As in its mark.
    pub was_rejected: bool,
    /// What the steps before it brought.
    pub work: Work,
}

impl Lost {
    /// A lost reply of which only the material's `spent` is left: from the first rung's first step.
    pub fn at_start(stored: &Record, chain: &ChainName, replays: u32, service: &Service) -> Self {
        let rung = service.provider.rungs.iter().position(|rung| rung.chain == *chain).unwrap_or_default();
        let generation = stored.current.generation;
        let place = Place { chain: chain.clone(), generation, rung, step: 0 };
        Self { place, replays, was_rejected: false, work: Work::on(stored) }
    }
}

/// What the journal says of a chain.
pub(super) enum Resumed {
    /// A reply was lost.
    Lost(Lost),
    /// All replies are there and good: the next step.
    Next(Asked, Work),
    /// The last reply is there and not good.
    Bad(Place, Verdict, Work),
}

impl Resumed {
    /// What becomes the next generation remembers the other chains whose reply was lost: their marks are stale then
    /// (I6).
    pub fn remember(&mut self, lost: &[(ChainName, u32)]) {
        let (Self::Next(_, work) | Self::Bad(_, _, work) | Self::Lost(Lost { work, .. })) = self;
        work.remember(lost);
    }
}

impl Attempt {
    /// The rung that a marked request is of, by what it sends: an edited file can have it at another place, and an
    /// update may have changed it. Whether it is certainly that one.
    fn rung_of(&self, mark: &Mark) -> Option<(usize, bool)> {
        let rungs = &self.service.provider.rungs;
        let place = &mark.place;
        let is_of_chain = |index: &usize| rungs[*index].chain == place.chain;
        let here = Some(place.rung).filter(|index| *index < rungs.len()).filter(is_of_chain);
        let Some(way) = &mark.way else { return here.map(|rung| (rung, true)) };
        let is_same = |index: &usize| rungs[*index].digest() == *way;
        let same = here.filter(is_same).or_else(|| (0..rungs.len()).filter(is_of_chain).find(is_same));
        same.map(|rung| (rung, true)).or_else(|| {
            let is_like = |index: &usize| {
                rungs[*index].is_of_kind(way) && place.step < rungs[*index].steps().len().max(1)
            };
            here.filter(is_like).map(|rung| (rung, false))
        })
    }

    /// Applies what is sealed.
    pub(super) fn resume(&self, last: &Last, stored: &Record) -> Resumed {
        let (replays, was_rejected) = (last.mark.replays, last.mark.was_rejected);
        let Some((rung, is_certain)) = self.rung_of(&last.mark) else {
            let chain = &last.mark.place.chain;
            return Resumed::Lost(Lost {
                was_rejected,
                ..Lost::at_start(stored, chain, replays, &self.service)
            });
        };
        let mut work = Work::from_journal(stored, &last.mark.work);
        work.spends(replays > 0);
        let mut place = Place { rung, ..last.mark.place.clone() };
        let lost = |place, work| Resumed::Lost(Lost { place, replays, was_rejected, work });
        let service = Arc::clone(&self.service);
        let Ok(bound) = service.bind(stored) else { return lost(place, work) };
        let mut hop = None;
        for answer in &last.answers {
            place = Place { rung, ..answer.place.clone() };
            let Some(asked) = self.asked_at(&bound, &place, &work, hop.take(), answer.back.at()) else {
                return lost(place, work);
            };
            match apply(&bound, &mut work, &asked, &answer.back) {
                Applied::Hop(to) => hop = Some(to),
                Applied::Step => place.step += 1,
                Applied::Verdict(Verdict::Unknown { .. }) => {
                    return lost(place, work);
                }
                // Read as the answer to another request: it may have brought what is looked for elsewhere.
                Applied::Verdict(Verdict::Nothing { .. }) if !is_certain => return lost(place, work),
                Applied::Verdict(verdict)
                    if replays > 0
                        && place.step == last.mark.place.step
                        && verdict.leaves_open(&answer.back, &work) =>
                {
                    return lost(place, work);
                }
                Applied::Verdict(verdict) => return Resumed::Bad(place, verdict, work),
            }
        }
        match last.lost_step() {
            Some(step) => {
                place.step = step;
                lost(place, work)
            }
            None => Resumed::Next(Asked::at(place, self.way_of(rung)), work),
        }
    }

    /// Goes on with what [`Self::resume`] found; `None` if it is settled already and says nothing new.
    pub(super) fn go_on(&mut self, chain: ChainName, resumed: Resumed, now: Now) -> Option<Effect> {
        match resumed {
            Resumed::Next(asked, work) => {
                self.chain = chain;
                self.enter_ladder(asked.place.rung);
                self.ladder.step = asked.place.step;
                self.work = Some(work);
                self.settled = Some(asked.place);
                Some(self.run_step(now))
            }
            // Another attempt has told this before, unless the engine stopped between sealing and telling.
            Resumed::Bad(place, verdict, work) if matches!(self.purpose, Purpose::Recover) => {
                self.chain = chain;
                self.enter_ladder(place.rung);
                self.work = Some(work);
                self.settled = Some(place);
                Some(self.verdict(verdict, now))
            }
            Resumed::Bad(place, _, work) => {
                // The taking back did not reach the disk then; what the browser or a step left behind counts.
                if work.is_dirty {
                    self.chain = chain;
                    self.settled = Some(place);
                    self.work = Some(work);
                    let proven = false;
                    return Some(self.save_work(proven, After::End(super::End::Saved)));
                }
                None
            }
            Resumed::Lost(_) => None,
        }
    }
}
