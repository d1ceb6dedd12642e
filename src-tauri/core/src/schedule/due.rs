//! When a chain is refreshed although nothing went wrong.

use std::time::Duration;

use super::Timer;
use crate::id::{AccountId, Generation};
use crate::provider::model::ChainRules;
use crate::time::{Expiry, Now};

/// No margin is shorter, unless the life is.
const MARGIN_AT_LEAST: Duration = Duration::from_secs(10);
/// The margin if neither account nor provider say one, unless 10 % of the life are less.
const MARGIN_AT_MOST: Duration = Duration::from_secs(5 * 60);
/// A chain is not refreshed more often than this by the schedule (F21, F24), unless its tokens live shorter.
const APART: Duration = Duration::from_secs(60);

/// What is known of a chain's values.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChainFacts<'a> {
    /// When the chain's newest access token was got.
    pub token_got: Option<Now>,
    /// When the first of the chain's access tokens ends.
    pub token: Option<Expiry>,
    /// When the credential was got.
    pub credential_got: Option<Now>,
    /// When it ends, as far as it says so itself.
    pub credential: Option<Expiry>,
    /// When the chain was last refreshed.
    pub refreshed: Option<Now>,
    /// How long its last refreshes took.
    pub took: &'a [Duration],
}

/// The margin was 90 % of the life or more and was cut to that; `lamp doctor` and the account's page say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarginCut {
    /// What was asked for.
    pub wanted: Duration,
    /// What it is.
    pub margin: Duration,
}

/// When a refresh is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// How long from now; zero if it is due.
    pub wait: Duration,
    /// What is left of the value that ends first.
    pub left: Option<Duration>,
    /// The margin had to be cut.
    pub cut: Option<MarginCut>,
}

/// How long before the end of a life a refresh is due: what the account or the provider `asked` for, else
/// min(5 min, 10 % of the life); at least 10 s and 2 × p95 of the refresh time, these two at most half of
/// the life; 90 % of the life or more is cut to that.
pub fn margin(asked: Option<Duration>, life: Duration, took: &[Duration]) -> (Duration, Option<MarginCut>) {
    let wanted = asked.unwrap_or_else(|| MARGIN_AT_MOST.min(life / 10));
    let floor = MARGIN_AT_LEAST.max(p95(took).saturating_mul(2)).min(life / 2);
    let margin = wanted.max(floor);
    let most = life / 10 * 9;
    if margin >= most && !life.is_zero() {
        (most, Some(MarginCut { wanted, margin: most }))
    } else {
        (margin, None)
    }
}

fn p95(took: &[Duration]) -> Duration {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    let index = (sorted.len() * 95).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

/// When `chain` is due; `None` if nothing tells (then a report of a 401 does, F19).
pub fn refresh_due(
    account: &AccountId,
    generation: Generation,
    facts: &ChainFacts<'_>,
    rules: &ChainRules,
    asked: Option<Duration>,
    now: Now,
) -> Option<Due> {
    let mut cut = None;
    let mut first: Option<(Duration, Option<Duration>)> = None;
    let mut offer = |wait: Duration, left: Option<Duration>| {
        if first.is_none_or(|(before, _)| wait < before) {
            first = Some((wait, left));
        }
    };
    let mut before = |expiry: Expiry| {
        let (margin, is_cut) = margin(asked, expiry.life(), facts.took);
        cut = cut.or(is_cut);
        margin + jitter(account, generation, margin)
    };
    if let Some(expiry) = facts.token {
        let early = before(expiry);
        let left = expiry.left(now);
        offer(if is_untold(expiry, now) { Duration::ZERO } else { left.saturating_sub(early) }, Some(left));
    }
    for expiry in credential_ends(facts, rules) {
        let early = before(expiry);
        let left = expiry.left(now);
        // A refresh within the margin that did not replace the credential will not replace it next time
        // either: asking again and again would be a loop (F24).
        let tried = facts.refreshed.is_some_and(|refreshed| expiry.left(refreshed) <= early);
        if !tried {
            offer(left.saturating_sub(early), Some(left));
        }
    }
    // What ends unused is used when half of that time is over: a machine that sleeps over the other half loses
    // nothing (P3).
    if let (Some(idle), Some(used)) = (rules.idle, facts.refreshed.or(facts.credential_got)) {
        let half = idle / 2;
        let left = Timer::after(half, used).left(now);
        offer(left.saturating_sub(jitter(account, generation, half)), Some(left + half));
    }
    if let (Some(max_age), Some(got)) = (rules.max_age, facts.token_got) {
        offer(Timer::after(max_age, got).left(now), None);
    }
    let (wait, left) = first?;
    let apart = facts.refreshed.map_or(Duration::ZERO, |refreshed| {
        let least = match facts.token.map(|expiry| expiry.life() / 2) {
            Some(half) if !half.is_zero() => APART.min(half),
            _ => APART,
        };
        Timer::after(least, refreshed).left(now)
    });
    Some(Due { wait: wait.max(apart), left, cut })
}

/// All ends of the credential that are known: its own, a fixed life, idleness.
fn credential_ends<'a>(
    facts: &'a ChainFacts<'_>,
    rules: &'a ChainRules,
) -> impl Iterator<Item = Expiry> + 'a {
    let life = rules.life.zip(facts.credential_got).map(|(life, got)| Expiry::after(life, got, None));
    let used = facts.refreshed.or(facts.credential_got);
    let idle = rules.idle.zip(used).map(|(idle, used)| Expiry::after(idle, used, None));
    [facts.credential, life, idle].into_iter().flatten()
}

/// After a reboot with a wall clock that stands before the time the value was got, nothing tells its age: it
/// may have ended long ago, so one refresh sets that right (F44).
fn is_untold(expiry: Expiry, now: Now) -> bool {
    expiry.got.boot.boot != now.boot.boot && now.wall < expiry.got.wall
}

/// 0 to 10 % of the margin, always the same for one generation of an account, and only ever earlier: many
/// accounts that logged in together drift apart, and a restart changes nothing.
fn jitter(account: &AccountId, generation: Generation, margin: Duration) -> Duration {
    use sha2::Digest as _;
    let mut hash = sha2::Sha256::new();
    hash.update(account.as_str());
    hash.update(generation.0.to_be_bytes());
    let digest = hash.finalize();
    let part = u32::from(u16::from_be_bytes([digest[0], digest[1]]));
    margin / 10 * part / u32::from(u16::MAX)
}
