//! What was covered: fault × outcome, and how often credentials were sent.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::table::Table;
use crate::fault::Fault;

/// What the service does with refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// One use each; a second one within the grace is answered.
    Grace,
    /// One use each; a second one ends the whole login.
    NoGrace,
    /// The same one for ever.
    NotRotating,
}

/// What became of the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A new token with one request.
    Fine,
    /// With more than one, none of which could have been used before.
    SentAgain,
    /// With a journalled replay of one whose fate was not known.
    Replayed,
    /// The service had committed, its answer was lost and it grants no grace: its own rule.
    Gone,
}

/// One fault and what came of it.
pub struct Episode {
    pub fault: Fault,
    pub outcome: Outcome,
    pub hits: usize,
    pub sends: usize,
    /// Requests with a credential in an outage of a day, if it was one.
    pub day: Option<usize>,
    pub refreshes: usize,
}

#[derive(Default)]
struct Row {
    outcomes: BTreeMap<(bool, Outcome), usize>,
    hits: usize,
    sends: usize,
    most: usize,
}

/// All of them.
#[derive(Default)]
pub struct Counts {
    rows: BTreeMap<&'static str, Row>,
    https: usize,
    refreshes: usize,
    outages: usize,
    most_of_a_day: usize,
    cuts: BTreeMap<bool, BTreeSet<(bool, usize)>>,
    longest: BTreeMap<bool, [usize; 2]>,
}

impl Counts {
    /// One more.
    pub fn add(&mut self, policy: Policy, https: bool, episode: Episode) {
        let row = self.rows.entry(episode.fault.name()).or_default();
        *row.outcomes.entry((policy == Policy::NoGrace, episode.outcome)).or_default() += 1;
        row.hits += episode.hits;
        row.sends += episode.sends;
        row.most = row.most.max(episode.sends);
        self.https += usize::from(https);
        self.refreshes += episode.refreshes;
        self.outages += usize::from(episode.day.is_some());
        self.most_of_a_day = self.most_of_a_day.max(episode.day.unwrap_or(0));
    }

    /// Bytes at which a lane's connections were cut, and how many the longest ones carried each way.
    pub fn cuts(&mut self, https: bool, cuts: &BTreeSet<(bool, usize)>, longest: [usize; 2]) {
        self.cuts.entry(https).or_default().extend(cuts);
        let all = self.longest.entry(https).or_default();
        *all = [0, 1].map(|way| all[way].max(longest[way]));
    }

    /// Adds those of another lane.
    pub fn join(&mut self, other: Self) {
        for (name, row) in other.rows {
            let all = self.rows.entry(name).or_default();
            for (outcome, count) in row.outcomes {
                *all.outcomes.entry(outcome).or_default() += count;
            }
            (all.hits, all.sends) = (all.hits + row.hits, all.sends + row.sends);
            all.most = all.most.max(row.most);
        }
        (self.https, self.refreshes) = (self.https + other.https, self.refreshes + other.refreshes);
        self.outages += other.outages;
        self.most_of_a_day = self.most_of_a_day.max(other.most_of_a_day);
        for (https, cuts) in other.cuts {
            self.cuts(https, &cuts, other.longest.get(&https).copied().unwrap_or_default());
        }
    }

    /// How many episodes.
    pub fn episodes(&self) -> usize {
        self.rows.values().flat_map(|row| row.outcomes.values()).sum()
    }

    /// The table.
    pub fn text(&self) -> String {
        let mut table = Table::new([
            "fault",
            "times",
            "one request",
            "sent again",
            "replayed",
            "no grace: alive",
            "no grace: gone by its rule",
            "connections hit",
            "credentials sent",
            "most in one",
        ]);
        for (name, row) in &self.rows {
            let count = |no_grace, outcome| row.outcomes.get(&(no_grace, outcome)).copied().unwrap_or(0);
            let alive = [Outcome::Fine, Outcome::SentAgain, Outcome::Replayed];
            table.counts(
                *name,
                [
                    row.outcomes.values().sum(),
                    count(false, Outcome::Fine),
                    count(false, Outcome::SentAgain),
                    count(false, Outcome::Replayed),
                    alive.iter().map(|outcome| count(true, *outcome)).sum(),
                    count(true, Outcome::Gone),
                    row.hits,
                    row.sends,
                    row.most,
                ],
            );
        }
        table.text()
    }

    /// The promise, in numbers.
    pub fn summary(&self) -> String {
        let gone: usize = self.rows.values().filter_map(|row| row.outcomes.get(&(true, Outcome::Gone))).sum();
        let cuts = |https: bool, answers: bool| {
            let all = self.cuts.get(&https);
            let cut =
                all.map_or(0, |cuts| cuts.iter().filter(|(of_answer, _)| *of_answer == answers).count());
            let longest = self.longest.get(&https).map_or(0, |longest| longest[usize::from(answers)]);
            format!("{cut} of {longest}")
        };
        format!(
            "{} episodes ({} of them over https), {} refreshes: 0 false logouts, 0 lost, no credential sent that was \
             not in the journal before; {gone} gone because the service had committed and grants no grace\n\
             {} outages of 24 virtual hours, with at most {} requests that carried a credential (60 are allowed)\n\
             cut at {} bytes of the longest request and {} of the longest answer over http, {} and {} over https",
            self.episodes(),
            self.https,
            self.refreshes,
            self.outages,
            self.most_of_a_day,
            cuts(false, false),
            cuts(false, true),
            cuts(true, false),
            cuts(true, true),
        )
    }
}
