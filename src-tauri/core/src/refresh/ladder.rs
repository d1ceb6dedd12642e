//! The ladder: ways to refresh a chain, cheapest first, one step at a time.

use std::sync::Arc;
use std::time::Duration;

use super::answer::Asked;
use super::attempt::{Ask, Attempt, Phase};
use super::finish::After;
use super::older::Older;
use super::probe::Why;
use super::resume::Lost;
use super::work::{Answered, Work};
use super::{Appended, Effect, End, Purpose, Way};
use crate::classify::Cause;
use crate::exchange::NoChrome;
use crate::id::Generation;
use crate::journal::{Entry, JournalError, Mark, Place};
use crate::provider::model::{LostReply, Rung, Step, Strategy};
use crate::provider::{Bound, RenderError};
use crate::time::Now;

/// The whole Chrome is gone after this (F60).
const VISIT: Duration = Duration::from_secs(90);

/// Where the attempt stands on the ladder.
#[derive(Default)]
pub(super) struct Ladder {
    /// Indices of the chain's rungs among all of the provider.
    pub rungs: Vec<usize>,
    /// Which of them.
    pub at: usize,
    /// Which step of it.
    pub step: usize,
    /// The step whose mark came with the last answer.
    pub marked: Option<usize>,
    /// What the rungs so far said.
    pub verdicts: Vec<Verdict>,
    /// The chain's lost reply.
    pub lost: Option<Lost>,
    /// How often the request that is out was sent before.
    pub replays: u32,
    /// The step that is sent next is a replay: marked with this count.
    pub replay_as: Option<u32>,
    /// The service had said no before the first reply got lost.
    pub was_rejected: bool,
    /// Which material is asked with.
    pub older: Older,
    /// What a page that is not signed in has put in the place of what the next rung sends.
    pub aside: Option<Work>,
}

/// What a rung that brought nothing says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try again later.
    Transient { retry_after: Option<Duration>, cause: Cause },
    /// No longer good.
    Rejected { last: bool, cause: Cause },
    /// Refused without a word about the session.
    Refused { status: u16, cause: Cause },
    /// The client's own settings.
    AppRejected,
    /// The fate of a spending request is not known.
    Unknown { cause: Cause },
    /// A good answer without the token.
    Nothing { status: u16, cause: Cause },
    /// Chrome is not there.
    NoChrome(NoChrome),
    /// A value is missing, or only the person can.
    CannotRun { missing: Option<String> },
}

impl Attempt {
    /// Tries the rungs of the chain from the first on.
    pub(super) fn run_ladder(&mut self, now: Now) -> Effect {
        self.enter_ladder(0);
        self.ladder.at = 0;
        self.run_step(now)
    }

    /// Stands at the rung of this index, at its first step.
    pub(super) fn enter_ladder(&mut self, rung: usize) {
        let rungs = &self.service.provider.rungs;
        let of_chain = |index: &usize| rungs[*index].chain == self.chain;
        self.ladder.rungs = (0..rungs.len()).filter(of_chain).collect();
        self.ladder.at = self.ladder.rungs.iter().position(|index| *index == rung).unwrap_or(0);
        self.ladder.step = 0;
        self.ladder.marked = None;
    }

    /// The lost request again: marked with one more replay, its host checked first except for the first one.
    pub(super) fn replay(&mut self, now: Now) -> Effect {
        if self.asks_person() {
            return self.done(End::AskPerson);
        }
        let Some(lost) = self.ladder.lost.take() else { return self.done(End::Newer) };
        let Some(origin) = self.origin_of(&lost, now).filter(|_| lost.replays > 0) else {
            return self.replay_now(lost, now);
        };
        self.phase = Phase::CheckingHost(Box::new(lost));
        Effect::HostCheck { origin }
    }

    pub(super) fn host_checked(&mut self, lost: Lost, up: bool, now: Now) -> Effect {
        if up {
            return self.replay_now(lost, now);
        }
        self.done(End::Unknown { replays: lost.replays, cause: Cause::HostDown, host_down: true })
    }

