//! What people do in between: log in and out, pause, ask.

use lamplighter_core::account::{Event, Job, Session, Work};
use lamplighter_core::id::{AccountId, Generation, WriteId};
use lamplighter_core::record::{Held, Material, Record, SessionStore as _};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Expiry;

use super::model::{Key, token};
use super::world::{Wanted, World};

impl World {
    /// The login that is there when the story begins.
    pub fn first_login(&mut self, id: &AccountId) {
        let login = self.models.get_mut(id).expect("it was just made").log_in();
        let record = self.captured(id, login);
        self.store.save(id, None, &record).expect("an empty store takes a record");
        self.journals.insert(id.clone(), Vec::new());
        self.note_stored(id);
    }

    /// What a login captures.
    fn captured(&mut self, id: &AccountId, login: usize) -> Record {
        let now = self.clock.now();
        let kind = self.models[id].kind;
        let mut material = Material::empty(Generation(1));
        material.is_proven = true;
        let held = |value: &str, life| Held { value: value.into(), got: now, expiry: life_of(life, now) };
        for (chain, name) in kind.chains().into_iter().enumerate() {
            let key = Key { login, chain, turn: 1 };
            let token_name = if kind.chains().len() == 1 { "access" } else { name.as_str() };
            let token = held(&token(key), Some(kind.life()));
            material.tokens.insert(token_name.parse().expect("a name"), token);
            if kind.lives_on_cookies() {
                let host =
                    self.providers[id].hosts.first().map(crate::machines::rig::text).unwrap_or_default();
                let url = format!("https://{host}/").parse().expect("a valid address");
                let cookie = format!("sid={key}; Path=/; Secure; HttpOnly");
                material.jar.receive(&url, cookie.as_bytes(), now.wall);
            } else {
                material.credentials.insert(name, held(&key.to_string(), None));
            }
        }
        Record {
            account: id.clone(),
            write_id: WriteId([1; 16]),
            login: None,
            provider: "test".parse().expect("an id"),
            hosts: self.providers[id].hosts.iter().map(crate::machines::rig::text).collect(),
            identity: Some("ana@example.com".to_owned()),
            journal_key: Secret::new(self.random.bytes()),
            secrets: std::collections::BTreeMap::new(),
            current: material,
            proven: None,
        }
    }

    /// Whatever a person may do now, they sometimes do.
    pub fn people(&mut self) {
        if self.goes_wrong(100)
            && let Some(account) = self.some_account()
        {
            self.event(Event::Asked { account, chain: None, force: true });
        }
        if self.goes_wrong(40)
            && let Some(account) = self.some_account()
        {
            self.event(Event::CheckAsked { account });
        }
        if self.goes_wrong(20)
            && let Some(account) = self.some_account()
        {
            self.pause(account);
        }
        if self.random.roll(80) == 0
            && let Some(account) = self.some_account()
        {
            let needs = self.needs_login(&account);
            if needs || self.goes_wrong(800) {
                self.log_in(&account);
            } else if self.goes_wrong(500) {
                self.log_out(account);
            }
        }
    }

    fn needs_login(&self, id: &AccountId) -> bool {
        let Some(account) = self.accounts.get(id) else { return false };
        matches!(account.session, Session::Dead { .. }) || (account.recovered && !account.has_record)
    }

    fn pause(&mut self, id: AccountId) {
        self.tally.pauses += 1;
        let paused = self.paused.insert(id.clone());
        if !paused {
            self.paused.remove(&id);
        }
        self.event(Event::Paused { account: Some(id), paused });
    }

    fn log_in(&mut self, id: &AccountId) {
        if self.accounts.get(id).is_none_or(|account| account.login.is_some()) {
            return;
        }
        self.tally.logins += 1;
        let login = self.models.get_mut(id).expect("it is there").log_in();
        let record = Box::new(self.captured(id, login));
        self.event(Event::LoginStarted { account: id.clone(), login: format!("login-{login}") });
        self.want(id, Job::Commit, Wanted::Login(record));
    }

    fn log_out(&mut self, id: AccountId) {
        self.tally.logouts += 1;
        self.want(&id, Job::Logout, Wanted::Logout);
    }

    fn want(&mut self, id: &AccountId, job: Job, wanted: Wanted) {
        self.tickets += 1;
        let ticket = self.tickets;
        self.wanted.insert(ticket, wanted);
        self.event(Event::Wanted { account: id.clone(), work: Work { job, ticket } });
    }
}

fn life_of(life: Option<std::time::Duration>, now: lamplighter_core::time::Now) -> Option<Expiry> {
    life.map(|life| Expiry::after(life, now, None))
}
