//! What is due, and in which order it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use super::accounts::{Accounts, Entry};
use super::{Account, Block, Chain, Effect, Job, Rules, Session};
use crate::id::{AccountId, ChainName};
use crate::schedule::{ChainFacts, Due, Timer, refresh_due};
use crate::time::Now;

/// So many attempts talk to one host at a time (F46).
const PER_HOST: usize = 4;
/// After a sleep, work that nobody asked for is spread over this.
const SPREAD: Duration = Duration::from_secs(25);

/// One thing that could start.
struct Candidate {
    id: AccountId,
    chain: ChainName,
    job: Job,
    is_asked: bool,
    /// What is left of the token: the shortest goes first.
    left: Duration,
}

impl Accounts {
    /// Starts what is due: asked-for work first, then what ends first, at most four per host.
    pub(super) fn start_due(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.end_what_ran_out(now, effects);
        let mut candidates: Vec<Candidate> =
            self.list.values().filter_map(|entry| self.candidate(entry, now)).collect();
        candidates.sort_by(|a, b| b.is_asked.cmp(&a.is_asked).then(a.left.cmp(&b.left)));
        // Counted once: with a thousand accounts at one host, all can be due and four run.
        let mut busy = if candidates.is_empty() { BTreeMap::new() } else { self.busy_hosts() };
        for candidate in candidates {
            if let Some(host) = self.host_of(&candidate) {
                let running: &mut usize = busy.entry(host).or_default();
                if *running >= PER_HOST {
                    continue;
                }
                *running += 1;
            }
            self.start(&candidate.id, candidate.chain, candidate.job, effects);
        }
    }

    /// How many attempts talk to each host.
    fn busy_hosts(&self) -> BTreeMap<String, usize> {
        let mut busy = BTreeMap::new();
        let running = self.list.values().filter_map(|entry| entry.account.running.as_ref());
        for running in running.filter(|running| running.job.talks()) {
            *busy.entry(running.host.clone()).or_default() += 1;
        }
        busy
    }

    /// The host that it would talk to.
    fn host_of(&self, candidate: &Candidate) -> Option<String> {
        let rules = &self.list.get(&candidate.id).filter(|_| candidate.job.talks())?.rules;
        rules.chains.get(&candidate.chain).map(|rule| rule.host.clone())
    }

    /// The next thing of one account, if it may start now.
    fn candidate(&self, entry: &Entry, now: Now) -> Option<Candidate> {
        let (chain, job, wait, is_asked) = self.next_job(entry, now)?;
        let left = entry.left(&chain, now).unwrap_or(Duration::MAX);
        let is_due = wait.is_zero() && (is_asked || !job.talks() || self.is_settled(&entry.account, now));
        is_due.then(|| Candidate { id: entry.account.id.clone(), chain, job, is_asked, left })
    }

    /// How long until something of this account is due; `None` if nothing will be.
    pub(super) fn wait_of(&self, entry: &Entry, now: Now) -> Option<Duration> {
        let (_, job, wait, is_asked) = self.next_job(entry, now)?;
        let settle =
            if is_asked || !job.talks() { Duration::ZERO } else { self.settle_left(&entry.account, now) };
        // What is due and cannot start waits for another attempt to end: that is an event, not a time.
        Some(wait.max(settle)).filter(|wait| !wait.is_zero())
    }

    fn is_settled(&self, account: &Account, now: Now) -> bool {
        self.settle_left(account, now).is_zero()
    }

    fn settle_left(&self, account: &Account, now: Now) -> Duration {
        let Some(settle) = self.world.settle else { return Duration::ZERO };
        let spread = SPREAD * account.spread() / 256;
        Timer { wait: settle.wait + spread, set: settle.set }.left(now)
    }

    /// What comes next for an account, in how long, and whether somebody waits for it.
    fn next_job(&self, entry: &Entry, now: Now) -> Option<(ChainName, Job, Duration, bool)> {
        let account = &entry.account;
        if account.running.is_some() {
            return None;
        }
        let first = entry.rules.chains.keys().next().cloned().unwrap_or_else(ChainName::main);
        // A login's commit, an amendment, a logout: they wait for the attempt in flight and for nothing else.
        if let Some(work) = account.queue.first() {
            return Some((first, work.job, Duration::ZERO, true));
        }
        if self.world.is_stopping || entry.rules.reminder_only {
            return None;
        }
        if !account.recovered {
            let wait = account.no_record.as_ref().map_or(Duration::ZERO, |(_, timer)| timer.left(now));
            let disk = account.disk.as_ref().map_or(Duration::ZERO, |(_, timer)| timer.left(now));
            return Some((first, Job::Recover, wait.max(disk), true));
        }
        if let Some(unsaved) = &account.unsaved {
            // No chain spends before that is stored.
            return Some((first, Job::Persist, unsaved.next.left(now), true));
        }
        if account.paused || account.facts.is_none() {
            return None;
        }
        let jobs = self.jobs(entry, now);
        let disk = account.disk.as_ref().map_or(Duration::ZERO, |(_, timer)| timer.left(now));
        jobs.into_iter()
            .map(|(chain, job, wait, asked)| {
                let down = if self.is_host_down(entry, &chain) { Duration::MAX } else { Duration::ZERO };
                (chain, job, wait.max(disk).max(down), asked)
            })
            .filter(|(_, _, wait, _)| *wait < Duration::MAX)
            .min_by_key(|(_, _, wait, asked)| (*wait, !asked))
    }

    fn is_host_down(&self, entry: &Entry, chain: &ChainName) -> bool {
        entry.rules.chains.get(chain).is_some_and(|rule| self.world.is_down(&rule.host))
    }

