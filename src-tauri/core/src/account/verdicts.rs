//! What each outcome does to session and chain.

use std::time::Duration;

use super::list::Entry;
use super::{Account, Block, Chain, Death, Job, Session};
use crate::classify::Cause;
use crate::id::ChainName;
use crate::record::StoreError;
use crate::refresh::Doubt;
use crate::schedule::{Timer, confirm_wait, full_jitter, replay_wait};
use crate::time::Now;

/// A store or disk that refused is asked again.
const ASK_STORE_AGAIN: Duration = Duration::from_secs(60);
/// A probe that got no answer after new material.
const PROBE_AGAIN: Duration = Duration::from_secs(60);
/// Refusals that are further apart are not one.
const AGAIN_AND_AGAIN: Duration = Duration::from_secs(2 * 3600);
/// Durations of refreshes that are kept for p95.
const KEPT: usize = 20;

impl Entry {
    pub(super) fn set_idle(&mut self, chain: &ChainName) {
        if let Some(state) = self.account.chains.get_mut(chain) {
            state.chain = Chain::Idle;
            state.asked = false;
            state.is_try_once = false;
        }
    }

    pub(super) fn alive(&mut self, now: Now) {
        self.account.session = Session::Alive { proven_at: now.wall };
        self.account.refused_since = None;
    }

    /// What this chain's renewal says of the session: another chain's doubt is not lifted by it.
    fn alive_with(&mut self, chain: &ChainName, now: Now) {
        if !matches!(&self.account.session, Session::Suspect { chain: doubted, .. } if doubted != chain) {
            self.alive(now);
        }
    }

    pub(super) fn renewed(&mut self, chain: &ChainName, probe: Option<bool>, took: Duration, now: Now) {
        self.set_idle(chain);
        if let Some(state) = self.account.chains.get_mut(chain) {
            state.refreshed = Some(now);
            state.took.push(took);
            let surplus = state.took.len().saturating_sub(KEPT);
            state.took.drain(..surplus);
        }
        self.account.last_refresh = Some(now.wall);
        self.account.renewable = Some(true);
        self.account.refused_since = None;
        self.account.is_reported = false;
        let is_proven = self.account.facts.as_ref().is_some_and(|facts| facts.is_proven);
        match probe {
            Some(false) => self.suspect(chain, Doubt::ProbeFailed, now),
            Some(true) => self.alive_with(chain, now),
            None if is_proven || !self.rules.has_probe => self.alive_with(chain, now),
            // The service has minted something, so it took the credential; the probe is asked again.
            None => {
                self.alive_with(chain, now);
                self.account.probe = Some(Timer::after(PROBE_AGAIN, now));
                return;
            }
        }
        if self.account.probe.is_some_and(|probe| probe.is_over(now)) || self.account.probe.is_none() {
            self.account.probe = self.rules.probe_every.map(|every| Timer::after(every, now));
        }
    }

    pub(super) fn probe_failed(&mut self, job: Job, chain: &ChainName, now: Now) {
        self.account.probe = self.rules.probe_every.map(|every| Timer::after(every, now));
        self.account.is_reported = false;
        let can = self.rules.chains.get(chain).is_some_and(|rule| rule.can_refresh);
        let has_ended = self.left(chain, now).is_some_and(|left| left.is_zero());
        let is_report = matches!(job, Job::Probe { reported: true });
        if can && (has_ended || is_report) && !matches!(self.account.session, Session::Suspect { .. }) {
            // The token is what is no good; whether the login is, a refresh tells.
            if let Some(state) = self.account.chains.get_mut(chain) {
                state.asked = true;
                if is_report {
                    state.reported.push(now);
                }
            }
            self.believe(now);
            return;
        }
        self.suspect(chain, Doubt::ProbeFailed, now);
    }

    pub(super) fn probe_silent(&mut self, now: Now, random: u64) {
        self.account.is_reported = false;
        let wait = full_jitter(6, random).max(PROBE_AGAIN).max(self.account.budget.wait(now));
        self.account.probe = Some(Timer::after(wait, now));
        if let Session::Suspect { confirm, .. } = &mut self.account.session {
            *confirm = Timer::after(wait, now);
        }
        self.believe(now);
    }

    /// The probe says nothing of the login; what is stored is believed until something says no. Else the probe
    /// would come first again and again.
    fn believe(&mut self, now: Now) {
        if self.account.session == Session::None {
            self.account.session = Session::Alive { proven_at: self.account.logged_in.unwrap_or(now.wall) };
        }
    }

