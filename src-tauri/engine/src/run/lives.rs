//! How long the sessions of each service lived: what foresees the end of the next (S0.5).

use std::collections::BTreeMap;
use std::time::Duration;

use lamplighter_core::account::{Death, Event, Session};
use lamplighter_core::id::{AccountId, ProviderId};
use lamplighter_core::refresh::End;
use lamplighter_core::time::Timestamp;

use super::actor::Actor;

/// Ended by the service: what the next end is foreseen from.
pub(crate) const DEAD: &str = "dead";
/// Ended by the service because an answer was lost: that says nothing of how long its sessions live.
const LOST: &str = "lost_reply";

/// The lives of all accounts' sessions that their service ended: when that was, and how long they had lived.
#[derive(Default)]
pub(crate) struct Lives(BTreeMap<AccountId, Vec<(Timestamp, Duration)>>);

impl Lives {
    /// Another one.
    pub fn add(&mut self, account: &AccountId, began: Timestamp, ended: Timestamp) {
        let life = ended.since(began);
        if !life.is_zero() {
            self.0.entry(account.clone()).or_default().push((ended, life));
        }
    }

    fn of<'a>(&'a self, accounts: impl Iterator<Item = &'a AccountId>) -> Vec<Duration> {
        let mut all: Vec<_> = accounts.filter_map(|id| self.0.get(id)).flatten().copied().collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.into_iter().map(|(_, life)| life).collect()
    }
}

impl Actor {
    /// Tells core how long the sessions of every service lived.
    pub(crate) fn tell_all_lives(&mut self) {
        let mut providers: Vec<ProviderId> =
            self.entries.values().map(|entry| entry.settings.provider.clone()).collect();
        providers.sort_unstable();
        providers.dedup();
        providers.iter().for_each(|provider| self.tell_lives(provider));
    }

    fn tell_lives(&mut self, provider: &ProviderId) {
        let at_service = self.entries.iter().filter(|(_, entry)| entry.settings.provider == *provider);
        let ids: Vec<AccountId> = at_service.map(|(id, _)| id.clone()).collect();
        let lives = self.lives.of(ids.iter());
        if lives.is_empty() {
            return;
        }
        for account in ids {
            self.on_event(Event::Lived { account, lives: lives.clone() });
        }
    }

    /// A session began or ended.
    pub(crate) fn note_lifetime(
        &mut self,
        account: &AccountId,
        end: &End,
        was_over: bool,
        began: Option<Timestamp>,
    ) {
        let now = self.now().wall;
        match (end, self.death(account)) {
            (End::Committed, _) => self.state.session_began(account, now),
            (End::LoggedOut { .. }, _) => self.state.session_ended(account, now, "logged_out"),
            (_, Some(Death::LostReply)) if !was_over => self.state.session_ended(account, now, LOST),
            (_, Some(_)) if !was_over => {
                self.state.session_ended(account, now, DEAD);
                let provider = self.entries.get(account).map(|entry| entry.settings.provider.clone());
                if let (Some(began), Some(provider)) = (began, provider) {
                    self.lives.add(account, began, now);
                    self.tell_lives(&provider);
                }
            }
            _ => {}
        }
    }

    fn death(&self, account: &AccountId) -> Option<Death> {
        match self.accounts.get(account)?.session {
            Session::Dead { reason, .. } => Some(reason),
            _ => None,
        }
    }
}
