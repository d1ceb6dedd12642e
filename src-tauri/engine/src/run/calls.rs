//! Everything that can be asked of the engine but tokens and logins.

use lamplighter_core::account::Event;
use lamplighter_core::api::{Request, Response, ToastAction};
use lamplighter_core::id::AccountId;
use lamplighter_core::refresh::Amendment;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, Why, notice};

use super::actor::Actor;
use super::alerts::ALERTS;
use super::message::Reply;
use super::tokens::answer;
use crate::lock::Holder;

impl Actor {
    pub(crate) fn on_call(&mut self, request: Request, lang: Lang, reply: Reply<Response>) {
        if is_about_accounts(&request) {
            // Whoever has just edited a file and asks means what is in it now.
            self.take_over_files();
        }
        let waits = begins_login(&request) || (self.holder != Holder::Desktop && is_about_accounts(&request));
        if waits && self.accounts.is_reading() {
            self.too_early.push((request, lang, reply));
            return;
        }
        if let Some(notice) = self.no_store_yet(lang).filter(|_| is_about_alerts(&request)) {
            return answer(reply, Err(notice));
        }
        // Calls that wait take the reply with them; all others are answered here.
        let done = match request {
            Request::Refresh { accounts, force, dry_run } => {
                return self.refresh(&accounts, force, dry_run, lang, reply);
            }
            Request::TryOnce { account } => return self.try_once(&account, lang, reply),
            Request::Check { account } => return self.check(&account, lang, reply),
            Request::Logout { account } => return self.logout(&account, lang, reply),
            Request::TestAlerts { account } => return self.test_alerts(account.as_deref(), lang, reply),
            // Never an account: one that was called so by hand is reached by its id.
            Request::SetSecret { account, name, value } if account == ALERTS => {
                return self.amend_alerts(Amendment::SetSecret(name, value), lang, reply);
            }
            Request::RemoveSecret { account, name } if account == ALERTS => {
                return self.amend_alerts(Amendment::RemoveSecret(name), lang, reply);
            }
            Request::Secrets { account } if account == ALERTS => {
                return self.list_alert_secrets(lang, reply);
            }
            Request::SetSecret { account, name, value } => {
                return self.amend(&account, &name, Amendment::SetSecret(name.clone(), value), lang, reply);
            }
            Request::RemoveSecret { account, name } => {
                return self.amend(&account, &name, Amendment::RemoveSecret(name.clone()), lang, reply);
            }
            Request::History { account, limit } => {
                return self.history(&account, limit.unwrap_or(100).min(1000), lang, reply);
            }
            Request::TestSink { account, sink } => return self.test_sink(&account, sink, lang, reply),
            Request::RetryStore => {
                self.unlock_in_background();
                Ok(Response::Done)
            }
            request => self.answer_call(request, lang),
        };
        answer(reply, done);
    }

    /// Answers what was asked before the records had been read. A desktop answers all but logins at once and tells
    /// the window of changes; a one-shot is asked once, and may say nothing that it does not know.
    pub(crate) fn answer_early_calls(&mut self) {
        if !self.too_early.is_empty() && !self.accounts.is_reading() {
            for (request, lang, reply) in std::mem::take(&mut self.too_early) {
                self.on_call(request, lang, reply);
            }
        }
    }

