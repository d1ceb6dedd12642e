//! A desk with some accounts on it: plays the engine for [`Accounts`], and writes down what it is asked to do.

use std::time::Duration;

use lamplighter_core::account::{
    Account, Accounts, Answer, Ask, Effect, Event, Facts, Job, Rules, Session, Work,
};
use lamplighter_core::api::Occasion;
use lamplighter_core::id::{AccountId, ChainName, Generation};
use lamplighter_core::record::Record;
use lamplighter_core::refresh::{AttemptSummary, End, Way};
use lamplighter_core::time::Now;
use testkit::clock::ManualClock;

use super::OAUTH;
use super::rig::{Rig, held, provider};

pub const MIN: Duration = Duration::from_secs(60);

/// Some accounts of one provider, and the jobs that were started and not ended yet.
pub struct Desk {
    pub accounts: Accounts,
    pub clock: ManualClock,
    pub ids: Vec<AccountId>,
    pub running: Vec<(AccountId, ChainName, Job)>,
    pub toasts: Vec<String>,
    pub closed: Vec<String>,
    pub checks: Vec<String>,
    /// What whoever watches from elsewhere was told.
    pub alerts: Vec<Occasion>,
    /// Rows of the history, by their kind.
    pub history: Vec<&'static str>,
    pub generation: u64,
    /// When the login was made.
    pub began: Now,
    /// What the service gives, as a record.
    pub made: fn(&mut Record, &Desk),
}

impl Desk {
    pub fn new(count: u8) -> Self {
        Self::of(OAUTH, count)
    }

    pub fn of(toml: &str, count: u8) -> Self {
        let hour = |record: &mut Record, desk: &Desk| {
            let now = desk.clock.now();
            record.current.tokens.values_mut().for_each(|token| *token = held("t", 3600, now));
        };
        Self::with(toml, count, hour)
    }

    pub fn with(toml: &str, count: u8, made: fn(&mut Record, &Desk)) -> Self {
        let clock = ManualClock::new();
        let began = clock.now();
        let mut desk = Self {
            accounts: Accounts::new(1),
            clock,
            ids: (0..count).map(|n| AccountId::from_random([n; 16])).collect(),
            running: Vec::new(),
            toasts: Vec::new(),
            closed: Vec::new(),
            checks: Vec::new(),
            alerts: Vec::new(),
            history: Vec::new(),
            generation: 1,
            began,
            made,
        };
        let provider = provider(toml);
        for (n, id) in desk.ids.clone().into_iter().enumerate() {
            let name = format!("account-{n}").parse().unwrap();
            let rules = Rules::of(&provider, &Default::default(), name, None, false);
            desk.event(Event::Known { account: Box::new(Account::new(id)), rules: Box::new(rules) });
        }
        for _ in 0..count {
            let (id, ..) = desk.running.first().cloned().expect("recovery comes first");
            desk.end_of(&id, End::Quiet);
        }
        desk
    }

    pub fn event(&mut self, event: Event) {
        for effect in self.accounts.on_event(event, self.clock.now()) {
            match effect {
                Effect::Start { account, chain, job, .. } => {
                    assert!(!self.running.iter().any(|(id, ..)| *id == account), "I1: one at a time");
                    self.running.push((account, chain, job));
                }
                Effect::Toast { key, .. } => self.toasts.push(key),
                Effect::CloseToast { key } => self.closed.push(key),
                Effect::CheckHost { host, .. } => self.checks.push(host),
                Effect::Alert { occasion, .. } => self.alerts.push(occasion),
                Effect::History { kind, .. } => self.history.push(kind),
                _ => {}
            }
        }
    }

    pub fn facts(&self) -> Facts {
        let rig = Rig::new(OAUTH);
        let mut record = rig.record();
        record.current.generation = Generation(self.generation);
        (self.made)(&mut record, self);
        Facts::of(&record)
    }

    pub fn summary(&self, end: End, chain: &ChainName) -> AttemptSummary {
        AttemptSummary {
            end,
            chain: chain.clone(),
            lost: Vec::new(),
            unsaved: None,
            is_held: false,
            requests: 1,
            way: Some(Way::Oauth),
            took: Duration::from_millis(80),
            host: None,
            warnings: Vec::new(),
        }
    }

    pub fn end_of(&mut self, id: &AccountId, end: End) {
        let at = self.running.iter().position(|(running, ..)| running == id).expect("it runs");
        let (account, chain, job) = self.running.remove(at);
        let is_new = matches!(end, End::Renewed { .. } | End::Quiet | End::Committed);
        let summary = self.summary(end, &chain);
        let facts = is_new.then(|| self.facts());
        self.event(Event::Ended { account, job, chain, summary, facts });
    }

    /// Lets the time pass in ticks, as the engine does.
    pub fn pass(&mut self, time: Duration) {
        let end = self.clock.now().wall.plus(time);
        while self.clock.now().wall < end {
            let now = self.clock.now();
            let next = self.accounts.next_wakeup(now).min(end);
            self.clock.advance(next.since(now.wall).max(Duration::from_millis(1)));
            self.event(Event::Tick);
        }
    }

    /// Everything that runs goes well.
    pub fn end_all(&mut self) {
        while let Some((id, ..)) = self.running.first().cloned() {
            self.end_of(&id, End::Renewed { probe: None });
        }
    }

    pub fn job(&self) -> Option<Job> {
        self.running.first().map(|(.., job)| *job)
    }

    pub fn session(&self) -> &Session {
        &self.accounts.get(&self.ids[0]).unwrap().session
    }

    pub fn refresh_fails(&mut self, end: End) {
        self.pass(60 * MIN);
        assert_eq!(self.job(), Some(Job::Refresh));
        let id = self.ids[0].clone();
        self.end_of(&id, end);
    }

    /// The person logs in again.
    pub fn log_in(&mut self) {
        let id = self.ids[0].clone();
        self.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 1 } });
        self.generation += 1;
        self.end_of(&id, End::Committed);
    }

    /// Lets everything go well that the engine starts; returns how often it refreshed and how often it proved.
    pub fn live(&mut self, time: Duration) -> (usize, usize) {
        let end = self.clock.now().wall.plus(time);
        let (mut refreshes, mut probes) = (0, 0);
        loop {
            while let Some((id, _, job)) = self.running.first().cloned() {
                let is_probe = matches!(job, Job::Probe { .. });
                *(if is_probe { &mut probes } else { &mut refreshes }) += 1;
                self.generation += u64::from(!is_probe);
                self.end_of(&id, if is_probe { End::Proven } else { End::Renewed { probe: Some(true) } });
            }
            let left = end.since(self.clock.now().wall);
            if left.is_zero() {
                return (refreshes, probes);
            }
            self.pass(left.min(MIN));
        }
    }

    /// What a program is answered that asks for the token.
    pub fn answer(&self) -> Answer {
        let ask = Ask { name: None, min_valid: None, stale: false, rejected: None, current: None };
        self.accounts.answer(&self.ids[0], &ask, self.clock.now())
    }
}
