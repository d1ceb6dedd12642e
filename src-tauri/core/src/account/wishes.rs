//! What a person or a program wishes, and what simply runs out.

use super::accounts::Entry;
use super::{Account, Block, Chain, Death, Session};
use crate::id::ChainName;
use crate::schedule::Timer;
use crate::time::Now;

impl Entry {
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
