//! One life: a login, refreshes, power cuts, and what is found after each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use lamplighter_core::id::{AccountId, ChainName, Generation, WriteId};
use lamplighter_core::provider::parse;
use lamplighter_core::record::{Held, Material, Record, SessionStore};
use lamplighter_core::refresh::{Attempt, Effect, End, Plan, Purpose, Service as Known};
use lamplighter_core::secret::Secret;
use lamplighter_engine::store::KeySource;
use lamplighter_engine::store::sealed::SealedStore;
use lamplighter_engine::store::sealed::key::make_key_file;
use testkit::clock::ManualClock;

use super::common::random::Random;
use super::disk::{Image, Power, Shared, SimDisk, held};
use super::keyring::{Entries, Keyring, LATE};
use super::perform::{Reply, World};
use super::service::Service;
use super::tally::{Came, Found, Tally};

/// Cuts of one life at most; then it goes on in peace.
const MOST_CUTS: usize = 3;
/// Writes before a cut: a login and several refreshes.
const LONGEST: u64 = 70;
/// Refreshes of one process.
const REFRESHES: usize = 4;
/// No attempt has as many effects.
const MOST_EFFECTS: usize = 300;

/// Where the record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    Sealed,
    Keyring,
}

const PROVIDER: &str = r#"
format = 1
name = "Power"
hosts = ["id.example.com"]
[oauth]
authorize = "https://id.example.com/authorize"
token = "https://id.example.com/token"
client_id = "lamp"
client_auth = "none"
[[login]]
kind = "oauth"
save = { "token.access" = "json:access_token", "refresh.main" = "json:refresh_token" }
[tokens.access]
expires = ["json:expires_in", "1h"]
[[refresh]]
strategy = "oauth"
save = { "token.access" = "json:access_token", "refresh.main" = "json:refresh_token?" }
"#;

/// Everything that outlives a process.
pub struct Life {
    home: tempfile::TempDir,
    keeps: Keeps,
    account: AccountId,
    random: Random,
    image: Shared<Image>,
    entries: Shared<Entries>,
    service: Service,
    known: Arc<Known>,
    clock: ManualClock,
    reply: Reply,
    saved: u64,
    saving: Option<u64>,
    /// During what the reply was lost that is being replayed.
    lost_by: Option<&'static str>,
}

