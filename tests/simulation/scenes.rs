//! Scenes with a script: a day's outage, a night's sleep, a week of a thousand accounts.

use std::collections::BTreeMap;
use std::time::Duration;

use lamplighter_core::account::Event;
use lamplighter_core::id::AccountId;

use super::model::millis;
use super::network::Outage;
use super::random::{Random, Trace};
use super::services::{KINDS, Kind};
use super::world::{Plot, World};
use super::{DAY, calm};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What a day's outage cost.
#[derive(Debug, Clone, Copy)]
pub struct OutageSeen {
    /// Most requests with a credential of one account in the 24 hours.
    pub requests: u64,
    /// How long after the end the last token was fresh that somebody asked for.
    pub asked: Duration,
    /// And the last of all.
    pub all: Duration,
    pub toasts: u64,
    /// A token has ended meanwhile: somebody had to be told.
    pub is_told: bool,
}

/// 24 hours in which a service cannot be had, while programs ask for half of its accounts' tokens every minute.
pub fn outage(kind: Kind, outage: Outage, seed: u64, trace: Trace) -> OutageSeen {
    let mut world = calm(seed, 6, kind, 3 * DAY);
    world.trace = trace;
    let ids: Vec<AccountId> = world.models.keys().cloned().collect();
    world.live(6 * HOUR);
    let begin = world.elapsed;
    let end = begin + millis(DAY);
    world.weather.outage = Some((outage, end));
    world.tally.toasts = 0;
    world.models.values_mut().for_each(|model| model.requests = 0);
    while world.elapsed < end {
        ask(&mut world, &ids, 2);
        world.live(MINUTE.min(Duration::from_millis(end - world.elapsed)));
    }
    world.weather.outage = None;
    let is_told = !ids.iter().all(|id| world.is_fresh(id));
    let requests = world.models.values().map(|model| model.requests).max().unwrap_or(0);
    let toasts = world.tally.toasts;
    let (mut asked, mut all) = (None, None);
    let second = Duration::from_secs(1);
    for after in 0..3600_u64 {
        if after % 60 == 0 {
            ask(&mut world, &ids, 2);
        }
        let is_fresh = |id: &AccountId| world.is_fresh(id);
        if asked.is_none() && ids.iter().step_by(2).all(is_fresh) {
            asked = Some(Duration::from_secs(after));
        }
        if ids.iter().all(is_fresh) {
            all = Some(Duration::from_secs(after));
            break;
        }
        world.live(second);
    }
    let never = 24 * HOUR;
    OutageSeen { requests, asked: asked.unwrap_or(never), all: all.unwrap_or(never), toasts, is_told }
}

fn ask(world: &mut World, ids: &[AccountId], every: usize) {
    for id in ids.iter().step_by(every) {
        if !world.is_fresh(id) {
            world.event(Event::Asked { account: id.clone(), chain: None, force: false });
        }
    }
}

impl World {
    /// Whether its login can be kept through a day's outage at all: what ends by itself meanwhile is asked for anew.
    fn is_fresh(&self, id: &AccountId) -> bool {
        let now = self.clock.now();
        let Some(account) = self.accounts.get(id) else { return false };
        let Some(facts) = &account.facts else { return false };
        // Some grants end by the clock of their service.
        let is_ended =
            self.models.get(id).is_some_and(|model| !model.is_alive(model.logins.len() - 1, self.elapsed));
        is_ended
            || self.is_over(id)
            || facts.tokens.values().all(|token| token.expiry.is_none_or(|it| !it.left(now).is_zero()))
    }
}

/// What a morning brought.
#[derive(Debug, Clone)]
pub struct WakeSeen {
    /// How long who asked at once had to wait, sorted.
    pub asked: Vec<Duration>,
    /// When each refresh that nobody asked for began, after the machine woke, sorted.
    pub others: Vec<Duration>,
    /// When the last token was fresh.
    pub all: Duration,
    pub most_per_host: usize,
    /// Requests with a credential, all accounts.
    pub requests: u64,
}

