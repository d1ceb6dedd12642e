//! What the end of an attempt means for the account.

use std::time::Duration;

use super::accounts::{Accounts, Entry};
use super::{Account, Block, Chain, Death, Effect, Facts, Job, Session, Unsaved};
use crate::classify::Cause;
use crate::exchange::BrowserEnd;
use crate::id::{AccountId, ChainName};
use crate::record::StoreError;
use crate::refresh::{AttemptSummary, Doubt, End};
use crate::schedule::{Timer, confirm_wait, full_jitter, replay_wait};
use crate::time::Now;

/// A service that refuses without a word for so long needs the person.
const REFUSED_AT_MOST: Duration = Duration::from_secs(24 * 3600);
/// A store or disk that refused is asked again.
const ASK_STORE_AGAIN: Duration = Duration::from_secs(60);
/// A probe that got no answer after new material.
const PROBE_AGAIN: Duration = Duration::from_secs(60);
/// No Chrome: somebody may install one.
const NO_CHROME: Duration = Duration::from_secs(30 * 60);
/// Durations of refreshes that are kept for p95.
const KEPT: usize = 20;

impl Accounts {
    #[allow(clippy::too_many_arguments, reason = "the fields of one event")]
    pub(super) fn ended(
        &mut self,
        id: AccountId,
        job: Job,
        chain: ChainName,
        summary: AttemptSummary,
        facts: Option<Facts>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Vec<AccountId> {
        let random = self.random();
        let Some(entry) = self.list.get_mut(&id) else { return Vec::new() };
        entry.account.running = None;
        if let Some(facts) = facts {
            entry.account.facts = Some(facts);
            entry.account.no_record = None;
            entry.account.has_record = true;
        }
        entry.restore_chain(&chain);
        entry.note_lost(&summary.lost, now);
        entry.note_unsaved(&summary, now, random);
        if !matches!(summary.end, End::Renewed { .. } | End::Quiet | End::Newer | End::Proven) {
            entry.account.budget.spend(summary.requests, now);
        }
        if let Some(row) = history(job, &summary) {
            effects.push(Effect::History { account: id.clone(), kind: row, summary: summary.clone() });
        }
        entry.settle(job, &summary, now, random);
        let host = entry.rules.chains.get(&summary.chain).map(|rule| rule.host.clone());
        let app = entry.rules.app.clone();
        self.note_host(host.as_deref(), &summary, now, effects);
        let mut touched = vec![id];
        if summary.end == End::AppRejected {
            touched.extend(self.block_app(app.as_deref(), now));
        }
        touched
    }

    /// Whether the service's host is there, as this attempt saw it.
    fn note_host(
        &mut self,
        host: Option<&str>,
        summary: &AttemptSummary,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let Some(host) = host else { return };
        let is_down = match &summary.end {
            End::Transient { cause, .. } | End::Unknown { cause, .. } => cause.is_about_the_way(),
            _ => false,
        };
        if is_down {
            self.world.went_down(host, now);
            effects.push(Effect::EngineChanged);
        } else if summary.requests > 0 && self.world.checked(host, true, now) {
            self.release(host, now);
            effects.push(Effect::EngineChanged);
        }
    }

    /// F15: wrong settings of an app block every account of that app.
    fn block_app(&mut self, app: Option<&str>, now: Now) -> Vec<AccountId> {
        let mut blocked = Vec::new();
        for (id, entry) in &mut self.list {
            if app.is_some() && entry.rules.app.as_deref() == app {
                entry.account.block(Block::AppSettings, now);
                blocked.push(id.clone());
            }
        }
        blocked
    }
}

/// What the history calls it; `None` for what is no news.
fn history(job: Job, summary: &AttemptSummary) -> Option<&'static str> {
    match (job, &summary.end) {
        (_, End::Newer | End::Quiet | End::Amended | End::Saved | End::NoStore(_) | End::NoRecord) => None,
        (Job::Commit, _) => Some("login"),
        (Job::Logout, _) => Some("logout"),
        (Job::Probe { .. }, _) => Some("probe"),
        (Job::Confirm(_), End::Proven | End::ProbeFailed | End::ProbeSilent) => Some("probe"),
        (Job::Amend | Job::Persist, _) => None,
        _ => Some("refresh"),
    }
}