impl Life {
    pub fn new(random: Random, keeps: Keeps, has_grace: bool) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(home.path().join("journals")).expect("a folder");
        make_key_file(&home.path().join("key")).expect("a key");
        let provider = parse("power".parse().expect("a name"), PROVIDER).expect("a valid file");
        let known = Arc::new(Known { provider: Arc::new(provider), vars: BTreeMap::new() });
        Self {
            home,
            keeps,
            account: AccountId::from_random([7; 16]),
            random,
            image: Shared::default(),
            entries: Shared::default(),
            service: Service::new(has_grace),
            known,
            clock: ManualClock::new(),
            reply: Reply::Kept,
            saved: 0,
            saving: None,
            lost_by: None,
        }
    }

    /// Lives it to its end.
    pub fn live(mut self, tally: &mut Tally) {
        for cut in 0..=MOST_CUTS {
            let left = (cut < MOST_CUTS).then(|| self.random.below(LONGEST));
            let power = Arc::new(Mutex::new(Power { random: self.random.clone(), left, hit: None }));
            // Another stream for what comes later.
            self.random.next();
            let is_over = self.process(&power, tally);
            let Some((what, came)) = held(&power).hit else {
                assert!(is_over || cut == MOST_CUTS || left.is_some(), "a process ends");
                continue;
            };
            self.crash(what, came, tally);
        }
        assert!(self.reply != Reply::Lost, "a lost reply is settled in the end");
    }

    /// What the disk looks like when the power is back, and whether the store has the old record or the new.
    fn crash(&mut self, what: &'static str, came: Came, tally: &mut Tally) {
        held(&self.image).crash(&mut self.random);
        let loses = self.random.below(2 * LATE as u64) as usize;
        if held(&self.entries).crash(loses.saturating_sub(LATE - 1)) > 1 {
            tally.forgot_late();
        }
        if self.reply == Reply::InMemory {
            self.reply = Reply::Lost;
        }
        if self.reply == Reply::Lost {
            self.lost_by.get_or_insert(what);
        }
        let peace = Arc::new(Mutex::new(Power { random: self.random.clone(), left: None, hit: None }));
        let record = self.store(&peace).load(&self.account).expect("old or new, never damaged");
        let generation = record.map_or(0, |record| record.current.generation.0);
        let found = match (generation, self.saving) {
            (0, _) => Found::Nothing,
            (there, Some(saving)) if there == saving => Found::New,
            _ => Found::Old,
        };
        // A keyring may have lost its last writes; sealed files lose none that they said to have.
        let is_old = generation == self.saved || (self.keeps == Keeps::Keyring && generation < self.saved);
        assert!(found == Found::New || is_old, "{what}: {generation} is there, {} was saved", self.saved);
        self.saved = generation;
        self.saving = None;
        tally.cut(what, came, found);
    }

    fn store(&self, power: &Shared<Power>) -> Box<dyn SessionStore> {
        match self.keeps {
            Keeps::Keyring => Box::new(Keyring { entries: self.entries.clone(), power: power.clone() }),
            Keeps::Sealed => {
                let disk = SimDisk { image: self.image.clone(), power: power.clone() };
                let key = KeySource::File(self.home.path().join("key"));
                let folder = self.home.path().join("sealed");
                Box::new(SealedStore::on(disk, &folder, &self.journals(), key))
            }
        }
    }

    fn journals(&self) -> PathBuf {
        self.home.path().join("journals")
    }

    /// From its start to the cut, or until it has done what it came for. Says whether that is so.
    fn process(&mut self, power: &Shared<Power>, tally: &mut Tally) -> bool {
        let mut end = self.attempt(Purpose::Recover, power);
        if end == Some(End::NoRecord) {
            let record = Box::new(self.login());
            end = self.attempt(Purpose::Commit { record }, power);
            assert!(
                matches!(end, None | Some(End::Committed | End::NoStore(_))),
                "a login is stored: {end:?}"
            );
        }
        if end.is_none() {
            return false;
        }
        for _ in 0..REFRESHES {
            let basis = Generation(self.stored(power));
            let shown = self.service.shown_again;
            let end = self.attempt(Purpose::Refresh { basis }, power);
            if self.service.shown_again > shown
                && let Some(by) = self.lost_by.take()
            {
                tally.replayed(by);
                if self.service.has_ended {
                    tally.ended(by);
                    // The one login that nobody can keep: its only reply went with the power.
                    self.begin_anew();
                    return true;
                }
            }
            match end {
                None => return false,
                Some(End::Renewed { .. }) => {
                    tally.refreshed();
                    self.lost_by = None;
                }
                Some(End::Newer | End::Saved | End::Unknown { .. }) => {}
                Some(other) => panic!("a login was lost: {other:?}"),
            }
        }
        let record = self.store(power).load(&self.account).expect("readable").expect("there");
        let held =
            record.current.credentials[&ChainName::main()].value.expose_str().expect("text").to_owned();
        assert_eq!(held, self.service.current(), "what is stored is the newest");
        true
    }

    fn stored(&self, power: &Shared<Power>) -> u64 {
        let record = self.store(power).load(&self.account).expect("readable");
        record.map_or(0, |record| record.current.generation.0)
    }

    /// `None` if the power failed.
    fn attempt(&mut self, purpose: Purpose, power: &Shared<Power>) -> Option<End> {
        let plan = Plan { account: self.account.clone(), chain: ChainName::main(), purpose };
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.random.next().to_le_bytes());
        let (mut attempt, mut effect) = Attempt::start(plan, Arc::clone(&self.known), seed);
        let (store, journals) = (self.store(power), self.journals());
        let mut world = World {
            account: self.account.clone(),
            journals: &journals,
            journal: None,
            store,
            keyring: (self.keeps == Keeps::Keyring).then(|| self.entries.clone()),
            power: power.clone(),
            service: &mut self.service,
            clock: &self.clock,
            reply: &mut self.reply,
            saved: &mut self.saved,
            saving: &mut self.saving,
            is_replay: false,
            has_mark: false,
        };
        for _ in 0..MOST_EFFECTS {
            if let Effect::Done(end) = effect {
                return Some(end.summary.end);
            }
            let input = world.perform(effect);
            if held(power).is_off() {
                return None;
            }
            effect = attempt.step(input, self.clock.now());
        }
        panic!("an attempt ends");
    }

    /// What a login brings.
    fn login(&self) -> Record {
        let now = self.clock.now();
        let mut current = Material::empty(Generation(0));
        current.is_proven = true;
        let value = Secret::from(self.service.current().as_str());
        current.credentials.insert(ChainName::main(), Held { value, got: now, expiry: None });
        Record {
            account: self.account.clone(),
            write_id: WriteId([0; 16]),
            login: None,
            provider: "power".parse().expect("a name"),
            hosts: vec!["id.example.com".to_owned()],
            identity: None,
            journal_key: Secret::new([9; 32]),
            secrets: BTreeMap::new(),
            current,
            proven: None,
        }
    }

    /// The person logs in once more: another account as far as this is concerned.
    fn begin_anew(&mut self) {
        let id = self.random.next().to_le_bytes();
        self.account = AccountId::from_random([id, id].concat().try_into().expect("16 bytes"));
        self.service = Service::new(false);
        (self.image, self.entries) = (Shared::default(), Shared::default());
        (self.reply, self.saved, self.saving, self.lost_by) = (Reply::Kept, 0, None, None);
    }
}
