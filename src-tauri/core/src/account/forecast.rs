//! When a login will end though nothing goes wrong (S0.5).
//!
//! What a chain's refreshes live on (a credential, a session cookie) can have an end of its own. Whether a
//! refresh moves that end is seen, not assumed: an end that a refresh has left where it was is one to tell of.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::accounts::Accounts;
use super::likely::Likely;
use super::list::Entry;
use super::{Chain, ChainState, Session};
use crate::classify::Cause;
use crate::id::{AccountId, ChainName};
use crate::provider::model::ExpirySource;
use crate::time::{Expiry, Now, Timestamp};

/// The person is told so long before the end, or at half of the life if that is shorter.
const TELL_BEFORE: Duration = Duration::from_secs(24 * 3600);
/// Two ends closer than this are the same one: servers round, and requests take their time.
const SAME: Duration = Duration::from_secs(60);

/// The end of what a chain's refreshes live on, as it was first seen where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownEnd {
    /// When.
    end: Expiry,
    /// A refresh has left it there.
    is_fixed: bool,
}

/// When a login ends.
pub(super) struct Ending {
    /// On the wall clock.
    pub at: Timestamp,
    pub left: Duration,
    /// The person is told so long before.
    pub tell_before: Duration,
}

impl Ending {
    fn of(expiry: &Expiry, now: Now) -> Self {
        Self::after(expiry.at(now), expiry.left(now), expiry.life())
    }

    fn after(at: Timestamp, left: Duration, life: Duration) -> Self {
        Self { at, left, tell_before: TELL_BEFORE.min(life / 2) }
    }

    /// Whether it is time to tell.
    pub fn is_near(&self) -> bool {
        !self.left.is_zero() && self.left <= self.tell_before
    }

    /// How long until [`Self::is_near`] changes.
    pub fn is_told_in(&self) -> Duration {
        if self.is_near() { self.left } else { self.left.saturating_sub(self.tell_before) }
    }
}

impl Accounts {
    /// When the login ends for good as far as can be foreseen; `None` if nothing tells, or it is over already.
    pub fn ends(&self, id: &AccountId, now: Now) -> Option<Timestamp> {
        self.list.get(id)?.ending(now).map(|ending| ending.at)
    }

    /// When the session will probably end, as this service's earlier ones did; `None` if too few are known, if
    /// it has outlived them all, or if an earlier end is certain.
    pub fn likely(&self, id: &AccountId, now: Now) -> Option<Likely> {
        let entry = self.list.get(id)?;
        let likely = entry.likely(now)?;
        let is_first = entry.ending(now).is_none_or(|ending| likely.at < ending.at);
        is_first.then_some(likely)
    }

    /// Until when it has to be refreshed, or the service ends it as unused: what a machine that is switched off for
    /// long has to know (P3). `None` if the service does not mind, or it is over already.
    pub fn unused_until(&self, id: &AccountId, now: Now) -> Option<Timestamp> {
        let entry = self.list.get(id)?;
        if matches!(entry.account.session, Session::Dead { .. } | Session::Blocked { .. }) {
            return None;
        }
        let facts = entry.account.facts.as_ref()?;
        let of_chain = |(name, rule): (&ChainName, &super::ChainRule)| {
            let got = facts.credentials.get(name).map(|credential| credential.got);
            let refreshed = entry.account.chains.get(name)?.refreshed;
            Some(Expiry::after(rule.rules.idle?, refreshed.or(got)?, None).at(now))
        };
        entry.rules.chains.iter().filter(|(_, rule)| rule.can_refresh).filter_map(of_chain).min()
    }

    /// Whether the login can be kept alive: shown by a refresh, or ruled out by the provider.
    pub fn renewable(&self, id: &AccountId) -> Option<bool> {
        let entry = self.list.get(id)?;
        let can = entry.rules.chains.values().any(|rule| rule.can_refresh);
        if can { entry.account.renewable } else { Some(false) }
    }
}

impl Entry {
    /// What to tell the person of: an end that is certain, else one that is likely enough.
    pub(super) fn foreseen(&self, now: Now) -> Option<Ending> {
        let likely = self.likely(now).filter(Likely::is_telling).map(|likely| likely.ending(now));
        let certain = self.ending(now).into_iter();
        certain.chain(likely).min_by_key(|ending| ending.left)
    }

