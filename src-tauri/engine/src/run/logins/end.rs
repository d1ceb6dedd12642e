//! How a login ends, and who ends it.

use lamplighter_core::account::{Event, Job};
use lamplighter_core::api::{self, LoginStage, Response};
use lamplighter_core::id::AccountId;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use super::super::actor::{Actor, Entry};
use super::super::message::Reply;
use super::{LoginEntry, Phase};
use crate::login::{LoginInput, kept};

impl LoginEntry {
    /// Asks it to stop; it does so between two steps.
    fn stop(&self) {
        if self.phase == Phase::Person && self.inputs.try_send(LoginInput::Stop).is_err() {
            tracing::debug!("a login that has ended, or is busy with many answers");
        }
    }
}

impl Actor {
    pub(super) fn end_login(&mut self, login: &str, stage: LoginStage) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        let is_done = matches!(stage, LoginStage::Done { .. });
        entry.view.stage = stage;
        entry.phase = Phase::Over;
        entry.record = None;
        entry.task = None;
        let (account, has_added) = (entry.account.clone(), entry.has_added);
        let (spending, logouts) = (entry.spending.clone(), std::mem::take(&mut entry.logouts));
        self.on_event(Event::LoginEnded { account: account.clone() });
        let is_kept = !is_done && spending.kept().is_some();
        if let Some(entry) = self.entries.get_mut(&account).filter(|_| is_kept) {
            entry.is_unfinished = true;
            for (name, value) in spending.secrets() {
                entry.typed.entry(name.clone()).or_insert_with(|| value.duplicate());
            }
        }
        if let Some(entry) = self.entries.get_mut(&account).filter(|_| spending.is_settled()) {
            entry.is_unfinished = false;
        }
        // F61: an account without anything stored is not left behind.
        if has_added && !is_done && !is_kept && logouts.is_empty() {
            // Why it cannot be is logged; the account says itself that it was never logged in.
            _ = self.forget(&account, self.lang());
        }
        self.tell(api::Event::Login { id: login.to_owned() });
        for (lang, reply) in logouts {
            self.log_out(account.clone(), lang, reply);
        }
    }

    /// The engine ends: windows close. A step that spends is not cut short; what waits for the keychain goes.
    pub(crate) fn cancel_logins(&mut self) {
        let all: Vec<String> = self.logins.keys().cloned().collect();
        for login in all {
            if let Some(entry) = self.logins.get(&login) {
                entry.stop();
            }
            self.give_up_commit(&login);
        }
    }

    /// Whether somebody is still logging in; told to stop, that takes as long as one step.
    pub(crate) fn is_logging_in(&self) -> bool {
        self.logins.values().any(|entry| entry.phase == Phase::Person)
    }

    /// What has not ended by itself.
    pub(crate) fn abort_logins(&mut self) {
        for task in self.logins.values_mut().filter_map(|entry| entry.task.take()) {
            task.abort();
        }
    }

    /// The person logs the account of a login out that is still open: that ends first, so that nothing of it is
    /// stored afterwards. Gives the reply back if there is no such login.
    pub(crate) fn log_out_after_login(
        &mut self,
        account: &AccountId,
        lang: Lang,
        reply: Reply<Response>,
    ) -> Option<Reply<Response>> {
        let Some(login) = self.login_of(account) else { return Some(reply) };
        self.give_up_commit(&login);
        let Some(entry) = self.logins.get_mut(&login).filter(|entry| entry.phase == Phase::Person) else {
            return Some(reply);
        };
        entry.stop();
        entry.logouts.push((lang, reply));
        None
    }

    /// An account left the configuration, or its provider did.
    pub(crate) fn fail_login_of(&mut self, account: &AccountId) {
        let Some(login) = self.login_of(account) else { return };
        let Some(entry) = self.logins.get(&login) else { return };
        match entry.phase {
            // It has its own copy of the provider.
            Phase::Person if self.entries.contains_key(account) => {}
            Phase::Person => entry.stop(),
            // Its end will tell.
            Phase::Commit if self.at_work.get(account) == Some(&Job::Commit) => {}
            Phase::Commit => {
                let notice = self.notice_of(account, entry.lang);
                self.store_login_later(&login, notice);
            }
            Phase::Trial => self.finish_login(&login),
            Phase::Over => {}
        }
    }
}

/// A login of this account has spent something and is not done.
pub(crate) fn unfinished(entry: &Entry, lang: Lang) -> Notice {
    let what = lang.pick("The login is not finished.", "La connexion n’est pas terminée.");
    kept(Notice::new(Code::NeedsLogin, what).of(entry.name.as_str()), lang).cure(lang.pick(
        "Log in again to finish it, or log out to give it up for good.",
        "Reconnectez-vous pour la terminer, ou déconnectez-vous pour y renoncer.",
    ))
}
