//! Whether a login that is called over is over, and what is left at the end of a story.

use std::time::Duration;

use lamplighter_core::account::{Block, Session};
use lamplighter_core::id::AccountId;

use super::super::model::{Key, Model, Over};
use super::super::world::World;
use super::keys;

/// With so much fair weather no login falls asleep, in milliseconds.
const FAIR_ENOUGH: u64 = 3 * 3_600_000;

impl World {
    /// After every step, of all who were touched: I2 (no record is gone) and I9 (no session is called dead, and
    /// nobody is asked for, that its service would take).
    pub fn check(&mut self) {
        for id in std::mem::take(&mut self.watch.touched) {
            let is_kept = self.store.holds(&id) || self.watch.gone.contains(&id);
            assert!(is_kept, "I2: failures delete nothing: {}, seed {}", id.as_str(), self.seed);
            let Some(account) = self.accounts.get(&id) else { continue };
            if account.running.is_some() || !account.recovered {
                // What is said is still about before.
                continue;
            }
            if !account.has_record {
                self.will_log_in(&id);
                continue;
            }
            match account.session.clone() {
                Session::Dead { reason, .. } => self.check_dead(&id, &format!("{reason:?}")),
                // The service said no, twice, after the end that was known.
                Session::Blocked { why: Block::GrantEnded { by_service: true }, .. } => {
                    self.check_dead(&id, "grant ended");
                }
                Session::Blocked { why, .. } => self.check_blocked(&id, &why),
                _ => {}
            }
        }
    }

    fn check_dead(&mut self, id: &AccountId, reason: &str) {
        let held = self.watch.held.get(id).copied().unwrap_or_default();
        let (at, fair) = (self.elapsed, self.watch.fair);
        let is_gone = self.watch.gone.contains(id);
        let Some(model) = self.models.get(id) else { return };
        if model.is_spoilt && model.is_alive(held, at) && !is_gone {
            // Its own answer has deleted the session, and nothing that was held beside it was left to help (F34).
            if self.watch.counted.insert((id.clone(), held)) {
                self.tally.spoilt += 1;
            }
            return self.will_log_in(id);
        }
        let outlived = model.outlived(held, at);
        if model.is_alive(held, at) && !is_gone && outlived.is_none() {
            self.tally.false_logouts += 1;
            panic!("I9: {reason} at a living service {:?} {}, seed {}", model.kind, id.as_str(), self.seed);
        }
        if let Some(then) = model.fell_asleep(held, at).or(outlived) {
            let then = then.max(self.watch.paused.get(id).copied().unwrap_or(0));
            let is_bad = fair - then > FAIR_ENOUGH && !self.paused.contains(id);
            assert!(
                !is_bad,
                "I9: {:?} fell asleep in fair weather: {}, seed {}",
                model.kind,
                id.as_str(),
                self.seed
            );
        }
        self.count_end(id, held);
        self.will_log_in(id);
    }

    fn check_blocked(&mut self, id: &AccountId, why: &Block) {
        let is_right = match why {
            Block::AppSettings => self.is_app_wrong(id) || self.is_late_word_of_app(id),
            Block::NewerFormat => self.weather.newer.contains_key(id),
            _ => false,
        };
        if !is_right {
            self.tally.false_logouts += 1;
            let kind = self.models[id].kind;
            panic!("I9: asks for the person: {why:?} {kind:?} {}, seed {}", id.as_str(), self.seed);
        }
    }

    fn count_end(&mut self, id: &AccountId, login: usize) {
        if !self.watch.counted.insert((id.clone(), login)) {
            return;
        }
        let model: &Model = &self.models[id];
        let kind = model.kind;
        let over = model.logins.get(login).and_then(|login| login.over);
        if over != Some(Over::Reuse) {
            *self.tally.ended_by_service.entry(kind).or_default() += 1;
            return;
        }
        assert!(kind.can_lose(), "{kind:?} loses nothing, seed {}", self.seed);
        if kind.grace() == Duration::ZERO {
            *self.tally.ended_by_its_rule.entry(kind).or_default() += 1;
            return;
        }
        // Its grace could have been used, unless something else went wrong after the reply was lost.
        let lost = model.lost;
        assert!(
            self.is_excused(id),
            "a grace was missed: {kind:?} {} {lost:?}, now {}, seed {}",
            id.as_str(),
            self.elapsed,
            self.seed
        );
        *self.tally.grace_missed.entry(kind).or_default() += 1;
    }

    /// Every login is held and fresh; or its service ended it, and the person was told.
    pub fn verdict(&mut self) {
        let ids: Vec<AccountId> = self.models.keys().cloned().collect();
        for id in ids {
            if self.watch.gone.contains(&id) && !self.store.holds(&id) {
                continue;
            }
            let (seed, at) = (self.seed, self.elapsed);
            let record = self.stored(&id).unwrap_or_else(|| panic!("I2: a record is stored, seed {seed}"));
            let account = self.accounts.get(&id).expect("it is known");
            if account.running.is_some() {
                continue;
            }
            let (keys, model) = (keys(&record), &self.models[&id]);
            let is_good = !keys.is_empty() && keys.iter().all(|key| model.takes(*key, at));
            if is_good {
                let is_fine = matches!(account.session, Session::Alive { .. });
                assert!(is_fine, "a good login is used: {:?} {:?}, seed {seed}", account.session, model.kind);
                let tokens = record.current.tokens.values().filter_map(|held| held.expiry);
                let left = tokens.map(|expiry| expiry.left(self.clock.now())).min();
                assert!(
                    left.is_some_and(|left| !left.is_zero()),
                    "its token is fresh: {:?} {} {account:#?}, seed {seed}",
                    model.kind,
                    id.as_str()
                );
                continue;
            }
            let over = keys.iter().find_map(|key| model.logins[key.login].over);
            let has_ended =
                |key: &Key| model.has_ended(key.login, at) || model.outlived(key.login, at).is_some();
            let has_ended = keys.iter().any(has_ended);
            let is_told = self.is_over(&id);
            assert!(
                over.is_some() || has_ended,
                "a login was lost: {:?} {keys:?} {}, seed {seed}",
                model.kind,
                id.as_str()
            );
            // It may have ended a moment ago.
            let is_doubted = matches!(account.session, Session::Suspect { .. }) || has_ended;
            assert!(is_told || is_doubted, "the person is told: {:?}, seed {seed}", account.session);
        }
    }
}
