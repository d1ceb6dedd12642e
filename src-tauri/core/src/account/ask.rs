//! A program asks for a token: what it gets.

use std::time::Duration;

use super::accounts::Accounts;
use super::{Account, Block, Chain, Session};
use crate::id::{AccountId, ChainName, TokenName};
use crate::schedule::{PER_ACCOUNT, Timer};
use crate::text::Why;
use crate::time::Now;

/// A token younger than this is not at fault (F58).
const FRESH: Duration = Duration::from_secs(60);
/// So many refreshes per chain and hour because somebody reported a 401.
const MOST_REPORTS: usize = 3;
/// Who asks too often and has to wait no longer than this just waits.
const HARDLY: Duration = Duration::from_secs(5);
const HOUR: Duration = Duration::from_secs(3600);

/// What a program asks.
pub struct Ask<'a> {
    /// Which token; the default one if absent.
    pub name: Option<&'a TokenName>,
    /// It must be valid at least so long.
    pub min_valid: Option<Duration>,
    /// Any that is still valid will do.
    pub stale: bool,
    /// SHA-256 of a token that got a 401.
    pub rejected: Option<[u8; 32]>,
    /// SHA-256 of the token that would be served.
    pub current: Option<[u8; 32]>,
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The token that is there.
    Serve {
        /// Which.
        token: TokenName,
        /// A report of a 401 is not believed.
        still_good: bool,
        /// Something to know.
        hint: Option<Hint>,
    },
    /// Wait: send [`super::Event::Asked`] for this chain, ask again when [`super::Effect::Changed`] comes.
    Refresh {
        /// Which chain.
        chain: ChainName,
    },
    /// Wait: send [`super::Event::Reported`] for this chain, ask again when its probe or refresh has ended,
    /// then without `rejected` if the token is still the same (that is `still_good`).
    Report {
        /// Which chain.
        chain: ChainName,
    },
    /// Wait for what is under way already; ask again when [`super::Effect::Changed`] comes.
    Wait,
    /// There is none to be had, and waiting does not help.
    No(Box<Why>),
}

/// Something to know, though there is a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// `min_valid` is over 80 % of what the token lives.
    AsksTooMuch {
        /// What it lives in all.
        life: Duration,
    },
}

impl Accounts {
    /// What a program gets that asks now.
    pub fn answer(&self, id: &AccountId, ask: &Ask<'_>, now: Now) -> Answer {
        let Some(entry) = self.list.get(id) else { return Answer::No(Box::new(Why::NeverLoggedIn)) };
        let wanted = ask.name.map(ToString::to_string).unwrap_or_default();
        let Some((token, chain)) = entry.rules.chain_of(ask.name) else {
            return Answer::No(Box::new(Why::NoToken { name: wanted }));
        };
        let serve = |still_good, hint| Answer::Serve { token: token.clone(), still_good, hint };
        let known = entry.account.facts.as_ref().and_then(|facts| facts.tokens.get(token));
        let Some(known) = known else {
            return match entry.account.facts {
                Some(_) if entry.account.has_record => self.refresh_or_no(id, chain, now, &wanted),
                _ if !entry.account.recovered
                    && (entry.account.no_record.is_none() || entry.account.running.is_some()) =>
                {
                    Answer::Wait
                }
                _ => Answer::No(Box::new(self.why(id, now).unwrap_or(Why::NeverLoggedIn))),
            };
        };
        let left = known.expiry.map(|expiry| expiry.left(now));
        let is_valid = left.is_none_or(|left| !left.is_zero());
        if is_valid && ask.rejected.is_some() && ask.rejected == ask.current {
            let is_fresh = !Timer::after(FRESH, known.got).is_over(now);
            return if is_fresh || !entry.account.may_report(chain, now) {
                serve(true, None)
            } else {
                Answer::Report { chain: chain.clone() }
            };
        }
        let min_valid = ask.min_valid.unwrap_or_default();
        let life = known.expiry.map(|expiry| expiry.life());
        if is_valid && let Some(life) = life.filter(|life| min_valid > *life / 10 * 8) {
            return serve(false, Some(Hint::AsksTooMuch { life }));
        }
        if is_valid && (ask.stale || left.is_none_or(|left| left >= min_valid)) {
            return serve(false, None);
        }
        self.refresh_or_no(id, chain, now, &wanted)
    }

    /// Why nothing is sent for this account though somebody asks: they, or others, asked very often (S2.5). A wait
    /// that is hardly noticed is none.
    pub fn limited(&self, id: &AccountId, now: Now) -> Option<Why> {
        let entry = self.list.get(id)?;
        let spared = |chain| entry.host_of(chain).map(|host| self.world.spared(host, now));
        let host = entry.rules.chains.keys().filter_map(spared).min().unwrap_or_default();
        let wait = entry.account.rate.wait(PER_ACCOUNT, now).max(host);
        (wait > HARDLY).then(|| Why::Limited { next: now.wall.plus(wait) })
    }

    fn refresh_or_no(&self, id: &AccountId, chain: &ChainName, now: Now, wanted: &str) -> Answer {
        let Some(entry) = self.list.get(id) else { return Answer::Wait };
        let account = &entry.account;
        let no =
            || Answer::No(Box::new(self.why(id, now).unwrap_or(Why::NoToken { name: wanted.to_owned() })));
        let can = entry.rules.chains.get(chain).is_some_and(|rule| rule.can_refresh);
        if account.paused || !can || matches!(account.session, Session::Dead { .. } | Session::Blocked { .. })
        {
            return no();
        }
        // Nothing is sent meanwhile, and nobody knows when there will be room.
        if account.running.is_none() && account.disk.as_ref().is_some_and(|(_, again)| !again.is_over(now)) {
            return no();
        }
        if account.running.is_some() || !account.recovered {
            return if account.no_record.is_some() && account.running.is_none() {
                no()
            } else {
                Answer::Wait
            };
        }
        match account.chains.get(chain).map(|state| &state.chain) {
            Some(Chain::Idle) if !matches!(account.session, Session::Suspect { .. }) => {
                if let Some(limited) = self.limited(id, now) {
                    return Answer::No(Box::new(limited));
                }
                Answer::Refresh { chain: chain.clone() }
            }
            Some(_) => Answer::Wait,
            None => no(),
        }
    }
}

impl Account {
    /// F58: at most three refreshes per chain and hour because of reports.
    fn may_report(&self, chain: &ChainName, now: Now) -> bool {
        if matches!(self.session, Session::Blocked { why: Block::AppSettings, .. } | Session::Dead { .. }) {
            return false;
        }
        let Some(state) = self.chains.get(chain) else { return false };
        let lately = state.reported.iter().filter(|at| !Timer::after(HOUR, **at).is_over(now));
        lately.count() < MOST_REPORTS
    }
}
