//! What a login won is stored: the account gets its place in the configuration, then the store gets the record.

use std::time::Duration;

use lamplighter_core::account::{Event, Job, Work};
use lamplighter_core::api::{self, LoginStage};
use lamplighter_core::id::WriteId;
use lamplighter_core::record::Record;
use lamplighter_core::refresh::End;
use lamplighter_core::report::Notice;
use lamplighter_core::text::{Why, notice};

use super::super::actor::Actor;
use super::super::calls::internal;
use super::super::effects::{Ticket, random};
use super::super::tokens::Waiting;
use super::Phase;
use crate::login::{Won, not_saved, unsaved};

/// A keychain that refuses a login's record is asked again this often, for ten minutes.
const STORE_AGAIN: Duration = Duration::from_secs(3);
const STORE_TRIES: u32 = 200;

impl Actor {
    /// The material is proven: the account gets its place in the configuration, then the store gets the record.
    pub(super) fn commit_login(&mut self, login: &str, won: Won) {
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
            login: entry.spending.kept(),
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

    /// A step of the login is about to spend something: what it stores needs an account that it belongs to.
    pub(crate) fn on_login_spends(&mut self, login: &str) -> Result<(), Notice> {
        match self.logins.get(login) {
            Some(entry) if entry.phase == Phase::Person => self.add_account_of(login),
            _ => Err(internal(self.lang())),
        }
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
        entry.view.stage = LoginStage::Proving;
        if self.accounts.get(&account).is_none() {
            // Its provider's file is being edited: it can come back in a moment.
            let notice = self.notice_of(&account, self.lang());
            return self.store_login_later(login, notice);
        }
        if let Some(entry) = self.logins.get_mut(login) {
            entry.is_asked = true;
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

    /// What was won is not thrown away because of a locked keychain or a file that is being edited: the person is
    /// told, and it is tried again in a moment.
    pub(super) fn store_login_later(&mut self, login: &str, notice: Notice) {
        let is_stopping = self.stopping.is_some();
        let Some(entry) = self.logins.get_mut(login) else { return };
        entry.tries += 1;
        if entry.is_given_up {
            return self.end_login(login, LoginStage::Cancelled);
        }
        if entry.tries >= STORE_TRIES || is_stopping {
            let is_kept = entry.spending.kept().is_some();
            let notice = not_saved(notice, entry.has_before, is_kept, entry.lang);
            return self.end_login(login, LoginStage::Failed { notice });
        }
        let is_kept = entry.spending.kept().is_some();
        entry.view.stage = LoginStage::Unsaved { notice: unsaved(notice, is_kept, entry.lang) };
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::StoreAgain { login: login.to_owned() });
        self.expire(ticket, STORE_AGAIN);
        self.tell(api::Event::Login { id: login.to_owned() });
    }

    pub(super) fn not_committed(&mut self, login: &str, end: &End) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        entry.is_asked = false;
        let (account, lang) = (entry.account.clone(), entry.lang);
        match end {
            End::NoStore(store) => {
                let notice = notice(&Why::Store { store: store.clone() }, &self.subject(&account, lang));
                self.store_login_later(login, notice);
            }
            _ => {
                let notice = self.notice_of(&account, lang);
                self.end_login(login, LoginStage::Failed { notice });
            }
        }
    }

    /// The store refused a login's record a moment ago.
    pub(crate) fn store_login_again(&mut self, login: &str) {
        if self.logins.get(login).is_some_and(|entry| entry.phase == Phase::Commit) {
            self.store_login(login);
        }
    }

    /// The person gives up what waits for the keychain. A write that is under way decides by itself.
    pub(super) fn give_up_commit(&mut self, login: &str) {
        let Some(entry) = self.logins.get_mut(login).filter(|entry| entry.phase == Phase::Commit) else {
            return;
        };
        entry.is_given_up = true;
        if !entry.is_asked {
            self.end_login(login, LoginStage::Cancelled);
        }
    }
}
