//! The invariants, looked at after every step, each by its name. Knows the services and nothing of how replies
//! are classified.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lamplighter_core::account::{Job, Session};
use lamplighter_core::id::AccountId;
use lamplighter_core::journal::{Answer, Back, Entry};
use lamplighter_core::record::{Record, decode};
use lamplighter_core::refresh::{AttemptEnd, End};

use super::model::{Key, Over};
use super::services::Kind;
use super::world::World;
use crate::machines::rig::shown;

/// What the oracle remembers.
#[derive(Default)]
pub struct Watch {
    /// Which login's material every account holds, be it in the store or in the journal.
    held: BTreeMap<AccountId, usize>,
    /// Accounts that their person logged out.
    gone: BTreeSet<AccountId>,
    /// Toasts of every key since it was last closed.
    toasts: BTreeMap<String, u32>,
    /// How the attempts of the last minute ended, by account.
    lately: BTreeMap<AccountId, Vec<(u64, String)>>,
    /// Wake-ups in a row that were due at once.
    hurries: u32,
}

impl Watch {
    /// What the engine keeps in memory only is gone.
    pub fn forget_boot(&mut self) {
        self.toasts.retain(|key, _| key.len() > 32);
    }

    /// The state database is gone.
    pub fn forget_states(&mut self) {
        self.toasts.clear();
    }

    pub fn closed(&mut self, key: &str) {
        self.toasts.remove(key);
    }
}

/// The credentials of a record, by chain.
fn keys(record: &Record) -> Vec<Key> {
    let of_cookies = record.current.jar.cookies.iter().filter(|cookie| cookie.name == "sid");
    let values = of_cookies.map(|cookie| &cookie.value);
    let all = values.chain(record.current.credentials.values().map(|held| &held.value));
    all.filter_map(|value| Key::within(&shown(value))).collect()
}

