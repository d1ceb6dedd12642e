//! What the practice site remembers: sessions, devices, tokens, and every secret that it ever gave out.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::faults::Script;
use super::log::Entry;
use super::settings::Person;
use super::{Settings, jwt, random};
use crate::clock::SiteClock;

/// What all handlers share.
pub(super) struct Shared {
    pub settings: Settings,
    pub clock: SiteClock,
    /// Address of the site, without a trailing slash.
    pub base: String,
    /// Address of its single sign-on provider, another origin.
    pub sso: String,
    signing_key: [u8; 32],
    /// `Settings::token_life` as it is now, in milliseconds.
    token_life_ms: AtomicU64,
    inner: Mutex<State>,
    /// Rings after every request that came in or was answered.
    pub answered: Condvar,
}

/// A secret that the site gave out or was set up with, for scans.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issued {
    /// What it is: `password`, `totp secret`, `cookie sid`, `access token`, …
    pub kind: String,
    /// Its value as the protocol carries it.
    pub value: String,
}

/// How the cookie-only refresh `GET /api/session` behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEndpoint {
    /// It mints a token.
    On,
    /// It answers 401, as if only browsers were welcome.
    Rejects,
    /// It answers 200 without a token.
    NoToken,
    /// It is not there.
    Gone,
}

#[derive(Default)]
pub(super) struct State {
    pub sessions: HashMap<String, Session>,
    pub devices: HashMap<String, usize>,
    pub access: HashMap<String, Access>,
    pub refresh: HashMap<String, Refresh>,
    pub codes: HashMap<String, Code>,
    /// By device code.
    pub waiting_devices: HashMap<String, WaitingDevice>,
    pub dead_families: HashSet<u64>,
    /// Per person, how often a refresh token was presented.
    pub presented: HashMap<usize, Presented>,
    pub families: u64,
    pub issued: Vec<Issued>,
    pub log: Vec<Entry>,
    /// Requests that came in, by method and path, whether answered yet or not.
    pub arrived: HashMap<String, usize>,
    pub scripts: HashMap<String, Script>,
    pub hostile: Vec<Value>,
    /// What came to the zoo.
    pub zoo: Vec<super::Seen>,
    pub session_endpoint: Option<SessionEndpoint>,
    pub totp_asked: u64,
}

/// How often one-time refresh tokens of somebody were presented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presented {
    /// In all.
    pub all: usize,
    /// That had been used before: what reuse detection looks at, within the grace or not.
    pub again: usize,
    /// That were good: something new was given for them.
    pub good: usize,
    /// That had been used before, and no grace was left: the whole login died of it.
    pub alarms: usize,
}

/// A login, known by the value of cookie `sid`.
pub(super) struct Session {
    pub person: usize,
    pub ends: i64,
    /// Password given, second factor not yet.
    pub half: bool,
    /// Value of the cookie that only `/api` gets.
    pub api: String,
    /// Value of the readable cookie that the page script sends back.
    pub csrf: String,
}

pub(super) struct Access {
    pub person: usize,
    pub ends: i64,
    pub session: Option<String>,
    pub family: Option<u64>,
    pub revoked: bool,
}

pub(super) struct Refresh {
    pub person: usize,
    pub ends: i64,
    pub session: Option<String>,
    /// OAuth client, or `None` for the JSON and cookie end points.
    pub client: Option<String>,
    pub scope: String,
    pub family: u64,
    pub used: Option<i64>,
}

pub(super) struct Code {
    pub person: usize,
    pub client: String,
    pub redirect: String,
    pub challenge: Option<String>,
    pub scope: String,
    pub ends: i64,
}

/// A device that waits for its person to type the code.
pub(super) struct WaitingDevice {
    pub user_code: String,
    pub client: String,
    pub scope: String,
    pub ends: i64,
    /// How often it may ask, in milliseconds.
    pub interval: i64,
    pub asked: Option<i64>,
    /// Who allowed it, or that somebody refused.
    pub decided: Option<Result<usize, ()>>,
}

/// Why a refresh token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not known, run out, revoked, or of a session that ended.
    Invalid,
    /// Used before: its family is dead now.
    Reused,
}

impl Shared {
    pub fn new(settings: Settings, base: String, sso: String) -> Self {
        let clock = SiteClock::new(settings.clock_rate);
        let issued = settings.people.iter().flat_map(known_secrets).collect();
        let inner = Mutex::new(State { issued, ..State::default() });
        let signing_key = random::bytes();
        let (token_life_ms, answered) = (AtomicU64::default(), Condvar::new());
        let shared = Self { settings, clock, base, sso, signing_key, token_life_ms, inner, answered };
        shared.set_token_life(shared.settings.token_life);
        shared
    }

    /// Life of tokens that are minted from now on.
    pub fn token_life(&self) -> Duration {
        Duration::from_millis(self.token_life_ms.load(Ordering::SeqCst))
    }

