//! Performs an attempt's effects without I/O, and looks at every step whether the invariants hold.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::exchange::{
    BrowserResult, BrowserVisit, Exchange, HttpRequest, NoReply, NotSent, Reply, Sent,
};
use lamplighter_core::id::{AccountId, ChainName, Generation, WriteId};
use lamplighter_core::journal::{Entry, JournalError, JournalRead};
use lamplighter_core::provider::{Provider, parse};
use lamplighter_core::record::{Held, Material, Record, SessionStore as _};
use lamplighter_core::refresh::{
    Appended, Attempt, AttemptSummary, Effect, Input, Plan, Purpose, Service, with_held,
};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::{Expiry, Now};
use testkit::clock::ManualClock;
use testkit::memory_store::MemoryStore;
use zeroize::Zeroizing;

/// The journal file of one account.
#[derive(Default, Clone)]
pub struct JournalFile {
    pub entries: Option<Vec<Vec<u8>>>,
    /// Not all of it can be read.
    pub is_damaged: bool,
    pub is_full: bool,
    /// Somebody took the lock file away.
    pub is_lock_lost: bool,
}

impl JournalFile {
    pub fn decoded(&self) -> Vec<Entry> {
        self.entries.iter().flatten().filter_map(|bytes| Entry::decode(bytes)).collect()
    }

    fn check(&self) -> Result<(), JournalError> {
        match () {
            () if self.is_lock_lost => Err(JournalError::LockLost),
            () if self.is_full => Err(JournalError::Disk("no space".to_owned())),
            () => Ok(()),
        }
    }

    fn make_anew(&mut self, entries: &[Zeroizing<Vec<u8>>]) -> Result<(), JournalError> {
        self.check()?;
        self.entries = Some(entries.iter().map(|entry| entry.to_vec()).collect());
        self.is_damaged = false;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.check()?;
        self.entries.get_or_insert_default().push(bytes.to_vec());
        Ok(())
    }
}

/// The service, as a function.
type Answers = dyn FnMut(&HttpRequest, Now) -> Exchange;
/// The browser, as a function.
type Visits = dyn FnMut(&BrowserVisit, Now) -> BrowserResult;

/// Everything that survives a crash, the service, and what was seen.
pub struct Rig {
    pub store: MemoryStore,
    pub journal: JournalFile,
    pub service: Arc<Service>,
    pub clock: ManualClock,
    pub account: AccountId,
    /// What attempts are about.
    pub chain: ChainName,
    pub answers: Box<Answers>,
    pub visits: Box<Visits>,
    pub is_host_up: bool,
    /// One process performs all attempts, and knows what it serves.
    pub is_one_process: bool,
    /// Names of the effects, in order.
    pub trace: Vec<String>,
    pub published: Vec<Arc<Record>>,
    pub requests: Vec<String>,
    seeds: u8,
}

pub const SECRET: &str = "canary";

impl Rig {
    pub fn new(toml: &str) -> Self {
        Self::of(toml, AccountId::from_random([7; 16]))
    }

    /// The same for one account of several.
    pub fn of(toml: &str, account: AccountId) -> Self {
        let provider = provider(toml);
        let mut rig = Self {
            store: MemoryStore::default(),
            journal: JournalFile { entries: Some(Vec::new()), ..JournalFile::default() },
            service: Arc::new(Service { provider: Arc::new(provider), vars: BTreeMap::new() }),
            clock: ManualClock::new(),
            account,
            chain: ChainName::main(),
            answers: Box::new(|_, now| not_sent(NotSent::Connect, now)),
            visits: Box::new(|_, _| panic!("no visit was expected")),
            is_host_up: true,
            is_one_process: false,
            trace: Vec::new(),
            published: Vec::new(),
            requests: Vec::new(),
            seeds: 0,
        };
        let record = rig.record();
        rig.store.save(&rig.account.clone(), None, &record).expect("an empty store takes a record");
        rig
    }

    /// The record of a login: a token of an hour, a credential.
    pub fn record(&self) -> Record {
        let now = self.clock.now();
        let mut material = Material::empty(Generation(1));
        material.is_proven = true;
        material.tokens.insert("access".parse().unwrap(), held(&format!("{SECRET}-a1"), 3600, now));
        material
            .credentials
            .insert(ChainName::main(), Held { value: format!("{SECRET}-r1").into(), got: now, expiry: None });
        Record {
            account: self.account.clone(),
            write_id: WriteId([1; 16]),
            login: None,
            provider: "test".parse().unwrap(),
            hosts: self.service.provider.hosts.iter().map(text).collect(),
            identity: None,
            journal_key: Secret::new([9; 32]),
            secrets: BTreeMap::new(),
            current: material,
            proven: None,
        }
    }

    pub fn stored(&self) -> Record {
        self.store.peek(&self.account).expect("a record is stored")
    }

