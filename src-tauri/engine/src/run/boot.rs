//! How an engine comes up, from top to bottom, and how it takes over what people change in its files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Event};
use lamplighter_core::api;
use lamplighter_core::config::{AccountSettings, Document};
use lamplighter_core::id::{AccountId, AccountName};
use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use tokio::sync::{broadcast, mpsc};

use super::actor::{Actor, Entry};
use super::configuration::Configuration;
use super::effects::random;
use super::ledger::Ledger;
use super::naming::{Unnamed, no_thread};
use super::owed::Owed;
use super::perform::Ports;
use super::providers::Providers;
use super::rules::rules_of;
use super::{Engine, Handle};
use crate::api::{Limits, Server};
use crate::browser::{Chrome, ChromeSettings};
use crate::http::HttpClient;
use crate::lock::{Holder, network_file_system};
use crate::paths::Paths;
use crate::start::{Start, StartError, take_lock};
use crate::state::StateDb;
use crate::store::{Awaited, StoreThread};

/// Messages that may wait for the loop; who sends more waits.
const MESSAGES: usize = 256;
/// Events that a slow listener may be behind before it is told that it missed some.
const EVENTS: usize = 256;
/// The past that is kept: long enough for the lifetimes of a service's sessions.
const KEEP: Duration = Duration::from_secs(400 * 24 * 3600);

pub(super) async fn boot(start: Start) -> Result<Engine, StartError> {
    let lang = start.lang;
    let paths = Paths::resolve(&start.env, lang)?;
    paths.create(lang)?;
    let lock = take_lock(&paths, &start).await?;
    // The log is the lock holder's: whoever else set it aside would take it from under an engine that writes.
    let level = std::env::var("LAMPLIGHTER_LOG").ok();
    if start.holder == Holder::Serve {
        crate::log::start_on_stderr(level.as_deref());
    } else if let Err(error) = crate::log::start(&paths.logs, level.as_deref()) {
        // Keeping logins alive does not need a log.
        tracing::debug!(%error, "no log");
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), holder = ?start.holder, pid = std::process::id(), "starting");

    let network = start.env.network.or_else(|| network_file_system(&paths.data));
    if let Some(kind) = network {
        tracing::warn!(kind, "the data folder is on a network file system");
    }
    let configuration = Configuration::read(paths.config_file(), lang)?;
    let providers = Providers::read(paths.providers());
    let keep_from = start.clock.now().wall.minus(KEEP);
    let state = StateDb::open(paths.state(), keep_from).map_err(|error| no_thread(&error, lang))?;
    let state = Ledger::open(state).await;
    let lives = state.lives().await;
    let has_choice = start.store.is_none();
    let (awaited, naming) = Awaited::new();
    let (store, late) = StoreThread::start(Box::new(awaited)).map_err(|error| no_thread(&error, lang))?;
    let mut unnamed = Unnamed::new(naming, start.passphrase);
    let named = OnceLock::new();
    let stores = match start.store {
        Some(stores) => Some(stores),
        // Before anything waits for the store: a person takes longer to type than a store may take.
        None if configuration.is_in_force() => Some(unnamed.stores(&paths, &configuration.config, lang)?),
        None => None,
    };
    if let Some(stores) = stores {
        let is_new = named.set(unnamed.name(stores, lang)?).is_ok();
        debug_assert!(is_new, "it was made just now");
    }
    let http = Arc::new(HttpClient::new(start.clock.clone()));
    let chrome = chrome(&paths, &configuration, start.clock.clone());
    crate::browser::sweep(&temp(&paths));

    let (messages, inbox) = mpsc::channel(MESSAGES);
    let (events, _) = broadcast::channel(EVENTS);
    let ports = Arc::new(Ports {
        store,
        named,
        unseen: Mutex::default(),
        owed: Arc::new(Owed::read(paths.owed())),
        journals: paths.journals(),
        http,
        chrome: RwLock::new(chrome),
        clock: start.clock.clone(),
        lock,
        messages: messages.clone(),
        observer: start.observer,
    });
    let mut actor = Actor {
        ports,
        accounts: Accounts::new(u64::from_le_bytes(random())),
        entries: BTreeMap::new(),
        configuration,
        providers,
        state,
        lives,
        judging: None,
        watchers: Vec::new(),
        desktop: start.desktop,
        events: events.clone(),
        logins: BTreeMap::new(),
        waiting: BTreeMap::new(),
        tickets: BTreeMap::new(),
        next_ticket: 0,
        at_work: BTreeMap::new(),
        ending: None,
        chrome_settings: None,
        too_early: Vec::new(),
        look_again: 0,
        stopping: None,
        to_bed: None,
        warned: Default::default(),
        store: None,
        is_unlocking: false,
        unnamed,
        paying: Default::default(),
        has_choice,
        paths: paths.clone(),
        holder: start.holder,
        network,
        system_lang: lang,
        time_zone: jiff::tz::TimeZone::system(),
        practice: practice_site(),
    };
    actor.take_configuration();
    actor.take_left_toasts();
    tokio::spawn(actor.run(inbox, late));

    let handle = Arc::new(Handle { messages, events });
    let server = Server::start(&paths.socket(), handle.clone(), Limits::default(), lang)?;
    let drains_within = match start.holder {
        Holder::OneShot => super::ONE_SHOT_STOPS_WITHIN,
        Holder::Desktop | Holder::Serve => super::SERVER_STOPS_WITHIN,
    };
    Ok(Engine { handle, clock: start.clock, server: Some(server), drains_within })
}

