//! Logins: started, followed, committed, tried. What was stored before stays in force until the new material is
//! proven (F61); a new account is there only once it has some.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::account::{Chain, Event, Job, Work};
use lamplighter_core::api::{self, LoginAnswer, LoginStage, LoginView, Response};
use lamplighter_core::config::AccountSettings;
use lamplighter_core::id::{AccountId, AccountName, ProviderId, VarName, WriteId, hex};
use lamplighter_core::provider::Bound;
use lamplighter_core::record::{Record, StoreError};
use lamplighter_core::refresh::End;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{self, Lang, Why, notice};
use tokio::sync::{mpsc, watch};

use super::actor::Actor;
use super::calls::internal;
use super::effects::{Ticket, random};
use super::message::Message;
use super::spending::Spending;
use super::tokens::Waiting;
use crate::login::{Before, Ended, Line, LoginInput, LoginJob, Means, Won, run};

/// Logins whose end is still told to who asks.
const KEPT: usize = 32;
/// The trial refresh may go through Chrome.
const TRIAL: Duration = Duration::from_secs(150);
/// A keychain that refuses the first record of an account is asked again this often, this long.
const STORE_AGAIN: Duration = Duration::from_secs(3);
const STORE_TRIES: u32 = 40;

/// One login, under way or lately over.
pub(crate) struct LoginEntry {
    view: LoginView,
    account: AccountId,
    /// A new account, not in the configuration yet.
    new: Option<AccountSettings>,
    /// This login put the account into the configuration.
    has_added: bool,
    provider: ProviderId,
    /// Which of its ways.
    way: usize,
    /// Where steps that spend have put what they brought.
    spending: Arc<Spending>,
    inputs: mpsc::Sender<LoginInput>,
    task: Option<tokio::task::JoinHandle<()>>,
    lang: Lang,
    phase: Phase,
    /// What was won, until the store has it.
    record: Option<Box<Record>>,
    tries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The person is at it.
    Person,
    /// The material is being stored.
    Commit,
    /// The trial refresh runs (N2).
    Trial,
    /// Nothing more will happen.
    Over,
}

impl LoginEntry {
    /// Asks it to stop; it does so between two steps.
    fn cancel(&self) {
        if self.phase == Phase::Person && self.inputs.try_send(LoginAnswer::Cancel.into()).is_err() {
            tracing::debug!("a login that has ended, or is busy with many answers");
        }
    }
}

impl Actor {
    /// A login of an account that does not exist yet.
    pub(crate) fn new_login(
        &mut self,
        provider: &ProviderId,
        name: Option<AccountName>,
        vars: BTreeMap<VarName, String>,
        secrets: BTreeMap<VarName, Secret>,
        way: Option<usize>,
        lang: Lang,
    ) -> Result<Response, Notice> {
        let rules = self.providers.get(provider).ok_or_else(|| self.providers.missing(provider, lang))?;
        let name = match name {
            Some(name) if self.is_taken(&name) => return Err(name_taken(&name, lang)),
            Some(name) => name,
            None => self.free_name(provider).ok_or_else(|| internal(lang))?,
        };
        self.configuration.check_editable(lang).map_err(|notice| notice.of(name.as_str()))?;
        Bound::new(&rules, &vars, &secrets)
            .map_err(|error| Notice::new(Code::Usage, error.what(lang)).cure(error.cure(lang)))?;
        let account = AccountId::from_random(random());
        let settings = AccountSettings::new(account.clone(), provider.clone(), vars.clone());
        let job = LoginJob {
            account: name,
            provider: rules,
            vars,
            secrets,
            way: way.unwrap_or(0),
            lang,
            before: None,
            app: None,
        };
        self.start_login(job, account, Some(settings))
    }

