//! The invariants, looked at after every step, each by its name. Knows the services and nothing of how replies
//! are classified.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use lamplighter_core::account::Job;
use lamplighter_core::id::AccountId;
use lamplighter_core::journal::{Answer, Back, Entry};
use lamplighter_core::record::{Record, decode};
use lamplighter_core::refresh::{AttemptEnd, End};

use super::model::Key;
use super::network::shown;
use super::services::Kind;
use super::world::{Running, World};

mod verdict;

/// At most so many attempts talk to one host (F46).
const PER_HOST: usize = 4;

/// What the oracle remembers.
#[derive(Default)]
pub struct Watch {
    /// Which login's material every account holds, be it in the store or in the journal.
    held: BTreeMap<AccountId, usize>,
    /// Accounts that their person logged out.
    gone: BTreeSet<AccountId>,
    /// Accounts for which disk and store both failed.
    unkept: BTreeSet<AccountId>,
    /// Logins whose end was counted.
    counted: BTreeSet<(AccountId, usize)>,
    /// Accounts to be looked at.
    touched: BTreeSet<AccountId>,
    /// Toasts of every key since it was last closed.
    toasts: BTreeMap<String, u32>,
    /// When the attempts of the last minute ended, by account.
    lately: BTreeMap<AccountId, VecDeque<u64>>,
    /// Wake-ups in a row that were due at once.
    hurries: u32,
    /// When people will log in again.
    pub logins: BTreeMap<AccountId, u64>,
    /// How much fair weather there was.
    pub fair: u64,
    /// And until each account was last let go on by its person.
    pub paused: BTreeMap<AccountId, u64>,
    /// How long the request that is answered now hung.
    pub hangs: u64,
    /// When each account's tokens were last served anew.
    pub published: BTreeMap<AccountId, u64>,
    /// The newest record that this process serves of each account, wherever it is kept.
    pub served: BTreeMap<AccountId, Arc<Record>>,
    pub most_per_host: usize,
}

impl Watch {
    /// What the engine keeps in memory only is gone.
    pub fn forget_boot(&mut self) {
        self.served.clear();
        self.toasts.retain(|key, _| key.len() > 32);
    }

    /// The state database is gone.
    pub fn forget_states(&mut self) {
        self.toasts.clear();
    }

    pub fn closed(&mut self, key: &str) {
        self.toasts.remove(key);
    }

    pub fn touch(&mut self, id: AccountId) {
        self.touched.insert(id);
    }

    /// What grows if anything does.
    pub fn remembered(&self) -> usize {
        self.toasts.len() + self.lately.values().map(VecDeque::len).sum::<usize>()
    }
}

/// The credentials of a record, by chain.
fn keys(record: &Record) -> Vec<Key> {
    let of_cookies = record.current.jar.cookies.iter().filter(|cookie| cookie.name == "sid");
    let values = of_cookies.map(|cookie| &cookie.value);
    let all = values.chain(record.current.credentials.values().map(|held| &held.value));
    all.filter_map(|value| Key::within(&shown(value))).collect()
}

/// The newest credential that an answer has brought.
fn brought_by(answer: &Answer) -> Option<Key> {
    match &answer.back {
        Back::Http(exchange) => {
            let reply = exchange.reply.as_ref().ok()?;
            let cookies = reply.headers.iter().filter(|(name, _)| name == "set-cookie");
            let texts = cookies.map(|(_, value)| shown(value)).chain([shown(&reply.body)]);
            texts.filter_map(|text| Key::within(&text)).max()
        }
        Back::Browser(result) => {
            let cookies = result.cookies.iter().flatten();
            cookies.filter_map(|cookie| Key::within(&shown(&cookie.value))).max()
        }
    }
}

fn talks(job: Job) -> bool {
    World::is_refresh(job) || matches!(job, Job::Probe { .. })
}

impl World {
    /// I1, and a pause is a pause.
    pub fn check_start(&self, id: &AccountId, job: Job) {
        assert!(!self.running.contains_key(id), "I1: one spender, seed {}", self.seed);
        let is_free = Self::is_refresh(job) || matches!(job, Job::Probe { .. });
        assert!(!(is_free && self.paused.contains(id)), "paused is paused: {job:?}, seed {}", self.seed);
        let is_new = is_free && self.weather.stops.is_some();
        assert!(!is_new, "F64: nothing new is begun, seed {}", self.seed);
    }