impl World {
    /// I1, and a pause is a pause.
    pub fn check_start(&self, id: &AccountId, job: Job) {
        assert!(!self.running.contains_key(id), "I1: one spender, seed {}", self.seed);
        let is_free = matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. } | Job::Probe { .. });
        assert!(!(is_free && self.paused.contains(id)), "paused is paused: {job:?}, seed {}", self.seed);
    }

    /// I3.
    pub fn check_marked(&self, id: &AccountId) {
        let last = self.journals.get(id).and_then(|entries| Entry::decode(entries.last()?));
        assert!(matches!(last, Some(Entry::Mark(_))), "I3: mark before spending, seed {}", self.seed);
    }

    /// I2, I5 and I6.
    pub fn check_save(&self, id: &AccountId, new: &Record, job: Job) {
        let held = self.watch.held.get(id).copied().unwrap_or_default();
        let is_lost = job != Job::Commit && keys(new).iter().any(|key| key.login < held);
        assert!(!is_lost, "I5: no lost update, seed {}", self.seed);
        let keeps = new.current.is_proven || new.proven.is_some();
        assert!(keeps, "I6: the last proven material stays, seed {}", self.seed);
        let Some(old) = self.stored(id) else { return };
        let is_proof = new.current.generation == old.current.generation && new.current.is_proven;
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

    /// I4: what programs get is in the store or in the journal.
    pub fn check_published(&self, id: &AccountId, record: &Record) {
        let in_store = self.stored(id).is_some_and(|stored| stored.write_id == record.write_id);
        let in_journal = || {
            let entries = self.journals.get(id).into_iter().flatten();
            entries.filter_map(|bytes| Entry::decode(bytes)).any(|entry| match entry {
                Entry::Record(bytes) => {
                    decode(bytes.expose()).is_ok_and(|kept| kept.write_id == record.write_id)
                }
                _ => false,
            })
        };
        assert!(in_store || in_journal(), "I4: served is kept, seed {}", self.seed);
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
            Some(Entry::Answer(Answer { back: Back::Http(exchange), .. })) => {
                let Ok(reply) = exchange.reply else { return };
                let cookies = reply.headers.iter().filter(|(name, _)| name == "set-cookie");
                let texts = cookies.map(|(_, value)| shown(value)).chain([shown(&reply.body)]);
                texts.filter_map(|text| Key::within(&text)).max()
            }
            Some(Entry::Answer(Answer { back: Back::Browser(result), .. })) => {
                let cookies = result.cookies.iter().flatten();
                cookies.filter_map(|cookie| Key::within(&shown(&cookie.value))).max()
            }
            Some(Entry::Record(bytes)) => {
                let kept = decode(bytes.expose()).expect("what is spilled can be read");
                return self.note_held(id, &kept);
            }
            _ => None,
        };
        let Some(key) = brought else { return };
        let model = self.models.get_mut(id).expect("it is there");
        let line = &mut model.logins[key.login].lines[key.chain];
        line.sealed = line.sealed.max(key.turn);
    }

    pub fn note_stored(&mut self, id: &AccountId) {
        if let Some(record) = self.stored(id) {
            self.note_held(id, &record);
        }
    }

    fn note_held(&mut self, id: &AccountId, record: &Record) {
        let newest = keys(record).iter().map(|key| key.login).max().unwrap_or_default();
        let held = self.watch.held.entry(id.clone()).or_default();
        *held = newest.max(*held);
        self.watch.gone.remove(id);
    }

    pub fn note_deleted(&mut self, id: &AccountId) {
        self.watch.gone.insert(id.clone());
    }

    /// Nothing is done over and over: neither attempts, nor looking whether there is something to do.
    fn check_no_storm(&mut self, id: &AccountId, said: String) {
        let lately = self.watch.lately.entry(id.clone()).or_default();
        lately.retain(|(at, _)| at + 60_000 > self.elapsed);
        lately.push((self.elapsed, said));
        assert!(lately.len() < 40, "a storm: {lately:#?}, seed {}", self.seed);
    }

    /// A wake-up that is due at once brings something.
    pub fn check_wakeup(&mut self, wait: Duration) {
        self.watch.hurries = if wait.is_zero() { self.watch.hurries + 1 } else { 0 };
        assert!(self.watch.hurries < 100, "woken for nothing, seed {}", self.seed);
    }

    pub fn note_end(&mut self, id: &AccountId, job: Job, end: &AttemptEnd) {
        self.check_no_storm(id, format!("{job:?} {:?}", end.summary.end));
        let is_over = matches!(end.summary.end, End::NoStore(_));
        assert!(end.summary.end != End::Broken, "no answer is unexpected, seed {}", self.seed);
        if job == Job::Commit && is_over && self.stored(id).is_none() {
            self.watch.gone.insert(id.clone());
        }
    }

    /// After every step: I2 (no record is gone) and I9 (no session is called dead that its service would take).
    pub fn check(&mut self) {
        for (id, model) in &self.models {
            let is_kept = self.store.holds(id) || self.watch.gone.contains(id);
            assert!(is_kept, "I2: failures delete nothing, seed {}", self.seed);
            let Some(account) = self.accounts.get(id) else { continue };
            let Session::Dead { reason, .. } = &account.session else { continue };
            // A login is being stored: what is said is still about the one before.
            let is_replaced = self.running.get(id).is_some_and(|running| running.job == Job::Commit)
                || !account.recovered
                || account.running.is_some();
            let held = self.watch.held.get(id).copied().unwrap_or_default();
            if model.is_alive(held) && !is_replaced && !self.watch.gone.contains(id) {
                self.tally.false_logouts += 1;
                panic!("I9: {reason:?} at a living service {:?}, seed {}", model.kind, self.seed);
            }
        }
    }

    /// Every login is held and fresh; or its service ended it, and the person was told.
    pub fn verdict(&mut self) {
        for (id, model) in &self.models {
            if self.watch.gone.contains(id) && !self.store.holds(id) {
                continue;
            }
            let seed = self.seed;
            let record = self.stored(id).unwrap_or_else(|| panic!("I2: a record is stored, seed {seed}"));
            let account = self.accounts.get(id).expect("it is known");
            let keys = keys(&record);
            let is_good = !keys.is_empty() && keys.iter().all(|key| model.takes(*key));
            if is_good {
                let is_fine = matches!(account.session, Session::Alive { .. });
                assert!(is_fine, "a good login is used: {:?} {:?}, seed {seed}", account.session, model.kind);
                let tokens = record.current.tokens.values().filter_map(|held| held.expiry);
                let left = tokens.map(|expiry| expiry.left(self.clock.now())).min();
                assert!(
                    left.is_some_and(|left| !left.is_zero()),
                    "its token is fresh: {:?}, seed {seed}",
                    model.kind
                );
                continue;
            }
            let over = keys.iter().find_map(|key| model.logins[key.login].over);
            let is_lost = model.kind == Kind::Strict && over.is_none();
            assert!(over.is_some() || is_lost, "a login was lost: {:?} {keys:?}, seed {seed}", model.kind);
            match over {
                Some(Over::Revoked) => self.tally.ended_by_service += 1,
                _ => {
                    assert!(model.kind.can_lose(), "{:?} loses nothing, seed {seed}", model.kind);
                    self.tally.ended_by_its_rule += 1;
                }
            }
            let is_dead = matches!(account.session, Session::Dead { .. });
            assert!(is_dead, "the person is told: {:?} {:?}, seed {seed}", account.session, model.kind);
        }
    }
}
