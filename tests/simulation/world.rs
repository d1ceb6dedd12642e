//! The world that the accounts live in: time, a store, journals, services. It plays the engine.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Effect as Do, Event, Facts, Job, Rules};
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::record::Record;
use lamplighter_core::refresh::{Appended, Attempt, Effect, Input, Plan, Purpose, Service};

use testkit::memory_store::MemoryStore;

use super::DAY;
use super::clock::Clock;
use super::model::{Model, millis};
use super::oracle::Watch;
use super::random::{Random, Trace};
use super::services::{KINDS, Kind};
use super::store::{LastWrite, Late};
use super::table::Covered;
use super::tally::Tally;
use super::weather::Weather;

/// An attempt on its way.
pub struct Running {
    pub attempt: Attempt,
    pub effect: Option<Effect>,
    pub chain: ChainName,
    pub job: Job,
    pub must_seal: bool,
    /// When what it does now is done, on the clock that nobody touches.
    pub ready: u64,
    /// The machine slept meanwhile: connections are gone.
    pub has_slept: bool,
    /// What is stored could not be read.
    pub is_unreadable: bool,
    /// It has handed a request or a visit of a refresh to the network.
    pub has_sent: bool,
}

/// Work that a person wants: what core's tickets stand for.
pub enum Wanted {
    Login(Box<Record>),
    Amend,
    Logout,
}

/// What the world is made of.
pub struct Plot {
    pub seed: u64,
    pub accounts: usize,
    pub kinds: Vec<Kind>,
    /// How long it will be, for the pace of faults.
    pub time: Duration,
    /// Nothing goes wrong that no script says.
    pub is_calm: bool,
}

/// What was read of an account: bytes and record.
pub type Read = (Vec<u8>, Arc<Record>);

pub struct World {
    pub seed: u64,
    pub random: Random,
    pub trace: Trace,
    pub clock: Clock,
    /// Milliseconds since the start, by a clock that nobody touches.
    pub elapsed: u64,
    pub time: u64,
    /// For how long of that somebody was away for days: that is not the story.
    pub away: u64,
    pub store: MemoryStore,
    /// What was read from it last: bytes and record.
    pub known: RefCell<BTreeMap<AccountId, Read>>,
    pub late: Vec<Late>,
    pub last_write: Option<LastWrite>,
    pub journals: BTreeMap<AccountId, Vec<Vec<u8>>>,
    /// The journal that was swept last: it was not synced.
    pub swept: Option<(u64, AccountId, Vec<Vec<u8>>)>,
    /// The state database.
    pub states: BTreeMap<AccountId, Account>,
    /// What was read from it last: what was written, and what it was read as.
    revived: BTreeMap<AccountId, (Account, Account)>,
    pub models: BTreeMap<AccountId, Model>,
    pub services: BTreeMap<AccountId, Arc<Service>>,
    rules: BTreeMap<AccountId, Rules>,
    pub accounts: Accounts,
    /// The same accounts, every one looked at with every event.
    pub twin: Option<Accounts>,
    pub running: BTreeMap<AccountId, Running>,
    /// Who goes on when.
    pub queue: BTreeSet<(u64, AccountId)>,
    pub wanted: BTreeMap<u64, Wanted>,
    pub tickets: u64,
    /// When each check is answered, and whether it looks for the service and not only for the host.
    pub checks: BTreeMap<String, (u64, bool)>,
    pub weather: Weather,
    pub watch: Watch,
    pub paused: BTreeSet<AccountId>,
    pub covered: Covered,
    pub tally: Tally,
    /// The lowest seed that failed, where others are lived through as well.
    pub moot: Option<Arc<AtomicU64>>,
}

impl World {
    /// Accounts of all kinds in turn, logged in.
    pub fn new(plot: &Plot) -> Self {
        let mut world = Self {
            seed: plot.seed,
            random: Random::new(plot.seed),
            trace: Trace::default(),
            clock: Clock::new(),
            elapsed: 0,
            time: millis(plot.time).max(1),
            away: 0,
            store: MemoryStore::default(),
            known: RefCell::default(),
            late: Vec::new(),
            last_write: None,
            journals: BTreeMap::new(),
            swept: None,
            states: BTreeMap::new(),
            revived: BTreeMap::new(),
            rules: BTreeMap::new(),
            models: BTreeMap::new(),
            services: BTreeMap::new(),
            accounts: Accounts::new(plot.seed),
            twin: None,
            running: BTreeMap::new(),
            queue: BTreeSet::new(),
            wanted: BTreeMap::new(),
            tickets: 0,
            checks: BTreeMap::new(),
            weather: Weather::new(plot.is_calm),
            watch: Watch::default(),
            paused: BTreeSet::new(),
            covered: Covered::default(),
            tally: Tally::default(),
            moot: None,
        };
        let providers = KINDS.map(Kind::provider);
        for n in 0..plot.accounts {
            let kind = plot.kinds[n % plot.kinds.len()];
            let mut bytes = [u8::try_from(n.wrapping_mul(83) % 256).unwrap_or(0); 16];
            bytes[1..9].copy_from_slice(&(n as u64).to_be_bytes());
            let id = AccountId::from_random(bytes);
            world.models.insert(id.clone(), Model::new(kind, n / plot.kinds.len()));
            let provider = Arc::clone(&providers[kind.index()]);
            world.services.insert(id.clone(), Arc::new(Service { provider, vars: kind.vars() }));
            world.first_login(&id);
        }
        world
    }

