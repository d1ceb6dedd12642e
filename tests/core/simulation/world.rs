//! The world that the accounts live in: time, a store, journals, services. It plays the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Effect as Do, Event, Facts, Job, Rules};
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::provider::Provider;
use lamplighter_core::record::Record;
use lamplighter_core::refresh::{Appended, Attempt, Effect, Input, Plan, Purpose, Service};
use testkit::clock::ManualClock;
use testkit::memory_store::MemoryStore;

use super::model::Model;
use super::oracle::Watch;
use super::random::{Random, Trace};
use super::services::KINDS;
use super::weather::Weather;

/// What was counted.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub steps: u64,
    pub refreshes: u64,
    pub visits: u64,
    pub faults: u64,
    pub crashes: u64,
    pub sleeps: u64,
    pub jumps: u64,
    pub lost_replies: u64,
    pub logins: u64,
    pub logouts: u64,
    pub pauses: u64,
    pub toasts: u64,
    /// Logins that the service itself ended: found out, told, and logged in again by the person.
    pub ended_by_service: u64,
    /// Logins that a service ended by its own rule because an answer was lost.
    pub ended_by_its_rule: u64,
    /// Logins that were called dead and were not: I9.
    pub false_logouts: u64,
}

/// An attempt on its way.
pub struct Running {
    pub attempt: Attempt,
    pub effect: Option<Effect>,
    pub chain: ChainName,
    pub job: Job,
    pub must_seal: bool,
    /// When it goes on, on the clock that nobody touches.
    pub wakes: Option<u64>,
}

/// Work that a person wants: what core's tickets stand for.
pub enum Wanted {
    Login(Box<Record>),
    Logout,
}

pub struct World {
    pub seed: u64,
    pub random: Random,
    pub trace: Trace,
    pub clock: ManualClock,
    /// Milliseconds since the start, by a clock that nobody touches.
    pub elapsed: u64,
    pub store: MemoryStore,
    pub journals: BTreeMap<AccountId, Vec<Vec<u8>>>,
    /// The state database.
    pub states: BTreeMap<AccountId, String>,
    pub models: BTreeMap<AccountId, Model>,
    pub providers: BTreeMap<AccountId, Arc<Provider>>,
    pub accounts: Accounts,
    /// The same accounts, every one looked at with every event.
    pub twin: Option<Accounts>,
    pub running: BTreeMap<AccountId, Running>,
    pub wanted: BTreeMap<u64, Wanted>,
    pub tickets: u64,
    pub checks: Vec<String>,
    pub weather: Weather,
    pub watch: Watch,
    pub paused: BTreeSet<AccountId>,
    pub tally: Tally,
}

impl World {
    /// `accounts` of all kinds in turn, logged in; `faults` in a thousand of what the weather can do.
    pub fn new(seed: u64, accounts: u8, faults: u64) -> Self {
        let mut world = Self {
            seed,
            random: Random::new(seed),
            trace: Trace::default(),
            clock: ManualClock::new(),
            elapsed: 0,
            store: MemoryStore::default(),
            journals: BTreeMap::new(),
            states: BTreeMap::new(),
            models: BTreeMap::new(),
            providers: BTreeMap::new(),
            accounts: Accounts::new(seed),
            twin: None,
            running: BTreeMap::new(),
            wanted: BTreeMap::new(),
            tickets: 0,
            checks: Vec::new(),
            weather: Weather::new(faults),
            watch: Watch::default(),
            paused: BTreeSet::new(),
            tally: Tally::default(),
        };
        let providers = KINDS.map(|kind| kind.provider());
        for n in 0..accounts {
            let id = AccountId::from_random([n.wrapping_mul(83).wrapping_add(1); 16]);
            let kind = usize::from(n) % KINDS.len();
            world.models.insert(id.clone(), Model::new(KINDS[kind]));
            world.providers.insert(id.clone(), Arc::clone(&providers[kind]));
            world.first_login(&id);
        }
        world
    }

    /// With a twin whose every account is looked at with every event.
    pub fn with_twin(mut self) -> Self {
        self.twin = Some(Accounts::new(0));
        self
    }

    /// The engine starts: state from the database, if it has any.
    pub fn boot(&mut self) {
        let seed = self.random.roll(u64::MAX);
        self.accounts = Accounts::new(seed);
        self.twin = self.twin.is_some().then(|| Accounts::new(seed));
        let locked = self.weather.is_screen_locked;
        self.event(Event::Screen { locked });
        let ids: Vec<AccountId> = self.models.keys().cloned().collect();
        for id in ids {
            let kept = self.states.get(&id).and_then(|text| serde_json::from_str::<Account>(text).ok());
            let mut account = kept.unwrap_or_else(|| Account::new(id.clone()));
            // That is in the configuration, as lives are in a table of their own.
            account.paused = self.paused.contains(&id);
            let name = format!("a-{}", &id.as_str()[..4]).parse().expect("a valid name");
            let rules = Rules::of(&self.providers[&id], &BTreeMap::new(), name, None, false);
            self.event(Event::Known { account: Box::new(account), rules: Box::new(rules) });
            let day = Duration::from_secs(24 * 3600);
            self.event(Event::Lived { account: id, lives: vec![day * 4, day * 5, day * 6] });
        }
    }

    /// Everything in memory is gone; store, journals and (mostly) the state database stay.
    pub fn crash(&mut self) {
        self.tally.crashes += 1;
        self.running.clear();
        self.wanted.clear();
        self.checks.clear();
        self.watch.forget_boot();
        if self.random.roll(4) == 0 {
            self.states.clear();
            self.watch.forget_states();
        }
        if self.random.roll(2) == 0 {
            // Mostly a restart; sometimes somebody lets it off for an hour or two.
            let off = if self.random.roll(5) == 0 { self.random.roll(7200) } else { self.random.roll(90) };
            self.clock.reboot(Duration::from_secs(off));
            self.elapsed += off * 1000;
        }
        self.boot();
    }

