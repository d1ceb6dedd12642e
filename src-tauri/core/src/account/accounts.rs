//! All accounts of the engine, and the one function that moves them.

use std::collections::BTreeSet;
use std::time::Duration;

use super::agenda::Agenda;
use super::hosts::World;
use super::list::{Entry, List};
use super::{Account, Chain, Effect, Event, Job, Rules, Running, Session};
use crate::id::{AccountId, ChainName};
use crate::record::StoreError;
use crate::schedule::{PER_ACCOUNT, Timer};
use crate::time::{Now, Timestamp};

/// The clocks are read at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// All accounts, and what they share.
pub struct Accounts {
    pub(super) list: List,
    pub(super) agenda: Agenda,
    pub(super) world: World,
    random: u64,
}

impl Accounts {
    /// None yet. `seed` is random: jitter comes from it.
    pub fn new(seed: u64) -> Self {
        Self { list: List::default(), agenda: Agenda::default(), world: World::default(), random: seed }
    }

    /// One account's state.
    pub fn get(&self, id: &AccountId) -> Option<&Account> {
        self.list.get(id).map(|entry| &entry.account)
    }

    /// How one account works.
    pub fn rules(&self, id: &AccountId) -> Option<&Rules> {
        self.list.get(id).map(|entry| &entry.rules)
    }

    /// Ids of all accounts.
    pub fn ids(&self) -> impl Iterator<Item = &AccountId> {
        self.list.ids()
    }

    /// Whether anything runs: the engine ends when nothing does.
    pub fn is_busy(&self) -> bool {
        self.list.is_any(|entry| entry.account.running.is_some())
    }

    /// Whether the machine said that it goes to sleep, and as far as is known neither woke nor stayed awake after all.
    pub fn is_resting(&self, now: Now) -> bool {
        !self.world.rests(now).is_zero()
    }

    /// Moves everything on.
    pub fn on_event(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        let tick = self.world.tick(now);
        if self.agenda.has_lost_time(now) || tick.has_slept {
            self.list.touch_all();
        }
        let kept = self.handle(event, now, &mut effects);
        for id in self.agenda.due(now) {
            self.list.touch(id);
        }
        let mut seen = self.look(now, &mut effects);
        self.start_due(now, &mut effects);
        seen.extend(self.look(now, &mut effects));
        let list = &self.list;
        let is_waited_for = |host: &str, is_down| list.is_any(|entry| entry.waits_for(host, is_down));
        self.world.checks(now, is_waited_for, &mut effects);
        self.prompt(&seen, tick.passed, now, &mut effects);
        self.look(now, &mut effects);
        for id in kept {
            effects.push(Effect::SaveState { account: id.clone() });
            effects.push(Effect::Changed { account: id });
        }
        effects
    }