    fn likely(&self, now: Now) -> Option<Likely> {
        if matches!(self.account.session, Session::Dead { .. } | Session::Blocked { .. }) {
            return None;
        }
        Likely::from(&self.account.lives, self.account.logged_in?, now)
    }

    /// The first of all ends that no refresh moves.
    pub(super) fn ending(&self, now: Now) -> Option<Ending> {
        if matches!(self.account.session, Session::Dead { .. }) {
            return None;
        }
        let chains = self.account.chains.keys().filter_map(|chain| self.ending_of(chain, now));
        chains.chain(self.ending_of_grant(now)).min_by_key(|ending| ending.left)
    }

    fn ending_of(&self, chain: &ChainName, now: Now) -> Option<Ending> {
        let facts = self.account.facts.as_ref()?;
        let state = self.account.chains.get(chain)?;
        let can_refresh = self.rules.chains.get(chain)?.can_refresh && !is_without_a_way(state);
        let end = if can_refresh {
            state.ends.filter(|known| known.is_fixed).map(|known| known.end)
        } else {
            let of_chain = self.rules.tokens.iter().filter(|(_, of)| of == chain);
            let tokens = of_chain.filter_map(|(name, _)| facts.tokens.get(name)?.expiry);
            tokens.chain(self.source_end(chain, now)).min_by_key(|end| end.left(now))
        };
        end.map(|end| Ending::of(&end, now))
    }

    /// S3.2: a grant that is limited in time.
    fn ending_of_grant(&self, now: Now) -> Option<Ending> {
        Some(Ending::of(&self.grant()?, now))
    }

    /// What the chain's refreshes live on has ended, as the service had said beforehand.
    pub(super) fn has_outlived(&self, chain: &ChainName, now: Now) -> bool {
        let ends = self.account.chains.get(chain).and_then(|state| state.ends);
        ends.is_some_and(|known| known.end.left(now).is_zero())
    }

    /// The end of what the chain's refreshes live on: its credential, or the cookie that the provider names.
    fn source_end(&self, chain: &ChainName, now: Now) -> Option<Expiry> {
        let facts = self.account.facts.as_ref()?;
        if let Some(credential) = facts.credentials.get(chain) {
            return credential.expiry;
        }
        let sources = &self.rules.chains.get(chain)?.rules.expires;
        let at = sources.iter().find_map(|source| match source {
            ExpirySource::Cookie(name) => facts.cookie_ends.get(name),
            _ => None,
        })?;
        Some(Expiry::after(at.since(now.wall), now, None))
    }

    /// Looks where the ends are after an attempt; `renewed` is the chain that it refreshed.
    pub(super) fn note_ends(&mut self, renewed: Option<&ChainName>, now: Now) {
        if self.account.facts.is_none() {
            return;
        }
        let chains: Vec<ChainName> = self.account.chains.keys().cloned().collect();
        for chain in chains {
            let seen = self.source_end(&chain, now);
            let is_renewed = renewed == Some(&chain);
            if let Some(state) = self.account.chains.get_mut(&chain) {
                state.ends = seen.map(|seen| moved(state.ends, seen, is_renewed, now));
            }
        }
    }
}

/// What is known of an end that is at `seen` now.
fn moved(known: Option<KnownEnd>, seen: Expiry, is_renewed: bool, now: Now) -> KnownEnd {
    let new = KnownEnd { end: seen, is_fixed: false };
    let Some(known) = known else { return new };
    let (before, after) = (known.end.left(now), seen.left(now));
    if before.abs_diff(after) > SAME {
        return new;
    }
    // An end that moves with each use has hardly moved if it was used just after it was first seen.
    let is_telling = known.end == seen || known.end.life().saturating_sub(before) > SAME * 2;
    KnownEnd { is_fixed: known.is_fixed || (is_renewed && is_telling), ..known }
}

/// No way of the ladder could run when it was tried. A Chrome that is missing comes back, and ends no session.
fn is_without_a_way(state: &ChainState) -> bool {
    // While it is tried again, nothing is known that was not before.
    let chain = state.before.as_deref().unwrap_or(&state.chain);
    matches!(chain, Chain::Waiting { cause: Cause::NoWay, .. })
}