    /// I9: what passes never makes a session Dead; a Suspect one stays Suspect.
    pub(super) fn wait(
        &mut self,
        chain: &ChainName,
        at_least: Option<Duration>,
        cause: Cause,
        now: Now,
        random: u64,
    ) {
        let budget = self.account.budget.wait(now);
        let Some(state) = self.account.chains.get_mut(chain) else { return };
        let failures = match &state.chain {
            Chain::Waiting { failures, .. } => failures + 1,
            _ => 1,
        };
        let wait = full_jitter(failures, random).max(at_least.unwrap_or_default()).max(budget);
        let next = Timer::after(wait, now);
        state.chain = Chain::Waiting { failures, next, cause };
        state.not_before = at_least.map(|wait| Timer::after(wait, now));
        if let Session::Suspect { confirm, chain: doubted, .. } = &mut self.account.session
            && doubted == chain
        {
            *confirm = next;
        }
    }

    /// So often what was lost was sent again; the service may have said when to come back.
    pub(super) fn unknown(
        &mut self,
        chain: &ChainName,
        (replays, at_least): (u32, Option<Duration>),
        cause: Cause,
        now: Now,
        random: u64,
    ) {
        let budget = self.account.budget.wait(now);
        let Some(state) = self.account.chains.get_mut(chain) else { return };
        let tries = match &state.chain {
            Chain::Unknown { tries, .. } => tries + 1,
            _ => 0,
        };
        let wait = if replays == 0 { Duration::ZERO } else { replay_wait(tries, random).max(budget) };
        let wait = wait.max(at_least.unwrap_or_default());
        let replay = Timer::after(wait, now);
        state.not_before = at_least.map(|wait| Timer::after(wait, now));
        state.chain = Chain::Unknown { replay, replays, tries, cause: Some(cause) };
        if let Session::Suspect { confirm, chain: doubted, .. } = &mut self.account.session
            && doubted == chain
        {
            *confirm = Timer::after(wait.max(Duration::from_secs(60)), now);
        }
    }

    /// The service said no to a `job` that began then.
    pub(super) fn rejected(
        &mut self,
        (job, began): (Job, Now),
        chain: &ChainName,
        last: bool,
        lost: bool,
        now: Now,
    ) {
        self.set_idle(chain);
        let death = |reason| Session::Dead { reason, since: now.wall };
        // Said beforehand and confirmed by a no: nobody ended it early.
        let is_outlived = self.has_outlived(chain, now);
        let window = self.rules.confirm_window();
        match &self.account.session {
            _ if last && is_outlived => self.account.block(Block::GrantEnded { by_service: true }, now),
            _ if last => self.account.session = death(Death::Final),
            Session::Suspect { since, why, chain: doubted, .. } if doubted == chain => {
                // A lost request that is sent again can come right after the first no, and be answered at once though
                // this machine sleeps before it hears of it: both can be of the same bad moment (F13, F45). The
                // confirming try has its time.
                let at_least = if since.boot.boot == began.boot.boot {
                    confirm_wait(Duration::ZERO, Duration::ZERO)
                } else {
                    self.rules.confirm_after()
                };
                if job == (Job::Replay { asked: false }) && began.surely_since(*since) < at_least {
                    return;
                }
                // What is refused was never proven: what it took the place of is asked, too, and that only the
                // confirming try does (F34).
                let is_proven = self.account.facts.as_ref().is_none_or(|facts| facts.is_proven);
                if matches!(job, Job::Replay { .. }) && !is_proven {
                    return;
                }
                let is_in_time = window.is_none_or(|window| !Timer::after(window, *since).is_over(now));
                let confirms = matches!(job, Job::Confirm(_) | Job::Replay { .. });
                if is_in_time && confirms && is_outlived {
                    self.account.block(Block::GrantEnded { by_service: true }, now);
                } else if is_in_time && confirms {
                    self.account.session = death(match why {
                        Doubt::Rejected => Death::Rejected,
                        Doubt::LostReply => Death::LostReply,
                        Doubt::ProbeFailed => Death::ProbeFailed,
                    });
                } else {
                    let why = *why;
                    self.suspect_anew(chain, why, now);
                }
            }
            // One doubt at a time, or two chains would put each other's confirmation off for ever. If the first
            // chain's session turns out good, this one is tried again, and doubted then.
            Session::Suspect { .. } => {
                let wait = self.confirms_in(now).unwrap_or_default()
                    + confirm_wait(Duration::ZERO, self.rules.confirm_after());
                self.put_off(chain, wait, now);
            }
            // Confirming a probe's no by a rejection is both.
            _ => self.suspect(chain, if lost { Doubt::LostReply } else { Doubt::Rejected }, now),
        }
    }