    pub(super) fn answer_call(&mut self, request: Request, lang: Lang) -> Result<Response, Notice> {
        match request {
            Request::Accounts => Ok(Response::Accounts { accounts: self.account_views(lang) }),
            Request::Account { account } => self.account_answer(&account, lang),
            Request::Pause { account } => self.set_paused(&account, true, lang),
            Request::Resume { account } => self.set_paused(&account, false, lang),
            Request::PauseAll { paused } => {
                self.why_none(lang).map_or(Ok(()), Err)?;
                let names: Vec<_> = self.entries.values().map(|entry| entry.name.clone()).collect();
                self.edit(lang, |document| names.iter().all(|name| document.set_paused(name, paused)))?;
                Ok(Response::Accounts { accounts: self.account_views(lang) })
            }
            Request::Rename { account, name } => {
                let id = self.find(&account, lang)?;
                let old =
                    self.entries.get(&id).map(|entry| entry.name.clone()).ok_or_else(|| internal(lang))?;
                if old != name && self.is_taken(&name) {
                    return Err(super::logins::name_taken(&name, lang));
                }
                if old != name {
                    self.edit(lang, |document| document.rename_account(&old, &name))?;
                }
                self.account_answer(id.as_str(), lang)
            }
            Request::NewLogin { provider, name, vars, secrets, way } => {
                self.new_login(&provider, name, vars, secrets, way, lang)
            }
            Request::Login { account, way } => self.login_again(&account, way, lang),
            Request::LoginState { login } => self.login_answer(&login, lang),
            Request::LoginAnswer { login, answer } => self.answer_login(&login, answer, lang),
            Request::Secrets { account } => {
                let id = self.find(&account, lang)?;
                let names = self.secret_names(&id);
                let is_read = self.entries.get(&id).is_some_and(|entry| entry.record.is_some());
                // "None" would be a guess while the keychain is closed.
                if names.is_empty() && !is_read && !self.has_no_record(&id) {
                    return Err(self.notice_of(&id, lang));
                }
                Ok(Response::Secrets { names })
            }
            Request::Alerts => Ok(Response::Alerts { alerts: self.alert_views() }),
            Request::Providers => Ok(Response::Providers { providers: self.providers.views(lang) }),
            Request::SetSinks { account, sinks } => {
                let id = self.find(&account, lang)?;
                let name =
                    self.entries.get(&id).map(|entry| entry.name.clone()).ok_or_else(|| internal(lang))?;
                self.check_sinks(&id, &sinks, lang)?;
                self.edit(lang, |document| document.set_sinks(&name, &sinks))?;
                self.account_answer(id.as_str(), lang)
            }
            Request::Settings => {
                Ok(Response::Settings { settings: self.configuration.config.settings.clone() })
            }
            Request::SetSettings { settings } => {
                self.edit(lang, |document| {
                    document.set_settings(&settings);
                    true
                })?;
                Ok(Response::Settings { settings: self.configuration.config.settings.clone() })
            }
            Request::Engine => Ok(Response::Engine { engine: Box::new(self.engine_view(lang)) }),
            Request::Show => self.show(lang),
            Request::ToastAnswer { key, action } => self.toast_answer(key, action, lang),
            // Only a desktop's window can do these, and it does them itself.
            Request::CopyToken { .. } | Request::OpenFolder { .. } => Err(Notice::new(
                Code::Usage,
                lang.pick("Only the window can do that.", "Seule la fenêtre peut faire cela."),
            )),
            Request::Refresh { .. }
            | Request::TryOnce { .. }
            | Request::Check { .. }
            | Request::Logout { .. }
            | Request::SetSecret { .. }
            | Request::RemoveSecret { .. }
            | Request::History { .. }
            | Request::TestSink { .. }
            | Request::TestAlerts { .. }
            | Request::RetryStore => Err(internal(lang)),
        }
    }

    pub(super) fn account_answer(&self, account: &str, lang: Lang) -> Result<Response, Notice> {
        let id = self.find(account, lang)?;
        let view = self.account_view(&id, lang).ok_or_else(|| internal(lang))?;
        Ok(Response::Account { account: Box::new(view) })
    }

    pub(super) fn set_paused(&mut self, account: &str, paused: bool, lang: Lang) -> Result<Response, Notice> {
        let id = self.find(account, lang)?;
        let name = self.entries.get(&id).map(|entry| entry.name.clone()).ok_or_else(|| internal(lang))?;
        self.edit(lang, |document| document.set_paused(&name, paused))?;
        self.account_answer(id.as_str(), lang)
    }

    pub(super) fn show(&self, lang: Lang) -> Result<Response, Notice> {
        match &self.desktop {
            Some(desktop) => {
                desktop.show_window();
                Ok(Response::Done)
            }
            None => Err(Notice::new(
                Code::NoDisplay,
                lang.pick(
                    "This Lamplighter runs without a desktop.",
                    "Ce Lamplighter fonctionne sans bureau.",
                ),
            )
            .cure(lang.pick("Use `lamp status`.", "Utilisez `lamp status`."))),
        }
    }