    fn replay_now(&mut self, mut lost: Lost, now: Now) -> Effect {
        self.lost.retain(|(chain, _)| *chain != self.chain);
        // The next generation overtakes the marks of the others (I6).
        lost.work.remember(&self.lost);
        self.enter_ladder(lost.place.rung);
        self.ladder.step = lost.place.step;
        self.ladder.replay_as = Some(lost.replays + 1);
        self.ladder.was_rejected = lost.was_rejected;
        self.is_replay = true;
        self.work = Some(lost.work);
        self.run_step(now)
    }

    /// `lost_reply = "ask"`: another machine shares the chain, so the person decides.
    pub(super) fn asks_person(&self) -> bool {
        let rule = self.service.provider.chains.get(&self.chain).map(|rules| rules.lost_reply);
        rule == Some(LostReply::Ask) && !matches!(self.purpose, Purpose::Replay { asked: true })
    }

    /// Sends the step that the ladder stands at, or ends the rung.
    pub(super) fn run_step(&mut self, now: Now) -> Effect {
        let (service, stored) = (Arc::clone(&self.service), self.stored.clone());
        let Some(stored) = stored else { return self.done(End::Broken) };
        let Some(rung) = self.ladder.rungs.get(self.ladder.at).copied() else { return self.ladder_over(now) };
        let bound = match service.bind(&stored) {
            Ok(bound) => bound,
            Err(error) => return self.finish(End::Incomplete { missing: error.to_string() }, now),
        };
        self.skip_unwanted(&bound, rung);
        match self.ask_for(&bound, rung, now) {
            Ok(Some(ask)) => {
                let asked = Asked::at(self.place(rung, stored.current.generation), self.way_of(rung));
                self.ask(&bound, asked.to(&ask), ask)
            }
            Ok(None) => self.rung_done(&bound, rung, now),
            Err(missing) => self.verdict(Verdict::CannotRun { missing }, now),
        }
    }

    fn place(&self, rung: usize, generation: Generation) -> Place {
        Place { chain: self.chain.clone(), generation, rung, step: self.ladder.step }
    }

    fn skip_unwanted(&mut self, bound: &Bound<'_>, rung: usize) {
        let Some(work) = &self.work else { return };
        let steps = steps_of(bound, rung);
        while let Some(step) = steps.get(self.ladder.step)
            && !bound.is_wanted(step, &work.record.current, &work.scratch)
        {
            self.ladder.step += 1;
        }
    }

    /// What the step that the ladder stands at sends; `None` if the rung is at its end.
    fn ask_for(&self, bound: &Bound<'_>, rung: usize, now: Now) -> Result<Option<Ask>, Option<String>> {
        let Some(work) = &self.work else { return Err(None) };
        let material = &work.record.current;
        let missing = |error: RenderError| Some(error.to_string());
        if matches!(bound.provider.rungs[rung].strategy, Strategy::Http { .. }) {
            let Some(step) = steps_of(bound, rung).get(self.ladder.step) else { return Ok(None) };
            let request = bound.request(step, material, &work.scratch, None, now).map_err(missing)?;
            return Ok(Some(Ask::Http(request)));
        }
        if self.ladder.step > 0 {
            return Ok(None);
        }
        match &bound.provider.rungs[rung].strategy {
            Strategy::OAuth => bound
                .oauth_refresh_request(&self.chain, material)
                .map(|request| Some(Ask::Http(request)))
                .map_err(missing),
            Strategy::Browser { .. } => {
                let visit = bound.visit(&bound.provider.rungs[rung], material, VISIT).map_err(missing)?;
                Ok(Some(Ask::Visit(visit)))
            }
            Strategy::Manual | Strategy::Http { .. } => Err(None),
        }
    }

    /// I3: a request that spends is marked first, unless its mark came along with the answer before it.
    fn ask(&mut self, bound: &Bound<'_>, asked: Asked, ask: Ask) -> Effect {
        let place = &asked.place;
        if !spends(bound, place) {
            return self.send_ask(asked, ask);
        }
        let replays = self.ladder.replay_as.take();
        self.ladder.replays = replays.unwrap_or(0);
        let is_marked = self.ladder.marked.take() == Some(place.step);
        let Some(work) = &mut self.work else { return self.done(End::Broken) };
        work.spends(self.is_replay);
        if is_marked && replays.is_none() {
            return self.send_ask(asked, ask);
        }
        let work = work.to_journal(&self.service.provider);
        let (replays, was_rejected) = (self.ladder.replays, self.was_rejected());
        let stored = self.kept_anew();
        let way = bound.provider.rungs.get(place.rung).map(Rung::digest);
        let mark = Mark { place: place.clone(), replays, was_rejected, way, work, stored };
        let entry = Entry::Mark(mark).encode();
        self.phase = Phase::Marking(asked, ask);
        Effect::Append { what: Appended::Mark, entry }
    }