    /// F46.
    pub fn check_per_host(&mut self, job: Job) {
        if !talks(job) {
            return;
        }
        let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, running) in &self.running {
            let rule = self.accounts.rules(id).and_then(|rules| rules.chains.get(&running.chain));
            if let Some(rule) = rule.filter(|_| talks(running.job)) {
                *hosts.entry(rule.host.as_str()).or_default() += 1;
            }
        }
        let most = hosts.values().max().copied().unwrap_or(0);
        self.watch.most_per_host = self.watch.most_per_host.max(most);
        assert!(most <= PER_HOST, "F46: {most} at one host, seed {}", self.seed);
    }

    /// I3.
    pub fn check_marked(&mut self, id: &AccountId) {
        let last = self.journals.get(id).and_then(|entries| Entry::decode(entries.last()?));
        if let Some(model) = self.models.get_mut(id) {
            model.replays = if let Some(Entry::Mark(mark)) = &last { mark.replays } else { 0 };
        }
        let is_marked = match last {
            Some(Entry::Mark(_)) => true,
            // The next step's mark came along; only one kind of service has two that spend.
            Some(Entry::Answer(answer)) => answer.next.is_some() && self.models[id].kind == Kind::Steps,
            _ => false,
        };
        assert!(is_marked, "I3: mark before spending, seed {}", self.seed);
    }

    /// I2, I5 and I6.
    pub fn check_save(&self, id: &AccountId, new: &Record, job: Job) {
        let held = self.watch.held.get(id).copied().unwrap_or_default();
        // What is edited while a login waits in the journal is joined to it there.
        let is_lost =
            !matches!(job, Job::Commit | Job::Amend) && keys(new).iter().any(|key| key.login < held);
        assert!(!is_lost, "I5: no lost update, seed {}", self.seed);
        let keeps = new.current.is_proven || new.proven.is_some();
        assert!(keeps, "I6: the last proven material stays, seed {}", self.seed);
        let Some(old) = self.stored(id).filter(|old| old.write_id != new.write_id) else { return };
        let is_proof =
            new.current.generation == old.current.generation && (new.current.is_proven || job == Job::Amend);
        assert!(
            is_proof || new.current.generation > old.current.generation,
            "I2: newer only, {job:?} seed {}",
            self.seed
        );
    }

    /// I2: only the person's logout deletes.
    pub fn check_delete(&self, job: Job) {
        assert_eq!(job, Job::Logout, "I2: failures delete nothing, seed {}", self.seed);
    }

    /// I4: what programs get is in the store or in the journal, if one of them took it.
    pub fn check_published(&self, id: &AccountId, record: &Record) {
        let in_store = || self.stored(id).is_some_and(|stored| stored.write_id == record.write_id);
        let in_journal = || {
            let entries = self.journals.get(id).into_iter().flatten();
            entries.filter_map(|bytes| Entry::decode(bytes)).any(|entry| match entry {
                Entry::Record(bytes) => {
                    decode(bytes.expose()).is_ok_and(|kept| kept.write_id == record.write_id)
                }
                // What neither took is applied again from the answer that was sealed.
                Entry::Answer(answer) => {
                    brought_by(&answer).is_none_or(|brought| keys(record).contains(&brought))
                }
                _ => false,
            })
        };
        let is_kept = in_store() || in_journal() || self.watch.unkept.contains(id);
        assert!(is_kept, "I4: served is kept, seed {}", self.seed);
    }

    pub fn note_published(&mut self, id: &AccountId, record: &Record) {
        let now = self.clock.now();
        let is_fresh = record
            .current
            .tokens
            .values()
            .all(|token| token.expiry.is_none_or(|expiry| !expiry.left(now).is_zero()));
        if is_fresh {
            self.watch.published.insert(id.clone(), self.elapsed);
        }
    }

    /// I7.
    pub fn check_said(&self, said: &str) {
        assert!(!said.contains("canary"), "I7: secrets are seen by nobody, seed {}", self.seed);
    }

    /// I8.
    pub fn check_toast(&mut self, key: &str) {
        assert!(!self.weather.is_screen_locked, "I8: quiet while the screen is locked, seed {}", self.seed);
        let count = self.watch.toasts.entry(key.to_owned()).or_default();
        *count += 1;
        assert!(*count <= 3, "I8: prompts are few: {key} {count}, seed {}", self.seed);
    }

    /// From now on nothing older may be presented.
    pub fn note_sealed(&mut self, id: &AccountId, entry: &[u8]) {
        let brought = match Entry::decode(entry) {
            Some(Entry::Answer(answer)) => brought_by(&answer),
            Some(Entry::Record(bytes)) => {
                let kept = decode(bytes.expose()).expect("what is spilled can be read");
                return self.note_held(id, &kept);
            }
            _ => None,
        };
        self.seal(id, brought);
    }

    fn seal(&mut self, id: &AccountId, brought: Option<Key>) {
        let line = brought.and_then(|key| {
            let login = self.models.get_mut(id)?.logins.get_mut(key.login)?;
            Some((login.lines.get_mut(key.chain)?, key.turn))
        });
        if let Some((line, turn)) = line {
            line.sealed = line.sealed.max(turn);
        }
    }

    fn unseal(&mut self, id: &AccountId) {
        if let Some(model) = self.models.get_mut(id) {
            model.logins.iter_mut().flat_map(|login| &mut login.lines).for_each(|line| line.sealed = 0);
        }
    }

    /// Store or journal are not what they were: only what they hold now is known to be there.
    pub fn forget_sealed(&mut self, id: &AccountId) {
        self.unseal(id);
        self.note_stored(id);
        for entry in self.journals.get(id).cloned().unwrap_or_default() {
            self.note_sealed(id, &entry);
        }
    }

    pub fn note_stored(&mut self, id: &AccountId) {
        if let Some(record) = self.stored(id) {
            self.note_held(id, &record);
        }
    }

    fn note_held(&mut self, id: &AccountId, record: &Record) {
        let keys = keys(record);
        let newest = keys.iter().map(|key| key.login).max().unwrap_or_default();
        let held = self.watch.held.entry(id.clone()).or_default();
        *held = newest.max(*held);
        self.watch.gone.remove(id);
        if record.current.is_proven && self.models[id].kind == Kind::Site {
            // Its older cookies stay good: what a probe has proven comes back after a newer one turned out bad (F34).
            self.unseal(id);
        }
        keys.into_iter().for_each(|key| self.seal(id, Some(key)));
    }

    pub fn note_deleted(&mut self, id: &AccountId) {
        self.watch.served.remove(id);
        self.watch.gone.insert(id.clone());
    }

    /// Disk and store fail at the same time: what cannot be kept is served all the same.
    pub fn note_unkept(&mut self, id: &AccountId) {
        self.watch.unkept.insert(id.clone());
    }

    /// A wake-up that is due at once brings something.
    pub fn check_wakeup(&mut self, is_at_once: bool) {
        self.watch.hurries = if is_at_once { self.watch.hurries + 1 } else { 0 };
        assert!(self.watch.hurries < 100, "woken for nothing, seed {}", self.seed);
    }

    pub fn note_end(&mut self, id: &AccountId, running: &Running, end: &AttemptEnd) {
        // Nothing is done over and over.
        let lately = self.watch.lately.entry(id.clone()).or_default();
        while lately.front().is_some_and(|at| at + 60_000 <= self.elapsed) {
            lately.pop_front();
        }
        lately.push_back(self.elapsed);
        assert!(lately.len() < 40, "a storm: {:?} {:?}, seed {}", running.job, end.summary.end, self.seed);
        assert!(end.summary.end != End::Broken, "no answer is unexpected, seed {}", self.seed);
        self.watch.unkept.remove(id);
        self.tally.attempts += 1;
        if running.has_sent {
            self.tally.refreshes += 1;
            *self.tally.by_kind.entry(self.models[id].kind).or_default() += 1;
        }
        self.tally.renewed += u64::from(matches!(end.summary.end, End::Renewed { .. }));
    }

    /// I2: only what a person began sets an entry aside.
    pub fn note_set_aside(&mut self, id: &AccountId, running: &Running) {
        let (job, seed) = (running.job, self.seed);
        assert!(matches!(job, Job::Commit | Job::Logout), "I2: {job:?} sets an entry aside, seed {seed}");
        assert!(running.is_unreadable, "I2: {job:?} sets a good entry aside, seed {seed}");
        self.watch.gone.insert(id.clone());
    }
}
