//! What a person would want to read in the log of a server: what is kept, who needs them, what works again. Each once.

use std::collections::BTreeMap;
use std::sync::Arc;

use lamplighter_core::api::{AccountView, EngineView, Event, Request, Response, Standing};
use lamplighter_core::id::AccountId;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Caller, Service, unfitting};
use lamplighter_engine::clock::{Clock as _, SystemClock};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::TOLD_EVERY;
use super::manager::Manager;
use crate::screen::{Failure, Screen};

/// What has been told, and to whom.
pub struct Matters<'a> {
    service: Arc<dyn Service>,
    manager: &'a Manager,
    screen: &'a Screen,
    accounts: BTreeMap<AccountId, Told>,
    engine: Vec<(Code, String)>,
    status: String,
    /// Whether it was known where logins are kept.
    is_placed: bool,
}

/// What is known of one account.
#[derive(PartialEq, Eq)]
struct Told {
    needs: Option<Code>,
}

impl<'a> Matters<'a> {
    /// Nothing has been told yet.
    pub fn new(service: Arc<dyn Service>, manager: &'a Manager, screen: &'a Screen) -> Self {
        Self {
            service,
            manager,
            screen,
            accounts: BTreeMap::new(),
            engine: Vec::new(),
            status: String::new(),
            is_placed: false,
        }
    }

    /// What is kept, where, how to ask for it; then what needs a person.
    ///
    /// # Errors
    /// If the engine does not say.
    pub async fn begin(&mut self, socket: &str) -> Result<(), Failure> {
        let view = self.engine_view().await?;
        let accounts = self.all().await?;
        let screen = self.screen;
        // "No logins yet" would be a wrong answer where it is not known which there are.
        if view.store.is_some() {
            self.tell_kept(accounts.len());
        }
        screen.aside(&view.store_words);
        screen.aside(&format!("{} {socket}", screen.pick("Asked at:", "Interrogé à l’adresse\u{a0}:")));
        let config = screen.pick("Configuration and services:", "Configuration et services\u{a0}:");
        screen.aside(&format!("{config} {}", view.config));
        view.warnings.iter().for_each(|warning| screen.beside_always(warning));
        self.is_placed = view.store.is_some();
        self.on_engine(&view);
        accounts.iter().for_each(|account| self.on_account(account));
        self.tell_status();
        Ok(())
    }

    fn tell_kept(&self, number: usize) {
        let screen = self.screen;
        let keeps = match (screen.lang, number) {
            (Lang::En, 0) => "No logins yet. Add one with: lamp login SERVICE".to_owned(),
            (Lang::Fr, 0) => {
                "Aucune connexion pour l’instant. Ajoutez-en une\u{a0}: lamp login SERVICE".to_owned()
            }
            (Lang::En, 1) => "Keeping 1 login alive.".to_owned(),
            (Lang::Fr, 1) => "1 connexion maintenue en vie.".to_owned(),
            (Lang::En, number) => format!("Keeping {number} logins alive."),
            (Lang::Fr, number) => format!("{number} connexions maintenues en vie."),
        };
        screen.aside(&keeps);
    }