    pub fn set_token_life(&self, life: Duration) {
        self.token_life_ms.store(u64::try_from(life.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since 1970 by the site's clock.
    pub fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    pub fn in_future(&self, life: Duration) -> i64 {
        self.now().saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX))
    }

    pub fn person(&self, index: usize) -> &Person {
        &self.settings.people[index]
    }

    pub fn person_by_email(&self, email: &str) -> Option<usize> {
        self.settings.people.iter().position(|person| person.email.eq_ignore_ascii_case(email))
    }

    /// A new session; its cookies are for the caller to send.
    pub fn open_session(&self, person: usize, half: bool) -> String {
        let (sid, api, csrf) = (random::opaque(), random::opaque(), random::opaque());
        let ends = self.in_future(self.settings.session_life);
        let mut state = self.lock();
        state.issue("cookie sid", &sid);
        state.issue("cookie api_sid", &api);
        state.issue("cookie csrftoken", &csrf);
        state.sessions.insert(sid.clone(), Session { person, ends, half, api, csrf });
        sid
    }

    /// A new access token.
    pub fn mint(&self, person: usize, life: Duration, session: Option<&str>, family: Option<u64>) -> String {
        let (now, ends) = (self.now(), self.in_future(life));
        let email = &self.person(person).email;
        // The claim is whole seconds: rounded down, so that nobody relies on a token that is dead already.
        let token =
            jwt::mint(&self.signing_key, email, &self.base, now.div_euclid(1000), ends.div_euclid(1000));
        let access = Access { person, ends, session: session.map(str::to_owned), family, revoked: false };
        let mut state = self.lock();
        state.issue("access token", &token);
        state.access.insert(token.clone(), access);
        token
    }

    /// A new refresh token; a family of its own unless it follows another one.
    pub fn mint_refresh(
        &self,
        person: usize,
        session: Option<&str>,
        client: Option<&str>,
        scope: &str,
        family: Option<u64>,
    ) -> (String, u64) {
        let (token, ends) = (random::opaque(), self.in_future(self.settings.refresh_life));
        let mut state = self.lock();
        let family = family.unwrap_or_else(|| {
            state.families += 1;
            state.families
        });
        state.issue("refresh token", &token);
        let session = session.map(str::to_owned);
        let (client, scope) = (client.map(str::to_owned), scope.to_owned());
        state
            .refresh
            .insert(token.clone(), Refresh { person, ends, session, client, scope, family, used: None });
        (token, family)
    }

    /// Spends a refresh token: rotation, grace and reuse detection as the settings say.
    pub fn spend(&self, token: &str, client: Option<&str>) -> Result<Spent, Refusal> {
        let now = self.now();
        let grace = i64::try_from(self.settings.grace.as_millis()).unwrap_or(i64::MAX);
        let rotation = self.settings.rotation;
        let mut guard = self.lock();
        let state = &mut *guard;
        let refresh = state.refresh.get_mut(token).ok_or(Refusal::Invalid)?;
        let presented = state.presented.entry(refresh.person).or_default();
        presented.all += 1;
        presented.again += usize::from(refresh.used.is_some());
        let alive =
            refresh.session.as_ref().is_none_or(|sid| state.sessions.get(sid).is_some_and(|s| s.ends > now));
        let dead = state.dead_families.contains(&refresh.family);
        if dead || !alive || refresh.ends <= now || refresh.client.as_deref() != client {
            return Err(Refusal::Invalid);
        }
        if rotation {
            match refresh.used {
                Some(used) if now - used > grace => {
                    state.dead_families.insert(refresh.family);
                    presented.alarms += 1;
                    return Err(Refusal::Reused);
                }
                Some(_) => {}
                None => refresh.used = Some(now),
            }
        }
        presented.good += 1;
        Ok(Spent {
            person: refresh.person,
            session: refresh.session.clone(),
            scope: refresh.scope.clone(),
            family: refresh.family,
        })
    }

    /// Whose the access token is, if it is good.
    pub fn check(&self, token: &str) -> Option<usize> {
        let now = self.now();
        let state = self.lock();
        let access = state.access.get(token)?;
        let session_counts = self.settings.tokens_die_with_session;
        let session_dead = access.session.as_ref().is_some_and(|sid| !state.sessions.contains_key(sid));
        let family_dead = access.family.is_some_and(|family| state.dead_families.contains(&family));
        let dead = access.revoked || access.ends <= now || family_dead || (session_counts && session_dead);
        (!dead).then_some(access.person)
    }
}

/// What a refresh token was good for.
pub(super) struct Spent {
    pub person: usize,
    pub session: Option<String>,
    pub scope: String,
    pub family: u64,
}

impl State {
    /// Remembers a secret that is about to be given out.
    pub fn issue(&mut self, kind: &str, value: &str) {
        self.issued.push(Issued { kind: kind.to_owned(), value: value.to_owned() });
    }

    /// The session of this cookie value, if it has not run out.
    pub fn session(&self, sid: &str, now: i64) -> Option<&Session> {
        self.sessions.get(sid).filter(|session| session.ends > now)
    }
}

fn known_secrets(person: &Person) -> Vec<Issued> {
    let password = Issued { kind: "password".to_owned(), value: person.password.clone() };
    let totp =
        person.totp.iter().map(|value| Issued { kind: "totp secret".to_owned(), value: value.clone() });
    std::iter::once(password).chain(totp).collect()
}
