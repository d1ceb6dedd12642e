//! How a login begins: for a new account, or again for one that is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use lamplighter_core::account::Event;
use lamplighter_core::api::{self, LoginStage, LoginView, Response};
use lamplighter_core::config::AccountSettings;
use lamplighter_core::id::{AccountId, AccountName, ProviderId, VarName, hex};
use lamplighter_core::provider::Bound;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use tokio::sync::{mpsc, watch};

use super::super::actor::{Actor, Entry};
use super::super::alerts::ALERTS;
use super::super::calls::internal;
use super::super::effects::random;
use super::super::spending::Spending;
use super::{LoginEntry, Phase};
use crate::login::{Before, Line, LoginInput, LoginJob};

/// Logins whose end is still told to who asks.
const KEPT: usize = 32;
/// Logins at once: each may have a window and a process of its own, or a browser's tab and a port.
const AT_ONCE: usize = 8;

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
        if let Some(account) = self.unfinished_like(provider, name.as_ref(), &vars) {
            if let Some(entry) = self.entries.get_mut(&account) {
                entry.typed.extend(secrets);
            }
            return self.login_again(account.as_str(), way, lang);
        }
        let name = match name {
            Some(name) if self.is_taken(&name) => return Err(name_taken(&name, lang)),
            Some(name) => name,
            None => self.free_name(provider).ok_or_else(|| internal(lang))?,
        };
        self.configuration.check_editable(lang).map_err(|notice| notice.of(name.as_str()))?;
        self.no_store_yet(lang).map_or(Ok(()), |notice| Err(notice.of(name.as_str())))?;
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

    /// An account of the same service with the same settings whose first login was cut short: it is gone on with,
    /// because what it spent is not there a second time.
    fn unfinished_like(
        &self,
        provider: &ProviderId,
        name: Option<&AccountName>,
        vars: &BTreeMap<VarName, String>,
    ) -> Option<AccountId> {
        let is_like = |entry: &Entry| {
            entry.is_unfinished
                && entry.settings.provider == *provider
                && entry.settings.vars == *vars
                && name.is_none_or(|name| *name == entry.name)
        };
        let (id, _) = self.entries.iter().find(|(_, entry)| is_like(entry))?;
        self.has_no_record(id).then(|| id.clone())
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
        if self.logins.values().filter(|entry| entry.phase != Phase::Over).count() >= AT_ONCE {
            return Err(too_many(job.lang).of(job.account.as_str()));
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
        let has_before = job.before.is_some();
        let (provider, way) = (job.provider.id.clone(), job.way);
        let spending = Arc::new(Spending::new(&self.ports, &id, &account, &job));
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
            has_before,
            provider,
            way,
            spending,
            inputs,
            task: Some(task),
            lang,
            phase: Phase::Person,
            record: None,
            tries: 0,
            is_asked: false,
            is_given_up: false,
            logouts: Vec::new(),
        };
        self.logins.insert(id.clone(), entry);
        self.tell(api::Event::Login { id: id.clone() });
        self.login_answer(&id, lang)
    }

    /// Whether an account or a login under way has this name.
    pub(crate) fn is_taken(&self, name: &AccountName) -> bool {
        name.as_str() == ALERTS
            || self.entries.values().any(|entry| entry.name == *name)
            || self.logins.values().any(|entry| entry.phase != Phase::Over && entry.view.account == *name)
    }

    /// The provider's id, or that with a number.
    pub(super) fn free_name(&self, provider: &ProviderId) -> Option<AccountName> {
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

fn duplicates(secrets: &BTreeMap<VarName, Secret>) -> BTreeMap<VarName, Secret> {
    secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect()
}

/// As many logins are under way as there may be.
fn too_many(lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("{AT_ONCE} logins are under way already."),
        Lang::Fr => format!("{AT_ONCE} connexions sont déjà en cours."),
    };
    Notice::new(Code::Busy, what)
        .safe(lang.pick("Nothing was changed.", "Rien n’a été modifié."))
        .next(lang.pick(
            "Each ends by itself after ten minutes without an answer.",
            "Chacune se termine toute seule après dix minutes sans réponse.",
        ))
        .cure(lang.pick(
            "Finish or cancel one of them, then try again.",
            "Terminez ou annulez l’une d’elles, puis recommencez.",
        ))
}

/// The name belongs to another account.
pub(crate) fn name_taken(name: &AccountName, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En if name.as_str() == ALERTS => {
            "No account is called “alerts”: that is where `lamp secret` keeps the addresses of alerts.".to_owned()
        }
        Lang::Fr if name.as_str() == ALERTS => {
            "Aucun compte ne s’appelle «\u{a0}alerts\u{a0}»\u{a0}: c’est là que `lamp secret` garde les adresses des alertes."
                .to_owned()
        }
        Lang::En => format!("There is an account “{name}” already."),
        Lang::Fr => format!("Il y a déjà un compte «\u{a0}{name}\u{a0}»."),
    };
    Notice::new(Code::NameTaken, what).cure(lang.pick("Choose another name.", "Choisissez un autre nom."))
}