impl Entry {
    /// The chain that was in flight is what it was before; the outcome changes it from there.
    fn restore_chain(&mut self, chain: &ChainName) {
        if let Some(state) = self.account.chains.get_mut(chain)
            && state.chain == Chain::InFlight
        {
            state.chain = state.before.take().map_or(Chain::Idle, |before| *before);
        }
    }

    /// Chains of which the journal or the material says that a reply was lost.
    fn note_lost(&mut self, lost: &[(ChainName, u32)], now: Now) {
        for (chain, replays) in lost {
            let Some(state) = self.account.chains.get_mut(chain) else { continue };
            if !matches!(state.chain, Chain::Unknown { .. }) {
                // The first replay comes at once: grace windows are 30 s and less.
                let wait = if *replays == 0 { Duration::ZERO } else { replay_wait(*replays, 0) };
                state.chain = Chain::Unknown { replay: Timer::after(wait, now), replays: *replays, tries: 0 };
            }
        }
    }

    fn note_unsaved(&mut self, summary: &AttemptSummary, now: Now, random: u64) {
        let account = &mut self.account;
        let generation = account.facts.as_ref().map(|facts| facts.generation).unwrap_or_default();
        let (store, tries) = match (&summary.unsaved, &summary.end, &account.unsaved) {
            (Some(store), _, before) => (store.clone(), before.as_ref().map_or(0, |before| before.tries + 1)),
            // Nothing was done, so nothing is settled.
            (None, End::NoStore(store), Some(before)) => (store.clone(), before.tries + 1),
            (None, End::NoJournal(_) | End::Broken | End::Amended | End::NotDeleted(_), Some(_)) => return,
            _ => {
                account.unsaved = None;
                return;
            }
        };
        let next = Timer::after(full_jitter(tries + 1, random).min(Duration::from_secs(300)), now);
        account.unsaved = Some(Unsaved { generation, tries, next, store });
    }

    #[allow(clippy::too_many_lines, reason = "one line or two for each outcome")]
    fn settle(&mut self, job: Job, summary: &AttemptSummary, now: Now, random: u64) {
        let chain = summary.chain.clone();
        if !matches!(summary.end, End::NoStore(_) | End::NoJournal(_) | End::Superseded | End::Broken) {
            // Record and journal were read together, whatever came of it.
            self.account.recovered = true;
        }
        match &summary.end {
            End::Renewed { probe } => self.renewed(&chain, *probe, summary.took, now),
            End::Newer | End::Proven | End::Saved => {
                self.set_idle(&chain);
                if matches!(job, Job::Confirm(_)) || summary.end == End::Proven {
                    self.alive(now);
                }
                if summary.end == End::Proven {
                    self.account.is_reported = false;
                    self.account.probe = self.rules.probe_every.map(|every| Timer::after(every, now));
                }
            }
            End::Quiet => {
                // A probe of the schedule that was set before the start is due at every start (S3.6).
                if self.rules.probe_every.is_some() {
                    self.account.probe = Some(Timer::due(now));
                }
            }
            End::ProbeFailed => self.probe_failed(job, &chain, now),
            End::ProbeSilent => self.probe_silent(now, random),
            End::WrongPerson { now: whom } => {
                self.account.block(Block::WrongPerson { now: whom.clone() }, now)
            }
            End::Transient { retry_after, cause } => {
                self.wait(&chain, *retry_after, cause.clone(), now, random)
            }
            End::Rejected { last, lost } => self.rejected(job, &chain, *last, *lost, now),
            End::Refused { status } => {
                let since = *self.account.refused_since.get_or_insert(now);
                if Timer::after(REFUSED_AT_MOST, since).is_over(now) {
                    self.account.block(Block::Refused { status: *status }, now);
                } else {
                    self.wait(&chain, None, Cause::Status { status: *status }, now, random);
                }
            }
            End::AppRejected => self.account.block(Block::AppSettings, now),
            End::Unknown { replays, .. } => self.unknown(&chain, *replays, now, random),
            End::AskPerson => self.account.block(Block::LostReply, now),
            // The probe says no, and only the person can renew it.
            End::CannotRun { no_chrome: false } if job == Job::Confirm(Doubt::ProbeFailed) => {
                self.account.session = Session::Dead { reason: Death::ProbeFailed, since: now.wall };
            }
            End::CannotRun { no_chrome } => {
                let end = BrowserEnd::CannotRun;
                let wait = no_chrome.then_some(NO_CHROME);
                self.wait(&chain, wait, Cause::Browser { end }, now, random);
            }
            End::Incomplete { missing } => {
                self.account.block(Block::Incomplete { missing: missing.clone() }, now);
            }
            End::NoStore(error) => self.no_store(error.clone(), now),
            End::NoRecord => {
                self.account.has_record = false;
                self.account.facts = None;
            }
            End::NoJournal(said) => {
                self.account.disk = Some((said.clone(), Timer::after(ASK_STORE_AGAIN, now)));
                return;
            }
            End::NewerFormat(_) => self.account.block(Block::NewerFormat, now),
            End::HostChanged { hosts } => {
                self.account.block(Block::HostChanged { hosts: hosts.clone() }, now);
            }
            End::Superseded => self.account.recovered = false,
            End::Broken => self.no_store(StoreError::Slow, now),
            End::Committed => self.committed(now),
            End::Amended => self.account.settings_changed(now),
            End::LoggedOut { .. } => self.logged_out(),
            End::NotDeleted(_) => {}
        }
        self.account.disk = None;
    }

