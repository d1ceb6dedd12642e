//! The trial refresh after a login (N2), and what is said of it.

use std::time::Duration;

use lamplighter_core::account::{Chain, Event, Job};
use lamplighter_core::api::LoginStage;
use lamplighter_core::id::AccountId;
use lamplighter_core::refresh::End;
use lamplighter_core::text::{self, Why, notice};

use super::super::actor::Actor;
use super::super::tokens::Waiting;
use super::Phase;

/// The trial refresh may go through Chrome.
const TRIAL: Duration = Duration::from_secs(150);

impl Actor {
    /// An attempt ended: perhaps a login's commit or its trial refresh.
    pub(crate) fn login_step_ended(&mut self, account: &AccountId, job: Job, end: &End) {
        let concerned = self.logins.iter().find(|(_, entry)| {
            entry.account == *account && matches!(entry.phase, Phase::Commit | Phase::Trial)
        });
        let Some((login, entry)) = concerned else { return };
        let (login, phase) = (login.clone(), entry.phase);
        match (phase, job) {
            (Phase::Commit, Job::Commit) if *end == End::Committed => self.try_login(&login),
            (Phase::Commit, Job::Commit) => self.not_committed(&login, end),
            (Phase::Trial, Job::Refresh | Job::Confirm(_) | Job::Replay { .. } | Job::Probe { .. }) => {
                let rules = self.accounts.rules(account);
                let can = |name| {
                    rules.and_then(|rules| rules.chains.get(name)).is_some_and(|chain| chain.can_refresh)
                };
                let is_asked = self.accounts.get(account).is_some_and(|state| {
                    let mut chains = state.chains.iter();
                    let now = self.now();
                    let comes = |chain: &Chain| match chain {
                        Chain::Waiting { next, .. } => next.left(now) < TRIAL,
                        _ => true,
                    };
                    chains.any(|(name, state)| state.asked && can(name) && comes(&state.chain))
                        || state.running.is_some()
                });
                if !is_asked {
                    self.finish_login(&login);
                }
            }
            _ => {}
        }
    }

    /// N2: a trial refresh shows whether the login can be kept alive.
    fn try_login(&mut self, login: &str) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        (entry.phase, entry.record, entry.is_asked) = (Phase::Trial, None, false);
        let (account, way) = (entry.account.clone(), entry.way);
        self.on_event(Event::LoginWon { account: account.clone(), way });
        let can_refresh = self
            .accounts
            .rules(&account)
            .is_some_and(|rules| rules.chains.values().any(|chain| chain.can_refresh));
        if !can_refresh {
            return self.finish_login(login);
        }
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::Trial { login: login.to_owned() });
        self.expire(ticket, TRIAL);
        self.on_event(Event::Asked { account, chain: None, force: true });
    }

    /// The trial is over, however it went: the login is stored and stays.
    pub(crate) fn finish_login(&mut self, login: &str) {
        let Some(entry) = self.logins.get(login).filter(|entry| entry.phase == Phase::Trial) else { return };
        let (account, lang) = (entry.account.clone(), entry.lang);
        let state = self.accounts.get(&account);
        let renewable = state.is_some_and(|state| state.renewable == Some(true));
        let identity = state.and_then(|state| state.facts.as_ref()?.identity.clone());
        let ends = if renewable { None } else { self.accounts.ends(&account, self.now()) };
        let clock = text::Clock { now: self.now().wall, tz: &self.time_zone };
        let words = match self.accounts.why(&account, self.now()) {
            // It was not refused: nothing answered.
            Some(
                why @ (Why::Waiting { .. }
                | Why::LostReply { .. }
                | Why::Disk { .. }
                | Why::Unsaved { .. }
                | Why::Held { .. }),
            ) if !renewable => {
                let said = notice(&why, &self.subject(&account, lang)).what;
                text::unproven_words(identity.as_deref(), &said, lang)
            }
            _ => text::proof_words(identity.as_deref(), renewable, ends, clock, lang),
        };
        self.end_login(login, LoginStage::Done { identity, renewable, ends, words });
    }
}
