//! Who has to be looked at when: with ten thousand accounts an event costs what the accounts cost that it
//! concerns, not what all of them do.
//!
//! Times are kept on the boot clock. Everything that is due is due a fixed time ahead on it, as long as the wall
//! clock goes on at its side; when that jumps, or the machine starts anew, all accounts are looked at again.
//! What is kept here only says whom to look at: what is really due, the functions of [`super::due`] tell then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::id::AccountId;
use crate::text::Matter;
use crate::time::Now;

/// The wall clock is slewed all the time; what hangs on it may come so much late.
const SLEW: i64 = 1000;

/// Who comes first where not all can go: asked-for work, then what ends first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub is_patient: bool,
    /// When the token ends, by the wall clock of the time it was got.
    pub ends: i64,
}

/// What is noted of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Slot {
    /// Nothing becomes due before, in milliseconds of the boot clock.
    pub look: Option<u64>,
    /// Something could start: in the line of this host, or of no host (`""`).
    pub line: Option<(String, Turn)>,
    /// An attempt runs and talks to this host.
    pub talks_to: Option<String>,
    /// What it shares with others that is wrong.
    pub matter: Option<Matter>,
    /// This host keeps a token from it: nothing leaves for it, or something else than the service answers there.
    pub cut_off: Option<String>,
    /// It is cut off, and a token of it is nearly gone (F4).
    pub is_pressed: bool,
    /// It goes on once the store does what it is asked.
    pub is_for_store: bool,
    /// It is not known yet what the store holds for it.
    pub is_unread: bool,
}

/// All slots, by what is asked of them.
#[derive(Default)]
pub(super) struct Agenda {
    slots: BTreeMap<AccountId, Slot>,
    looks: BTreeSet<(u64, AccountId)>,
    lines: BTreeMap<String, BTreeSet<(Turn, AccountId)>>,
    busy: BTreeMap<String, usize>,
    matters: BTreeMap<Matter, BTreeSet<AccountId>>,
    cut_off: BTreeMap<String, usize>,
    pressed: BTreeSet<AccountId>,
    for_store: BTreeSet<AccountId>,
    unread: BTreeSet<AccountId>,
    /// The clocks when all times were last reckoned.
    anchor: Option<Now>,
}

impl Agenda {
    /// Reads the clocks; whether all times have to be reckoned anew.
    pub fn has_lost_time(&mut self, now: Now) -> bool {
        let offset = |now: Now| now.wall.0.saturating_sub(i64::try_from(now.boot.ms).unwrap_or(i64::MAX));
        let is_off = self.anchor.is_none_or(|anchor| {
            anchor.boot.boot != now.boot.boot || (offset(anchor).abs_diff(offset(now))) > SLEW.unsigned_abs()
        });
        if is_off {
            self.anchor = Some(now);
        }
        is_off
    }

    /// Notes an account anew; `None` if it is gone.
    pub fn note(&mut self, id: &AccountId, slot: Option<Slot>) {
        let before = match &slot {
            Some(slot) => self.slots.insert(id.clone(), slot.clone()),
            None => self.slots.remove(id),
        };
        if before == slot {
            return;
        }
        if let Some(before) = before {
            self.take_out(id, before);
        }
        if let Some(slot) = slot {
            self.put_in(id, slot);
        }
    }

    fn take_out(&mut self, id: &AccountId, slot: Slot) {
        if let Some(look) = slot.look {
            self.looks.remove(&(look, id.clone()));
        }
        if let Some((host, turn)) = slot.line
            && let Some(line) = self.lines.get_mut(&host)
        {
            line.remove(&(turn, id.clone()));
            if line.is_empty() {
                self.lines.remove(&host);
            }
        }
        if let Some(host) = slot.talks_to
            && let Some(busy) = self.busy.get_mut(&host)
        {
            *busy -= 1;
            if *busy == 0 {
                self.busy.remove(&host);
            }
        }
        if let Some(host) = slot.cut_off
            && let Some(count) = self.cut_off.get_mut(&host)
        {
            *count -= 1;
            if *count == 0 {
                self.cut_off.remove(&host);
            }
        }
        if let Some(of) = slot.matter.and_then(|matter| self.matters.get_mut(&matter)) {
            of.remove(id);
        }
        self.pressed.remove(id);
        self.for_store.remove(id);
        self.unread.remove(id);
    }

    fn put_in(&mut self, id: &AccountId, slot: Slot) {
        self.looks.extend(slot.look.map(|look| (look, id.clone())));
        if let Some((host, turn)) = slot.line {
            self.lines.entry(host).or_default().insert((turn, id.clone()));
        }
        if let Some(host) = slot.talks_to {
            *self.busy.entry(host).or_default() += 1;
        }
        if let Some(host) = slot.cut_off {
            *self.cut_off.entry(host).or_default() += 1;
        }
        if let Some(matter) = slot.matter {
            self.matters.entry(matter).or_default().insert(id.clone());
        }
        self.pressed.extend(slot.is_pressed.then(|| id.clone()));
        self.for_store.extend(slot.is_for_store.then(|| id.clone()));
        self.unread.extend(slot.is_unread.then(|| id.clone()));
    }

    /// Accounts for which something has become due.
    pub fn due(&self, now: Now) -> Vec<AccountId> {
        self.looks.iter().take_while(|(look, _)| *look <= now.boot.ms).map(|(_, id)| id.clone()).collect()
    }

    /// How long until something becomes due.
    pub fn next(&self, now: Now) -> Option<Duration> {
        self.looks.first().map(|(look, _)| Duration::from_millis(look.saturating_sub(now.boot.ms)))
    }

    /// Who may start: all who talk to nobody, and of every host's line so many that `per_host` talk to it; none of
    /// a host that was asked very often.
    pub fn next_in_line(&self, per_host: usize, is_spared: impl Fn(&str) -> bool) -> Vec<AccountId> {
        let mut first: Vec<&(Turn, AccountId)> = Vec::new();
        for (host, line) in &self.lines {
            let busy = self.busy.get(host).copied().unwrap_or(0);
            let free = match host.as_str() {
                "" => usize::MAX,
                host if is_spared(host) => 0,
                _ => per_host.saturating_sub(busy),
            };
            first.extend(line.iter().take(free));
        }
        first.sort_unstable();
        first.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// The first account in this matter, by id.
    pub fn first_in(&self, matter: Matter) -> Option<&AccountId> {
        self.matters.get(&matter)?.first()
    }

    /// Whether `host` keeps a token from anybody.
    pub fn cuts_off(&self, host: &str) -> bool {
        self.cut_off.contains_key(host)
    }

    /// The first account that an outage costs its token soon, by id.
    pub fn first_pressed(&self) -> Option<&AccountId> {
        self.pressed.first()
    }

    /// Accounts that wait for the store.
    pub fn for_store(&self) -> Vec<AccountId> {
        self.for_store.iter().cloned().collect()
    }

    /// Whether it is not known yet what the store holds for some account.
    pub fn is_reading(&self) -> bool {
        !self.unread.is_empty()
    }
}