    pub fn event(&mut self, event: Event) {
        let now = self.clock.now();
        let again = self.twin.as_ref().map(|_| event.clone());
        let effects = self.accounts.on_event(event, now);
        if let (Some(twin), Some(event)) = (&mut self.twin, again) {
            twin.look_at_all();
            let all = twin.on_event(event, now);
            assert_eq!(effects, all, "who is looked at must not change what happens, seed {}", self.seed);
            let (mine, naive) = (self.accounts.next_wakeup(now), twin.next_wakeup(now));
            assert!(mine <= naive, "nothing comes late: {mine:?} {naive:?}, seed {}", self.seed);
        }
        for effect in effects {
            self.perform_for_accounts(effect);
        }
    }

    fn perform_for_accounts(&mut self, effect: Do) {
        match effect {
            Do::Start { account, chain, job, basis, ticket } => {
                self.check_start(&account, job);
                let wanted = ticket.and_then(|ticket| self.wanted.remove(&ticket));
                let purpose = match wanted {
                    Some(Wanted::Login(record)) => Purpose::commit(record, basis),
                    Some(Wanted::Logout) => Purpose::Logout,
                    None => job.purpose(basis).expect("other work has no ticket"),
                };
                let plan = Plan { account: account.clone(), chain: chain.clone(), purpose };
                let provider = Arc::clone(&self.providers[&account]);
                let service = Arc::new(Service { provider, vars: BTreeMap::new() });
                let (attempt, effect) = Attempt::start(plan, service, self.random.bytes());
                let effect = Some(effect);
                let running = Running { attempt, effect, chain, job, must_seal: false, wakes: None };
                self.running.insert(account, running);
            }
            Do::CheckHost { host, .. } => self.checks.push(host),
            Do::SaveState { account } => {
                if let Some(state) = self.accounts.get(&account) {
                    let text = serde_json::to_string(state).expect("states are plain data");
                    self.states.insert(account, text);
                }
            }
            Do::Toast { key, .. } => {
                self.tally.toasts += 1;
                self.check_toast(&key);
            }
            Do::CloseToast { key } => self.watch.closed(&key),
            _ => {}
        }
    }

    /// Lives until `time` has passed.
    pub fn live(&mut self, time: Duration) {
        let end = self.elapsed + u64::try_from(time.as_millis()).expect("a few weeks");
        while self.elapsed < end {
            self.meddle();
            if let Some(host) = self.checks.pop() {
                self.pass(Duration::from_secs(1));
                let up = self.weather.is_up(&host);
                self.event(Event::HostChecked { host, up });
            } else if let Some(id) = self.next_running() {
                self.step(&id);
            } else {
                let now = self.clock.now();
                let wait = self.accounts.next_wakeup(now).since(now.wall);
                self.check_wakeup(wait);
                self.pass(self.soonest_waking(wait).max(Duration::from_millis(100)));
                self.event(Event::Tick);
            }
            self.check();
        }
    }

    pub fn pass(&mut self, time: Duration) {
        self.elapsed += u64::try_from(time.as_millis()).expect("a few weeks");
        self.clock.advance(time);
    }

    fn soonest_waking(&self, wait: Duration) -> Duration {
        let wakes = self.running.values().filter_map(|running| running.wakes).min();
        wakes.map_or(wait, |at| wait.min(Duration::from_millis(at.saturating_sub(self.elapsed))))
    }

    fn next_running(&mut self) -> Option<AccountId> {
        let is_awake = |running: &&Running| running.wakes.is_none_or(|at| at <= self.elapsed);
        let ready: Vec<AccountId> =
            self.running.iter().filter(|(_, running)| is_awake(running)).map(|(id, _)| id.clone()).collect();
        let index = self.random.roll(ready.len() as u64);
        ready.get(usize::try_from(index).unwrap_or(0)).cloned()
    }

    /// One effect of one attempt.
    fn step(&mut self, id: &AccountId) {
        self.tally.steps += 1;
        let delay = self.random.roll(80);
        self.pass(Duration::from_millis(delay + 1));
        let Some(mut running) = self.running.remove(id) else { return };
        running.wakes = None;
        let Some(effect) = running.effect.take() else { return };
        let input = match effect {
            Effect::Done(end) => {
                let said = format!("{:?}", end.summary);
                self.trace.add(format!("{} {} {said}", self.elapsed, id.as_str()).as_bytes());
                self.check_said(&said);
                let facts = end.record.as_deref().map(Facts::of);
                self.note_end(id, running.job, &end);
                let Running { chain, job, .. } = running;
                self.event(Event::Ended { account: id.clone(), job, chain, summary: end.summary, facts });
                return;
            }
            effect => self.perform(id, effect, &mut running),
        };
        match &input {
            Input::Exchanged(exchange) => running.must_seal &= exchange.reply.is_ok(),
            Input::Browsed(result) => running.must_seal &= result.cookies.is_some(),
            _ => {}
        }
        let next = running.attempt.step(input, self.clock.now());
        if std::mem::take(&mut running.must_seal) {
            let seals = matches!(next, Effect::Append { what: Appended::Answer, .. });
            assert!(seals, "I4: a reply is sealed before anything else, seed {}", self.seed);
        }
        if let Effect::WaitUntil(at) = &next {
            let wait = at.since(self.clock.now().wall).as_millis();
            running.wakes = Some(self.elapsed + u64::try_from(wait).expect("half a minute"));
        }
        running.effect = Some(next);
        self.running.insert(id.clone(), running);
    }
}