    /// A login of an account that is there.
    pub(crate) fn login_again(
        &mut self,
        account: &str,
        way: Option<usize>,
        lang: Lang,
    ) -> Result<Response, Notice> {
        let id = self.find(account, lang)?;
        if let Some(login) = self.login_of(&id) {
            if let Some(entry) = self.logins.get(&login) {
                // A full line has a raise in it already.
                _ = entry.inputs.try_send(LoginInput::Raise);
            }
            return self.login_answer(&login, lang);
        }
        let entry = self.entries.get(&id).ok_or_else(|| internal(lang))?;
        let provider = entry.provider.clone().ok_or_else(|| self.notice_of(&id, lang))?;
        let mut secrets = entry.record.as_ref().map(|record| duplicates(&record.secrets)).unwrap_or_default();
        secrets.extend(duplicates(&entry.typed));
        let vars = entry.settings.vars.clone();
        // The way that won, as long as the file has it.
        let known_way = self.accounts.get(&id).map_or(0, |state| state.way);
        let known_way = if known_way < provider.logins.len() { known_way } else { 0 };
        Bound::new(&provider, &vars, &secrets).map_err(|error| {
            Notice::new(Code::Usage, error.what(lang)).cure(error.cure(lang)).of(entry.name.as_str())
        })?;
        let job = LoginJob {
            account: entry.name.clone(),
            provider,
            vars,
            secrets,
            way: way.unwrap_or(known_way),
            lang,
            before: entry.record.as_deref().map(Before::of),
            app: None,
        };
        self.start_login(job, id, None)
    }

    fn start_login(
        &mut self,
        job: LoginJob,
        account: AccountId,
        new: Option<AccountSettings>,
    ) -> Result<Response, Notice> {
        if job.provider.logins.get(job.way).is_none() {
            let what = job.lang.pick(
                "The provider has no such way to log in.",
                "Le fournisseur n’a pas cette façon de se connecter.",
            );
            return Err(Notice::new(Code::Usage, what).of(job.account.as_str()));
        }
        self.drop_old_logins();
        let id = hex(&random::<8>());
        let lang = job.lang;
        let view = LoginView {
            id: id.clone(),
            account: job.account.clone(),
            account_id: new.is_none().then(|| account.clone()),
            service: job.provider.name.clone(),
            stage: LoginStage::Opening,
            kind: job.kind().to_owned(),
        };
        let (stage, stages) = watch::channel(LoginStage::Opening);
        let (inputs, received) = mpsc::channel(16);
        let line = Line { stage, inputs: received };
        let (provider, way) = (job.provider.id.clone(), job.way);
        let spending = Arc::new(Spending::new(&self.ports, &account, new.is_some(), &job));
        let follow = self.follow_login(id.clone(), account.clone(), job, spending.clone(), line, stages);
        let task = tokio::spawn(follow);
        if new.is_none() {
            self.on_event(Event::LoginStarted { account: account.clone(), login: id.clone() });
        }
        let entry = LoginEntry {
            view,
            account,
            new,
            has_added: false,
            provider,
            way,
            spending,
            inputs,
            task: Some(task),
            lang,
            phase: Phase::Person,
            record: None,
            tries: 0,
        };
        self.logins.insert(id.clone(), entry);
        self.tell(api::Event::Login { id: id.clone() });
        self.login_answer(&id, lang)
    }

    /// Runs a login and reports; first the keychain is asked, because a login that cannot be kept would be asked
    /// for in vain.
    fn follow_login(
        &self,
        login: String,
        account: AccountId,
        job: LoginJob,
        spending: Arc<Spending>,
        line: Line,
        mut stages: watch::Receiver<LoginStage>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let ports = self.ports.clone();
        let means = Means { http: ports.http.clone(), clock: ports.clock.clone(), spending };
        let tz = self.time_zone.clone();
        async move {
            if let Err(store) = ports.store.load(&account).await
                && !matches!(store, StoreError::Corrupt(_))
            {
                let subject = text::Subject {
                    account: job.account.as_str(),
                    service: &job.provider.name,
                    lang: job.lang,
                    clock: text::Clock { now: ports.clock.now().wall, tz: &tz },
                };
                let failed = Ended::Failed(notice(&Why::Store { store }, &subject));
                send(&ports.messages, Message::LoginEnded { login, ended: Box::new(failed) }).await;
                return;
            }
            let running = run(job, means, line);
            tokio::pin!(running);
            let ended = loop {
                tokio::select! {
                    ended = &mut running => break ended,
                    changed = stages.changed() => if changed.is_ok() {
                        let stage = stages.borrow_and_update().clone();
                        send(&ports.messages, Message::LoginStage { login: login.clone(), stage }).await;
                    } else {
                        break running.await;
                    },
                }
            };
            send(&ports.messages, Message::LoginEnded { login, ended: Box::new(ended) }).await;
        }
    }

