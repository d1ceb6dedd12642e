//! The world that the accounts live in: time, a store, journals, services, and everything that goes wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Effect as Do, Event, Facts, Job, Rules, Session};
use lamplighter_core::exchange::{Exchange, NoReply, NotSent};
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::journal::{Answer, Back, Entry, JournalError, JournalRead};
use lamplighter_core::provider::Provider;
use lamplighter_core::record::{Record, SessionStore as _, StoreError};
use lamplighter_core::refresh::{Appended, Attempt, Effect, Input, Plan, Service};
use testkit::clock::ManualClock;
use testkit::memory_store::{Fault, MemoryStore};
use zeroize::Zeroizing;

use super::model::{Kind, Model, credential_in, in_its_place};
use crate::machines::rig::{Rig, cut, not_sent, shown};

const SECOND: Duration = Duration::from_secs(1);

/// What was counted.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub steps: u64,
    pub refreshes: u64,
    pub crashes: u32,
    pub faults: u64,
    /// Logins that a service ended by its own rule because an answer was lost.
    pub unavoidable: u32,
    pub toasts: u32,
}

struct Running {
    attempt: Attempt,
    effect: Option<Effect>,
    chain: ChainName,
    job: Job,
    must_seal: bool,
    wakes: Option<lamplighter_core::time::Timestamp>,
}

pub struct World {
    pub seed: u64,
    random: u64,
    clock: ManualClock,
    /// Milliseconds since the start, by a clock that nobody touches.
    elapsed: u64,
    store: MemoryStore,
    journals: BTreeMap<AccountId, Vec<Vec<u8>>>,
    states: BTreeMap<AccountId, String>,
    pub models: BTreeMap<AccountId, Model>,
    accounts: Accounts,
    running: BTreeMap<AccountId, Running>,
    provider: Arc<Provider>,
    cookies: Arc<Provider>,
    is_net_up: bool,
    is_disk_full: bool,
    checks: Vec<String>,
    /// How much goes wrong, in a thousand.
    faults: u64,
    /// A bug put in on purpose: replies are said to be sealed, and are not.
    pub forgets_replies: bool,
    pub tally: Tally,
}

impl World {
    pub fn new(seed: u64, accounts: u8, faults: u64) -> Self {
        let rig = Rig::new(crate::machines::OAUTH);
        let mut world = Self {
            seed,
            random: seed,
            clock: ManualClock::new(),
            elapsed: 0,
            store: MemoryStore::default(),
            journals: BTreeMap::new(),
            states: BTreeMap::new(),
            models: BTreeMap::new(),
            accounts: Accounts::new(seed),
            running: BTreeMap::new(),
            provider: Arc::clone(&rig.service.provider),
            cookies: Arc::clone(&Rig::new(crate::machines::COOKIES).service.provider),
            is_net_up: true,
            is_disk_full: false,
            checks: Vec::new(),
            faults,
            forgets_replies: false,
            tally: Tally::default(),
        };
        let kinds = [
            Kind::Static,
            Kind::Forgiving,
            Kind::Grace(30 * SECOND),
            Kind::Strict,
            Kind::Dialect(60 * SECOND),
            Kind::Grace(Duration::MAX),
            Kind::Sliding,
        ];
        for n in 0..accounts {
            let id = AccountId::from_random([n + 1; 16]);
            let mut record = rig.record();
            record.account = id.clone();
            let kind = kinds[usize::from(n) % kinds.len()];
            if kind == Kind::Sliding {
                record.hosts = vec!["app.example.com".to_owned()];
                record.current.credentials.clear();
                let url = "https://app.example.com/".parse().expect("a valid address");
                record.current.jar.receive(&url, b"sid=canary-r1; Path=/; Secure", world.clock.now().wall);
            }
            world.store.save(&id, None, &record).expect("an empty store takes a record");
            world.journals.insert(id.clone(), Vec::new());
            world.models.insert(id, Model::new(kind));
        }
        world.boot();
        world
    }

    fn provider_of(&self, id: &AccountId) -> &Arc<Provider> {
        match self.models.get(id).map(Model::kind) {
            Some(Kind::Sliding) => &self.cookies,
            _ => &self.provider,
        }
    }

