//! What is due, and in which order it starts.

use std::time::Duration;

use super::accounts::Accounts;
use super::agenda::{Slot, Turn};
use super::list::Entry;
use super::{Account, Block, Chain, Effect, Job, Rules, Session};
use crate::id::ChainName;
use crate::schedule::{ChainFacts, Due, PER_ACCOUNT, Timer, refresh_due};
use crate::text::Why;
use crate::time::Now;

/// So many attempts talk to one host at a time (F46).
const PER_HOST: usize = 4;
/// After a sleep, work that nobody asked for is spread over this.
const SPREAD: Duration = Duration::from_secs(25);

/// One thing that an account could do.
struct Wish {
    chain: ChainName,
    job: Job,
    /// How long until it is due.
    wait: Duration,
    /// Somebody waits for it.
    is_asked: bool,
}

impl Wish {
    fn new(chain: ChainName, job: Job, wait: Duration, is_asked: bool) -> Self {
        Self { chain, job, wait, is_asked }
    }
}

impl Accounts {
    /// Starts what is due: asked-for work first, then what ends first, at most four per host.
    pub(super) fn start_due(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let is_spared = |host: &str| !self.world.spared(host, now).is_zero();
        for id in self.agenda.next_in_line(PER_HOST, is_spared) {
            let wish = self.list.get(&id).and_then(|entry| first_due(self.wishes(entry, now)));
            if let Some(wish) = wish {
                self.start(&id, wish.chain, wish.job, now, effects);
            }
        }
    }

    /// What the agenda notes of an account.
    pub(super) fn slot(&self, entry: &Entry, now: Now) -> Slot {
        let account = &entry.account;
        let wishes = self.wishes(entry, now);
        let reminder = entry.reminder(self.world.awake, self.world.is_locked);
        let why = self.why(&account.id, now);
        let matter = why.as_ref().and_then(Why::matter).or_else(|| entry.matter_in_flight());
        let cut_off = self.cut_off_by(entry, now).map(str::to_owned);
        let nearly_gone = cut_off.as_ref().and_then(|_| entry.nearly_gone_in(now));
        let next = wishes
            .iter()
            .map(|wish| wish.wait)
            .chain(entry.runs_out(now))
            .chain(entry.foreseen(now).map(|ending| ending.is_told_in()))
            .chain(entry.fails_in(|host| self.world.is_down(host), now))
            .chain(reminder)
            .chain(nearly_gone)
            .filter(|wait| !wait.is_zero())
            .min();
        let line = first_due(wishes).map(|wish| {
            let host = entry.host_of(&wish.chain).filter(|_| wish.job.talks()).unwrap_or_default().to_owned();
            (host, Turn { is_patient: !wish.is_asked, ends: entry.end_of_token(&wish.chain) })
        });
        let is_answered = account.recovered || account.no_record.is_some() || account.disk.is_some();
        Slot {
            // Rounded up: whoever looks a moment too early would look in vain.
            look: next.map(|wait| now.boot.ms.saturating_add(millis_up(wait))),
            line,
            talks_to: account.running.as_ref().filter(|run| run.job.talks()).map(|run| run.host.clone()),
            matter,
            cut_off,
            is_pressed: nearly_gone.is_some_and(|wait| wait.is_zero()),
            is_for_store: account.no_record.is_some() || account.unsaved.is_some(),
            is_unread: !is_answered && !entry.rules.reminder_only,
        }
    }

    fn settle_left(&self, account: &Account, now: Now) -> Duration {
        let Some(settle) = self.world.settle else { return Duration::ZERO };
        let spread = SPREAD * account.spread() / 256;
        Timer { wait: settle.wait + spread, set: settle.set }.left(now)
    }

    /// What an account could do, in how long; the more urgent of two that are due comes first.
    fn wishes(&self, entry: &Entry, now: Now) -> Vec<Wish> {
        let account = &entry.account;
        if account.running.is_some() {
            return Vec::new();
        }
        let first = || entry.rules.chains.keys().next().cloned().unwrap_or_else(ChainName::main);
        // A login's commit, an amendment, a logout: they wait for the attempt in flight and for nothing else.
        if let Some(work) = account.queue.first() {
            return vec![Wish::new(first(), work.job, Duration::ZERO, true)];
        }
        if entry.rules.reminder_only {
            return Vec::new();
        }
        if self.world.is_stopping {
            let held = account.unsaved.iter().filter(|unsaved| unsaved.is_held && account.recovered);
            return held
                .map(|unsaved| Wish::new(first(), Job::Persist, unsaved.next.left(now), true))
                .collect();
        }
        let disk = account.disk.as_ref().map_or(Duration::ZERO, |(_, timer)| timer.left(now));
        if !account.recovered {
            let wait = account.no_record.as_ref().map_or(Duration::ZERO, |(_, timer)| timer.left(now));
            return vec![Wish::new(first(), Job::Recover, wait.max(disk), true)];
        }
        if let Some(unsaved) = &account.unsaved {
            // No chain spends before that is stored.
            return vec![Wish::new(first(), Job::Persist, unsaved.next.left(now), true)];
        }
        if account.paused || account.facts.is_none() {
            return Vec::new();
        }
        let mut wishes = self.jobs(entry, now);
        let often = account.rate.wait(PER_ACCOUNT, now);
        for wish in wishes.iter_mut().filter(|wish| wish.is_asked && wish.job.talks()) {
            wish.wait = wish.wait.max(often);
        }
        wishes.retain(|wish| !entry.host_of(&wish.chain).is_some_and(|host| self.world.is_down(host)));
        let settle = self.settle_left(account, now);
        let rests = self.world.rests(now);
        for wish in &mut wishes {
            let settle = if wish.is_asked || !wish.job.talks() { Duration::ZERO } else { settle };
            wish.wait = wish.wait.max(disk).max(settle).max(rests);
        }
        wishes
    }