    pub(super) fn toast_answer(
        &mut self,
        key: String,
        action: ToastAction,
        lang: Lang,
    ) -> Result<Response, Notice> {
        self.on_event(Event::ToastAnswered { key: key.clone(), action });
        match action {
            ToastAction::Reconnect => {
                let account = key.split(':').next().unwrap_or_default().to_owned();
                // Where its fields are asked for in the window, whoever showed the notification shows that.
                self.login_again(&account, None, lang)
            }
            ToastAction::Unlock => {
                self.unlock_in_background();
                Ok(Response::Done)
            }
            ToastAction::Later | ToastAction::Open => Ok(Response::Done),
        }
    }

    /// Asks the person to unlock, unless they are being asked; what waits goes on when they have.
    pub(super) fn unlock_in_background(&mut self) {
        // Of one that is not known nothing can be asked.
        if self.ports.named.get().is_none() || std::mem::replace(&mut self.is_unlocking, true) {
            return;
        }
        let (store, messages) = (self.ports.store.clone(), self.ports.messages.clone());
        tokio::spawn(async move {
            let said = store.unlock().await;
            if messages.send(super::message::Message::Unlocked { said }).await.is_err() {
                tracing::debug!("the keychain was unlocked after the engine ended");
            }
        });
    }

    /// What is wrong with an account now.
    pub(crate) fn notice_of(&self, account: &AccountId, lang: Lang) -> Notice {
        if let Some(entry) = self.entries.get(account).filter(|entry| entry.provider.is_none()) {
            return self.providers.missing(&entry.settings.provider, lang).of(entry.name.as_str());
        }
        if !self.entries.contains_key(account) {
            return gone(lang);
        }
        let why = self.accounts.why(account, self.now()).unwrap_or(Why::TooSlow);
        self.notice_for(account, &why, lang)
    }

    /// `why` in words; nobody is told to begin anew what only has to be finished.
    pub(crate) fn notice_for(&self, account: &AccountId, why: &Why, lang: Lang) -> Notice {
        match self.entries.get(account) {
            Some(entry) if entry.is_unfinished && entry.elsewhere.is_none() && *why == Why::NeverLoggedIn => {
                super::logins::unfinished(entry, lang)
            }
            _ => notice(&self.with_whereabouts(account, why), &self.subject(account, lang)),
        }
    }
}

/// Whether it goes on with what is stored: another person than before, a device that is known, what an earlier login
/// had spent.
fn begins_login(request: &Request) -> bool {
    matches!(
        request,
        Request::NewLogin { .. }
            | Request::Login { .. }
            | Request::ToastAnswer { action: ToastAction::Reconnect, .. }
    )
}

/// Whether what is said depends on the accounts: on `config.toml`, provider files and records.
fn is_about_accounts(request: &Request) -> bool {
    !matches!(
        request,
        Request::LoginState { .. }
            | Request::LoginAnswer { .. }
            | Request::Show
            | Request::RetryStore
            | Request::ToastAnswer { .. }
            | Request::CopyToken { .. }
            | Request::OpenFolder { .. }
    )
}

/// Whether it is about who is told elsewhere, or the addresses of those.
fn is_about_alerts(request: &Request) -> bool {
    match request {
        Request::Alerts | Request::TestAlerts { .. } => true,
        Request::SetSecret { account, .. }
        | Request::RemoveSecret { account, .. }
        | Request::Secrets { account } => account == ALERTS,
        _ => false,
    }
}

/// For what cannot happen, and must not end the engine if it does.
pub(crate) fn internal(lang: Lang) -> Notice {
    Notice::new(Code::Internal, lang.pick("This is our bug.", "C’est un défaut de notre part."))
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .next(lang.pick(
            "What was begun is not repeated by itself.",
            "Ce qui était commencé n’est pas repris tout seul.",
        ))
        .cure(lang.pick(
            "Try it again; if it stays, please report it with the log.",
            "Réessayez\u{a0}; si cela persiste, merci de le signaler avec le journal.",
        ))
}

/// An account that somebody took out of the configuration while others waited for it.
pub(crate) fn gone(lang: Lang) -> Notice {
    Notice::new(
        Code::UnknownAccount,
        lang.pick("The account is not in config.toml any more.", "Le compte n’est plus dans config.toml."),
    )
    .cure(lang.pick("See `lamp list`.", "Voyez `lamp list`."))
}
