//! What was counted.

use std::collections::BTreeMap;

use super::services::Kind;

/// Counts of one story, or of many.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// Everything that the accounts were told, ticks of the clock included.
    pub events: u64,
    pub steps: u64,
    /// Attempts to refresh, to confirm or to replay that handed at least one request or visit of a refresh to the
    /// network, whatever became of it.
    pub refreshes: u64,
    /// Of these, those that brought new material.
    pub renewed: u64,
    pub attempts: u64,
    pub visits: u64,
    pub faults: u64,
    pub crashes: u64,
    pub sleeps: u64,
    pub jumps: u64,
    pub logins: u64,
    pub logouts: u64,
    pub edits: u64,
    pub pauses: u64,
    pub toasts: u64,
    /// Most attempts that ran at one time.
    pub at_once: usize,
    pub by_kind: BTreeMap<Kind, u64>,
    /// Logins that the service ended: revoked, grant over, another machine. Found out, told, logged in again.
    pub ended_by_service: BTreeMap<Kind, u64>,
    /// Logins that a service ended by its own rule because an answer was lost that it had committed.
    pub ended_by_its_rule: BTreeMap<Kind, u64>,
    /// Of these, those whose service grants a grace that weather made us miss.
    pub grace_missed: BTreeMap<Kind, u64>,
    /// Logins whose service has deleted the session cookie in its own answer (F34), and that nothing brought back.
    pub spoilt: u64,
    /// Logins that were called dead, or that asked for the person, and were good.
    pub false_logouts: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.steps += other.steps;
        self.refreshes += other.refreshes;
        self.renewed += other.renewed;
        self.attempts += other.attempts;
        self.visits += other.visits;
        self.faults += other.faults;
        self.crashes += other.crashes;
        self.sleeps += other.sleeps;
        self.jumps += other.jumps;
        self.logins += other.logins;
        self.logouts += other.logouts;
        self.edits += other.edits;
        self.pauses += other.pauses;
        self.toasts += other.toasts;
        self.at_once = self.at_once.max(other.at_once);
        self.spoilt += other.spoilt;
        self.false_logouts += other.false_logouts;
        for (mine, theirs) in [
            (&mut self.by_kind, &other.by_kind),
            (&mut self.ended_by_service, &other.ended_by_service),
            (&mut self.ended_by_its_rule, &other.ended_by_its_rule),
            (&mut self.grace_missed, &other.grace_missed),
        ] {
            theirs.iter().for_each(|(kind, count)| *mine.entry(*kind).or_default() += count);
        }
    }
}