    /// I3: if the mark is not certainly on the disk, nothing is sent.
    pub(super) fn marked(&mut self, asked: Asked, ask: Ask, written: Result<(), JournalError>) -> Effect {
        match written {
            Ok(()) => self.send_ask(asked, ask),
            Err(error) => self.done(End::NoJournal(error.to_string())),
        }
    }

    /// All steps of the rung are answered: what it saves beside them, then the new generation.
    fn rung_done(&mut self, bound: &Bound<'_>, rung: usize, now: Now) -> Effect {
        let Some(work) = &mut self.work else { return self.done(End::Broken) };
        if let Some(rung) =
            bound.provider.rungs.get(rung).filter(|rung| matches!(rung.strategy, Strategy::Http { .. }))
        {
            match bound.save_from_page(&rung.save, &[], &work.record.current, &work.scratch, now) {
                Ok(saved) => {
                    work.warnings.extend(saved.warnings.iter().cloned());
                    saved.apply(bound, &mut work.record.current, &mut work.scratch, now);
                }
                Err(error) => {
                    let cause = Cause::Missing { field: error.to_string() };
                    return self.verdict(Verdict::Nothing { status: 200, cause }, now);
                }
            }
        }
        let warnings = std::mem::take(&mut work.warnings);
        let is_in_doubt = matches!(work.answered, Answered::Perhaps { .. });
        // Answered: what the chain holds now was not spent yet.
        work.record.current.spent.remove(&self.chain);
        work.record.current.replays.remove(&self.chain);
        self.note(warnings);
        let is_minted = matches!(bound.provider.rungs[rung].strategy, Strategy::OAuth);
        let needs_probe = !is_minted && bound.probes(&self.chain).next().is_some();
        if is_in_doubt && needs_probe {
            // Nothing was brought that could be lost, so proof comes first.
            return self.prove(Why::Page, now);
        }
        if let Some(work) = &mut self.work {
            work.is_dirty = true;
        }
        self.save_work(
            !needs_probe,
            if needs_probe { After::Probe } else { After::End(End::Renewed { probe: None }) },
        )
    }

    /// Whether one of the rungs that are left visits the service in Chrome.
    pub(super) fn has_browser_left(&self) -> bool {
        let left = self.ladder.rungs.iter().skip(self.ladder.at + 1);
        left.filter_map(|index| self.service.provider.rungs.get(*index))
            .any(|rung| matches!(rung.strategy, Strategy::Browser { .. }))
    }

    /// What a rung without success means for the ladder: the next one at once when it answered without the
    /// token or cannot run; not on Transient; never past the Unknown of a rung that spends.
    pub(super) fn verdict(&mut self, verdict: Verdict, now: Now) -> Effect {
        match verdict {
            Verdict::Rejected { .. }
            | Verdict::Nothing { .. }
            | Verdict::NoChrome(_)
            | Verdict::CannotRun { .. } => {
                let is_final = matches!(verdict, Verdict::Rejected { last: true, .. });
                if matches!(verdict, Verdict::Rejected { .. }) {
                    self.put_aside();
                }
                self.ladder.verdicts.push(verdict);
                _ = self.work.as_mut().and_then(Work::take_back);
                self.ladder.step = 0;
                self.ladder.marked = None;
                self.ladder.at = if is_final { self.ladder.rungs.len() } else { self.ladder.at + 1 };
                self.run_step(now)
            }
            Verdict::Transient { retry_after, cause } => {
                self.finish(End::Transient { retry_after, cause }, now)
            }
            Verdict::Refused { status, cause } => self.finish(End::Refused { status, cause }, now),
            Verdict::AppRejected => self.finish(End::AppRejected, now),
            Verdict::Unknown { cause } => self.unknown(cause, now),
        }
    }