    /// In how long the confirming try comes. After a restart of the machine the wall clock, which may have jumped, is
    /// not what tells that two noes are not of the same bad moment: then they are as far apart as the rules ask, by
    /// what boot clocks have counted (F13, F44).
    pub(super) fn confirms_in(&self, now: Now) -> Option<Duration> {
        let Session::Suspect { confirm, since, .. } = &self.account.session else { return None };
        let left = confirm.left(now);
        if since.boot.boot == now.boot.boot {
            return Some(left);
        }
        let apart = confirm.set.surely_since(*since) + now.surely_since(confirm.set);
        Some(left.max(self.rules.confirm_after().saturating_sub(apart)))
    }

    fn put_off(&mut self, chain: &ChainName, wait: Duration, now: Now) {
        let Some(state) = self.account.chains.get_mut(chain) else { return };
        let next = Timer::after(wait, now);
        state.chain = Chain::Waiting { failures: 1, next, cause: Cause::LoggedOut };
    }

    fn suspect(&mut self, chain: &ChainName, why: Doubt, now: Now) {
        if matches!(self.account.session, Session::Dead { .. } | Session::Blocked { .. }) {
            return;
        }
        match &mut self.account.session {
            // The first doubt counts; another chain's joins it.
            Session::Suspect { chain: doubted, confirm, .. } if doubted == chain => {
                *confirm = Timer::after(Duration::from_secs(60), now);
            }
            _ => self.suspect_anew(chain, why, now),
        }
    }

    fn suspect_anew(&mut self, chain: &ChainName, why: Doubt, now: Now) {
        let left = self.left(chain, now).unwrap_or_default();
        let wait = confirm_wait(left, self.rules.confirm_after());
        let confirm = Timer::after(wait, now);
        self.account.session = Session::Suspect { chain: chain.clone(), confirm, since: now, why };
    }

    pub(super) fn no_store(&mut self, error: StoreError, now: Now) {
        if let StoreError::NewerFormat(_) = error {
            self.account.block(Block::NewerFormat, now);
        }
        self.account.no_record = Some((error, Timer::after(ASK_STORE_AGAIN, now)));
        if self.account.unsaved.is_none() {
            self.account.recovered = false;
        }
    }

    pub(super) fn committed(&mut self, now: Now) {
        let account = &mut self.account;
        account.login = None;
        account.session = Session::Alive { proven_at: now.wall };
        account.logged_in = Some(now.wall);
        account.granted = Some(now);
        account.renewable = None;
        account.refused_since = None;
        // What was asked of the session before is none of this one's: its first refresh proves it, at once.
        account.rate = Default::default();
        account.probe = self.rules.probe_every.map(|every| Timer::after(every, now));
        for state in account.chains.values_mut() {
            *state = super::ChainState { took: std::mem::take(&mut state.took), ..Default::default() };
        }
    }

    /// Since when the service has refused again and again. Who was asleep, off, or not asked for hours was not
    /// refused all that time, and a wall clock that jumped tells nothing (F12, F44, F45): then it begins anew.
    pub(super) fn refused_again(&mut self, now: Now) -> Now {
        let account = &mut self.account;
        let goes_on = account.refused_last.replace(now).is_some_and(|last| {
            last.boot.boot == now.boot.boot && !Timer::after(AGAIN_AND_AGAIN, last).is_over(now)
        });
        let since = account.refused_since.filter(|_| goes_on).unwrap_or(now);
        account.refused_since = Some(since);
        since
    }

    /// The record can be read: the version that wrote it, or a newer one, is what runs now (F53). Proof first.
    pub(super) fn can_read_it(&mut self, now: Now) {
        if matches!(self.account.session, Session::Blocked { why: Block::NewerFormat, .. }) {
            self.account.session = Session::None;
            if self.rules.has_probe {
                self.account.probe = Some(Timer::due(now));
            } else {
                self.believe(now);
            }
        }
    }

    /// The engine was stopped between storing a login and writing down that it did: what is said of the session
    /// is about the one before. While that was over nothing but a login brought anything new.
    pub(super) fn adopt_newer(&mut self, job: Job, now: Now) {
        let Some(facts) = &self.account.facts else { return };
        let is_newer = facts.generation > std::mem::replace(&mut self.account.judged, facts.generation);
        let was_over = match &self.account.session {
            Session::Dead { .. } => true,
            Session::Blocked { why, .. } => *why != Block::NewerFormat,
            _ => false,
        };
        if job == Job::Recover && is_newer && was_over {
            self.committed(now);
            // Proof first.
            self.account.session = Session::None;
        }
    }

    pub(super) fn logged_out(&mut self) {
        let fresh = Account::new(self.account.id.clone());
        let queue = std::mem::take(&mut self.account.queue);
        let (paused, lives) = (self.account.paused, std::mem::take(&mut self.account.lives));
        self.account = Account { recovered: true, queue, paused, lives, ..fresh };
        let rules = self.rules.clone();
        self.account.keep_chains_of(&rules);
    }
}