    /// When to send [`Event::Tick`] if nothing happens before: at most 30 s ahead.
    pub fn next_wakeup(&self, now: Now) -> Timestamp {
        let next = self.agenda.next(now).into_iter().chain(self.world.next(now)).min();
        now.wall.plus(next.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP))
    }

    /// Has every account looked at with the next event, due or not. That must never change what happens: the
    /// agenda only saves the time.
    pub fn look_at_all(&mut self) {
        self.list.touch_all();
    }

    /// Ends what ran out, and notes anew, of all that were changed; returns them.
    fn look(&mut self, now: Now, effects: &mut Vec<Effect>) -> BTreeSet<AccountId> {
        let changed = self.list.take_changed();
        for id in &changed {
            if self.list.quietly(id).is_some_and(|entry| entry.end_if_over(now)) {
                effects.push(Effect::SaveState { account: id.clone() });
                effects.push(Effect::Changed { account: id.clone() });
            }
            let slot = self.list.get(id).map(|entry| self.slot(entry, now));
            self.agenda.note(id, slot);
        }
        changed
    }

    pub(super) fn random(&mut self) -> u64 {
        // SplitMix64: only jitter hangs on it.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Applies the event; returns the accounts whose state has to be kept.
    fn handle(&mut self, event: Event, now: Now, effects: &mut Vec<Effect>) -> Vec<AccountId> {
        match event {
            Event::Known { account, rules } => self.known(*account, *rules, now),
            Event::RulesChanged { account, rules } => {
                self.with(&account, |entry| entry.rules_changed(*rules, now))
            }
            Event::Unknown { account } => {
                self.list.remove(&account);
                vec![account]
            }
            Event::Asked { account, chain, force } => {
                self.with(&account, |entry| entry.asked(chain.as_ref(), force, now))
            }
            Event::Reported { account, chain } => self.with(&account, |entry| entry.reported(&chain, now)),
            Event::RecordAsked { account } => self.record_asked(account, now),
            Event::CheckAsked { account } => self.with(&account, |entry| entry.check_asked(now)),
            Event::Ended { account, job, chain, summary, facts } => {
                self.ended(account, job, chain, summary, facts, now, effects)
            }
            Event::LoginStarted { account, login } => {
                self.with(&account, |entry| entry.account.login = Some(login))
            }
            Event::LoginWon { account, way } => self.with(&account, |entry| entry.account.way = way),
            Event::LoginEnded { account } => self.with(&account, |entry| entry.account.login = None),
            Event::Wanted { account, work } => self.with(&account, |entry| entry.account.queue.push(work)),
            Event::Paused { account, paused } => self.paused(account, paused),
            Event::Lived { account, lives } => {
                self.with(&account, |entry| entry.account.lives = lives);
                Vec::new()
            }
            Event::Alerted { account, occasion } => {
                self.with(&account, |entry| entry.account.alerts.is_told(occasion))
            }
            Event::Unheard { account, occasion } => {
                self.with(&account, |entry| entry.account.alerts.is_unheard(occasion))
            }
            Event::TryOnce { account } => self.with(&account, |entry| entry.try_once(now)),
            Event::Store(result) => self.store_said(result, now, effects),
            Event::ToastsLeft { keys } => {
                self.toasts_left(keys, effects);
                Vec::new()
            }
            // "Later" is what happens anyway; the other buttons are calls of their own.
            Event::Tick | Event::ToastAnswered { .. } => Vec::new(),
            Event::HostChecked { .. } | Event::NetworkJudged { .. } | Event::Network { .. } => {
                self.of_network(event, now, effects);
                Vec::new()
            }
            Event::Sleeps | Event::Woke | Event::Screen { .. } | Event::Stopping => {
                self.of_machine(&event, now);
                Vec::new()
            }
        }
    }

    pub(super) fn with(&mut self, id: &AccountId, change: impl FnOnce(&mut Entry)) -> Vec<AccountId> {
        match self.list.get_mut(id) {
            Some(entry) => {
                change(entry);
                vec![id.clone()]
            }
            None => Vec::new(),
        }
    }

    fn store_said(
        &mut self,
        result: Result<(), StoreError>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Vec<AccountId> {
        let said = result.err();
        if self.world.store != said {
            effects.push(Effect::EngineChanged);
        }
        self.world.store = said;
        if self.world.store.is_none() {
            for id in self.agenda.for_store() {
                let Some(entry) = self.list.get_mut(&id) else { continue };
                if let Some((_, timer)) = &mut entry.account.no_record {
                    *timer = Timer::due(now);
                }
                if let Some(unsaved) = &mut entry.account.unsaved {
                    unsaved.next = Timer::due(now);
                }
            }
        }
        Vec::new()
    }

    /// The host answers again: what waited for it is due.
    pub(super) fn release(&mut self, host: &str, now: Now) {
        for id in self.list.ids_where(|entry| entry.talks_to(host)) {
            let Some(entry) = self.list.get_mut(&id) else { continue };
            let due = Timer::after(entry.account.budget.wait_when_back(now), now);
            for (name, state) in &mut entry.account.chains {
                if entry.rules.chains.get(name).is_none_or(|rule| rule.host != host) {
                    continue;
                }
                let told = state.not_before.filter(|told| told.left(now) > due.left(now));
                match &mut state.chain {
                    Chain::Waiting { next, cause, .. }
                        if cause.is_about_the_way() || cause.may_be_the_front() =>
                    {
                        *next = told.unwrap_or(due);
                    }
                    Chain::Unknown { replay, .. } => *replay = told.unwrap_or(due),
                    _ => {}
                }
            }
            if let Session::Suspect { confirm, .. } = &mut entry.account.session
                && entry.rules.chains.values().any(|rule| rule.host == host)
                && confirm.wait > Duration::from_secs(60)
            {
                // Never earlier than the rules allow: only a wait that the outage caused is cut.
                confirm.wait = confirm.wait.min(entry.rules.confirm_after());
            }
        }
    }

    /// Starts `job` and remembers it (I1).
    pub(super) fn start(
        &mut self,
        id: &AccountId,
        chain: ChainName,
        job: Job,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let Some(entry) = self.list.get_mut(id) else { return };
        let host = entry.rules.chains.get(&chain).map(|rule| rule.host.clone()).unwrap_or_default();
        let facts = entry.account.facts.as_ref().map(|facts| facts.generation).unwrap_or_default();
        // A new login is none of those that were judged, also if their entry is gone.
        let basis = if job == Job::Commit { facts.max(entry.account.judged) } else { facts };
        let ticket = match job {
            Job::Commit | Job::Amend | Job::Logout if !entry.account.queue.is_empty() => {
                Some(entry.account.queue.remove(0).ticket)
            }
            _ => None,
        };
        if matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. })
            && let Some(state) = entry.account.chains.get_mut(&chain)
        {
            state.before = Some(Box::new(std::mem::replace(&mut state.chain, Chain::InFlight)));
            // Once is once, whatever comes of it.
            state.asked &= !state.is_try_once;
            state.is_try_once = false;
        }
        let now_talks = job.talks();
        // What the schedule has to do for tokens of some seconds must not keep a person waiting for minutes: who asks
        // next waits for one refill at most.
        if now_talks && entry.account.rate.wait(PER_ACCOUNT, now).is_zero() {
            entry.account.rate.spend(PER_ACCOUNT, 1, now);
        }
        let settings = entry.rules.settings;
        let running = Running { chain: chain.clone(), job, host: host.clone(), began: now, settings };
        entry.account.running = Some(running);
        if now_talks {
            self.world.talked_to(host, now);
        }
        effects.push(Effect::Start { account: id.clone(), chain, job, basis, ticket });
        effects.push(Effect::Changed { account: id.clone() });
    }
}