    /// One replay at once, in the hope of a grace window; then at most as the lost-reply rule says.
    fn unknown(&mut self, cause: Cause, now: Now) -> Effect {
        if self.asks_person() {
            self.lost.push((self.chain.clone(), self.ladder.replays));
            return self.done(End::AskPerson);
        }
        if self.is_replay {
            let replays = self.ladder.replays;
            self.lost.push((self.chain.clone(), replays));
            return self.done(End::Unknown { replays, cause, host_down: false });
        }
        self.ladder.was_rejected = self.was_rejected();
        self.is_replay = true;
        self.ladder.replay_as = Some(1);
        self.run_step(now)
    }

    /// Whether the service has said no before any reply got lost.
    fn was_rejected(&self) -> bool {
        let says_no = |verdict: &Verdict| matches!(verdict, Verdict::Rejected { .. });
        self.ladder.was_rejected || (!self.is_replay && self.ladder.verdicts.iter().any(says_no))
    }

    /// No rung brought the token. Rejected only if the last rung that ran said so and none was Transient, which
    /// a missing Chrome is (F60).
    fn ladder_over(&mut self, now: Now) -> Effect {
        let lost = self.is_replay && !self.ladder.was_rejected;
        let verdicts = std::mem::take(&mut self.ladder.verdicts);
        // There is another to ask with: what is said of this one, which was never proven, ends nothing.
        let has_two = self.ladder.older != Older::Now && self.is_unproven() && self.has_unspent_older();
        let said_last = |verdict: &Verdict| matches!(verdict, Verdict::Rejected { last: true, .. });
        let is_last = verdicts.iter().any(said_last);
        let last = is_last && !has_two;
        let no_chrome = verdicts.iter().find_map(|verdict| match verdict {
            Verdict::NoChrome(why) => Some(*why),
            _ => None,
        });
        let ran = verdicts
            .iter()
            .rfind(|verdict| !matches!(verdict, Verdict::NoChrome(_) | Verdict::CannotRun { .. }));
        let missing = verdicts.iter().find_map(|verdict| match verdict {
            Verdict::CannotRun { missing } => missing.clone(),
            _ => None,
        });
        let end = match ran {
            _ if is_last => End::Rejected { last, lost },
            _ if no_chrome.is_some() => End::CannotRun { no_chrome },
            Some(Verdict::Rejected { .. }) => End::Rejected { last: false, lost },
            Some(Verdict::Nothing { status, cause }) => {
                End::Refused { status: *status, cause: cause.clone() }
            }
            _ => match missing {
                Some(missing) => End::Incomplete { missing },
                None => End::CannotRun { no_chrome: None },
            },
        };
        if matches!(end, End::Rejected { last: false, .. })
            && let Some(effect) = self.ask_older(now)
        {
            return effect;
        }
        self.finish(end, now)
    }

    pub(super) fn way_of(&self, rung: usize) -> Way {
        match self.service.provider.rungs.get(rung).map(|rung| &rung.strategy) {
            Some(Strategy::OAuth) => Way::Oauth,
            Some(Strategy::Browser { .. }) => Way::Browser,
            Some(Strategy::Manual) => Way::Manual,
            Some(Strategy::Http { .. }) | None => Way::Http,
        }
    }

    /// Scheme, host and port that a lost request went to.
    fn origin_of(&self, lost: &Lost, now: Now) -> Option<url::Url> {
        let (service, stored) = (Arc::clone(&self.service), self.stored.clone()?);
        let bound = service.bind(&stored).ok()?;
        let asked = self.asked_at(&bound, &lost.place, &lost.work, None, now)?;
        bound.bare_request(asked.url).ok().map(|request| request.url)
    }
}

/// The requests of a rung.
pub(super) fn steps_of<'a>(bound: &Bound<'a>, rung: usize) -> &'a [Step] {
    bound.provider.rungs.get(rung).map_or(&[], |rung| rung.steps())
}

/// Whether the request at `place` spends.
pub(super) fn spends(bound: &Bound<'_>, place: &Place) -> bool {
    bound.provider.rungs.get(place.rung).is_some_and(|rung| rung.spends(place.step))
}