    pub fn roll(&mut self, of: u64) -> u64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % of.max(1)
    }

    fn goes_wrong(&mut self, weight: u64) -> bool {
        let is_wrong = self.roll(100_000) < self.faults * weight;
        self.tally.faults += u64::from(is_wrong);
        is_wrong
    }

    /// The engine starts: state from the database, if it has any.
    fn boot(&mut self) {
        self.accounts = Accounts::new(self.random);
        let ids: Vec<AccountId> = self.models.keys().cloned().collect();
        for id in ids {
            let kept = self.states.get(&id).and_then(|text| serde_json::from_str::<Account>(text).ok());
            let account = kept.unwrap_or_else(|| Account::new(id.clone()));
            let name = format!("a-{}", &id.as_str()[..4]).parse().expect("a valid name");
            let rules = Rules::of(self.provider_of(&id), &BTreeMap::new(), name, None, false);
            self.event(Event::Known { account: Box::new(account), rules: Box::new(rules) });
        }
    }

    /// Everything in memory is gone; store, journals and (mostly) the state database stay.
    fn crash(&mut self) {
        self.tally.crashes += 1;
        self.running.clear();
        self.checks.clear();
        if self.roll(4) == 0 {
            self.states.clear();
        }
        if self.roll(2) == 0 {
            let off = self.roll(7200);
            self.clock.reboot(Duration::from_secs(off));
            self.elapsed += off * 1000;
        }
        self.boot();
    }

    fn event(&mut self, event: Event) {
        let now = self.clock.now();
        for effect in self.accounts.on_event(event, now) {
            match effect {
                Do::Start { account, chain, job, basis, .. } => {
                    assert!(!self.running.contains_key(&account), "I1: seed {}", self.seed);
                    let purpose = job.purpose(basis).expect("the simulation starts no logins");
                    let mut seed = [0; 32];
                    for part in seed.chunks_mut(8) {
                        part.copy_from_slice(&self.roll(u64::MAX).to_be_bytes());
                    }
                    let plan = Plan { account: account.clone(), chain: chain.clone(), purpose };
                    let service = Arc::new(Service {
                        provider: Arc::clone(self.provider_of(&account)),
                        vars: BTreeMap::new(),
                    });
                    let (attempt, effect) = Attempt::start(plan, service, seed);
                    let running =
                        Running { attempt, effect: Some(effect), chain, job, must_seal: false, wakes: None };
                    self.running.insert(account, running);
                }
                Do::CheckHost { host } => self.checks.push(host),
                Do::SaveState { account } => {
                    if let Some(state) = self.accounts.get(&account) {
                        let text = serde_json::to_string(state).expect("states are plain data");
                        self.states.insert(account, text);
                    }
                }
                Do::Toast { .. } => self.tally.toasts += 1,
                _ => {}
            }
        }
    }

    /// Lives until `time` has passed.
    pub fn live(&mut self, time: Duration) {
        let end = self.elapsed + u64::try_from(time.as_millis()).expect("a few weeks");
        while self.elapsed < end {
            self.meddle();
            if let Some(host) = self.checks.pop() {
                self.pass(SECOND);
                let up = self.is_net_up;
                self.event(Event::HostChecked { host, up });
            } else if let Some(id) = self.next_running() {
                self.step(&id);
            } else {
                let now = self.clock.now();
                let wait = self.accounts.next_wakeup(now).since(now.wall).max(Duration::from_millis(100));
                self.pass(wait);
                self.event(Event::Tick);
            }
            self.check();
        }
    }

    fn pass(&mut self, time: Duration) {
        self.elapsed += u64::try_from(time.as_millis()).expect("a few weeks");
        self.clock.advance(time);
    }

    fn next_running(&mut self) -> Option<AccountId> {
        let now = self.clock.now();
        let is_awake = |running: &&Running| running.wakes.is_none_or(|at| at <= now.wall);
        let ready: Vec<AccountId> =
            self.running.iter().filter(|(_, running)| is_awake(running)).map(|(id, _)| id.clone()).collect();
        let index = self.roll(ready.len() as u64);
        ready.get(usize::try_from(index).unwrap_or(0)).cloned()
    }

    /// What happens around the accounts.
    fn meddle(&mut self) {
        if self.goes_wrong(2) {
            self.crash();
        }
        if self.goes_wrong(5) {
            self.is_net_up = !self.is_net_up;
        } else if !self.is_net_up && self.roll(60) == 0 {
            self.is_net_up = true;
            self.event(Event::Network { up: true });
        }
        if self.goes_wrong(1) {
            self.store.refuses = Some(StoreError::Locked);
        } else if self.store.refuses.is_some() && self.roll(40) == 0 {
            self.store.refuses = None;
            self.event(Event::Store(Ok(())));
        }
        if self.goes_wrong(1) {
            self.is_disk_full = true;
        } else if self.is_disk_full && self.roll(30) == 0 {
            self.is_disk_full = false;
        }
        if self.goes_wrong(1) {
            let hours = self.roll(10);
            self.pass(Duration::from_secs(hours * 3600));
        }
        if self.goes_wrong(1) {
            let days = i64::try_from(self.roll(4000)).unwrap_or(0) - 2000;
            self.clock.jump_wall(days * 86_400_000);
        }
        if self.goes_wrong(3) {
            let ids: Vec<AccountId> = self.models.keys().cloned().collect();
            let index = usize::try_from(self.roll(ids.len() as u64)).unwrap_or(0);
            self.event(Event::Asked { account: ids[index].clone(), chain: None, force: true });
        }
    }

    /// One effect of one attempt.
    fn step(&mut self, id: &AccountId) {
        self.tally.steps += 1;
        let delay = self.roll(80);
        self.pass(Duration::from_millis(delay + 1));
        let Some(mut running) = self.running.remove(id) else { return };
        running.wakes = None;
        let Some(effect) = running.effect.take() else { return };
        let input = match effect {
            Effect::Done(end) => {
                let said = format!("{:?}", end.summary);
                assert!(!said.contains("canary"), "I7: seed {}", self.seed);
                let facts = end.record.as_deref().map(Facts::of);
                let Running { chain, job, .. } = running;
                self.event(Event::Ended { account: id.clone(), job, chain, summary: end.summary, facts });
                return;
            }
            effect => self.perform(id, effect, &mut running),
        };
        if let Input::Exchanged(exchange) = &input {
            running.must_seal &= exchange.reply.is_ok();
        }
        let next = running.attempt.step(input, self.clock.now());
        if std::mem::take(&mut running.must_seal) {
            let seals = matches!(next, Effect::Append { what: Appended::Answer, .. });
            assert!(seals, "I4: a reply is sealed before anything else, seed {}", self.seed);
        }
        if let Effect::WaitUntil(at) = &next {
            running.wakes = Some(*at);
        }
        running.effect = Some(next);
        self.running.insert(id.clone(), running);
    }

    fn perform(&mut self, id: &AccountId, effect: Effect, running: &mut Running) -> Input {
        match effect {
            Effect::Load => Input::Loaded(self.store.load(id).map(|record| record.map(Arc::new))),
            Effect::ReadJournal { .. } => {
                let entries = self
                    .journals
                    .get(id)
                    .map(|all| all.iter().map(|bytes| Zeroizing::new(bytes.clone())).collect());
                let lost = JournalRead::Lost { readable: Vec::new() };
                Input::Journal(Ok(entries.map_or(lost, JournalRead::Entries)))
            }
            Effect::CreateJournal { entries, .. } => {
                self.journals.insert(id.clone(), entries.iter().map(|entry| entry.to_vec()).collect());
                Input::Written(Ok(()))
            }
            Effect::Append { entry, what } => {
                // A disk that fills up between mark and reply: the file was grown beforehand (I3).
                if self.is_disk_full && what == Appended::Mark {
                    return Input::Written(Err(JournalError::Disk("full".to_owned())));
                }
                self.note_sealed(id, &entry);
                if self.forgets_replies && what == Appended::Answer {
                    return Input::Written(Ok(()));
                }
                self.journals.entry(id.clone()).or_default().push(entry.to_vec());
                Input::Written(Ok(()))
            }
            Effect::Sweep => {
                self.journals.insert(id.clone(), Vec::new());
                Input::Swept
            }
            Effect::Send(request) => {
                if request.method == "POST" {
                    self.check_marked(id);
                }
                running.must_seal = request.method == "POST";
                Input::Exchanged(self.exchange(id, &request))
            }
            Effect::Save { expected, record } => {
                self.check_save(id, &record);
                if self.goes_wrong(20) {
                    let late = self.roll(2) == 0;
                    self.store.fail_next(if late {
                        Fault::LandsLate
                    } else {
                        Fault::Refuses(StoreError::Denied("no".to_owned()))
                    });
                }
                Input::Saved(self.store.save(id, expected, &record))
            }
            Effect::Delete => Input::Deleted(self.store.delete(id)),
            Effect::SetAside => Input::SetAside(self.store.set_aside(id)),
            Effect::Publish(_) => {
                self.tally.refreshes += 1;
                Input::Published
            }
            Effect::HostCheck { .. } => Input::HostChecked(self.is_net_up),
            Effect::WaitUntil(_) => Input::Woken,
            Effect::Browse(_) => unreachable!("no provider here has a browser rung"),
            Effect::Done(_) => unreachable!("handled by the caller"),
        }
    }

    fn exchange(&mut self, id: &AccountId, request: &lamplighter_core::exchange::HttpRequest) -> Exchange {
        let now = self.clock.now();
        if !self.is_net_up {
            return not_sent(NotSent::Connect, now);
        }
        if self.goes_wrong(10) {
            let which = self.roll(u64::MAX);
            return in_its_place(which, now);
        }
        let never_arrives = self.goes_wrong(5);
        let is_lost = self.goes_wrong(15);
        if never_arrives {
            return cut(NoReply::Cut, now);
        }
        let Some(model) = self.models.get_mut(id) else { return cut(NoReply::Cut, now) };
        let exchange = model.answer(request, self.elapsed, now);
        if is_lost {
            return match self.roll(3) {
                0 => cut(NoReply::Deadline, now),
                1 => crate::machines::rig::reply(502, &[], "<html>", now),
                _ => crate::machines::rig::reply(
                    200,
                    &[("content-type", "text/html")],
                    "<html>sign in</html>",
                    now,
                ),
            };
        }
        exchange
    }

    /// From now on nothing older may be presented.
    fn note_sealed(&mut self, id: &AccountId, entry: &[u8]) {
        let Some(Entry::Answer(Answer { back: Back::Http(exchange), .. })) = Entry::decode(entry) else {
            return;
        };
        let Ok(reply) = exchange.reply else { return };
        if let Some(model) = self.models.get_mut(id) {
            model.sealed = model.sealed.max(credential_in(&shown(&reply.body)));
        }
    }

    /// I3.
    fn check_marked(&self, id: &AccountId) {
        let last = self.journals.get(id).and_then(|entries| Entry::decode(entries.last()?));
        assert!(matches!(last, Some(Entry::Mark(_))), "I3: nothing is spent unmarked, seed {}", self.seed);
    }

    /// I2 and I6.
    fn check_save(&self, id: &AccountId, new: &Record) {
        let Some(old) = self.store.peek(id) else { return };
        let is_proof = new.current.generation == old.current.generation && new.current.is_proven;
        assert!(
            is_proof || new.current.generation > old.current.generation,
            "I2: newer only, seed {}",
            self.seed
        );
        let keeps = new.current.is_proven || new.proven.is_some();
        assert!(keeps, "I6: the last proven material stays, seed {}", self.seed);
    }

    /// After every step: no record is gone, and no session is called dead that the service would still take.
    fn check(&mut self) {
        for (id, model) in &self.models {
            assert!(self.store.holds(id), "I2: failures delete nothing, seed {}", self.seed);
            let Some(account) = self.accounts.get(id) else { continue };
            if let Session::Dead { reason, .. } = &account.session {
                assert!(
                    !model.is_alive,
                    "I9: {reason:?} at a living service {:?}, seed {}",
                    model.kind(),
                    self.seed
                );
            }
        }
    }

    /// Ends all faults and lets everything settle.
    pub fn calm_down(&mut self) {
        self.faults = 0;
        self.is_net_up = true;
        self.is_disk_full = false;
        self.store.refuses = None;
        self.event(Event::Store(Ok(())));
        self.event(Event::Network { up: true });
        self.live(Duration::from_secs(12 * 3600));
    }

    /// The oracle: every login is held, or its service ended it by its own rule after a lost answer.
    pub fn verdict(&mut self) {
        for (id, model) in &self.models {
            let record = self.store.peek(id).expect("a record is stored");
            let credential = match record.current.jar.cookies.first() {
                Some(cookie) => shown(&cookie.value),
                None => shown(&record.current.credentials[&ChainName::main()].value),
            };
            if model.takes(&credential) {
                let session = &self.accounts.get(id).expect("it is known").session;
                let is_fine = matches!(session, Session::Alive { .. });
                assert!(is_fine, "a good login is used: {session:?} {:?}, seed {}", model.kind(), self.seed);
                let left = record
                    .current
                    .tokens
                    .values()
                    .filter_map(|held| held.expiry)
                    .map(|expiry| expiry.left(self.clock.now()));
                assert!(
                    left.min().is_some_and(|left| !left.is_zero()),
                    "its token is fresh, seed {}",
                    self.seed
                );
                continue;
            }
            let is_excused = model.ended_by_rule
                && matches!(model.kind(), Kind::Strict | Kind::Grace(_) | Kind::Dialect(_));
            assert!(
                is_excused,
                "a login was lost: {:?} holds {credential}, seed {}",
                model.kind(),
                self.seed
            );
            assert_ne!(
                model.kind(),
                Kind::Grace(Duration::MAX),
                "endless grace loses nothing, seed {}",
                self.seed
            );
            self.tally.unavoidable += 1;
        }
    }
}