    /// Whether a lower seed has failed: that is the one that will be looked into.
    pub fn is_moot(&self) -> bool {
        self.moot.as_ref().is_some_and(|lowest| lowest.load(Ordering::Relaxed) < self.seed)
    }

    /// What part of the story is over, in thousandths.
    pub fn lived(&self) -> u64 {
        (self.elapsed - self.away) * 1000 / self.time
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
            let mut account = self.revive(&id).unwrap_or_else(|| Account::new(id.clone()));
            // That is in the configuration, as lives are in a table of their own.
            account.paused = self.paused.contains(&id);
            let rules = self.rules(&id);
            self.event(Event::Known { account: Box::new(account), rules: Box::new(rules) });
            self.event(Event::Lived { account: id, lives: vec![4 * DAY, 5 * DAY, 6 * DAY] });
        }
    }

    /// A state as it comes out of the database: written as text and read again, once for each that differs.
    fn revive(&mut self, id: &AccountId) -> Option<Account> {
        let kept = self.states.get(id)?;
        if let Some((_, read)) = self.revived.get(id).filter(|(written, _)| written == kept) {
            return Some(read.clone());
        }
        let text = serde_json::to_string(kept).expect("states are plain data");
        let read: Account = serde_json::from_str(&text).ok()?;
        self.revived.insert(id.clone(), (kept.clone(), read.clone()));
        Some(read)
    }

    pub fn rules(&mut self, id: &AccountId) -> Rules {
        if let Some(rules) = self.rules.get(id) {
            return rules.clone();
        }
        let service = &self.services[id];
        let name = format!("a-{}", &id.as_str()[..20]).parse().expect("a valid name");
        let rules = Rules::of(&service.provider, &service.vars, name, None, false);
        self.rules.insert(id.clone(), rules.clone());
        rules
    }

    pub fn event(&mut self, event: Event) {
        self.tally.events += 1;
        for effect in self.effects_of(event) {
            self.perform_for_accounts(effect);
        }
    }

    fn perform_for_accounts(&mut self, effect: Do) {
        match effect {
            Do::Start { account, chain, job, basis, ticket } => {
                self.start(account, chain, job, basis, ticket)
            }
            Do::CheckHost { host, door } => {
                let due = self.elapsed + 100 + self.random.roll(200);
                _ = writeln!(self.trace, "{} check {host}", self.elapsed);
                self.checks.insert(host, (due, door.is_some()));
            }
            Do::SaveState { account } => {
                if let Some(state) = self.accounts.get(&account) {
                    self.states.insert(account, state.clone());
                }
            }
            Do::Changed { account } => self.watch.touch(account),
            Do::Toast { key, why, .. } => {
                self.tally.toasts += 1;
                let said = format!("{why:?}");
                self.check_said(&said);
                _ = writeln!(self.trace, "{} toast {key} {said}", self.elapsed);
                self.check_toast(&key);
            }
            Do::CloseToast { key } => self.watch.closed(&key),
            _ => {}
        }
    }

    fn start(
        &mut self,
        account: AccountId,
        chain: ChainName,
        job: Job,
        basis: lamplighter_core::id::Generation,
        ticket: Option<u64>,
    ) {
        self.check_start(&account, job);
        _ = writeln!(self.trace, "{} {} {chain} {job:?}", self.elapsed, account.as_str());
        let wanted = ticket.and_then(|ticket| self.wanted.remove(&ticket));
        let purpose = match wanted {
            Some(Wanted::Login(record)) => Purpose::commit(record, basis),
            Some(Wanted::Amend) => Purpose::Amend { change: self.amendment(&account) },
            Some(Wanted::Logout) => Purpose::Logout,
            None => job.purpose(basis).expect("other work has no ticket"),
        };
        let plan = Plan { account: account.clone(), chain: chain.clone(), purpose };
        let (attempt, effect) =
            Attempt::start(plan, Arc::clone(&self.services[&account]), self.random.bytes());
        let ready = self.elapsed + self.latency(&effect);
        let running = Running {
            attempt,
            effect: Some(effect),
            chain,
            job,
            must_seal: false,
            ready,
            has_slept: false,
            is_unreadable: false,
            has_sent: false,
        };
        self.watch.touch(account.clone());
        self.queue.insert((ready, account.clone()));
        self.running.insert(account, running);
        let at_once = self.running.len();
        self.tally.at_once = self.tally.at_once.max(at_once);
        self.check_per_host(job);
    }

    /// How long the world takes for it, in milliseconds.
    fn latency(&mut self, effect: &Effect) -> u64 {
        match effect {
            Effect::Send(_) => 80 + self.random.roll(320),
            Effect::Browse(_) => 1500 + self.random.roll(4000),
            Effect::HostCheck { .. } => 80 + self.random.roll(200),
            Effect::Save { .. } | Effect::Delete | Effect::SetAside => 8 + self.random.roll(22),
            Effect::Append { .. } | Effect::CreateJournal { .. } => 2 + self.random.roll(6),
            Effect::WaitUntil(at) => millis(at.since(self.clock.now().wall)),
            Effect::Done(_) => 0,
            _ => 1,
        }
    }

    /// Lives until `time` has passed; for longer by as long as somebody is away.
    pub fn live(&mut self, time: Duration) {
        let begun = self.elapsed - self.away;
        while !self.is_moot() {
            let end = begun + self.away + millis(time);
            if self.elapsed >= end {
                break;
            }
            self.meddle();
            let now = self.clock.now();
            let tick = self.elapsed + millis(self.accounts.next_wakeup(now).since(now.wall));
            let next_run = self.queue.first().map(|(ready, _)| *ready);
            let next_check = self.checks.iter().map(|(host, (due, _))| (*due, host)).min();
            let others = [next_check.map(|(due, _)| due), self.next_late(), self.weather.next()];
            let next_other = others.into_iter().flatten().min();
            let next = [next_run, next_other].into_iter().flatten().min();
            if next.is_none_or(|next| tick < next) {
                self.check_wakeup(tick <= self.elapsed);
                self.pass_to(tick.min(end).max(self.elapsed + 1));
                self.event(Event::Tick);
                self.people();
            } else if next_run == next {
                let Some((ready, id)) = self.queue.pop_first() else { continue };
                self.pass_to(ready);
                self.step(&id);
            } else {
                let host = next_check.filter(|(due, _)| Some(*due) == next).map(|(_, host)| host.clone());
                self.pass_to(next.unwrap_or(end));
                self.others(host);
            }
            self.check();
        }
    }

    fn others(&mut self, host: Option<String>) {
        if let Some(host) = host {
            let is_at_door = self.checks.remove(&host).is_some_and(|(_, is_at_door)| is_at_door);
            let outage = self.weather.outage_of(&host, self.elapsed);
            let up = outage.is_none_or(|outage| outage.root_answers() && !is_at_door);
            self.event(Event::HostChecked { host, up });
        }
        self.land_late();
        self.turn_weather();
    }

    /// Time passes, and the machine is awake.
    pub fn pass_to(&mut self, at: u64) {
        let time = at.saturating_sub(self.elapsed);
        if self.weather.is_fair(self.elapsed) && self.store.refuses.is_none() {
            self.watch.fair += time;
        }
        self.elapsed += time;
        self.clock.advance(Duration::from_millis(time));
    }

    /// Puts an attempt's next effect into the queue.
    fn goes_on(&mut self, id: &AccountId, mut running: Running, next: Effect) {
        running.ready = self.elapsed + self.latency(&next) + std::mem::take(&mut self.watch.hangs);
        running.effect = Some(next);
        self.queue.insert((running.ready, id.clone()));
        self.running.insert(id.clone(), running);
    }

    /// One effect of one attempt.
    fn step(&mut self, id: &AccountId) {
        self.tally.steps += 1;
        let Some(mut running) = self.running.remove(id) else { return };
        let Some(effect) = running.effect.take() else { return };
        if let Effect::Done(end) = effect {
            return self.done(id, running, *end);
        }
        let Some((effect, fault)) = self.strike(id, effect, &mut running) else { return };
        let input = self.perform(id, effect, &mut running, fault);
        match &input {
            Input::Exchanged(exchange) => running.must_seal &= exchange.reply.is_ok(),
            Input::Browsed(result) => {
                running.must_seal &= result.cookies.is_some() || result.storage.is_some();
            }
            _ => {}
        }
        let next = running.attempt.step(input, self.clock.now());
        if std::mem::take(&mut running.must_seal) {
            let seals = matches!(next, Effect::Append { what: Appended::Answer, .. });
            assert!(seals, "I4: a reply is sealed before anything else, seed {}", self.seed);
        }
        self.goes_on(id, running, next);
    }

    fn done(&mut self, id: &AccountId, running: Running, end: lamplighter_core::refresh::AttemptEnd) {
        let said = format!("{:?}", end.summary);
        _ = writeln!(self.trace, "{} {} {said}", self.elapsed, id.as_str());
        self.check_said(&said);
        let facts = end.record.as_deref().map(Facts::of);
        self.note_end(id, &running, &end);
        let Running { chain, job, .. } = running;
        self.watch.touch(id.clone());
        self.event(Event::Ended { account: id.clone(), job, chain, summary: end.summary, facts });
    }
}