impl WakeSeen {
    /// The wait that 99 of 100 did not exceed.
    pub fn p99(&self) -> Duration {
        let last = self.asked.len().saturating_sub(1);
        self.asked.get(last * 99 / 100).copied().unwrap_or_default()
    }
}

/// The machine wakes after eight hours, all tokens have expired, and somebody asks for one in ten at once.
pub fn wake(accounts: usize, seed: u64) -> WakeSeen {
    // Those whose tokens do not outlive the night.
    let kinds: Vec<Kind> = KINDS.iter().copied().filter(|kind| kind.manner(1).life < 8 * HOUR).collect();
    let mut world = World::new(&Plot { seed, accounts, kinds, time: DAY, is_calm: true });
    world.boot();
    world.live(2 * HOUR);
    world.models.values_mut().for_each(|model| model.requests = 0);
    world.watch.published.clear();
    world.sleep(8 * HOUR);
    let woke = world.elapsed;
    let ids: Vec<AccountId> = world.models.keys().cloned().collect();
    let mut random = Random::new(seed);
    let asked: Vec<AccountId> = ids.iter().filter(|_| random.roll(10) == 0).cloned().collect();
    for account in &asked {
        world.event(Event::Asked { account: account.clone(), chain: None, force: false });
    }
    let is_done = |world: &World| ids.iter().all(|id| world.watch.published.contains_key(id));
    while !is_done(&world) && world.elapsed < woke + millis(HOUR) {
        world.live(Duration::from_millis(500));
    }
    let waits: BTreeMap<&AccountId, Duration> =
        world.watch.published.iter().map(|(id, at)| (id, Duration::from_millis(at - woke))).collect();
    let wait = |id: &AccountId| waits.get(id).copied().unwrap_or(HOUR);
    let mut those: Vec<Duration> = asked.iter().map(wait).collect();
    let mut others: Vec<Duration> = ids.iter().filter(|id| !asked.contains(id)).map(wait).collect();
    those.sort();
    others.sort();
    let all = others.last().copied().unwrap_or_default();
    let requests = world.models.values().map(|model| model.requests).sum();
    WakeSeen { asked: those, others, all, most_per_host: world.watch.most_per_host, requests }
}

/// What the world holds after a day, and what the day cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySeen {
    /// What happened to the accounts, ticks of the clock included.
    pub events: u64,
    /// Effects of attempts.
    pub steps: u64,
    pub refreshes: u64,
    /// Bytes of records.
    pub records: usize,
    /// Bytes of journals.
    pub journals: usize,
    /// Bytes of states.
    pub states: usize,
    /// What else is remembered: attempts on their way, toasts.
    pub others: usize,
}

/// A week of many accounts, day by day.
pub fn week(accounts: usize, days: u32, seed: u64, mut seen: impl FnMut(DaySeen)) {
    let mut world =
        World::new(&Plot { seed, accounts, kinds: KINDS.to_vec(), time: days * DAY, is_calm: true });
    world.boot();
    for _ in 0..days {
        let before = (world.tally.steps, world.tally.refreshes, world.tally.events);
        world.live(DAY);
        let journals = world.journals.values().flatten().map(Vec::len).sum::<usize>();
        let states = world
            .states
            .values()
            .filter_map(|it| serde_json::to_string(it).ok())
            .map(|text| text.len())
            .sum::<usize>();
        let ids: Vec<AccountId> = world.models.keys().cloned().collect();
        let records =
            ids.iter().filter_map(|id| world.store.entry(id)).map(|entry| entry.len()).sum::<usize>();
        seen(DaySeen {
            events: world.tally.events - before.2,
            steps: world.tally.steps - before.0,
            refreshes: world.tally.refreshes - before.1,
            records,
            journals,
            states,
            others: world.running.len() + world.checks.len() + world.wanted.len() + world.watch.remembered(),
        });
    }
}
