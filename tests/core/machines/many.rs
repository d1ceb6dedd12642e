//! What an event costs hangs on the accounts that it concerns, not on how many there are (F63).

use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Effect, Event, Facts, Job, Rules};
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::NotSent;
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::refresh::{AttemptSummary, End};
use lamplighter_core::time::Timestamp;
use testkit::clock::ManualClock;

use super::OAUTH;
use super::desk::Desk;
use super::rig::provider;

/// Many accounts of one service, and what was started of them.
struct Many {
    accounts: Accounts,
    clock: ManualClock,
    ids: Vec<AccountId>,
    running: Vec<(AccountId, ChainName, Job)>,
    summary: Box<dyn Fn(End) -> AttemptSummary>,
    began: Timestamp,
}

impl Many {
    fn new(count: u32) -> Self {
        let desk = Desk::new(1);
        let facts: Facts = desk.facts();
        let clock = desk.clock.clone();
        let began = clock.now().wall;
        let provider = provider(OAUTH);
        let id = |n: u32| AccountId::from_random(std::array::from_fn(|at| n.to_be_bytes()[at % 4]));
        let summary = Box::new(move |end| desk.summary(end, &ChainName::main()));
        let mut many = Self {
            accounts: Accounts::new(1),
            clock,
            ids: (0..count).map(id).collect(),
            running: Vec::new(),
            summary,
            began,
        };
        for (n, id) in many.ids.clone().into_iter().enumerate() {
            let name = format!("account-{n}").parse().expect("a name");
            let rules = Rules::of(&provider, &Default::default(), name, None, false);
            many.event(Event::Known { account: Box::new(Account::new(id)), rules: Box::new(rules) });
        }
        for (account, chain, job) in std::mem::take(&mut many.running) {
            let (summary, facts) = ((many.summary)(End::Quiet), Some(facts.clone()));
            many.event(Event::Ended { account, job, chain, summary, facts });
        }
        many
    }

    fn event(&mut self, event: Event) {
        for effect in self.accounts.on_event(event, self.clock.now()) {
            if let Effect::Start { account, chain, job, .. } = effect {
                self.running.push((account, chain, job));
            }
        }
    }

    /// Everything that runs ends like this, until nothing runs.
    fn all_end(&mut self, end: &End) {
        while !self.running.is_empty() {
            for (account, chain, job) in std::mem::take(&mut self.running) {
                let summary = (self.summary)(end.clone());
                self.event(Event::Ended { account, job, chain, summary, facts: None });
            }
        }
    }

    fn ask_all(&mut self) {
        for account in self.ids.clone() {
            self.event(Event::Asked { account, chain: None, force: true });
        }
    }

    /// How many accounts an event looks at that changes nothing.
    fn cost(&mut self) -> u64 {
        self.event(Event::Tick);
        let before = self.accounts.looks();
        self.event(Event::Tick);
        self.accounts.looks() - before
    }
}

#[test]
fn f63_an_event_costs_the_same_with_ten_thousand_accounts_whatever_is_wrong_with_them() {
    let not_sent = || End::Transient { retry_after: None, cause: Cause::NotSent { why: NotSent::Dns } };
    let fine = |_: &mut Many| {};
    let dead = |many: &mut Many| {
        many.ask_all();
        many.all_end(&End::Rejected { last: true, lost: false });
    };
    // The service refuses all of them for now, and then cannot be reached at all.
    let down = |many: &mut Many| {
        many.ask_all();
        many.all_end(&End::Transient { retry_after: None, cause: Cause::Status { status: 503 } });
        many.event(Event::Asked { account: many.ids[0].clone(), chain: None, force: true });
        many.all_end(&not_sent());
    };
    for (what, happens) in [("fine", &fine as &dyn Fn(&mut Many)), ("dead", &dead), ("down", &down)] {
        let [few, many] = [100, 10_000].map(|count| {
            let mut many = Many::new(count);
            happens(&mut many);
            many.cost()
        });
        assert!(many <= few + 4, "{what}: {few} looked at of 100, {many} of 10,000");
    }
}

#[test]
fn s2_5_one_host_is_asked_five_hundred_times_at_once_and_then_twenty_times_a_second() {
    let mut many = Many::new(1_000);
    many.ask_all();
    let sent = |many: &mut Many| {
        let mut sent = 0;
        while !many.running.is_empty() {
            sent += many.running.len();
            for (account, chain, job) in std::mem::take(&mut many.running) {
                let summary = (many.summary)(End::Renewed { probe: None });
                many.event(Event::Ended { account, job, chain, summary, facts: None });
            }
        }
        sent
    };
    // Four start at a time, and the last four may come together.
    let at_once = sent(&mut many);
    assert!((500..=503).contains(&at_once), "{at_once}");
    let mut later = 0;
    for _ in 0..10_000 {
        let now = many.clock.now();
        let wake = many.accounts.next_wakeup(now).since(now.wall).max(Duration::from_millis(1));
        if now.wall.since(many.began) + wake > Duration::from_secs(10) {
            break;
        }
        many.clock.advance(wake);
        many.event(Event::Tick);
        later += sent(&mut many);
    }
    assert!((190..=204).contains(&later), "{later} in ten seconds");
}
