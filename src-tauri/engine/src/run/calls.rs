//! Everything that can be asked of the engine but tokens and logins.

use std::collections::BTreeMap;
use std::time::Duration;

use lamplighter_core::account::{Event, Job, Work};
use lamplighter_core::api::{RefreshReport, RefreshRow, Request, Response, Standing, ToastAction};
use lamplighter_core::id::{AccountId, ChainName, VarName};
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::{Amendment, End};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{self, Lang, Why, notice};

use super::actor::Actor;
use super::effects::Ticket;
use super::message::{Message, Reply};
use super::perform::Performer;
use super::tokens::{Waiting, answer};
use super::typed::{self, Typed};
use crate::lock::Holder;

/// Longest wait for a refresh of any number of accounts, through Chrome two at a time.
const REFRESH_WAIT: Duration = Duration::from_secs(600);
/// Longest wait for a check, or for work on one record: a Chrome may be under way first.
const WORK_WAIT: Duration = Duration::from_secs(180);

/// Somebody who waits for refreshes.
pub(crate) struct RefreshWait {
    open: Vec<AccountId>,
    rows: Vec<RefreshRow>,
    lang: Lang,
    reply: Reply<Response>,
}

impl RefreshWait {
    pub(crate) fn concerns(&self, account: &AccountId) -> bool {
        self.open.contains(account)
    }
}

/// Somebody who waits for a check or for work on a record.
pub(crate) struct WorkWait {
    account: AccountId,
    job: WorkKind,
    /// A check whose probe failed: the refresh that follows decides.
    refreshes: bool,
    lang: Lang,
    reply: Reply<Response>,
}

