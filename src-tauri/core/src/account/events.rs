//! What single events do: to one account, to what is known of the network, to the machine around all of them.

use super::accounts::Accounts;
use super::list::Entry;
use super::{Account, Chain, Effect, Event, Rules};
use crate::id::{AccountId, ChainName};
use crate::schedule::Timer;
use crate::time::Now;

impl Accounts {
    pub(super) fn known(&mut self, mut account: Account, rules: Rules, now: Now) -> Vec<AccountId> {
        let id = account.id.clone();
        account.settle_after_restart();
        account.keep_chains_of(&rules);
        account.start_under(rules.settings, now);
        let counted = self.world.awake;
        self.list.insert(id.clone(), Entry { account, rules, counted });
        vec![id]
    }

    /// What could not be read or written is tried again now.
    pub(super) fn record_asked(&mut self, id: AccountId, now: Now) -> Vec<AccountId> {
        let Some(entry) = self.list.get_mut(&id).filter(|entry| entry.account.running.is_none()) else {
            return Vec::new();
        };
        let refused = entry.account.no_record.as_mut().map(|(_, timer)| timer);
        let full = entry.account.disk.as_mut().map(|(_, timer)| timer);
        let timers: Vec<_> = refused.into_iter().chain(full).collect();
        let is_any = !timers.is_empty();
        timers.into_iter().for_each(|timer| *timer = Timer::due(now));
        if is_any { vec![id] } else { Vec::new() }
    }

    /// One account, or all.
    pub(super) fn paused(&mut self, account: Option<AccountId>, paused: bool) -> Vec<AccountId> {
        let ids: Vec<_> = match account {
            Some(id) => vec![id],
            None => self.list.ids().cloned().collect(),
        };
        ids.iter().flat_map(|id| self.with(id, |entry| entry.account.paused = paused)).collect()
    }

    /// Something was learnt of a host, or of the network.
    pub(super) fn of_network(&mut self, event: Event, now: Now, effects: &mut Vec<Effect>) {
        match event {
            Event::HostChecked { host, up } if self.world.checked(&host, up, now) => {
                self.release(&host, now);
                effects.push(Effect::EngineChanged);
            }
            Event::NetworkJudged { up } if self.world.judged(up) => {
                self.list.touch_all();
                effects.push(Effect::EngineChanged);
            }
            Event::Network { up: true } => self.world.network_is_up(now),
            _ => {}
        }
    }

    /// Sleep, screen and end concern all accounts.
    pub(super) fn of_machine(&mut self, event: &Event, now: Now) {
        match event {
            Event::Sleeps => self.world.sleeps(now),
            Event::Woke => self.world.woke(now),
            Event::Screen { locked } => self.world.is_locked = *locked,
            Event::Stopping => {
                self.world.is_stopping = true;
                self.try_held(now);
            }
            _ => return,
        }
        self.list.touch_all();
    }

    /// What is in this process alone is lost with it: one last try (F38).
    fn try_held(&mut self, now: Now) {
        for id in self.agenda.for_store() {
            let Some(entry) = self.list.get_mut(&id) else { continue };
            if let Some(unsaved) = entry.account.unsaved.as_mut().filter(|unsaved| unsaved.is_held) {
                unsaved.next = Timer::due(now);
            }
        }
    }
}

impl Entry {
    pub(super) fn rules_changed(&mut self, rules: Rules, now: Now) {
        self.rules = rules;
        self.account.settings = Some(self.rules.settings);
        self.account.keep_chains_of(&self.rules);
        self.account.settings_changed(now);
    }

    /// Somebody wants a fresh token of this chain, or of all; `force` does not wait for a back-off.
    pub(super) fn asked(&mut self, chain: Option<&ChainName>, force: bool, now: Now) {
        let exists: Vec<ChainName> = self.existing_chains();
        for (name, state) in &mut self.account.chains {
            if chain.is_none_or(|chain| chain == name) && exists.contains(name) {
                state.asked = true;
                if force && matches!(state.chain, Chain::Waiting { .. }) {
                    state.chain = Chain::Idle;
                }
            }
        }
        if force && let Some((_, timer)) = &mut self.account.no_record {
            *timer = Timer::due(now);
        }
    }

    /// Whoever asks wants to know of the login, not of a token that was revoked early: as a report.
    pub(super) fn check_asked(&mut self, now: Now) {
        self.account.is_reported = true;
        self.account.probe = Some(Timer::due(now));
    }
}