    pub fn credential(&self) -> String {
        shown(&self.stored().current.credentials[&ChainName::main()].value)
    }

    pub fn token(&self) -> String {
        shown(&self.stored().current.tokens[&"access".parse().unwrap()].value)
    }

    pub fn refresh(&mut self) -> AttemptSummary {
        let basis =
            self.store.peek(&self.account).map(|record| record.current.generation).unwrap_or_default();
        self.run(Purpose::Refresh { basis })
    }

    pub fn run(&mut self, purpose: Purpose) -> AttemptSummary {
        self.run_at_most(purpose, usize::MAX).expect("an attempt comes to its end")
    }

    /// As [`Self::run`]; `meddle` is called with each effect's name before it is performed.
    pub fn run_with(&mut self, purpose: Purpose, mut meddle: impl FnMut(&mut Self, &str)) -> AttemptSummary {
        self.seeds += 1;
        let plan = self.plan(purpose);
        let (mut attempt, mut effect) = Attempt::start(plan, Arc::clone(&self.service), [self.seeds; 32]);
        for _ in 0..500 {
            meddle(self, name(&effect));
            match self.perform(effect) {
                Ok((input, _)) => effect = attempt.step(input, self.clock.now()),
                Err(summary) => return *summary,
            }
        }
        panic!("an attempt ends: {:?}", self.trace)
    }

    /// Performs at most `steps` effects; then the machine loses power: `None`.
    pub fn run_at_most(&mut self, purpose: Purpose, steps: usize) -> Option<AttemptSummary> {
        self.seeds += 1;
        let plan = self.plan(purpose);
        let (mut attempt, mut effect) = Attempt::start(plan, Arc::clone(&self.service), [self.seeds; 32]);
        for _ in 0..steps.min(500) {
            let must_seal = match self.perform(effect) {
                Ok((input, must_seal)) => {
                    effect = attempt.step(input, self.clock.now());
                    must_seal
                }
                Err(summary) => return Some(*summary),
            };
            let seals = matches!(effect, Effect::Append { what: Appended::Answer, .. });
            assert!(!must_seal || seals, "I4: a reply to a spending request is sealed before anything else");
        }
        assert!(steps < 500, "an attempt ends: {:?}", self.trace);
        None
    }

    /// What an attempt is to do.
    pub fn plan(&self, purpose: Purpose) -> Plan {
        Plan { account: self.account.clone(), chain: self.chain.clone(), purpose }
    }

    /// Stores this in the place of what is there, as another writer would.
    pub fn put(&mut self, record: &Record) {
        let account = self.account.clone();
        self.store.delete(&account).expect("a store in memory deletes");
        self.store.save(&account, None, record).expect("an empty store takes a record");
    }

    /// Performs one effect. Says whether what came back is a reply to a spending request.
    pub fn perform(&mut self, effect: Effect) -> Result<(Input, bool), Box<AttemptSummary>> {
        self.clock.advance(Duration::from_millis(50));
        self.trace.push(name(&effect).to_owned());
        let now = self.clock.now();
        let account = self.account.clone();
        let input = match effect {
            Effect::Load => Input::Loaded(self.store.load(&account).map(|record| record.map(Arc::new))),
            Effect::ReadJournal { .. } => {
                let served = self.published.last().filter(|_| self.is_one_process);
                let stored = self.store.peek(&account);
                Input::Journal(with_held(Ok(self.read_journal()), served.map(AsRef::as_ref), stored.as_ref()))
            }
            Effect::CreateJournal { entries, .. } => Input::Written(self.journal.make_anew(&entries)),
            Effect::Append { entry, .. } => Input::Written(self.journal.append(&entry)),
            Effect::Sweep { keep } => {
                self.journal.entries = Some(vec![keep.to_vec()]);
                Input::Swept
            }
            Effect::Send(request) => {
                let spends = request.method == "POST" && !request.url.path().ends_with("/me");
                if spends {
                    self.check_marked();
                }
                self.requests.push(format!("{} {}", request.method, request.url.path()));
                let exchange = (self.answers)(&request, now);
                let must_seal = spends && exchange.reply.is_ok();
                return Ok((Input::Exchanged(exchange), must_seal));
            }
            Effect::Browse(visit) => {
                self.check_marked();
                self.requests.push(format!("VISIT {}", visit.url.path()));
                let result = (self.visits)(&visit, now);
                let must_seal = result.cookies.is_some();
                return Ok((Input::Browsed(result), must_seal));
            }
            Effect::Save { expected, record } => {
                self.check_record(expected, &record);
                Input::Saved(self.store.save(&account, expected, &record))
            }
            Effect::Delete => {
                let deleted = self.store.delete(&account);
                if deleted.is_ok() {
                    self.journal.entries = None;
                }
                Input::Deleted(deleted)
            }
            Effect::SetAside => Input::SetAside(self.store.set_aside(&account)),
            Effect::Publish(record) => {
                self.published.push(record);
                Input::Published
            }
            Effect::HostCheck { .. } => Input::HostChecked(self.is_host_up),
            Effect::WaitUntil(at) => {
                self.clock.advance(at.since(now.wall));
                Input::Woken
            }
            Effect::Done(end) => {
                let said = format!("{:?}", end.summary);
                assert!(!said.contains(SECRET), "I7: no secret is in what an attempt says");
                return Err(Box::new(end.summary));
            }
        };
        Ok((input, false))
    }