    fn jobs(&self, entry: &Entry, now: Now) -> Vec<Wish> {
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
            Session::Suspect { chain, why, .. } => {
                let wait = entry.confirms_in(now).unwrap_or_default();
                jobs.push(Wish::new(chain.clone(), Job::Confirm(*why), wait, false));
                Some(chain)
            }
            Session::None | Session::Alive { .. } => None,
        };
        for (name, state) in &account.chains {
            let can = entry.rules.chains.get(name).is_some_and(|rule| rule.can_refresh);
            match &state.chain {
                Chain::Unknown { replay, .. } => {
                    let job = Job::Replay { asked: false };
                    jobs.push(Wish::new(name.clone(), job, replay.left(now), false));
                }
                Chain::Waiting { next, .. } if can && suspect != Some(name) => {
                    jobs.push(Wish::new(name.clone(), Job::Refresh, next.left(now), state.asked));
                }
                Chain::Idle if can && suspect != Some(name) => {
                    let wait = if state.asked {
                        Some(Duration::ZERO)
                    } else {
                        entry.due(name, now).map(|due| due.wait)
                    };
                    jobs.extend(wait.map(|wait| Wish::new(name.clone(), Job::Refresh, wait, state.asked)));
                }
                _ => {}
            }
        }
        let is_first = matches!(account.session, Session::None);
        if entry.rules.has_probe && suspect.is_none() {
            let timer = account.probe.or(is_first.then(|| Timer::due(now)));
            let chain = entry.rules.chains.keys().next().cloned().unwrap_or_else(ChainName::main);
            let job = Job::Probe { reported: account.is_reported };
            jobs.extend(timer.map(|timer| Wish::new(chain, job, timer.left(now), account.is_reported)));
        }
        jobs
    }
}

/// Of what is due, what comes first: what somebody waits for.
fn first_due(wishes: Vec<Wish>) -> Option<Wish> {
    wishes.into_iter().filter(|wish| wish.wait.is_zero()).min_by_key(|wish| !wish.is_asked)
}

fn millis_up(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
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

    fn wanted_replay(&self) -> Option<Wish> {
        let wanted = self.account.chains.iter().find(|(_, state)| state.asked && state.is_try_once)?;
        Some(Wish::new(wanted.0.clone(), Job::Replay { asked: true }, Duration::ZERO, true))
    }

    /// Where the chain's requests go: scheme, host and port.
    pub(super) fn host_of(&self, chain: &ChainName) -> Option<&str> {
        self.rules.chains.get(chain).map(|rule| rule.host.as_str())
    }

    /// Whether some chain's requests go there.
    pub(super) fn talks_to(&self, host: &str) -> bool {
        self.rules.chains.values().any(|rule| rule.host == host)
    }

    /// Whether its refreshes are held up by this host, or come sooner once it answers again. One that is reached and
    /// answers wrongly (`is_down` is false) holds up only what has met that.
    pub(super) fn waits_for(&self, host: &str, is_down: bool) -> bool {
        let account = &self.account;
        let is_over = matches!(account.session, Session::Dead { .. } | Session::Blocked { .. });
        if account.paused || account.facts.is_none() || is_over {
            return false;
        }
        let has_met = |(name, state): (&ChainName, &super::ChainState)| {
            let chain = match &state.chain {
                Chain::InFlight => state.before.as_deref(),
                chain => Some(chain),
            };
            self.host_of(name) == Some(host) && chain.is_some_and(|chain| *chain != Chain::Idle)
        };
        self.talks_to(host)
            && (is_down
                || matches!(account.session, Session::Suspect { .. })
                || account.chains.iter().any(has_met))
    }

    /// When the chain's first token ends, by the wall clock of the time it was got.
    fn end_of_token(&self, chain: &ChainName) -> i64 {
        let Some(facts) = &self.account.facts else { return i64::MAX };
        let of_chain = self.rules.tokens.iter().filter(|(_, of)| of == chain);
        let ends = of_chain.filter_map(|(name, _)| facts.tokens.get(name)?.expiry);
        ends.map(|expiry| expiry.got.wall.plus(expiry.life()).0).min().unwrap_or(i64::MAX)
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
