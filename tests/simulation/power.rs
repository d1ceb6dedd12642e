//! What a power cut takes with it that had not reached the disk.

use lamplighter_core::id::AccountId;

use super::faults::Step;
use super::model::Model;
use super::store::LastWrite;
use super::world::World;

/// So many journals are lost at once.
const MOST_LOST: usize = 6;

impl World {
    /// What the power took with it: the store's last write, or a sweep that was not synced, or a whole journal.
    pub fn lose_power(&mut self) {
        let at = self.elapsed;
        let behind = self.journals_to_lose();
        let dice = self.random.roll(if behind.is_empty() { 4 } else { 8 });
        match dice {
            0 => {
                let last = self.last_write.take().filter(|last| last.at + 5000 > at);
                if let Some(LastWrite { id, before, .. }) = last
                    && self.store.holds(&id)
                    && !self.weather.newer.contains_key(&id)
                {
                    self.store.put_back(&id, before);
                    self.forget_sealed(&id);
                }
            }
            1 => {
                let swept = self.swept.take().filter(|(swept, ..)| swept + 5000 > at);
                if let Some((_, id, mut before)) = swept
                    && let Some(now) = self.journals.get(&id)
                    && now.len() == 1
                {
                    before.extend(now.iter().cloned());
                    self.journals.insert(id, before);
                }
            }
            2 | 4..=7 => {
                let some = if behind.is_empty() { vec![self.some_account()] } else { behind };
                some.iter().for_each(|id| self.lose_journal(id));
            }
            _ => {}
        }
    }

    /// Several at once, of services that made a new one rarely so far.
    fn journals_to_lose(&self) -> Vec<AccountId> {
        let lived = self.lived();
        let is_behind = |kind| self.covered.is_behind(Step::Create, kind, lived);
        let of = |(id, model): (&AccountId, &Model)| is_behind(model.kind).then(|| id.clone());
        let ids: Vec<AccountId> = self.models.iter().filter_map(of).collect();
        let every = (ids.len() / MOST_LOST).max(1);
        ids.into_iter().skip(usize::try_from(self.elapsed).unwrap_or(0) % every).step_by(every).collect()
    }

    /// One that holds the only copy of a record is not taken as well: two faults at a time are two.
    fn lose_journal(&mut self, id: &AccountId) {
        if !self.holds_newer(id) {
            self.journals.remove(id);
            self.forget_sealed(id);
        }
    }
}
