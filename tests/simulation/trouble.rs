//! What keeps an honest client from sending a lost request again, and when it was so: by this a missed grace is judged.

use std::time::Duration;

use lamplighter_core::id::AccountId;

use super::model::{Lost, millis};
use super::world::World;

/// Latencies, and a place in the queue of a host.
const AT_ONCE: u64 = 15_000;
/// What a request takes that goes well.
const A_REQUEST: u64 = 1_000;

/// Whom something keeps from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    All,
    Host(String),
    One(AccountId),
}

#[derive(Debug)]
struct Trouble {
    from: u64,
    until: u64,
    whose: Whose,
}

/// What was in anybody's way, in the order of its beginning.
#[derive(Debug, Default)]
pub struct Troubles(Vec<Trouble>);

impl Troubles {
    pub fn note(&mut self, whose: Whose, from: u64, until: u64) {
        self.0.push(Trouble { from, until, whose });
    }

    /// What began and has no end yet ends now.
    pub fn end(&mut self, whose: &Whose, at: u64) {
        let open = self.0.iter_mut().filter(|it| it.until == u64::MAX && it.whose == *whose);
        open.for_each(|it| it.until = at);
    }

    /// Whether the request that was lost then need not have been repeated within `grace`: it was a repetition itself,
    /// of which only the first comes at once; or something else came in the way of those whom these concern before
    /// that was over; or what has lost it lasted so long. One mishap alone excuses nothing.
    fn excuse(&self, lost: Lost, grace: u64, concerns: impl Fn(&Whose) -> bool) -> bool {
        let end = lost.at.saturating_add(grace);
        let mut troubles =
            self.0.iter().filter(|it| it.until >= lost.at && it.from <= end && concerns(&it.whose));
        // What had begun before the request did, and goes on, is another mishap than the one that has lost it.
        let is_other =
            |it: &Trouble| it.from > lost.at || (it.from + A_REQUEST < lost.at && it.until > lost.at);
        lost.replays > 0 || troubles.any(|it| is_other(it) || it.until.saturating_add(AT_ONCE) > end)
    }
}

impl World {
    /// Whether more went wrong than the one lost answer, so that the service's grace could not be kept.
    pub fn is_excused(&self, id: &AccountId) -> bool {
        let Some(model) = self.models.get(id) else { return false };
        let Some(lost) = model.lost else { return false };
        let rules = self.accounts.rules(id);
        let host = rules.and_then(|rules| rules.chains.values().next()).map(|chain| chain.host.clone());
        let concerns = |whose: &Whose| match whose {
            Whose::All => true,
            Whose::Host(which) => host.as_ref() == Some(which),
            Whose::One(which) => which == id,
        };
        self.weather.troubles.excuse(lost, millis(model.kind.grace()), concerns)
    }

    /// How much fair weather there was so far: then no login need fall asleep.
    pub fn fair(&self) -> u64 {
        self.watch.fair
    }

    /// Something is in the way of all accounts from now on.
    pub fn hamper_all(&mut self, time: Duration) {
        let until = self.elapsed + millis(time);
        self.weather.troubles.note(Whose::All, self.elapsed, until);
    }

    /// In the way of this account and of those of its host.
    pub fn hamper_host(&mut self, id: &AccountId, time: u64) {
        let rules = self.accounts.rules(id);
        let host = rules.and_then(|rules| rules.chains.values().next()).map(|chain| chain.host.clone());
        let whose = host.map_or_else(|| Whose::One(id.clone()), Whose::Host);
        self.weather.troubles.note(whose, self.elapsed, self.elapsed + time);
    }

    /// In the way of this account alone.
    pub fn hamper(&mut self, id: &AccountId, time: u64) {
        let until = self.elapsed.saturating_add(time);
        self.weather.troubles.note(Whose::One(id.clone()), self.elapsed, until);
    }
}