impl WorkWait {
    pub(crate) fn concerns(&self, account: &AccountId) -> bool {
        self.account == *account
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkKind {
    Check,
    Amend,
    Logout,
}

impl WorkKind {
    fn is(self, job: Job) -> bool {
        match self {
            Self::Check => matches!(job, Job::Probe { .. }),
            Self::Amend => job == Job::Amend,
            Self::Logout => job == Job::Logout,
        }
    }
}

impl Actor {
    pub(crate) fn on_call(&mut self, request: Request, lang: Lang, reply: Reply<Response>) {
        if is_about_accounts(&request) {
            // Whoever has just edited a file and asks means what is in it now.
            self.take_over_files();
            if self.holder != Holder::Desktop && self.accounts.is_reading() {
                self.too_early.push((request, lang, reply));
                return;
            }
        }
        // Calls that wait take the reply with them; all others are answered here.
        let done = match request {
            Request::Refresh { accounts, force, dry_run } => {
                return self.refresh(&accounts, force, dry_run, lang, reply);
            }
            Request::Check { account } => return self.check(&account, lang, reply),
            Request::Logout { account } => return self.logout(&account, lang, reply),
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

    /// Answers what was asked before the records had been read. A desktop answers at once and tells the window
    /// of changes; a one-shot is asked once, and may say nothing that it does not know.
    pub(crate) fn answer_early_calls(&mut self) {
        if !self.too_early.is_empty() && !self.accounts.is_reading() {
            for (request, lang, reply) in std::mem::take(&mut self.too_early) {
                self.on_call(request, lang, reply);
            }
        }
    }

    fn answer_call(&mut self, request: Request, lang: Lang) -> Result<Response, Notice> {
        match request {
            Request::Accounts => Ok(Response::Accounts { accounts: self.account_views(lang) }),
            Request::Account { account } => self.account_answer(&account, lang),
            Request::Pause { account } => self.set_paused(&account, true, lang),
            Request::Resume { account } => self.set_paused(&account, false, lang),
            Request::PauseAll { paused } => {
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
            | Request::Check { .. }
            | Request::Logout { .. }
            | Request::SetSecret { .. }
            | Request::RemoveSecret { .. }
            | Request::History { .. }
            | Request::TestSink { .. }
            | Request::RetryStore => Err(internal(lang)),
        }
    }

    fn account_answer(&self, account: &str, lang: Lang) -> Result<Response, Notice> {
        let id = self.find(account, lang)?;
        let view = self.account_view(&id, lang).ok_or_else(|| internal(lang))?;
        Ok(Response::Account { account: Box::new(view) })
    }

    fn set_paused(&mut self, account: &str, paused: bool, lang: Lang) -> Result<Response, Notice> {
        let id = self.find(account, lang)?;
        let name = self.entries.get(&id).map(|entry| entry.name.clone()).ok_or_else(|| internal(lang))?;
        self.edit(lang, |document| document.set_paused(&name, paused))?;
        self.account_answer(id.as_str(), lang)
    }

    fn show(&self, lang: Lang) -> Result<Response, Notice> {
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

    fn toast_answer(&mut self, key: String, action: ToastAction, lang: Lang) -> Result<Response, Notice> {
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

    /// Asks the person to unlock; what waits goes on when they have.
    fn unlock_in_background(&self) {
        let (store, messages) = (self.ports.store.clone(), self.ports.messages.clone());
        tokio::spawn(async move {
            let said = store.unlock().await;
            if messages.send(super::message::Message::Store { said }).await.is_err() {
                tracing::debug!("the keychain was unlocked after the engine ended");
            }
        });
    }

    /// S3.4.
    fn refresh(&mut self, names: &[String], force: bool, dry_run: bool, lang: Lang, reply: Reply<Response>) {
        let ids = if names.is_empty() {
            match self.configuration.notice(lang) {
                // "Nothing to do" would be a wrong answer.
                Some(broken) if self.entries.is_empty() => Err(broken),
                _ => Ok(self.entries.keys().cloned().collect()),
            }
        } else {
            names.iter().map(|name| self.find(name, lang)).collect::<Result<Vec<_>, _>>()
        };
        let ids = match ids {
            Ok(ids) => ids,
            Err(notice) => return answer(reply, Err(notice)),
        };
        let mut wait = RefreshWait { open: Vec::new(), rows: Vec::new(), lang, reply };
        for id in ids {
            if let Some(row) = self.row_without_refresh(&id, force, dry_run, lang) {
                wait.rows.push(row);
            } else {
                wait.open.push(id);
            }
        }
        let open = wait.open.clone();
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::Refresh(wait));
        for id in open {
            self.on_event(Event::Asked { account: id, chain: None, force: true });
        }
        match self.waiting.remove(&ticket) {
            Some(Waiting::Refresh(wait)) if wait.open.is_empty() => finish_refresh(wait),
            Some(waiting) => {
                self.waiting.insert(ticket, waiting);
                self.expire(ticket, REFRESH_WAIT);
            }
            None => {}
        }
    }

    /// The row of an account that is not refreshed by this call; `None` if it is.
    fn row_without_refresh(
        &self,
        id: &AccountId,
        force: bool,
        dry_run: bool,
        lang: Lang,
    ) -> Option<RefreshRow> {
        let now = self.now();
        let view = self.account_view(id, lang)?;
        let is_due = view.next_refresh.is_some_and(|next| next <= now.wall)
            || view.tokens.iter().any(|token| token.ends.is_some_and(|ends| ends <= now.wall));
        let row = |result: &str, notice| {
            let ends = view.tokens.first().and_then(|token| token.ends);
            Some(RefreshRow { account: view.name.clone(), result: result.to_owned(), notice, ends })
        };
        let is_read = self.accounts.get(id).is_none_or(|account| account.no_record.is_none());
        match view.standing {
            // Whether it is due stands in the record.
            Standing::Waiting if !force && !is_read => row("failed", view.notice.clone()),
            Standing::Paused => row("skipped", view.notice.clone()),
            Standing::NeedsYou => row("failed", view.notice.clone()),
            _ if !force && !is_due => row("skipped", None),
            _ if dry_run => row("would_refresh", None),
            _ => None,
        }
    }

    /// The account's state changed: perhaps its refresh cannot come now. Then the answer is why, at once.
    pub(crate) fn look_at_refresh(&mut self, ticket: u64, mut wait: RefreshWait, account: &AccountId) {
        if self.ending.as_ref() != Some(account) && self.is_stuck(account) {
            self.close_row(&mut wait, account, None);
        }
        if wait.open.is_empty() {
            finish_refresh(wait);
        } else {
            self.waiting.insert(ticket, Waiting::Refresh(wait));
        }
    }

    /// Nothing runs for this account, and nothing is about to: something is in the way, or there is no way to
    /// refresh it at all. What is free to start has started by now, unless its host is busy.
    fn is_stuck(&self, account: &AccountId) -> bool {
        let Some(state) = self.accounts.get(account) else { return true };
        let can_refresh = self
            .accounts
            .rules(account)
            .is_some_and(|rules| rules.chains.values().any(|chain| chain.can_refresh));
        state.running.is_none() && (!can_refresh || self.accounts.why(account, self.now()).is_some())
    }

    /// A refresh of this account runs, or is about to.
    pub(crate) fn is_refreshing(&self, account: &AccountId) -> bool {
        let running = self.accounts.get(account).and_then(|state| state.running.as_ref());
        running
            .is_some_and(|running| matches!(running.job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. }))
    }

    /// A check's probe failed, and a refresh is to tell whether the login is over or only its token.
    fn is_refreshed_next(&self, account: &AccountId, end: &End) -> bool {
        let is_asked = || {
            let state = self.accounts.get(account);
            state.is_some_and(|state| state.chains.values().any(|chain| chain.asked))
        };
        *end == End::ProbeFailed && (self.is_refreshing(account) || is_asked())
    }

    fn close_row(&self, wait: &mut RefreshWait, account: &AccountId, end: Option<&End>) {
        wait.open.retain(|open| open != account);
        let Some(entry) = self.entries.get(account) else { return };
        let is_fine = end.is_some_and(is_fine);
        let notice = (!is_fine).then(|| {
            let why = self.accounts.why(account, self.now()).unwrap_or(Why::TooSlow);
            notice(&why, &self.subject(account, wait.lang))
        });
        wait.rows.push(RefreshRow {
            account: entry.name.clone(),
            result: if is_fine { "success" } else { "failed" }.to_owned(),
            notice,
            ends: self.accounts.tokens_until(account, self.now()),
        });
    }

    pub(crate) fn refresh_took_too_long(&mut self, mut wait: RefreshWait) {
        for account in wait.open.clone() {
            self.close_row(&mut wait, &account, None);
        }
        finish_refresh(wait);
    }

    fn check(&mut self, account: &str, lang: Lang, reply: Reply<Response>) {
        let id = match self.find(account, lang) {
            Ok(id) => id,
            Err(notice) => return answer(reply, Err(notice)),
        };
        if matches!(self.accounts.standing(&id), Standing::NeedsYou | Standing::Paused) {
            return answer(reply, Err(self.notice_of(&id, lang)));
        }
        if self.accounts.rules(&id).is_some_and(|rules| !rules.has_probe) {
            return answer(reply, Err(no_probe(account, lang)));
        }
        self.on_event(Event::RecordAsked { account: id.clone() });
        self.wait_for_work(id.clone(), WorkKind::Check, lang, reply);
        self.on_event(Event::CheckAsked { account: id });
    }

    /// The account's state changed: perhaps its check cannot come now.
    pub(crate) fn look_at_work(&mut self, ticket: u64, wait: WorkWait) {
        let account = &wait.account;
        let is_stuck = wait.job == WorkKind::Check
            && self.ending.as_ref() != Some(account)
            && self.accounts.get(account).is_none_or(|state| state.running.is_none())
            && self.accounts.why(account, self.now()).is_some();
        if is_stuck {
            answer(wait.reply, Err(self.notice_of(account, wait.lang)));
        } else {
            self.waiting.insert(ticket, Waiting::Work(wait));
        }
    }

    /// Nothing can be done for this account any more: who waits for work that has not begun is told.
    pub(crate) fn fail_work_of(&mut self, account: &AccountId) {
        let running = self.at_work.get(account).copied();
        let waiting = std::mem::take(&mut self.waiting);
        for (ticket, waiting) in waiting {
            match waiting {
                Waiting::Work(wait)
                    if wait.account == *account && running.is_none_or(|job| !wait.job.is(job)) =>
                {
                    answer(wait.reply, Err(self.notice_of(account, wait.lang)));
                }
                other => _ = self.waiting.insert(ticket, other),
            }
        }
    }

    fn logout(&mut self, account: &str, lang: Lang, reply: Reply<Response>) {
        match self.find(account, lang) {
            Ok(id) => {
                // Who logs out does not want the login that is still open.
                self.cancel_login_of(&id);
                self.work_on(id, Ticket::Logout, WorkKind::Logout, lang, reply);
            }
            Err(notice) => answer(reply, Err(notice)),
        }
    }

    fn amend(
        &mut self,
        account: &str,
        name: &VarName,
        change: Amendment,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let found = self.find(account, lang).and_then(|id| {
            let provider = self.entries.get(&id).and_then(|entry| entry.provider.clone());
            let known = provider
                .is_some_and(|provider| provider.vars.iter().any(|(var, rules)| var == name && rules.secret));
            if known { Ok(id) } else { Err(no_such_secret(account, name, lang)) }
        });
        match found {
            Ok(id) if self.has_no_record(&id) => self.keep_typed(id, change, lang, reply),
            Ok(id) => self.work_on(id, Ticket::Amend(change), WorkKind::Amend, lang, reply),
            Err(notice) => answer(reply, Err(notice)),
        }
    }

    fn has_no_record(&self, id: &AccountId) -> bool {
        self.accounts.get(id).is_some_and(|account| account.recovered && !account.has_record)
    }

    /// There is no record yet: what the person set is kept in the keychain for the login that will make one.
    fn keep_typed(&self, account: AccountId, change: Amendment, lang: Lang, reply: Reply<Response>) {
        let provider = self.entries.get(&account).map(|entry| entry.settings.provider.clone());
        let Some(provider) = provider else { return answer(reply, Err(internal(lang))) };
        let ports = self.ports.clone();
        tokio::spawn(async move {
            let kept = typed::change(&ports, &account, provider, change).await;
            if ports.messages.send(Message::Typed { account, kept, lang, reply }).await.is_err() {
                tracing::debug!("a secret was kept after the engine ended");
            }
        });
    }

    pub(crate) fn on_typed(
        &mut self,
        account: &AccountId,
        kept: Result<Typed, StoreError>,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let done = match kept {
            Ok(typed) => {
                if let Some(entry) = self.entries.get_mut(account) {
                    entry.typed = typed;
                }
                Ok(Response::Done)
            }
            Err(store) => Err(self.store_notice(account, &store, lang)),
        };
        answer(reply, done);
    }

    fn secret_names(&self, id: &AccountId) -> Vec<VarName> {
        let Some(entry) = self.entries.get(id) else { return Vec::new() };
        let stored = entry.record.iter().flat_map(|record| record.secrets.keys());
        let names: std::collections::BTreeSet<_> = stored.chain(entry.typed.keys()).cloned().collect();
        names.into_iter().collect()
    }

    /// Without its provider's file nobody knows how to end a session at the service; what is here goes all the same.
    fn log_out_here(&mut self, account: AccountId, lang: Lang, reply: Reply<Response>) {
        self.at_work.insert(account.clone(), Job::Logout);
        self.wait_for_work(account.clone(), WorkKind::Logout, lang, reply);
        let performer = Performer::new(self.ports.clone(), account.clone(), Job::Logout, None);
        let messages = self.ports.messages.clone();
        tokio::spawn(async move {
            let end = performer.delete_alone().await;
            let chain = ChainName::main();
            let ended = Message::Ended {
                account,
                job: Job::Logout,
                chain,
                end: Box::new(end),
                stored: None,
                typed: None,
            };
            if messages.send(ended).await.is_err() {
                tracing::debug!("a record was deleted after the engine ended");
            }
        });
    }

    fn work_on(&mut self, id: AccountId, ticket: Ticket, kind: WorkKind, lang: Lang, reply: Reply<Response>) {
        let is_idle = !self.at_work.contains_key(&id);
        let has_no_provider = |entry: &super::actor::Entry| entry.provider.is_none();
        if kind == WorkKind::Logout && is_idle && self.entries.get(&id).is_some_and(has_no_provider) {
            return self.log_out_here(id, lang, reply);
        }
        if self.entries.get(&id).is_none_or(|entry| entry.provider.is_none()) {
            return answer(reply, Err(self.notice_of(&id, lang)));
        }
        let job = match kind {
            WorkKind::Check => Job::Probe { reported: false },
            WorkKind::Amend => Job::Amend,
            WorkKind::Logout => Job::Logout,
        };
        let number = self.ticket();
        self.tickets.insert(number, ticket);
        self.wait_for_work(id.clone(), kind, lang, reply);
        self.on_event(Event::Wanted { account: id, work: Work { job, ticket: number } });
    }

    fn wait_for_work(&mut self, account: AccountId, job: WorkKind, lang: Lang, reply: Reply<Response>) {
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::Work(WorkWait { account, job, refreshes: false, lang, reply }));
        self.expire(ticket, WORK_WAIT);
    }

    pub(crate) fn work_took_too_long(&mut self, wait: WorkWait) {
        let why = self.accounts.why(&wait.account, self.now()).unwrap_or(Why::TooSlow);
        let notice = notice(&why, &self.subject(&wait.account, wait.lang));
        answer(wait.reply, Err(notice));
    }

    /// An attempt ended: who waited for it is told.
    pub(crate) fn after_work(&mut self, account: &AccountId, job: Job, end: &End) {
        let waiting = std::mem::take(&mut self.waiting);
        let (concerned, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            waiting.into_iter().partition(|(_, waiting)| is_over(waiting, account, job, end));
        self.waiting = others;
        for (ticket, waiting) in concerned {
            match waiting {
                Waiting::Refresh(mut wait) => {
                    // Another chain of the account goes on where this one ended well.
                    if !(is_fine(end) && self.is_refreshing(account)) {
                        self.close_row(&mut wait, account, Some(end));
                    }
                    if wait.open.is_empty() {
                        finish_refresh(wait);
                    } else {
                        self.waiting.insert(ticket, Waiting::Refresh(wait));
                    }
                }
                Waiting::Work(wait)
                    if wait.job == WorkKind::Check && self.is_refreshed_next(account, end) =>
                {
                    let wait = WorkWait { refreshes: true, ..wait };
                    self.waiting.insert(ticket, Waiting::Work(wait));
                }
                Waiting::Work(wait) => self.finish_work(wait, end),
                other => _ = self.waiting.insert(ticket, other),
            }
        }
        self.login_step_ended(account, job, end);
        if let End::LoggedOut { .. } = end {
            self.forget(account);
        }
    }

    fn finish_work(&mut self, wait: WorkWait, end: &End) {
        let WorkWait { account, job, refreshes: _, lang, reply } = wait;
        let done = match (job, end) {
            (WorkKind::Check, End::Proven | End::Renewed { probe: None | Some(true) }) => {
                self.account_answer(account.as_str(), lang)
            }
            (WorkKind::Check, _) => Err(self.notice_of(&account, lang)),
            (WorkKind::Amend, End::Amended) => Ok(Response::Done),
            (WorkKind::Logout, End::LoggedOut { revoke_failed }) => Ok(Response::LoggedOut {
                revoke_failed: revoke_failed.as_ref().map(|cause| text::cause(cause, lang)),
            }),
            (_, End::NoStore(store) | End::NotDeleted(store)) => {
                Err(self.store_notice(&account, store, lang))
            }
            _ => Err(self.notice_of(&account, lang)),
        };
        answer(reply, done);
    }

    fn store_notice(&self, account: &AccountId, store: &StoreError, lang: Lang) -> Notice {
        notice(&Why::Store { store: store.clone() }, &self.subject(account, lang))
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
        notice(&why, &self.subject(account, lang))
    }
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

fn is_over(waiting: &Waiting, account: &AccountId, job: Job, end: &End) -> bool {
    match waiting {
        Waiting::Refresh(wait) => {
            wait.concerns(account) && matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. })
        }
        Waiting::Work(wait) => {
            // A refresh that went through proves the login, too.
            let proves = wait.job == WorkKind::Check && matches!(end, End::Renewed { .. } | End::Proven);
            let decides = match wait.refreshes {
                true => matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. }),
                false => wait.job.is(job),
            };
            wait.account == *account && (proves || decides)
        }
        Waiting::Token(_) | Waiting::Trial { .. } | Waiting::StoreAgain { .. } => false,
    }
}

fn is_fine(end: &End) -> bool {
    matches!(end, End::Renewed { .. } | End::Newer | End::Proven)
}

fn finish_refresh(wait: RefreshWait) {
    let count = |result: &str| {
        let rows = wait.rows.iter().filter(|row| row.result == result).count();
        u32::try_from(rows).unwrap_or(u32::MAX)
    };
    let report = RefreshReport {
        total: u32::try_from(wait.rows.len()).unwrap_or(u32::MAX),
        success: count("success"),
        failed: count("failed"),
        skipped: count("skipped"),
        rows: wait.rows,
    };
    answer(wait.reply, Ok(Response::Refresh { report }));
}

/// For what cannot happen, and must not end the engine if it does.
pub(crate) fn internal(lang: Lang) -> Notice {
    Notice::new(Code::Internal, lang.pick("This is our bug.", "C’est un défaut de notre part."))
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .cure(lang.pick("Please report it with the log.", "Merci de le signaler avec le journal."))
}

/// An account that somebody took out of the configuration while others waited for it.
pub(crate) fn gone(lang: Lang) -> Notice {
    Notice::new(
        Code::UnknownAccount,
        lang.pick("The account is not in config.toml any more.", "Le compte n’est plus dans config.toml."),
    )
    .cure(lang.pick("See `lamp list`.", "Voyez `lamp list`."))
}

fn no_probe(account: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("{account} cannot be checked: its provider has no probe."),
        Lang::Fr => format!("{account} ne peut pas être vérifié\u{a0}: son fournisseur n’a pas de sonde."),
    };
    Notice::new(Code::Usage, what).of(account).cure(lang.pick(
        "Add a [[probe]] to the provider file, or refresh it: lamp refresh --force",
        "Ajoutez une [[probe]] au fichier du fournisseur, ou rafraîchissez\u{a0}: lamp refresh --force",
    ))
}

fn no_such_secret(account: &str, name: &VarName, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The provider of {account} has no secret “{name}”."),
        Lang::Fr => format!("Le fournisseur de {account} n’a pas de secret «\u{a0}{name}\u{a0}»."),
    };
    Notice::new(Code::Usage, what)
        .of(account)
        .cure(lang.pick("See `lamp provider show`.", "Voyez `lamp provider show`."))
}