    fn read_journal(&self) -> JournalRead {
        let plain = |entries: &[Vec<u8>]| entries.iter().cloned().map(Zeroizing::new).collect();
        match &self.journal.entries {
            Some(entries) if !self.journal.is_damaged => JournalRead::Entries(plain(entries)),
            entries => JournalRead::Lost { readable: plain(entries.as_deref().unwrap_or_default()) },
        }
    }

    /// I3: what is about to be spent is in the journal.
    fn check_marked(&self) {
        let is_marked = match self.journal.decoded().last() {
            Some(Entry::Mark(_)) => true,
            Some(Entry::Answer(answer)) => answer.next.is_some(),
            _ => false,
        };
        assert!(is_marked, "I3: a spending request was not marked: {:?}", self.trace);
    }

    /// I2 and I6: newer only, and the last proven material stays until something newer is proven.
    fn check_record(&self, expected: Option<WriteId>, new: &Record) {
        // The store refuses to replace what was not expected.
        let old = self.store.peek(&self.account).filter(|old| expected == Some(old.write_id));
        let Some(old) = old else { return };
        assert!(
            new.current.generation >= old.current.generation,
            "I2: a record is replaced by a newer one only"
        );
        if !new.current.is_proven {
            let has_proven = old.current.is_proven || old.proven.is_some();
            assert!(
                !has_proven || new.proven.is_some(),
                "I6: unproven material keeps the last proven beside it"
            );
        }
    }
}

pub fn provider(toml: &str) -> Provider {
    parse("test".parse().unwrap(), toml)
        .unwrap_or_else(|mistakes| panic!("the provider file is valid: {mistakes:?}"))
}

pub fn text(template: &lamplighter_core::provider::model::Template) -> String {
    use lamplighter_core::provider::model::Part;
    template
        .0
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Place(_) => "",
        })
        .collect()
}

pub fn held(value: &str, life_s: u64, now: Now) -> Held {
    Held {
        value: value.into(),
        got: now,
        expiry: Some(Expiry::after(Duration::from_secs(life_s), now, None)),
    }
}

pub fn shown(secret: &Secret) -> String {
    secret.expose_str().unwrap_or("?").to_owned()
}

fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Load => "load",
        Effect::ReadJournal { .. } => "read",
        Effect::CreateJournal { .. } => "create",
        Effect::Append { what: Appended::Mark, .. } => "mark",
        Effect::Append { what: Appended::Unmark, .. } => "unmark",
        Effect::Append { what: Appended::Answer, .. } => "seal",
        Effect::Append { what: Appended::Record, .. } => "spill",
        Effect::Sweep { .. } => "sweep",
        Effect::Send(_) => "send",
        Effect::Browse(_) => "browse",
        Effect::Save { .. } => "save",
        Effect::Delete => "delete",
        Effect::SetAside => "set aside",
        Effect::Publish(_) => "publish",
        Effect::HostCheck { .. } => "check",
        Effect::WaitUntil(_) => "wait",
        Effect::Done(_) => "done",
    }
}

pub fn not_sent(why: NotSent, now: Now) -> Exchange {
    Exchange { sent: Sent::No(why), reply: Err(NoReply::NotSent), took: Duration::from_millis(3), at: now }
}

pub fn cut(why: NoReply, now: Now) -> Exchange {
    Exchange { sent: Sent::Maybe, reply: Err(why), took: Duration::from_millis(3), at: now }
}

pub fn reply(status: u16, headers: &[(&str, &str)], body: &str, now: Now) -> Exchange {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect();
    let reply = Reply { status, headers, body: body.into(), date: Some(now.wall) };
    Exchange { sent: Sent::Maybe, reply: Ok(reply), took: Duration::from_millis(30), at: now }
}

pub fn json(status: u16, body: &str, now: Now) -> Exchange {
    reply(status, &[("content-type", "application/json")], body, now)
}

/// The tokens of generation `n`.
pub fn minted(n: u32, now: Now) -> Exchange {
    let body =
        format!(r#"{{"access_token":"{SECRET}-a{n}","refresh_token":"{SECRET}-r{n}","expires_in":3600}}"#);
    json(200, &body, now)
}

pub fn body(request: &HttpRequest) -> String {
    request.body.as_ref().map(shown).unwrap_or_default()
}
