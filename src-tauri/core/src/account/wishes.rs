//! What a person or a program wishes, and what simply runs out.

use std::time::Duration;

use super::list::Entry;
use super::{Account, Block, Chain, Death, Job, Session};
use crate::id::ChainName;
use crate::refresh::End;
use crate::schedule::Timer;
use crate::time::{BootTime, Expiry, Now};

impl Entry {
    /// S3.2: a grant that is limited in time ends. A token that only the person can renew has run out.
    pub(super) fn end_if_over(&mut self, now: Now) -> bool {
        let is_noted = self.note_grant(now);
        let has_ended = self.grant_left(now).is_some_and(|left| left.is_zero());
        let own_limit = Block::GrantEnded { by_service: false };
        if matches!(&self.account.session, Session::Blocked { why, .. } if *why == own_limit) && !has_ended {
            // A longer limit in the settings, or a wall clock that had been wrong: proof first.
            self.account.session = Session::None;
            self.account.probe = Some(Timer::due(now));
            return true;
        }
        if self.is_over() {
            return is_noted;
        }
        if has_ended {
            self.account.block(own_limit, now);
            return true;
        }
        let has_run_out = self.unrenewed_left(now).is_some_and(|left| left.is_zero());
        if has_run_out {
            self.account.session = Session::Dead { reason: Death::Ran, since: now.wall };
        }
        has_run_out || is_noted
    }

    /// A grant of which it is not known when it was given (the state was lost) counts from the login if that is
    /// known, else from now on.
    fn note_grant(&mut self, now: Now) -> bool {
        let account = &mut self.account;
        let is_wanted = self.rules.policy.grant.is_some() && account.recovered && account.has_record;
        if !is_wanted || account.granted.is_some() {
            return false;
        }
        // Of which boot the login was is not known: another one, so that only the wall clock counts.
        let login = |wall| Now { wall, boot: BootTime { boot: !now.boot.boot, ms: 0 } };
        account.granted = Some(account.logged_in.map_or(now, login));
        true
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
        self.grant().map(|grant| grant.left(now))
    }

    /// The grant's whole life and its end, if it is limited in time.
    pub(super) fn grant(&self) -> Option<Expiry> {
        let (life, got) = (self.rules.policy.grant?, self.account.granted?);
        Some(Expiry { life, got, server_date: None })
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
        // What a newer version has stored may be a newer login, and none of ours would replace it (F53).
        if why == Block::NewerFormat || !matches!(self.session, Session::Dead { .. }) {
            self.session = Session::Blocked { why, since: now.wall };
        }
    }
}
