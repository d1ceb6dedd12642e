//! Which store is used: what the settings say. While the configuration is broken from the start on nothing says it, and
//! it is not guessed: a wrong store has no logins, and would be asked for them, and be given new ones.

use std::sync::Arc;

use lamplighter_core::api::Event;
use lamplighter_core::config::Config;
use lamplighter_core::record::StoreKind;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{self, Lang};

use super::actor::Actor;
use super::message::Message;
use crate::paths::{Kind, Paths, ensure};
use crate::start::AskPassphrase;
use crate::store::{KeySource, Naming, Places, StoreThread, Stores};

/// The store that is used, and the others, which are only read.
pub(crate) struct Named {
    pub kind: StoreKind,
    pub elsewhere: Vec<(StoreKind, StoreThread)>,
}

/// What is still open of it.
#[derive(Default)]
pub(crate) struct Unnamed {
    /// `None` once it is named.
    naming: Option<Naming>,
    /// How the person is asked for a passphrase.
    ask: Option<Arc<AskPassphrase>>,
    is_asking: bool,
    /// What the person gave, once they were asked.
    key: Option<KeySource>,
    /// Why it could not be used although its name is known.
    failed: Option<Notice>,
}

impl Unnamed {
    pub(crate) fn new(naming: Naming, ask: Option<Box<AskPassphrase>>) -> Self {
        Self { naming: Some(naming), ask: ask.map(Arc::from), ..Self::default() }
    }

    /// As the settings say; blocks if the person has to be asked for a passphrase.
    ///
    /// # Errors
    /// If it cannot be used.
    pub(crate) fn stores(&self, paths: &Paths, config: &Config, lang: Lang) -> Result<Stores, Notice> {
        prepared(paths, config, lang)?;
        let key = key_of(config);
        let key = match &self.ask {
            Some(ask) if is_to_be_asked(config, &key) => asked(&**ask, paths),
            _ => key,
        };
        Ok(opened(paths, config, key))
    }

    /// It is this one.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn name(&mut self, stores: Stores, lang: Lang) -> Result<Named, Notice> {
        let mut elsewhere = Vec::new();
        for (kind, store) in stores.elsewhere {
            // What it answers late nobody wants to know any more.
            let (store, _) = StoreThread::start(store).map_err(|error| no_thread(&error, lang))?;
            elsewhere.push((kind, store));
        }
        if let Some(naming) = self.naming.take() {
            naming.is(stores.here);
        }
        Ok(Named { kind: stores.kind, elsewhere })
    }

    /// It cannot be used now: looked at with every tick, and logged once.
    fn cannot(&mut self, notice: Notice) {
        if self.failed.as_ref() != Some(&notice) {
            tracing::warn!(what = %notice.what, "where logins are kept cannot be used now");
            self.failed = Some(notice);
        }
    }
}

fn key_of(config: &Config) -> KeySource {
    KeySource::of_process(config.settings.store_key.as_deref())
}

fn is_to_be_asked(config: &Config, key: &KeySource) -> bool {
    config.settings.store == StoreKind::Sealed && key.is_to_be_asked()
}

fn asked(ask: &AskPassphrase, paths: &Paths) -> KeySource {
    let is_new = crate::store::sealed::is_new(&paths.sealed());
    ask(is_new).map_or(KeySource::NoPassphrase, KeySource::Passphrase)
}

/// The folder of the sealed files, where they are used.
fn prepared(paths: &Paths, config: &Config, lang: Lang) -> Result<(), Notice> {
    if config.settings.store == StoreKind::Sealed { ensure(&paths.sealed(), Kind::Own, lang) } else { Ok(()) }
}

fn opened(paths: &Paths, config: &Config, key: KeySource) -> Stores {
    Stores::of(config.settings.store, &Places::of(paths), key)
}

pub(super) fn no_thread(error: &std::io::Error, lang: Lang) -> Notice {
    let what = lang.pick("The system gives no thread", "Le système ne fournit pas de fil d’exécution");
    Notice::new(Code::Temporary, format!("{what}: {error}"))
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
}

impl Actor {
    /// Whether it is known where logins are kept; names the store as soon as the settings do. Until then there is no
    /// account to do anything for.
    pub(crate) fn has_store(&mut self) -> bool {
        if self.ports.named.get().is_some() {
            return true;
        }
        if !self.configuration.is_in_force() || self.unnamed.is_asking {
            return false;
        }
        let lang = self.lang();
        // Nobody is asked for what could not be used then, and what was given is kept until it can be.
        if let Err(notice) = prepared(&self.paths, &self.configuration.config, lang) {
            self.unnamed.cannot(notice);
            return false;
        }
        let key = match (self.unnamed.key.take(), self.unnamed.ask.clone()) {
            (Some(key), _) => key,
            (None, Some(ask))
                if is_to_be_asked(&self.configuration.config, &key_of(&self.configuration.config)) =>
            {
                self.ask_for_passphrase(ask);
                return false;
            }
            (None, _) => key_of(&self.configuration.config),
        };
        let stores = opened(&self.paths, &self.configuration.config, key);
        match self.unnamed.name(stores, lang) {
            Ok(named) => {
                tracing::info!(store = named.kind.word(), "the configuration can be read now");
                self.unnamed.failed = None;
                // Nobody else names it.
                _ = self.ports.named.set(named);
                true
            }
            Err(notice) => {
                self.unnamed.cannot(notice);
                false
            }
        }
    }

    /// What was in its way may be gone; told only if something is different now.
    pub(super) fn try_for_a_store(&mut self) {
        let lang = self.lang();
        let before = self.no_store_yet(lang);
        if self.has_store() {
            self.take_configuration();
        } else if self.no_store_yet(lang) != before {
            self.tell(Event::Engine);
        }
    }

    fn ask_for_passphrase(&mut self, ask: Arc<AskPassphrase>) {
        self.unnamed.is_asking = true;
        self.unnamed.failed = None;
        let (paths, messages) = (self.paths.clone(), self.ports.messages.clone());
        tokio::task::spawn_blocking(move || {
            let key = asked(&*ask, &paths);
            if messages.blocking_send(Message::PassphraseGiven { key }).is_err() {
                tracing::debug!("a passphrase was given after the engine ended");
            }
        });
    }

    pub(crate) fn on_passphrase_given(&mut self, key: KeySource) {
        self.unnamed.is_asking = false;
        self.unnamed.key = Some(key);
        self.take_configuration();
    }

    /// What is in the way of everything, while it is not known where logins are kept.
    pub(crate) fn no_store_yet(&self, lang: Lang) -> Option<Notice> {
        if self.ports.named.get().is_some() {
            return None;
        }
        let broken = self.configuration.notice(lang).or_else(|| self.unnamed.failed.clone());
        Some(broken.unwrap_or_else(|| text::passphrase_awaited(lang)))
    }

    /// Why no account is known, if that does not mean that there is none.
    pub(crate) fn why_none(&self, lang: Lang) -> Option<Notice> {
        if !self.entries.is_empty() {
            return None;
        }
        self.no_store_yet(lang).or_else(|| self.configuration.notice(lang))
    }

    /// Where logins are kept, as a sentence.
    pub(crate) fn store_words(&self, lang: Lang) -> String {
        self.ports.kind().map_or_else(|| text::store_unknown(lang), |kind| kind.words(lang)).to_owned()
    }
}
