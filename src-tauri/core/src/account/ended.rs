//! What the end of an attempt means for the account.

use std::time::Duration;

use super::accounts::Accounts;
use super::list::Entry;
use super::{Block, Chain, Death, Effect, Facts, Job, Session, Unsaved};
use crate::classify::Cause;
use crate::exchange::{BrowserEnd, NoChrome};
use crate::id::{AccountId, ChainName};
use crate::record::StoreError;
use crate::refresh::{AttemptSummary, Doubt, End};
use crate::schedule::{Timer, full_jitter, replay_wait};
use crate::time::Now;

/// A service that refuses without a word for so long needs the person.
const REFUSED_AT_MOST: Duration = Duration::from_secs(24 * 3600);
/// A store or disk that refused is asked again.
const ASK_STORE_AGAIN: Duration = Duration::from_secs(60);
/// No Chrome: somebody may install one.
const NO_CHROME: Duration = Duration::from_secs(30 * 60);

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
        let running = entry.account.running.take();
        let is_outdated = running.as_ref().is_some_and(|running| running.settings != entry.rules.settings);
        let began = running.map_or(now, |running| running.began);
        if let Some(facts) = facts {
            entry.account.facts = Some(facts);
            entry.account.no_record = None;
            entry.account.has_record = true;
            entry.can_read_it(now);
        }
        entry.adopt_newer(job, now);
        entry.restore_chain(&chain);
        entry.note_lost(&summary.lost, now);
        entry.note_unsaved(&summary, now, random);
        if !matches!(summary.end, End::Renewed { .. } | End::Quiet | End::Newer | End::Proven) {
            entry.account.budget.spend(summary.requests, now);
        }
        if let Some(row) = history(job, &summary) {
            effects.push(Effect::History { account: id.clone(), kind: row, summary: summary.clone() });
        }
        entry.settle(job, &summary, began, now, random);
        if is_outdated {
            // What it says of settings it says of those that it began with.
            entry.account.settings_changed(now);
        }
        let is_renewed = matches!(summary.end, End::Renewed { .. });
        entry.note_ends(is_renewed.then_some(&summary.chain), now);
        let rule = entry.rules.chains.get(&summary.chain);
        let (host, door) = (rule.map(|rule| rule.host.clone()), rule.and_then(|rule| rule.door.clone()));
        let app = entry.rules.app.clone();
        self.note_host(host.as_deref(), door, &summary, now, effects);
        let mut touched = vec![id];
        if summary.end == End::AppRejected && !is_outdated {
            touched.extend(self.block_app(app.as_deref(), now));
        }
        touched
    }

    /// Whether the service's host is there, as this attempt saw it.
    fn note_host(
        &mut self,
        host: Option<&str>,
        door: Option<String>,
        summary: &AttemptSummary,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let Some(host) = host else { return };
        let cause = match &summary.end {
            End::Transient { cause, .. }
            | End::Unknown { cause, .. }
            | End::StillLost { cause, .. }
            | End::Refused { cause, .. } => Some(cause),
            // It got no answer, or none that says anything.
            End::ProbeSilent => return,
            _ => None,
        };
        if cause.is_some_and(Cause::may_be_the_front) {
            self.world.is_ailing(host, door, now);
        } else if cause.is_some_and(Cause::is_about_the_way) {
            if self.world.went_down(host, now) {
                self.list
                    .ids_where(|entry| entry.talks_to(host))
                    .into_iter()
                    .for_each(|id| self.list.touch(id));
            }
            effects.push(Effect::EngineChanged);
        } else if summary.requests > 0 && self.world.checked(host, true, now) {
            self.release(host, now);
            effects.push(Effect::EngineChanged);
        }
    }

    /// F15: wrong settings of an app block every account of that app.
    fn block_app(&mut self, app: Option<&str>, now: Now) -> Vec<AccountId> {
        let mut blocked = Vec::new();
        for id in self.list.ids_where(|entry| app.is_some() && entry.rules.app.as_deref() == app) {
            blocked.extend(self.with(&id, |entry| entry.account.block(Block::AppSettings, now)));
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
                let replay = Timer::after(wait, now);
                state.chain = Chain::Unknown { replay, replays: *replays, tries: 0, cause: None };
            }
        }
    }

    /// A probe or a save says nothing about a refresh that waits for its time (F9) or that somebody asked for;
    /// but a reply that the journal does not call lost any more is not.
    fn forget_lost(&mut self, chain: &ChainName, lost: &[(ChainName, u32)]) {
        if let Some(state) = self.account.chains.get_mut(chain)
            && matches!(state.chain, Chain::Unknown { .. })
            && !lost.iter().any(|(lost, _)| lost == chain)
        {
            state.chain = Chain::Idle;
        }
    }

    fn note_unsaved(&mut self, summary: &AttemptSummary, now: Now, random: u64) {
        let account = &mut self.account;
        let generation = account.facts.as_ref().map(|facts| facts.generation).unwrap_or_default();
        let (store, tries) = match (&summary.unsaved, &summary.end, &account.unsaved) {
            (Some(store), _, before) => (store.clone(), before.as_ref().map_or(0, |before| before.tries + 1)),
            // Nothing was done, so nothing is settled.
            (None, End::NoStore(store), Some(before)) => (store.clone(), before.tries + 1),
            (None, End::NewerFormat(_), Some(before)) => (before.store.clone(), before.tries + 1),
            (None, End::NoJournal(_) | End::Broken | End::Amended | End::NotDeleted(_), Some(_)) => return,
            _ => {
                account.unsaved = None;
                return;
            }
        };
        let next = Timer::after(full_jitter(tries + 1, random).min(Duration::from_secs(300)), now);
        let is_held = match &summary.unsaved {
            Some(_) => summary.is_held,
            None => account.unsaved.as_ref().is_some_and(|before| before.is_held),
        };
        account.unsaved = Some(Unsaved { generation, tries, next, store, is_held });
    }

    /// The service has refused without a word: whether it has for so long that the person is needed.
    fn refused(&mut self, status: u16, now: Now) -> bool {
        let since = self.refused_again(now);
        let is_too_long = Timer::after(REFUSED_AT_MOST, since).is_over(now);
        // What only the person may send again, nobody else sends.
        let is_asked = matches!(self.account.session, Session::Blocked { why: Block::LostReply, .. });
        if is_too_long && !is_asked {
            self.account.block(Block::Refused { status }, now);
        }
        is_too_long && !is_asked
    }

    #[allow(clippy::too_many_lines, reason = "one line or two for each outcome")]
    fn settle(&mut self, job: Job, summary: &AttemptSummary, began: Now, now: Now, random: u64) {
        let chain = summary.chain.clone();
        if !matches!(summary.end, End::NoStore(_) | End::NoJournal(_) | End::Superseded | End::Broken) {
            // Record and journal were read together, whatever came of it.
            self.account.recovered = true;
            let is_unseen = matches!(
                summary.end,
                End::NoRecord | End::NewerFormat(_) | End::Incomplete { .. } | End::HostChanged { .. }
            );
            if job == Job::Recover && !is_unseen {
                self.account.hosts_are_agreed(now);
            }
        }
        self.account.note_answered(job, &summary.end);
        match &summary.end {
            End::Renewed { probe } => self.renewed(&chain, *probe, summary.took, now),
            End::Newer | End::Proven | End::Saved => {
                if matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. }) {
                    self.set_idle(&chain);
                } else {
                    self.forget_lost(&chain, &summary.lost);
                }
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
            End::Rejected { last, lost } => self.rejected((job, began), &chain, *last, *lost, now),
            End::Refused { status, cause } => {
                if !self.refused(*status, now) {
                    self.wait(&chain, None, cause.clone(), now, random);
                }
            }
            End::AppRejected => self.account.block(Block::AppSettings, now),
            End::Unknown { replays, cause, .. } => {
                self.unknown(&chain, (*replays, None), cause.clone(), now, random);
            }
            End::StillLost { replays, retry_after, refused, cause } => {
                if !refused.is_some_and(|status| self.refused(status, now)) {
                    self.unknown(&chain, (*replays, *retry_after), cause.clone(), now, random);
                }
            }
            End::AskPerson => self.account.block(Block::LostReply, now),
            // The probe says no, and only the person can renew it.
            End::CannotRun { no_chrome: None } if job == Job::Confirm(Doubt::ProbeFailed) => {
                self.account.session = Session::Dead { reason: Death::ProbeFailed, since: now.wall };
            }
            End::CannotRun { no_chrome } => {
                let browser = |why: NoChrome| Cause::Browser { end: BrowserEnd::CannotRun(why) };
                let cause = no_chrome.map_or(Cause::NoWay, browser);
                self.wait(&chain, no_chrome.map(|_| NO_CHROME), cause, now, random);
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
}
