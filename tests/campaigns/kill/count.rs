//! What was covered: where killed × policy × store × what came of it.

use std::collections::BTreeMap;

use testkit::practice::Presented;

use crate::common::table::Table;
use crate::home::Store;
use crate::oracle::Steps;
use crate::plan::{Act, Kill, Phase, Policy};

/// What came of a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The login lives, and nothing that it had was spent twice.
    Alive,
    /// It lives: the reply was lost, and a journalled replay brought another one.
    Healed,
    /// The service had committed, its reply died with the process, and it grants no grace: by its own rule the login
    /// is over. The record is there, and the person is told.
    Gone,
    /// The login was not stored yet; the next one goes through.
    NotYet,
    /// The logout was finished.
    LoggedOut,
    /// The next process was killed before it had looked.
    Again,
}

impl Outcome {
    const ALL: [(Self, &str); 6] = [
        (Self::Alive, "alive"),
        (Self::Healed, "replayed"),
        (Self::Gone, "gone"),
        (Self::NotYet, "not yet"),
        (Self::LoggedOut, "out"),
        (Self::Again, "killed again"),
    ];
}

/// One kill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    policy: Policy,
    store: Store,
    /// What was done.
    what: &'static str,
    place: String,
}

impl Cell {
    /// Killed so, in the middle of `acts` or before, with `at` as the last that was written down.
    pub fn new(policy: Policy, store: Store, acts: Option<Act>, kill: Kill, at: &str) -> Self {
        let what = match acts {
            None if kill.phase == Phase::Start => "start",
            None => "repair",
            Some(Act::Login) => "login",
            Some(Act::Refresh) => "refresh",
            Some(Act::Logout) => "logout",
        };
        let place = match kill.later {
            _ if what == "start" => "while starting".to_owned(),
            None => at.to_owned(),
            Some(_) => match at.split_once(' ') {
                Some(("before", step)) if step != "the first step" => format!("during {step}"),
                _ => format!("between, {at}"),
            },
        };
        Self { policy, store, what, place }
    }
}

/// All of them.
#[derive(Default)]
pub struct Counts {
    cells: BTreeMap<Cell, BTreeMap<Outcome, usize>>,
    /// Processes that lived because what they did has no such point.
    pub points_missing: usize,
    /// How keyrings ended by themselves, each of which was started again.
    keyrings: Vec<String>,
    gone: BTreeMap<u64, usize>,
    lines: BTreeMap<u64, (Presented, usize)>,
    line: u64,
}