    /// Follows what changes, until the engine is gone.
    ///
    /// # Errors
    /// If the engine does not say what changed.
    pub async fn follow(&mut self, mut events: Receiver<Event>) -> Result<(), Failure> {
        let clock = SystemClock::new();
        loop {
            let heard = match events.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => Event::Lagged,
                Err(RecvError::Closed) => return Ok(()),
            };
            // What comes within a moment is looked at once.
            clock.sleep(TOLD_EVERY).await;
            let mut changed = Changed::default();
            changed.take(heard);
            loop {
                match events.try_recv() {
                    Ok(event) => changed.take(event),
                    Err(tokio::sync::broadcast::error::TryRecvError::Lagged(_)) => changed.all = true,
                    Err(_) => break,
                }
            }
            self.look(changed).await?;
        }
    }

    /// A configuration that was broken at the start can be read: what was not known then is said now.
    async fn is_mended(&mut self, view: &EngineView) -> Result<bool, Failure> {
        let is_mended = view.store.is_some() && !std::mem::replace(&mut self.is_placed, view.store.is_some());
        if is_mended {
            self.tell_kept(self.all().await?.len());
            self.screen.aside(&view.store_words);
        }
        Ok(is_mended)
    }

    async fn look(&mut self, mut changed: Changed) -> Result<(), Failure> {
        if changed.engine || changed.all {
            let view = self.engine_view().await?;
            self.on_engine(&view);
            changed.all |= self.is_mended(&view).await?;
        }
        if changed.all {
            let accounts = self.all().await?;
            let stay: Vec<_> = accounts.iter().map(|account| &account.id).collect();
            self.accounts.retain(|id, _| stay.contains(&id));
            accounts.iter().for_each(|account| self.on_account(account));
        }
        for (id, is_there) in changed.accounts {
            // One that is gone meanwhile is told by an event of its own.
            match if is_there { self.one(&id).await? } else { None } {
                Some(account) => self.on_account(&account),
                None => _ = self.accounts.remove(&id),
            }
        }
        self.tell_status();
        Ok(())
    }

    fn on_account(&mut self, account: &AccountView) {
        let needs = match (&account.notice, account.standing) {
            (Some(notice), Standing::NeedsYou) => Some(notice.code),
            _ => None,
        };
        let before = self.accounts.insert(account.id.clone(), Told { needs });
        let needed = before.as_ref().and_then(|told| told.needs);
        match &account.notice {
            Some(notice) if needs.is_some() && needs != needed => self.screen.beside_always(notice),
            _ if needs.is_none() && needed.is_some() => {
                let works = self.screen.pick("does not need you any more.", "n’a plus besoin de vous.");
                let colon = self.screen.pick(":", "\u{a0}:");
                self.screen.aside(&format!("{}{colon} {works}", account.name));
            }
            _ => {}
        }
    }

    fn on_engine(&mut self, view: &EngineView) {
        let now: Vec<_> = view.notices.iter().map(|notice| (notice.code, notice.what.clone())).collect();
        for (notice, key) in view.notices.iter().zip(&now) {
            if !self.engine.contains(key) {
                self.screen.beside_always(notice);
            }
        }
        self.engine = now;
    }

    /// For `systemctl status`. No times in it: it stays there until the next change.
    fn tell_status(&mut self) {
        let needing = self.accounts.values().filter(|told| told.needs.is_some()).count();
        let kept = self.accounts.len();
        let status = match (self.screen.lang, self.engine.first()) {
            (_, Some((_, what))) => what.clone(),
            (Lang::En, None) => format!("Logins: {kept}, needing you: {needing}"),
            (Lang::Fr, None) => {
                format!("Connexions\u{a0}: {kept}, à reconnecter\u{a0}: {needing}")
            }
        };
        if status != self.status {
            self.manager.says(&status);
            self.status = status;
        }
    }

    async fn ask(&self, request: Request) -> Result<Response, Notice> {
        self.service.call(Caller::one_shot(std::process::id()), request, self.screen.lang).await
    }

    async fn engine_view(&self) -> Result<Box<EngineView>, Failure> {
        match self.ask(Request::Engine).await? {
            Response::Engine { engine } => Ok(engine),
            _ => Err(unfitting(self.screen.lang).into()),
        }
    }

    async fn all(&self) -> Result<Vec<AccountView>, Failure> {
        match self.ask(Request::Accounts).await? {
            Response::Accounts { accounts } => Ok(accounts),
            _ => Err(unfitting(self.screen.lang).into()),
        }
    }

    async fn one(&self, id: &AccountId) -> Result<Option<AccountView>, Failure> {
        match self.ask(Request::Account { account: id.to_string() }).await {
            Ok(Response::Account { account }) => Ok(Some(*account)),
            Ok(_) => Err(unfitting(self.screen.lang).into()),
            Err(notice) if notice.code == Code::UnknownAccount => Ok(None),
            // A configuration that cannot be read says of no account whether it is there.
            Err(notice) if notice.code == Code::BadFile => Ok(None),
            Err(notice) => Err(notice.into()),
        }
    }
}

/// What changed in a moment.
#[derive(Default)]
struct Changed {
    engine: bool,
    all: bool,
    /// Whether it is still there.
    accounts: BTreeMap<AccountId, bool>,
}

impl Changed {
    fn take(&mut self, event: Event) {
        match event {
            Event::Account { id } | Event::Refreshed { id, .. } => _ = self.accounts.insert(id, true),
            Event::AccountGone { id } => _ = self.accounts.insert(id, false),
            Event::Engine => self.engine = true,
            Event::Lagged => self.all = true,
            Event::Login { .. } => {}
        }
    }
}