    fn jobs(&self, entry: &Entry, now: Now) -> Vec<(ChainName, Job, Duration, bool)> {
        let account = &entry.account;
        let mut jobs = Vec::new();
        let suspect = match &account.session {
            Session::Dead { .. } => return jobs,
            // A person's "Try once" goes out although it is blocked.
            Session::Blocked { why: Block::LostReply, .. } => {
                jobs.extend(entry.wanted_replay());
                return jobs;
            }
            Session::Blocked { .. } => return jobs,
            Session::Suspect { chain, confirm, why, .. } => {
                jobs.push((chain.clone(), Job::Confirm(*why), confirm.left(now), false));
                Some(chain)
            }
            Session::None | Session::Alive { .. } => None,
        };
        for (name, state) in &account.chains {
            let can = entry.rules.chains.get(name).is_some_and(|rule| rule.can_refresh);
            match &state.chain {
                Chain::Unknown { replay, .. } => {
                    jobs.push((name.clone(), Job::Replay { asked: false }, replay.left(now), false));
                }
                Chain::Waiting { next, .. } if can && suspect != Some(name) => {
                    jobs.push((name.clone(), Job::Refresh, next.left(now), state.asked));
                }
                Chain::Idle if can && suspect != Some(name) => {
                    let wait = if state.asked {
                        Some(Duration::ZERO)
                    } else {
                        entry.due(name, now).map(|due| due.wait)
                    };
                    jobs.extend(wait.map(|wait| (name.clone(), Job::Refresh, wait, state.asked)));
                }
                _ => {}
            }
        }
        let is_first = matches!(account.session, Session::None);
        if entry.rules.has_probe && suspect.is_none() {
            let timer = account.probe.or(is_first.then(|| Timer::due(now)));
            let chain = entry.rules.chains.keys().next().cloned().unwrap_or_else(ChainName::main);
            jobs.extend(timer.map(|timer| {
                (chain, Job::Probe { reported: account.is_reported }, timer.left(now), account.is_reported)
            }));
        }
        jobs
    }

    /// Grants end (S3.2), and tokens that nobody can renew run out.
    fn end_what_ran_out(&mut self, now: Now, effects: &mut Vec<Effect>) {
        for (id, entry) in &mut self.list {
            if entry.end_if_over(now) {
                effects.push(Effect::SaveState { account: id.clone() });
                effects.push(Effect::Changed { account: id.clone() });
            }
        }
    }
}

impl Entry {
    /// When the chain is due.
    pub(super) fn due(&self, chain: &ChainName, now: Now) -> Option<Due> {
        let (account, rules) = (&self.account, &self.rules);
        let facts = account.facts.as_ref()?;
        let state = account.chains.get(chain)?;
        let tokens = || {
            rules.tokens.iter().filter(|(_, of)| of == chain).filter_map(|(name, _)| facts.tokens.get(name))
        };
        let credential = facts.credentials.get(chain);
        let known = ChainFacts {
            token_got: tokens().map(|token| token.got).max_by_key(|got| got.wall),
            token: tokens().filter_map(|token| token.expiry).min_by_key(|expiry| expiry.left(now)),
            credential_got: credential.map(|credential| credential.got),
            credential: credential.and_then(|credential| credential.expiry),
            refreshed: state.refreshed,
            took: &state.took,
        };
        let margin = rules.margin.or(rules.policy.margin);
        let rule = rules.chains.get(chain)?;
        refresh_due(&account.id, facts.generation, &known, &rule.rules, margin, now)
    }

    /// What is left of the chain's token that ends first; `None` if nothing tells.
    pub(super) fn left(&self, chain: &ChainName, now: Now) -> Option<Duration> {
        let facts = self.account.facts.as_ref()?;
        let of_chain = self.rules.tokens.iter().filter(|(_, of)| of == chain);
        of_chain.filter_map(|(name, _)| facts.tokens.get(name)?.expiry).map(|expiry| expiry.left(now)).min()
    }

    /// A chain exists once it has saved something; the only one always does.
    pub(super) fn existing_chains(&self) -> Vec<ChainName> {
        let Some(facts) = &self.account.facts else { return self.rules.chains.keys().cloned().collect() };
        let has_token = |chain: &ChainName| {
            self.rules.tokens.iter().any(|(name, of)| of == chain && facts.tokens.contains_key(name))
        };
        let exists = |chain: &&ChainName| {
            self.rules.chains.len() == 1 || has_token(chain) || facts.credentials.contains_key(*chain)
        };
        self.rules.chains.keys().filter(exists).cloned().collect()
    }

    fn wanted_replay(&self) -> Option<(ChainName, Job, Duration, bool)> {
        let wanted = self.account.chains.iter().find(|(_, state)| state.asked && state.is_try_once)?;
        Some((wanted.0.clone(), Job::Replay { asked: true }, Duration::ZERO, true))
    }
}

impl Job {
    /// Whether it talks to the service: then hosts, back-off and sleep count.
    pub(super) fn talks(self) -> bool {
        matches!(self, Self::Refresh | Self::Confirm(_) | Self::Replay { .. } | Self::Probe { .. })
    }
}

impl Account {
    /// Chains as the provider has them; a chain exists once it has saved something, which the facts tell.
    pub(super) fn keep_chains_of(&mut self, rules: &Rules) {
        self.chains.retain(|name, _| rules.chains.contains_key(name));
        for name in rules.chains.keys() {
            self.chains.entry(name.clone()).or_default();
        }
    }

    /// 0 to 255, always the same for an account.
    fn spread(&self) -> u32 {
        u32::from_str_radix(self.id.as_str().get(..2).unwrap_or("0"), 16).unwrap_or(0)
    }
}