impl Counts {
    /// Of one line.
    pub fn of(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// These kills were looked at together: the last one decided, those before it were followed by another kill.
    pub fn settle(&mut self, open: &mut Vec<Cell>, outcome: Outcome) {
        let last = open.len();
        for (index, cell) in open.drain(..).enumerate() {
            let outcome = if index + 1 == last { outcome } else { Outcome::Again };
            *self.cells.entry(cell).or_default().entry(outcome).or_default() += 1;
        }
        *self.gone.entry(self.line).or_default() += usize::from(outcome == Outcome::Gone);
    }

    /// What the service has seen of a line so far.
    pub fn seen(&mut self, line: u64, presented: Presented, steps: &Steps) {
        self.lines.insert(line, (presented, steps.count("after mark of a replay")));
    }

    /// A keyring ended by itself.
    pub fn keyring_ended(&mut self, how: String) {
        self.keyrings.push(how);
    }

    /// Logins of a line that are gone by the service's rule.
    pub fn gone_of(&self, line: u64) -> usize {
        self.gone.get(&line).copied().unwrap_or(0)
    }

    /// Kills whose consequences were looked at.
    pub fn kills(&self) -> usize {
        self.cells.values().flat_map(BTreeMap::values).sum()
    }

    /// Adds those of another line.
    pub fn add(&mut self, other: Self) {
        for (cell, outcomes) in other.cells {
            for (outcome, count) in outcomes {
                *self.cells.entry(cell.clone()).or_default().entry(outcome).or_default() += count;
            }
        }
        self.points_missing += other.points_missing;
        self.keyrings.extend(other.keyrings);
        self.gone.extend(other.gone);
        self.lines.extend(other.lines);
    }

    /// How many kills there were that `is_so`.
    fn count(&self, is_so: impl Fn(&Cell, Outcome) -> bool) -> usize {
        let cells = self.cells.iter().flat_map(|(cell, outcomes)| outcomes.iter().map(move |of| (cell, of)));
        cells.filter(|(cell, (outcome, _))| is_so(cell, **outcome)).map(|(_, (_, count))| count).sum()
    }

    /// A table for each policy.
    pub fn text(&self, stores: &[Store]) -> String {
        let mut text = String::new();
        for (policy, name) in [
            (Policy::NoGrace, "one-time tokens, no grace"),
            (Policy::Grace, "one-time tokens with a grace"),
            (Policy::NotRotating, "tokens that do not rotate"),
        ] {
            let head = stores
                .iter()
                .flat_map(|store| Outcome::ALL.map(|(_, name)| format!("{}: {name}", store_name(*store))));
            let mut table = Table::new(std::iter::once(name.to_owned()).chain(head));
            let mut places: Vec<_> = self.cells.keys().filter(|cell| cell.policy == policy).collect();
            places.dedup_by_key(|cell| (cell.what, cell.place.clone()));
            let mut rows: Vec<_> = places.iter().map(|cell| (cell.what, cell.place.as_str())).collect();
            rows.sort_unstable();
            rows.dedup();
            for (what, place) in rows {
                let all = stores.iter().flat_map(|store| Outcome::ALL.map(|(outcome, _)| (*store, outcome)));
                let counts = all.map(|(store, outcome)| {
                    self.count(|cell, of| {
                        (cell.policy, cell.store, of) == (policy, store, outcome)
                            && (cell.what, cell.place.as_str()) == (what, place)
                    })
                });
                table.counts(format!("{what}: {place}"), counts.collect::<Vec<_>>());
            }
            let all = stores.iter().flat_map(|store| Outcome::ALL.map(|(outcome, _)| (*store, outcome)));
            let sums = all.map(|(store, of)| {
                self.count(|cell, outcome| (cell.policy, cell.store, outcome) == (policy, store, of))
            });
            table.counts("all", sums.collect::<Vec<_>>());
            text += &table.text();
            text.push('\n');
        }
        text
    }

    /// The promise, in numbers.
    pub fn summary(&self) -> String {
        let count = |wanted: Outcome| self.count(|_, outcome| outcome == wanted);
        let points =
            self.count(|cell, _| cell.place.starts_with("before ") || cell.place.starts_with("after "));
        let places: std::collections::BTreeSet<_> =
            self.cells.keys().map(|cell| (cell.what, &cell.place)).collect();
        let mut keyrings = String::new();
        for how in &self.keyrings {
            keyrings += &format!("\na keyring ended by itself and was started again: {how}");
        }
        let sum = |of: fn(&(Presented, usize)) -> usize| -> usize { self.lines.values().map(of).sum() };
        format!(
            "{} kills ({points} at fail points, {} at random instants) in {} places: 0 lost records, 0 stuck locks, \
             0 alarms without a journalled replay\n\
             {} alive, {} healed by a journalled replay, {} gone because the service had committed and grants no \
             grace, {} not stored yet, {} logged out, {} killed again before anybody looked\n\
             {} credentials sent, {} accepted; {} journalled replays, {} used tokens sent, each by one of them or \
             its confirmation, {} reuse alarms at the service, each by the replay of a lost reply{keyrings}",
            self.kills(),
            self.kills() - points,
            places.len(),
            count(Outcome::Alive),
            count(Outcome::Healed),
            count(Outcome::Gone),
            count(Outcome::NotYet),
            count(Outcome::LoggedOut),
            count(Outcome::Again),
            sum(|(presented, _)| presented.all),
            sum(|(presented, _)| presented.good),
            sum(|(_, replays)| *replays),
            sum(|(presented, _)| presented.again),
            sum(|(presented, _)| presented.alarms),
        )
    }
}

fn store_name(store: Store) -> &'static str {
    match store {
        Store::Keychain => "keychain",
        Store::Sealed => "sealed",
    }
}
