//! Many at once: accounts that slept together (F46), and programs that ask together (F48).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lamplighter_core::account::{Account, Accounts, Effect, Event, Facts, Job, Rules};
use lamplighter_core::api::Standing;
use lamplighter_core::id::{AccountId, ChainName, Generation};
use lamplighter_core::refresh::End;
use testkit::clock::ManualClock;

use super::line::{Line, MIN};
use crate::machines::OAUTH;
use crate::machines::rig::{Rig, minted, provider};

/// At most so many talk to one host at once (design 4).
const MOST_IN_FLIGHT: usize = 4;
const SLEPT: u16 = 500;

/// Some hundred accounts of one service, each with store, journal and service of its own.
struct Crowd {
    accounts: Accounts,
    clock: ManualClock,
    rigs: BTreeMap<AccountId, Rig>,
    started: VecDeque<(AccountId, ChainName, Job, Generation)>,
    /// Whose token came, in order.
    renewed: Vec<AccountId>,
    toasts: Vec<String>,
}

impl Crowd {
    fn new(count: u16) -> Self {
        let mut crowd = Self {
            accounts: Accounts::new(1),
            clock: ManualClock::new(),
            rigs: BTreeMap::new(),
            started: VecDeque::new(),
            renewed: Vec::new(),
            toasts: Vec::new(),
        };
        let provider = provider(OAUTH);
        for n in 0..count {
            let id = id(n);
            let mut rig = Rig::of(OAUTH, id.clone());
            rig.clock = crowd.clock.clone();
            rig.answers = Box::new(|_, now| minted(2, now));
            crowd.rigs.insert(id.clone(), rig);
            let name = format!("account-{n}").parse().expect("a name");
            let rules = Rules::of(&provider, &Default::default(), name, None, false);
            crowd.event(Event::Known { account: Box::new(Account::new(id)), rules: Box::new(rules) });
        }
        while crowd.one_ends() {}
        crowd.renewed.clear();
        crowd
    }

    fn event(&mut self, event: Event) {
        for effect in self.accounts.on_event(event, self.clock.now()) {
            match effect {
                Effect::Start { account, chain, job, basis, .. } => {
                    self.started.push_back((account, chain, job, basis));
                }
                Effect::Toast { key, .. } => self.toasts.push(key),
                _ => {}
            }
        }
        let in_flight = self.started.iter().filter(|(_, _, job, _)| *job == Job::Refresh).count();
        assert!(in_flight <= MOST_IN_FLIGHT, "{in_flight} at once");
    }

    /// The attempt that runs longest comes to its end; `false` if none runs.
    fn one_ends(&mut self) -> bool {
        let Some((account, chain, job, basis)) = self.started.pop_front() else { return false };
        let rig = self.rigs.get_mut(&account).expect("an account of ours");
        let summary = rig.run(job.purpose(basis).expect("work that carries nothing"));
        if matches!(summary.end, End::Renewed { .. }) {
            self.renewed.push(account.clone());
        }
        let facts = rig.store.peek(&account).map(|record| Facts::of(&record));
        self.event(Event::Ended { account, job, chain, summary, facts });
        true
    }
}

fn id(n: u16) -> AccountId {
    AccountId::from_random(std::array::from_fn(|at| n.to_be_bytes()[at % 2]))
}

#[test]
fn f46_five_hundred_that_expired_in_one_sleep_are_renewed_once_each_and_nobody_is_disturbed() {
    let mut crowd = Crowd::new(SLEPT);
    crowd.event(Event::Sleeps);
    crowd.clock.advance(Duration::from_secs(8 * 3600));
    crowd.event(Event::Woke);
    let asked = id(417);
    crowd.event(Event::Asked { account: asked.clone(), chain: None, force: false });
    let end = crowd.clock.now().wall.plus(30 * MIN);
    while crowd.clock.now().wall < end {
        if !crowd.one_ends() {
            let now = crowd.clock.now();
            let next = crowd.accounts.next_wakeup(now).min(end);
            crowd.clock.advance(next.since(now.wall).max(Duration::from_millis(1)));
            crowd.event(Event::Tick);
        }
    }
    assert_eq!(crowd.renewed.first(), Some(&asked), "whoever waits comes first");
    assert_eq!(crowd.renewed.len(), usize::from(SLEPT), "each once");
    let now = crowd.clock.now();
    for (account, rig) in &crowd.rigs {
        assert_eq!(rig.requests.len(), 1, "{:?}", rig.trace);
        assert_eq!(rig.stored().current.generation, Generation(2), "exactly one generation newer");
        assert_eq!(
            (crowd.accounts.why(account, now), crowd.accounts.standing(account)),
            (None, Standing::Fine)
        );
    }
    assert!(crowd.toasts.is_empty(), "{:?}", crowd.toasts);
}

#[test]
fn f48_a_thousand_askers_at_the_moment_of_expiry_are_one_request_and_one_generation() {
    let mut line = Line::new(OAUTH);
    line.rig.answers = Box::new(|_, now| minted(2, now));
    // Nothing was done before: as after a sleep, everybody comes at once.
    line.rig.clock.advance(61 * MIN);
    for _ in 0..16 * 64 {
        line.ask();
    }
    line.perform();
    assert_eq!(line.rig.requests.len(), 1);
    line.record_is_one_newer();
    line.is_fine();
    line.pass(10 * MIN);
    assert_eq!(line.rig.requests.len(), 1, "and none afterwards");
    line.record_is_unchanged();
}
