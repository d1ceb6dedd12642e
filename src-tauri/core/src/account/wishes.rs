//! What a person or a program wishes, and what simply runs out.

use std::time::Duration;

use super::list::Entry;
use super::{Account, Block, Chain, Death, Job, Session};
use crate::id::ChainName;
use crate::refresh::End;
use crate::schedule::Timer;
use crate::time::Now;

impl Entry {
    /// S3.2: a grant that is limited in time ends. A token that only the person can renew has run out.
    pub(super) fn end_if_over(&mut self, now: Now) -> bool {
        if self.is_over() {
            return false;
        }
        if self.grant_left(now).is_some_and(|left| left.is_zero()) {
            self.account.block(Block::GrantEnded, now);
            return true;
        }
        let has_run_out = self.unrenewed_left(now).is_some_and(|left| left.is_zero());
        if has_run_out {
            self.account.session = Session::Dead { reason: Death::Ran, since: now.wall };
        }
        has_run_out
    }

    /// How long until [`Self::end_if_over`] has something to say.
    pub(super) fn runs_out(&self, now: Now) -> Option<Duration> {
        let left = self.grant_left(now).into_iter().chain(self.unrenewed_left(now)).min();
        left.filter(|_| !self.is_over())
    }

    fn is_over(&self) -> bool {
        matches!(self.account.session, Session::Dead { .. } | Session::Blocked { .. })
    }

    fn grant_left(&self, now: Now) -> Option<Duration> {
        self.account.grant_ends.map(|ends| ends.since(now.wall))
    }

    /// What is left of the token that ends first, where only the person can renew it.
    fn unrenewed_left(&self, now: Now) -> Option<Duration> {
        let can = self.rules.chains.values().any(|rule| rule.can_refresh);
        if can || !self.account.recovered {
            return None;
        }
        self.rules.chains.keys().filter_map(|chain| self.left(chain, now)).min()
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
    /// What the person had tried once was answered, however: nothing is lost any more, and the usual rules hold.
    pub(super) fn note_answered(&mut self, job: Job, end: &End) {
        let is_lost = matches!(self.session, Session::Blocked { why: Block::LostReply, .. });
        let is_answered = matches!(
            end,
            End::Transient { .. } | End::Refused { .. } | End::Rejected { .. } | End::Newer | End::Proven
        );
        if is_lost && is_answered && job == (Job::Replay { asked: true }) {
            self.session = Session::None;
        }
    }

    /// Only the person can settle it. What is Dead stays so: a login is the only cure.
    pub(super) fn block(&mut self, why: Block, now: Now) {
        if !matches!(self.session, Session::Dead { .. }) {
            self.session = Session::Blocked { why, since: now.wall };
        }
    }
}