    pub(crate) fn on_login_stage(&mut self, login: &str, stage: LoginStage) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        if entry.phase != Phase::Person || stage.is_over() {
            return;
        }
        entry.view.stage = stage;
        self.tell(api::Event::Login { id: login.to_owned() });
    }

    pub(crate) fn on_login_ended(&mut self, login: &str, ended: Ended) {
        match ended {
            Ended::Won(won) => self.commit_login(login, *won),
            Ended::Failed(notice) => self.end_login(login, LoginStage::Failed { notice }),
            Ended::Cancelled => self.end_login(login, LoginStage::Cancelled),
        }
    }

    /// The material is proven: the account gets its place in the configuration, then the store gets the record.
    fn commit_login(&mut self, login: &str, won: Won) {
        let Some(entry) = self.logins.get_mut(login).filter(|entry| entry.phase == Phase::Person) else {
            return;
        };
        entry.view.stage = LoginStage::Proving;
        entry.phase = Phase::Commit;
        let lang = entry.lang;
        self.warned.log(&entry.account, &won.warnings);
        let Ok(journal_key) = crate::seal::new_key() else {
            return self.end_login(login, LoginStage::Failed { notice: internal(lang) });
        };
        entry.record = Some(Box::new(Record {
            account: entry.account.clone(),
            write_id: WriteId(random()),
            provider: entry.provider.clone(),
            hosts: won.hosts,
            identity: won.identity,
            journal_key,
            secrets: won.secrets,
            current: won.material,
            proven: None,
        }));
        self.store_login(login);
    }

    /// Asks for the commit; also again, after the store or `config.toml` refused.
    fn store_login(&mut self, login: &str) {
        if let Err(notice) = self.add_account_of(login) {
            return self.store_login_later(login, notice);
        }
        let Some(entry) = self.logins.get_mut(login) else { return };
        let Some(record) = &entry.record else { return };
        let record = Box::new(record.duplicate());
        let account = entry.account.clone();
        entry.view.account_id = Some(account.clone());
        if self.accounts.get(&account).is_none() {
            // Its provider's file is being edited: it can come back in a moment.
            let notice = self.notice_of(&account, self.lang());
            return self.store_login_later(login, notice);
        }
        let ticket = self.ticket();
        self.tickets.insert(ticket, Ticket::Commit(record));
        self.on_event(Event::Wanted { account, work: Work { job: Job::Commit, ticket } });
        self.tell(api::Event::Login { id: login.to_owned() });
    }

    /// Puts a new account into the configuration, under another name if its own was taken meanwhile.
    fn add_account_of(&mut self, login: &str) -> Result<(), Notice> {
        let Some(entry) = self.logins.get(login) else { return Ok(()) };
        let Some(settings) = entry.new.clone() else { return Ok(()) };
        let (lang, wanted) = (entry.lang, entry.view.account.clone());
        self.take_over_files();
        let is_taken = self.configuration.config.accounts.contains_key(&wanted);
        let name = if is_taken { self.free_name(&settings.provider) } else { None }.unwrap_or(wanted);
        self.edit(lang, |document| document.add_account(&name, &settings))
            .map_err(|notice| notice.of(name.as_str()))?;
        let Some(entry) = self.logins.get_mut(login) else { return Ok(()) };
        (entry.new, entry.has_added, entry.view.account) = (None, true, name);
        let account = entry.account.clone();
        self.on_event(Event::LoginStarted { account, login: login.to_owned() });
        Ok(())
    }

    /// What was won is not thrown away because of a locked keychain or a file that is being edited: once more in
    /// a moment, and so on for two minutes.
    fn store_login_later(&mut self, login: &str, notice: Notice) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        entry.tries += 1;
        if entry.tries >= STORE_TRIES {
            return self.end_login(login, LoginStage::Failed { notice });
        }
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::StoreAgain { login: login.to_owned() });
        self.expire(ticket, STORE_AGAIN);
    }

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

    fn not_committed(&mut self, login: &str, end: &End) {
        let Some(entry) = self.logins.get(login) else { return };
        let (account, lang) = (entry.account.clone(), entry.lang);
        let End::NoStore(store) = end else {
            let notice = self.notice_of(&account, lang);
            return self.end_login(login, LoginStage::Failed { notice });
        };
        let notice = notice(&Why::Store { store: store.clone() }, &self.subject(&account, lang));
        self.store_login_later(login, notice);
        let entry = self.logins.get(login);
        // F61: an account without a record is not left behind; but a write that may land later is its record.
        if entry.is_some_and(|entry| entry.phase == Phase::Over && entry.has_added)
            && *store != StoreError::Slow
        {
            self.forget(&account);
        }
    }

    /// The store refused a login's record a moment ago.
    pub(crate) fn store_login_again(&mut self, login: &str) {
        if self.logins.get(login).is_some_and(|entry| entry.phase == Phase::Commit) {
            self.store_login(login);
        }
    }

    /// N2: a trial refresh shows whether the login can be kept alive.
    fn try_login(&mut self, login: &str) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        entry.phase = Phase::Trial;
        entry.record = None;
        let (account, way) = (entry.account.clone(), entry.way);
        let spending = entry.spending.clone();
        tokio::spawn(async move { spending.forget().await });
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
            Some(why @ (Why::Waiting { .. } | Why::LostReply { .. } | Why::Disk { .. })) if !renewable => {
                let said = notice(&why, &self.subject(&account, lang)).what;
                text::unproven_words(identity.as_deref(), &said, lang)
            }
            _ => text::proof_words(identity.as_deref(), renewable, ends, clock, lang),
        };
        self.end_login(login, LoginStage::Done { identity, renewable, ends, words });
    }

    fn end_login(&mut self, login: &str, stage: LoginStage) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        entry.view.stage = stage;
        entry.phase = Phase::Over;
        entry.record = None;
        entry.task = None;
        // Who gives up does not want it to come back; one that the engine's end stopped goes on next time.
        if entry.view.stage == LoginStage::Cancelled && self.stopping.is_none() {
            let spending = entry.spending.clone();
            tokio::spawn(async move { spending.forget().await });
        }
        let account = entry.account.clone();
        self.on_event(Event::LoginEnded { account });
        self.tell(api::Event::Login { id: login.to_owned() });
    }

    pub(crate) fn answer_login(
        &mut self,
        login: &str,
        answer: LoginAnswer,
        lang: Lang,
    ) -> Result<Response, Notice> {
        let entry = self.logins.get_mut(login).ok_or_else(|| unknown_login(lang))?;
        let is_answered = is_answer_to(&answer, &entry.view.stage);
        if entry.phase == Phase::Person {
            if entry.inputs.try_send(answer.into()).is_err() {
                return Err(Notice::new(
                    Code::Busy,
                    lang.pick("The login is busy; try again.", "La connexion est occupée\u{a0}; réessayez."),
                )
                .safe(lang.pick("Nothing is lost.", "Rien n’est perdu.")));
            }
            if is_answered {
                // Else whoever looks before the login goes on sees the same question once more.
                entry.view.stage = LoginStage::Proving;
                self.tell(api::Event::Login { id: login.to_owned() });
            }
        }
        self.login_answer(login, lang)
    }

    pub(crate) fn login_answer(&self, login: &str, lang: Lang) -> Result<Response, Notice> {
        let entry = self.logins.get(login).ok_or_else(|| unknown_login(lang))?;
        Ok(Response::Login { login: Box::new(entry.view.clone()) })
    }

    /// The login of this account that is under way.
    pub(crate) fn login_of(&self, account: &AccountId) -> Option<String> {
        let under_way =
            self.logins.iter().find(|(_, entry)| entry.account == *account && entry.phase != Phase::Over);
        under_way.map(|(id, _)| id.clone())
    }

    /// The engine ends: windows close, nothing of them is kept. A step that spends is not cut short.
    pub(crate) fn cancel_logins(&mut self) {
        for entry in self.logins.values() {
            entry.cancel();
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

    /// The person does not want the login of this account any more.
    pub(crate) fn cancel_login_of(&mut self, account: &AccountId) {
        for entry in self.logins.values().filter(|entry| entry.account == *account) {
            entry.cancel();
        }
    }

    /// An account left the configuration, or its provider did.
    pub(crate) fn fail_login_of(&mut self, account: &AccountId) {
        let Some(login) = self.login_of(account) else { return };
        let Some(entry) = self.logins.get(&login) else { return };
        match entry.phase {
            // It has its own copy of the provider.
            Phase::Person if self.entries.contains_key(account) => {}
            Phase::Person => entry.cancel(),
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

    /// Whether an account or a login under way has this name.
    pub(crate) fn is_taken(&self, name: &AccountName) -> bool {
        self.entries.values().any(|entry| entry.name == *name)
            || self.logins.values().any(|entry| entry.phase != Phase::Over && entry.view.account == *name)
    }

    /// The provider's id, or that with a number.
    fn free_name(&self, provider: &ProviderId) -> Option<AccountName> {
        let candidates = (1..1000).map(|number| match number {
            1 => provider.to_string(),
            _ => format!("{provider}-{number}"),
        });
        candidates.filter_map(|name| name.parse().ok()).find(|name| !self.is_taken(name))
    }

    fn drop_old_logins(&mut self) {
        let over: Vec<_> = self
            .logins
            .iter()
            .filter(|(_, entry)| entry.phase == Phase::Over)
            .map(|(id, _)| id.clone())
            .collect();
        for id in over.iter().take(over.len().saturating_sub(KEPT)) {
            self.logins.remove(id);
        }
    }
}

/// Whether `answer` is what this stage asks for.
fn is_answer_to(answer: &LoginAnswer, stage: &LoginStage) -> bool {
    matches!(
        (answer, stage),
        (LoginAnswer::Fields { .. }, LoginStage::Fields { .. })
            | (LoginAnswer::Address { .. }, LoginStage::PasteAddress { .. })
            | (LoginAnswer::AcceptPerson, LoginStage::WrongPerson { .. })
    )
}

async fn send(messages: &mpsc::Sender<Message>, message: Message) {
    if messages.send(message).await.is_err() {
        tracing::debug!("a login went on after the engine ended");
    }
}

fn duplicates(secrets: &BTreeMap<VarName, Secret>) -> BTreeMap<VarName, Secret> {
    secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect()
}

/// The name belongs to another account.
pub(crate) fn name_taken(name: &AccountName, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("There is an account “{name}” already."),
        Lang::Fr => format!("Il y a déjà un compte «\u{a0}{name}\u{a0}»."),
    };
    Notice::new(Code::NameTaken, what).cure(lang.pick("Choose another name.", "Choisissez un autre nom."))
}

fn unknown_login(lang: Lang) -> Notice {
    Notice::new(
        Code::UnknownLogin,
        lang.pick("There is no such login any more.", "Cette connexion n’existe plus."),
    )
    .cure(lang.pick("Start it again.", "Recommencez-la."))
}