/// Development builds offer the practice site, where one runs.
fn practice_site() -> Option<String> {
    cfg!(debug_assertions).then(|| std::env::var("LAMPLIGHTER_PRACTICE").ok()).flatten()
}

fn temp(paths: &Paths) -> std::path::PathBuf {
    paths.runtime.join("chrome")
}

fn chrome(paths: &Paths, configuration: &Configuration, clock: Arc<dyn crate::clock::Clock>) -> Arc<Chrome> {
    let settings = &configuration.config.settings;
    let settings = ChromeSettings {
        executable: settings.chrome.as_ref().map(std::path::PathBuf::from),
        without_sandbox: settings.chrome_without_sandbox,
        temp: temp(paths),
    };
    Arc::new(Chrome::new(settings, clock))
}

impl Actor {
    /// Looks whether people changed a file.
    pub(crate) fn take_over_files(&mut self) {
        let changed = self.providers.look_again();
        if self.configuration.look_again() || changed {
            self.take_configuration();
        } else if self.configuration.is_in_force() && self.ports.named.get().is_none() {
            self.try_for_a_store();
        }
    }

    /// Notifications that died with an earlier process are shown anew, or taken away.
    fn take_left_toasts(&mut self) {
        let keys = self.desktop.as_ref().map(|desktop| desktop.left_toasts()).unwrap_or_default();
        if !keys.is_empty() {
            self.on_event(Event::ToastsLeft { keys });
        }
    }

    /// Makes accounts and rules what the configuration in force says.
    pub(crate) fn take_configuration(&mut self) {
        if !self.has_store() {
            self.tell(api::Event::Engine);
            return;
        }
        // Before anything is told of an account.
        self.take_alerts();
        let wanted = self.configuration.config.accounts.clone();
        let stay: BTreeSet<_> = wanted.values().map(|settings| &settings.id).collect();
        let gone: Vec<_> = self.entries.keys().filter(|id| !stay.contains(id)).cloned().collect();
        for id in gone {
            self.drop_account(&id);
        }
        for (name, settings) in wanted {
            if self.entries.contains_key(&settings.id) {
                self.change_account(name, settings);
            } else {
                self.add_account(name, settings);
            }
        }
        self.pay();
        self.tell_all_lives();
        self.take_chrome();
        self.tell(api::Event::Engine);
    }

    /// Another Chrome only if its settings changed: it counts its visits.
    fn take_chrome(&mut self) {
        let settings = &self.configuration.config.settings;
        let wanted = (settings.chrome.clone(), settings.chrome_without_sandbox);
        if self.chrome_settings.as_ref() == Some(&wanted) {
            return;
        }
        // The one of the start is right the first time.
        if self.chrome_settings.replace(wanted).is_some() {
            *self.ports.chrome.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
                chrome(&self.paths, &self.configuration, self.ports.clock.clone());
        }
    }

    /// Changes `config.toml` and takes it over. What the person changed in it by hand a moment ago is taken over
    /// first, so that it neither gets lost nor in the way.
    pub(crate) fn edit(
        &mut self,
        lang: Lang,
        edit: impl FnOnce(&mut Document) -> bool,
    ) -> Result<(), Notice> {
        self.take_over_files();
        self.configuration.edit(lang, edit)?;
        self.take_configuration();
        Ok(())
    }

