//! What people and programs do in between: log in and out, edit, pause, ask.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lamplighter_core::account::{Event, Job, Work};
use lamplighter_core::id::{AccountId, Generation, VarName, WriteId};
use lamplighter_core::provider::Bound;
use lamplighter_core::record::{Held, Material, Record, SessionStore as _};
use lamplighter_core::refresh::Amendment;
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Expiry;

use super::model::Key;
use super::services::Kind;
use super::trouble::Whose;
use super::world::{Wanted, World};

const MINUTE: u64 = 60_000;

impl World {
    /// The login that is there when the story begins.
    pub fn first_login(&mut self, id: &AccountId) {
        let at = self.elapsed;
        let login = self.models.get_mut(id).expect("it was just made").log_in(at, 0);
        let record = self.captured(id, login);
        self.store.save(id, None, &record).expect("an empty store takes a record");
        self.journals.insert(id.clone(), Vec::new());
        self.note_stored(id);
    }

    /// What a login captures.
    fn captured(&mut self, id: &AccountId, login: usize) -> Record {
        let now = self.clock.now();
        let (model, service) = (&self.models[id], &self.services[id]);
        let kind = model.kind;
        let mut material = Material::empty(Generation(1));
        material.is_proven = true;
        let expiry = |life| Some(Expiry::after(life, now, None));
        for (chain, name) in kind.chains().into_iter().enumerate() {
            let key = Key { login, chain, turn: 1 };
            let token_name = if kind.chains().len() == 1 { "access" } else { name.as_str() };
            let token = model.token_text(super::model::Token { key, mint: 1 });
            let value = token.as_str().into();
            let token = Held { value, got: now, expiry: expiry(model.manner.life) };
            material.tokens.insert(token_name.parse().expect("a name"), token);
            if kind.lives_on_cookies() {
                let host = service.provider.hosts.first().map(plain).unwrap_or_default();
                let url = format!("https://{host}/").parse().expect("a valid address");
                let cookie = format!("sid={key}; Path=/; Secure; HttpOnly");
                material.jar.receive(&url, cookie.as_bytes(), now.wall);
            } else {
                let value = model.credential(key, self.elapsed).as_str().into();
                let life = match kind {
                    Kind::Google => model.manner.fixed,
                    Kind::Jwt | Kind::Blacklist => Some(kind.idle()),
                    _ => None,
                };
                material.credentials.insert(name, Held { value, got: now, expiry: life.and_then(expiry) });
            }
        }
        let secrets: BTreeMap<VarName, Secret> =
            kind.secrets().iter().map(|name| (name.parse().expect("a name"), Secret::from("s"))).collect();
        let bound = Bound::new(&service.provider, &service.vars, &secrets).expect("all is filled in");
        let hosts = bound.hosts().texts();
        Record {
            account: id.clone(),
            write_id: WriteId([1; 16]),
            login: None,
            provider: service.provider.id.clone(),
            hosts,
            identity: None,
            journal_key: Secret::new(self.random.bytes()),
            secrets,
            current: material,
            proven: None,
        }
    }

    /// Secret variables and hosts as they were: an edit that changes nothing but the record's write id.
    pub fn amendment(&self, id: &AccountId) -> Amendment {
        match self.models[id].kind.secrets().first() {
            Some(name) => Amendment::SetSecret(name.parse().expect("a name"), Secret::from("s")),
            None => {
                Amendment::AgreeHosts(self.stored(id).map(|record| record.hosts.clone()).unwrap_or_default())
            }
        }
    }

    /// With every tick: whatever a person or a program may do now, they sometimes do.
    pub fn people(&mut self) {
        if self.weather.is_calm && self.watch.logins.is_empty() {
            return;
        }
        let at = self.elapsed;
        let due: Vec<AccountId> =
            self.watch.logins.iter().filter(|(_, due)| at >= **due).map(|(id, _)| id.clone()).collect();
        for id in due {
            self.watch.logins.remove(&id);
            if self.is_over(&id) && !self.weather.newer.contains_key(&id) && !self.is_app_wrong(&id) {
                self.log_in(&id);
            }
        }
        if self.weather.is_calm {
            return;
        }
        // Programs ask; those of short tokens do not need to.
        let account = self.some_account();
        if !self.models[&account].kind.is_jwt() && self.random.roll(2) == 0 {
            self.event(Event::Asked { account, chain: None, force: true });
        }
        match self.random.roll(1500) {
            0 => {
                let account = self.some_account();
                self.event(Event::CheckAsked { account });
            }
            1 => {
                let id = self.some_account();
                self.person_meddles(&id);
            }
            _ => {}
        }
    }

    /// A person who sees that a login is needed comes by within minutes.
    pub fn will_log_in(&mut self, id: &AccountId) {
        let due = self.elapsed + MINUTE + self.random.roll(10 * MINUTE);
        self.watch.logins.entry(id.clone()).or_insert(due);
    }

    /// The person does something with an account while an attempt may be in flight.
    pub fn person_meddles(&mut self, id: &AccountId) {
        if self.weather.newer.contains_key(id) {
            return;
        }
        match self.random.roll(4) {
            0 => self.log_in(id),
            1 => {
                self.tally.logouts += 1;
                self.want(id, Job::Logout, Wanted::Logout);
            }
            _ if self.store.holds(id) => {
                self.tally.edits += 1;
                self.want(id, Job::Amend, Wanted::Amend);
            }
            _ => {}
        }
    }

    pub fn pause(&mut self, id: AccountId) {
        self.tally.pauses += 1;
        let paused = self.paused.insert(id.clone());
        if paused {
            self.hamper(&id, u64::MAX);
        } else {
            self.paused.remove(&id);
            self.weather.troubles.end(&Whose::One(id.clone()), self.elapsed);
            self.watch.paused.insert(id.clone(), self.watch.fair);
        }
        _ = writeln!(self.trace, "{} {} paused {paused}", self.elapsed, id.as_str());
        self.event(Event::Paused { account: Some(id), paused });
    }

    fn log_in(&mut self, id: &AccountId) {
        let is_at_it = self.accounts.get(id).is_none_or(|account| account.login.is_some());
        if is_at_it || self.wanted.len() > 20 {
            return;
        }
        self.tally.logins += 1;
        let (at, fair) = (self.elapsed, self.fair());
        let login = self.models.get_mut(id).expect("it is there").log_in(at, fair);
        let record = Box::new(self.captured(id, login));
        self.event(Event::LoginStarted { account: id.clone(), login: format!("login-{login}") });
        self.want(id, Job::Commit, Wanted::Login(record));
    }

    fn want(&mut self, id: &AccountId, job: Job, wanted: Wanted) {
        self.tickets += 1;
        let ticket = self.tickets;
        self.wanted.insert(ticket, wanted);
        self.event(Event::Wanted { account: id.clone(), work: Work { job, ticket } });
    }
}

/// A template without its places.
fn plain(template: &lamplighter_core::provider::model::Template) -> String {
    use lamplighter_core::provider::model::Part;
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Place(_) => String::new(),
    };
    template.0.iter().map(text).collect()
}