    fn set_idle(&mut self, chain: &ChainName) {
        if let Some(state) = self.account.chains.get_mut(chain) {
            state.chain = Chain::Idle;
            state.asked = false;
            state.is_try_once = false;
        }
    }

    fn alive(&mut self, now: Now) {
        self.account.session = Session::Alive { proven_at: now.wall };
        self.account.refused_since = None;
    }

    fn renewed(&mut self, chain: &ChainName, probe: Option<bool>, took: Duration, now: Now) {
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
            Some(true) => self.alive(now),
            None if is_proven || !self.rules.has_probe => self.alive(now),
            // The service has minted something, so it took the credential; the probe is asked again.
            None => {
                self.alive(now);
                self.account.probe = Some(Timer::after(PROBE_AGAIN, now));
                return;
            }
        }
        if self.account.probe.is_some_and(|probe| probe.is_over(now)) || self.account.probe.is_none() {
            self.account.probe = self.rules.probe_every.map(|every| Timer::after(every, now));
        }
    }

    fn probe_failed(&mut self, job: Job, chain: &ChainName, now: Now) {
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
            return;
        }
        self.suspect(chain, Doubt::ProbeFailed, now);
    }

    fn probe_silent(&mut self, now: Now, random: u64) {
        self.account.is_reported = false;
        let wait = full_jitter(6, random).max(PROBE_AGAIN).max(self.account.budget.wait(now));
        self.account.probe = Some(Timer::after(wait, now));
        if let Session::Suspect { confirm, .. } = &mut self.account.session {
            *confirm = Timer::after(wait, now);
        }
        if self.account.session == Session::None {
            // It says nothing; what is stored is believed until something says no.
            self.account.session = Session::Alive { proven_at: self.account.logged_in.unwrap_or(now.wall) };
        }
    }

    /// I9: what passes never makes a session Dead; a Suspect one stays Suspect.
    fn wait(&mut self, chain: &ChainName, at_least: Option<Duration>, cause: Cause, now: Now, random: u64) {
        let budget = self.account.budget.wait(now);
        let Some(state) = self.account.chains.get_mut(chain) else { return };
        let failures = match &state.chain {
            Chain::Waiting { failures, .. } => failures + 1,
            _ => 1,
        };
        let wait = full_jitter(failures, random).max(at_least.unwrap_or_default()).max(budget);
        let next = Timer::after(wait, now);
        state.chain = Chain::Waiting { failures, next, cause };
        if let Session::Suspect { confirm, chain: doubted, .. } = &mut self.account.session
            && doubted == chain
        {
            *confirm = next;
        }
    }

    fn unknown(&mut self, chain: &ChainName, replays: u32, now: Now, random: u64) {
        let budget = self.account.budget.wait(now);
        let Some(state) = self.account.chains.get_mut(chain) else { return };
        let tries = match &state.chain {
            Chain::Unknown { tries, .. } => tries + 1,
            _ => 0,
        };
        let wait = if replays == 0 { Duration::ZERO } else { replay_wait(tries, random).max(budget) };
        let replay = Timer::after(wait, now);
        state.chain = Chain::Unknown { replay, replays, tries };
        if let Session::Suspect { confirm, chain: doubted, .. } = &mut self.account.session
            && doubted == chain
        {
            *confirm = Timer::after(wait.max(Duration::from_secs(60)), now);
        }
    }

    fn rejected(&mut self, job: Job, chain: &ChainName, last: bool, lost: bool, now: Now) {
        self.set_idle(chain);
        let death = |reason| Session::Dead { reason, since: now.wall };
        let window = self.rules.policy.confirm_window;
        match &self.account.session {
            _ if last => self.account.session = death(Death::Final),
            Session::Suspect { since, why, chain: doubted, .. } if doubted == chain => {
                let is_in_time = window.is_none_or(|window| !Timer::after(window, *since).is_over(now));
                let confirms = matches!(job, Job::Confirm(_) | Job::Replay { .. });
                if is_in_time && confirms {
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
            // Confirming a probe's no by a rejection is both.
            _ => self.suspect(chain, if lost { Doubt::LostReply } else { Doubt::Rejected }, now),
        }
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

    fn no_store(&mut self, error: StoreError, now: Now) {
        if let StoreError::NewerFormat(_) = error {
            self.account.block(Block::NewerFormat, now);
        }
        self.account.no_record = Some((error, Timer::after(ASK_STORE_AGAIN, now)));
        if self.account.unsaved.is_none() {
            self.account.recovered = false;
        }
    }

    fn committed(&mut self, now: Now) {
        let account = &mut self.account;
        account.login = None;
        account.session = Session::Alive { proven_at: now.wall };
        account.logged_in = Some(now.wall);
        account.grant_ends = self.rules.policy.grant.map(|grant| now.wall.plus(grant));
        account.renewable = None;
        account.refused_since = None;
        account.probe = self.rules.probe_every.map(|every| Timer::after(every, now));
        for state in account.chains.values_mut() {
            *state = super::ChainState { took: std::mem::take(&mut state.took), ..Default::default() };
        }
    }

    fn logged_out(&mut self) {
        let fresh = Account::new(self.account.id.clone());
        self.account = Account { recovered: true, queue: std::mem::take(&mut self.account.queue), ..fresh };
        let rules = self.rules.clone();
        self.account.keep_chains_of(&rules);
    }

    /// S3.2: a grant that is limited in time ends. A token that only the person can renew has run out.
    pub(super) fn end_if_over(&mut self, now: Now) -> bool {
        if matches!(self.account.session, Session::Dead { .. } | Session::Blocked { .. }) {
            return false;
        }
        if self.account.grant_ends.is_some_and(|ends| ends <= now.wall) {
            self.account.block(Block::GrantEnded, now);
            return true;
        }
        let can = self.rules.chains.values().any(|rule| rule.can_refresh);
        let has_run_out = !can
            && self.account.recovered
            && self.rules.chains.keys().any(|chain| self.left(chain, now).is_some_and(|left| left.is_zero()));
        if has_run_out {
            self.account.session = Session::Dead { reason: Death::Ran, since: now.wall };
        }
        has_run_out
    }

    /// A consumer's 401: the probe looks first, if there is one; else a refresh tells.
    pub(super) fn reported(&mut self, chain: &ChainName, now: Now) {
        if self.rules.has_probe {
            self.account.is_reported = true;
            self.account.probe = Some(Timer::due(now));
        } else if let Some(state) = self.account.chains.get_mut(chain) {
            state.reported.push(now);
            state.asked = true;
        }
    }

    pub(super) fn try_once(&mut self, now: Now) {
        if !matches!(self.account.session, Session::Blocked { why: Block::LostReply, .. }) {
            return;
        }
        for state in self.account.chains.values_mut() {
            if let Chain::Unknown { replay, .. } = &mut state.chain {
                *replay = Timer::due(now);
                state.asked = true;
                state.is_try_once = true;
            }
        }
    }
}

impl Account {
    /// Only the person can settle it. What is Dead stays so: a login is the only cure.
    pub(super) fn block(&mut self, why: Block, now: Now) {
        if !matches!(self.session, Session::Dead { .. }) {
            self.session = Session::Blocked { why, since: now.wall };
        }
    }
}