    fn add_account(&mut self, name: AccountName, settings: AccountSettings) {
        let id = settings.id.clone();
        let provider = self.providers.get(&settings.provider);
        let paused = settings.paused;
        let rules = provider.as_ref().map(|provider| rules_of(&name, &settings, provider));
        let entry = Entry {
            name,
            settings,
            provider,
            record: None,
            stored: None,
            typed: BTreeMap::new(),
            is_unfinished: false,
            elsewhere: None,
            deliveries: Vec::new(),
        };
        self.entries.insert(id.clone(), entry);
        if let Some(rules) = rules {
            self.make_known(&id, rules, paused);
        }
        self.tell(api::Event::Account { id });
    }

    /// An attempt ended: an account that was taken out and put back meanwhile is known again now.
    pub(crate) fn take_back(&mut self, id: &AccountId) {
        let Some(entry) = self.entries.get(id).filter(|_| self.accounts.get(id).is_none()) else { return };
        let Some(provider) = entry.provider.clone() else { return };
        let (rules, paused) = (rules_of(&entry.name, &entry.settings, &provider), entry.settings.paused);
        self.make_known(id, rules, paused);
        self.tell(api::Event::Account { id: id.clone() });
    }

    fn make_known(&mut self, id: &AccountId, rules: lamplighter_core::account::Rules, paused: bool) {
        if self.at_work.contains_key(id) {
            // Its attempt still runs: [`Self::take_back`] when that is over (I1).
            return;
        }
        let kept = self.state.take_session(id).and_then(|text| serde_json::from_str::<Account>(&text).ok());
        // Lost or of another version: the probe comes first, nothing of the login is lost.
        let mut account =
            kept.filter(|account| account.id == *id).unwrap_or_else(|| Account::new(id.clone()));
        account.paused = paused;
        self.on_event(Event::Known { account: Box::new(account), rules: Box::new(rules) });
        self.read_past(id);
    }

    fn change_account(&mut self, name: AccountName, settings: AccountSettings) {
        let id = settings.id.clone();
        let provider = self.providers.get(&settings.provider);
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.name == name && entry.settings == settings && entry.provider == provider {
            return;
        }
        let has_other_sinks = entry.settings.sinks != settings.sinks;
        if has_other_sinks {
            entry.deliveries.clear();
        }
        let paused = settings.paused;
        let rules = provider.as_ref().map(|provider| rules_of(&name, &settings, provider));
        (entry.name, entry.settings, entry.provider) = (name, settings, provider);
        match rules {
            None => self.lose(&id),
            Some(rules) if self.accounts.get(&id).is_none() => self.make_known(&id, rules, paused),
            Some(rules) => {
                self.on_event(Event::RulesChanged { account: id.clone(), rules: Box::new(rules) });
                if self.accounts.get(&id).is_some_and(|account| account.paused != paused) {
                    self.on_event(Event::Paused { account: Some(id.clone()), paused });
                }
            }
        }
        if has_other_sinks {
            self.deliver(&id);
        }
        self.tell(api::Event::Account { id });
    }

    /// An account is not in the configuration any more. Its record stays (I2).
    fn drop_account(&mut self, id: &AccountId) {
        self.entries.remove(id);
        self.lose(id);
        self.tell(api::Event::AccountGone { id: id.clone() });
    }

    /// Nothing can be done for an account for now: it left the configuration, or its provider's file did. What
    /// runs is finished; what waits for its turn is told; its state is kept in case it comes back.
    fn lose(&mut self, id: &AccountId) {
        if let Some(kept) = self.accounts.get(id).and_then(|account| serde_json::to_string(account).ok()) {
            self.state.keep_session(id, kept);
        }
        self.on_event(Event::Unknown { account: id.clone() });
        self.fail_login_of(id);
        self.fail_work_of(id);
    }

    /// The person logged out: the account goes too.
    ///
    /// # Errors
    /// Why its section stays in the file: then it is listed as never logged in.
    pub(crate) fn forget(&mut self, id: &AccountId, lang: Lang) -> Result<(), Notice> {
        let Some(name) = self.entries.get(id).map(|entry| entry.name.clone()) else { return Ok(()) };
        self.edit(lang, |document| document.remove_account(&name)).inspect_err(|notice| {
            tracing::warn!(what = %notice.what, "the account’s section stays in config.toml");
        })?;
        self.state.forget(id);
        Ok(())
    }
}
