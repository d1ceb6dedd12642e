//! Who watches an account from elsewhere (a chat, a web hook) is told once per matter, and that it is settled (I8).
//!
//! Unlike a notification this does not wait for the unlocked screen, and nothing is said twice: whoever watches
//! may be several people.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::accounts::Accounts;
use super::forecast::Ending;
use super::list::Entry;
use super::{Block, Chain, Effect, Session};
use crate::api::Occasion;
use crate::id::{AccountId, ChainName};
use crate::schedule::Timer;
use crate::text::Why;
use crate::time::Now;

/// A refresh that fails is told of when so much of the token is left, or a twentieth of its life if that is less:
/// what passes by itself disturbs nobody.
const NEARLY_GONE: Duration = Duration::from_secs(10 * 60);
/// Failing that comes back within this is the same one (F47).
const ONE_FAILURE: Duration = Duration::from_secs(3600);

/// What was told of an account. Lives in the state database: a restart tells nobody again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Alerts {
    /// Told, and not settled since.
    told: BTreeSet<Occasion>,
    /// On its way. Whoever is killed with it tells it again after the start.
    #[serde(skip)]
    asked: BTreeSet<Occasion>,
    /// When failing was told of last.
    failed: Option<Timer>,
}

impl Alerts {
    fn is_known(&self, occasion: Occasion) -> bool {
        self.told.contains(&occasion) || self.asked.contains(&occasion)
    }

    /// Whether it is to be told now: once.
    fn wants(&mut self, occasion: Occasion) -> bool {
        !self.is_known(occasion) && self.asked.insert(occasion)
    }

    /// It is settled; whether anybody was told.
    fn settle(&mut self, occasion: Occasion) -> bool {
        let was_asked = self.asked.remove(&occasion);
        self.told.remove(&occasion) || was_asked
    }

    /// It was taken by whoever passes it on, or nobody is to be told.
    pub(super) fn is_told(&mut self, occasion: Occasion) {
        if self.asked.remove(&occasion) {
            self.told.insert(occasion);
        }
    }

    /// Whoever was to pass it on gave up: it is to be told as if for the first time. What somebody has heard stays told.
    pub(super) fn is_unheard(&mut self, occasion: Occasion) {
        if self.asked.remove(&occasion) && occasion == Occasion::Failed {
            self.failed = None;
        }
    }
}

impl Accounts {
    /// Alerts that are due for one account, and those that are settled.
    pub(super) fn alert(&mut self, id: &AccountId, now: Now, effects: &mut Vec<Effect>) {
        let Some(entry) = self.list.get(id) else { return };
        let account = &entry.account;
        // The person is at it, or does not care.
        if account.paused || account.login.is_some() || !account.recovered {
            return;
        }
        let is_over = entry.needs_person();
        let is_reminded = matches!(account.session, Session::Blocked { why: Block::ReminderOnly, .. });
        let failed = account.alerts.failed.is_some_and(|told| !told.is_over(now));
        let fails_in = entry.fails_in(|host| self.world.is_down(host), now);
        let fails = !is_over && !failed && fails_in.is_some_and(|wait| wait.is_zero());
        let near = entry.foreseen(now).filter(|ending| ending.is_near() && !is_over);
        let is_known = account.facts.is_some();
        let is_well = is_known && matches!(account.session, Session::Alive { .. });
        let is_well = is_well && account.chains.values().all(|state| state.chain == Chain::Idle);
        // The host is back, and its turn has not come yet: nothing works again before it does.
        let is_well = is_well && !account.chains.keys().any(|chain| entry.is_due(chain, now));
        let is_well = is_well && self.why(id, now).is_none();
        let why = (is_over || fails).then(|| self.why(id, now)).flatten();
        let fails = fails && why.is_some();
        if fails {
            // When it may be told again is to be noted.
            self.list.touch(id.clone());
        }
        let Some(entry) = self.list.quietly(id) else { return };
        let alerts = &mut entry.account.alerts;
        let mut tell = |occasion, why| {
            effects.push(Effect::Alert { account: id.clone(), occasion, why });
        };
        if is_over && !is_reminded && alerts.wants(Occasion::NeedsLogin) {
            tell(Occasion::NeedsLogin, why);
        } else if fails && alerts.wants(Occasion::Failed) {
            alerts.failed = Some(Timer::after(ONE_FAILURE, now));
            tell(Occasion::Failed, why);
        } else if is_well {
            let was_over = alerts.settle(Occasion::NeedsLogin);
            if alerts.settle(Occasion::Failed) || was_over {
                tell(Occasion::Recovered, None);
                effects.push(Effect::SaveState { account: id.clone() });
            }
        }
        match near {
            Some(Ending { at, .. }) if alerts.wants(Occasion::ExpiresSoon) => {
                effects.push(Effect::Alert {
                    account: id.clone(),
                    occasion: Occasion::ExpiresSoon,
                    why: Some(Why::WillEnd { at }),
                });
            }
            None if (is_over || is_known) && alerts.settle(Occasion::ExpiresSoon) => {
                effects.push(Effect::SaveState { account: id.clone() });
            }
            _ => {}
        }
    }
}

impl Entry {
    /// How long until failing to refresh is something to tell of; `None` if nothing fails.
    pub(super) fn fails_in(&self, is_down: impl Fn(&str) -> bool, now: Now) -> Option<Duration> {
        let account = &self.account;
        // Then something else is told.
        if matches!(account.session, Session::Dead { .. } | Session::Blocked { .. }) {
            return None;
        }
        let is_held_up = account.running.is_none() && (account.disk.is_some() || account.no_record.is_some());
        // How long until it fails at all.
        let fails = |name: &ChainName, host: &str| match account.chains.get(name).map(|state| &state.chain)? {
            _ if is_held_up => Some(Duration::ZERO),
            Chain::Waiting { .. } | Chain::Unknown { .. } => Some(Duration::ZERO),
            // Another account has found its host down: this one is not even tried.
            Chain::Idle if is_down(host) => self.due(name, now).map(|due| due.wait),
            // While it is tried again, nothing is known.
            Chain::Idle | Chain::InFlight => None,
        };
        let refreshed = self.rules.chains.iter().filter(|(_, rule)| rule.can_refresh);
        let wait = refreshed.filter_map(|(name, rule)| {
            let wait = fails(name, &rule.host)?;
            let near = NEARLY_GONE.min(self.life_of_token(name)? / 20);
            Some(self.left(name, now)?.saturating_sub(near).max(wait))
        });
        let told = account.alerts.failed.map_or(Duration::ZERO, |told| told.left(now));
        wait.min().map(|wait| wait.max(told))
    }

    /// A refresh of the chain is due and has not begun.
    fn is_due(&self, chain: &ChainName, now: Now) -> bool {
        let can = self.rules.chains.get(chain).is_some_and(|rule| rule.can_refresh);
        can && self.due(chain, now).is_some_and(|due| due.wait.is_zero())
    }

    /// The whole life of the chain's token that lives shortest.
    pub(super) fn life_of_token(&self, chain: &ChainName) -> Option<Duration> {
        let facts = self.account.facts.as_ref()?;
        let of_chain = self.rules.tokens.iter().filter(|(_, of)| of == chain);
        of_chain.filter_map(|(name, _)| Some(facts.tokens.get(name)?.expiry?.life())).min()
    }
}
