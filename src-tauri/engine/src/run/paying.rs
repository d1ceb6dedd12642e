//! What a logout could not erase is erased once its store opens again: at the start, and every now and then.

use std::collections::BTreeSet;
use std::time::Duration;

use lamplighter_core::account::Job;
use lamplighter_core::api::Event;
use lamplighter_core::id::AccountId;

use super::actor::Actor;
use super::erase;
use super::message::Message;

/// A store that is not in use tells nobody that it opens.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// Which debts were looked at, and when the next look is due.
#[derive(Default)]
pub(crate) struct Paying {
    /// By this process, paid or about to be.
    seen: BTreeSet<AccountId>,
    /// On the boot clock (milliseconds).
    again: u64,
}

impl Paying {
    /// Whether a logout of this account was finished by this process, or is about to be.
    pub(crate) fn has_seen(&self, account: &AccountId) -> bool {
        self.seen.contains(account)
    }
}

impl Actor {
    /// A look is due.
    pub(crate) fn pay_if_due(&mut self) {
        if self.now().boot.ms >= self.paying.again {
            self.pay();
        }
    }

    /// Tries all stores that are owed. Nothing is done for an account that is in the configuration, nor while that
    /// cannot be read: it may be in there.
    pub(crate) fn pay(&mut self) {
        let again = u64::try_from(AGAIN.as_millis()).unwrap_or(u64::MAX);
        self.paying.again = self.now().boot.ms.saturating_add(again);
        if self.ports.named.get().is_none() || !self.configuration.mistakes.is_empty() {
            return;
        }
        self.void_debts();
        if self.stopping.is_some() {
            return;
        }
        for (account, stores) in self.ports.owed.all() {
            if self.entries.contains_key(&account) || self.at_work.contains_key(&account) {
                continue;
            }
            // One that comes back meanwhile waits for the end of this (I1).
            self.at_work.insert(account.clone(), Job::Logout);
            self.paying.seen.insert(account.clone());
            let ports = self.ports.clone();
            tokio::spawn(async move {
                erase::owed(&ports, &account, &stores).await;
                if ports.messages.send(Message::Paid { account }).await.is_err() {
                    tracing::debug!("a store was looked at after the engine ended");
                }
            });
        }
    }

    pub(crate) fn on_paid(&mut self, account: &AccountId) {
        self.at_work.remove(account);
        self.void_debts();
        self.take_back(account);
        self.tell(Event::Engine);
    }

    /// Whose account is in the configuration owes nothing: before any login of it can be stored. A logout that runs has
    /// yet to take it out of there.
    fn void_debts(&self) {
        let owed = self.ports.owed.all();
        let is_back = |account: &&AccountId| {
            self.entries.contains_key(*account) && self.at_work.get(*account) != Some(&Job::Logout)
        };
        self.ports.owed.void(owed.keys().filter(is_back));
    }
}
