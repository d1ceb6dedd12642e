//! What a person sees of an account, derived from its state.

use super::accounts::Accounts;
use super::list::Entry;
use super::{Block, Chain, Job, Session};
use crate::api::Standing;
use crate::classify::Cause;
use crate::id::{AccountId, ChainName};
use crate::text::Why;
use crate::time::{Now, Timestamp};

impl Accounts {
    /// Whether it is not known yet what the store holds for some account: until then nothing can be said of it.
    pub fn is_reading(&self) -> bool {
        self.agenda.is_reading()
    }

    /// How often an account was looked at since the beginning: what events cost.
    pub fn looks(&self) -> u64 {
        self.list.looks()
    }

    /// The one word for an account.
    pub fn standing(&self, id: &AccountId) -> Standing {
        let Some(entry) = self.list.get(id) else { return Standing::NeedsYou };
        let account = &entry.account;
        let is_working = account.running.as_ref().is_some_and(|running| {
            matches!(
                running.job,
                Job::Refresh | Job::Confirm(_) | Job::Replay { .. } | Job::Probe { .. } | Job::Logout
            )
        });
        let is_waiting = account.no_record.is_some()
            || account.unsaved.is_some()
            || account.disk.is_some()
            || matches!(account.session, Session::Suspect { .. })
            || account
                .chains
                .values()
                .any(|state| matches!(state.chain, Chain::Waiting { .. } | Chain::Unknown { .. }))
            || self
                .world
                .now()
                .is_some_and(|now| account.chains.keys().any(|name| self.is_held_up(entry, name, now)));
        let never = account.recovered && !account.has_record;
        match &account.session {
            _ if account.paused => Standing::Paused,
            Session::Dead { .. } | Session::Blocked { .. } => Standing::NeedsYou,
            _ if never && account.login.is_none() => Standing::NeedsYou,
            _ if is_working => Standing::Working,
            _ if is_waiting => Standing::Waiting,
            _ => Standing::Fine,
        }
    }

    /// Whether the person may have a lost request sent once more ([`super::Event::TryOnce`]).
    pub fn may_try_once(&self, id: &AccountId) -> bool {
        self.list.get(id).is_some_and(|entry| {
            let account = &entry.account;
            matches!(account.session, Session::Blocked { why: Block::LostReply, .. })
                && account.chains.values().any(|state| matches!(state.chain, Chain::Unknown { .. }))
                && account.login.is_none()
                && !account.paused
        })
    }

    /// Whether a secret that the person types may be all that is missing: nothing else that blocks is cured by one.
    pub fn lacks_secret(&self, id: &AccountId) -> bool {
        self.list.get(id).is_some_and(|entry| {
            let session = &entry.account.session;
            let is_settings = matches!(
                session,
                Session::Blocked { why: Block::AppSettings | Block::Incomplete { .. }, .. }
            );
            is_settings && !entry.account.paused
        })
    }

    /// Why an account is not fine; `None` if it is.
    pub fn why(&self, id: &AccountId, now: Now) -> Option<Why> {
        let entry = self.list.get(id)?;
        let account = &entry.account;
        let tokens_until = self.tokens_until(id, now);
        match &account.session {
            _ if account.paused => return Some(Why::Paused),
            Session::Dead { reason, since } => {
                return Some(Why::NeedsLogin { reason: *reason, since: *since, tokens_until });
            }
            Session::Blocked { why, .. } => return Some(Why::Blocked { block: why.clone(), tokens_until }),
            _ => {}
        }
        if let Some((said, _)) = &account.disk {
            return Some(Why::Disk { said: said.clone() });
        }
        if let Some(unsaved) = &account.unsaved {
            let (store, next) = (unsaved.store.clone(), unsaved.next.at(now));
            return Some(match unsaved.is_held {
                true => Why::Held { store, next },
                false => Why::Unsaved { store, next },
            });
        }
        if let Some((store, _)) = &account.no_record {
            return Some(Why::Store { store: store.clone() });
        }
        if account.recovered && !account.has_record {
            let was_there = account.logged_in.is_some();
            return Some(if was_there { Why::RecordGone } else { Why::NeverLoggedIn });
        }
        if let Some(wait) = entry.confirms_in(now) {
            return Some(Why::Suspect { confirm_at: now.wall.plus(wait), tokens_until });
        }
        account.chains.iter().find_map(|(name, state)| {
            let host = entry.rules.chains.get(name).map(|rule| rule.host.as_str()).unwrap_or_default();
            let check = self.world.next_check(host).map(|check| check.at(now));
            match &state.chain {
                Chain::Waiting { next, cause, .. } => Some(Why::Waiting {
                    cause: self.world.cause(host, cause),
                    since: self.world.down_since(host).map(|since| since.wall),
                    next: check.unwrap_or_else(|| next.at(now)),
                    tokens_until,
                }),
                Chain::Unknown { .. } if self.world.is_down(host) => Some(Why::Waiting {
                    cause: self.world.cause(host, &Cause::HostDown),
                    since: self.world.down_since(host).map(|since| since.wall),
                    next: check.unwrap_or(now.wall),
                    tokens_until,
                }),
                Chain::Unknown { replay, cause, .. } => {
                    Some(Why::LostReply { cause: cause.clone(), next: replay.at(now), tokens_until })
                }
                Chain::Idle if self.is_held_up(entry, name, now) => Some(Why::Waiting {
                    cause: self.world.cause(host, &Cause::HostDown),
                    since: self.world.down_since(host).map(|since| since.wall),
                    next: check.unwrap_or(now.wall),
                    tokens_until,
                }),
                Chain::Idle | Chain::InFlight => None,
            }
        })
    }

    /// The host that keeps a token from it: nothing leaves for it, or what answers there is no service. It does until
    /// the service itself has answered: a check that passes in between settles nothing, nor does a try that is out.
    pub(super) fn cut_off_by<'a>(&self, entry: &'a Entry, now: Now) -> Option<&'a str> {
        let account = &entry.account;
        let is_over = matches!(account.session, Session::Dead { .. } | Session::Blocked { .. });
        let is_held_up_here =
            account.disk.is_some() || account.unsaved.is_some() || account.no_record.is_some();
        if account.paused || is_over || is_held_up_here {
            return None;
        }
        let is_outside = |cause: &Cause| cause.is_about_the_way() || cause.may_be_the_front();
        account.chains.iter().find_map(|(name, state)| {
            let host = entry.host_of(name)?;
            let before = state.before.as_deref().filter(|_| state.chain == Chain::InFlight);
            let is_cut_off = match before.unwrap_or(&state.chain) {
                Chain::Waiting { cause, .. } => is_outside(cause),
                Chain::Unknown { cause, .. } => {
                    self.world.is_down(host) || cause.as_ref().is_some_and(is_outside)
                }
                Chain::Idle => self.is_held_up(entry, name, now),
                Chain::InFlight => false,
            };
            is_cut_off.then_some(host)
        })
    }

    /// What is said of an outage: that, whatever its requests came to.
    pub(super) fn outage(&self, id: &AccountId, host: &str, now: Now) -> Option<Why> {
        let since = self.world.troubled_since(host).map(|since| since.wall);
        Some(match self.why(id, now)? {
            Why::LostReply { cause, next, tokens_until } => {
                let cause = cause.unwrap_or(Cause::HostDown);
                Why::Waiting { cause, since, next, tokens_until }
            }
            Why::Waiting { cause, since: said, next, tokens_until } => {
                Why::Waiting { cause, since: said.or(since), next, tokens_until }
            }
            _ => return None,
        })
    }

    /// The chain's refresh is due and not begun, because another account has found its host down: nothing failed of
    /// this one, and yet it is not fine.
    fn is_held_up(&self, entry: &Entry, chain: &ChainName, now: Now) -> bool {
        let Some(rule) = entry.rules.chains.get(chain).filter(|rule| rule.can_refresh) else { return false };
        let is_idle = entry.account.chains.get(chain).is_some_and(|state| matches!(state.chain, Chain::Idle));
        is_idle
            && self.world.is_down(&rule.host)
            && entry.due(chain, now).is_some_and(|due| due.wait.is_zero())
    }

    /// What is worth knowing of an account although all is well.
    pub fn remark(&self, id: &AccountId) -> Option<Why> {
        let heavy = self.list.get(id)?.account.facts.as_ref()?.heavy_cookies.as_ref()?;
        Some(Why::HeavyCookies { site: heavy.site.clone(), bytes: heavy.bytes })
    }

    /// Until when the default token is good; `None` if it has ended or nothing tells.
    pub fn tokens_until(&self, id: &AccountId, now: Now) -> Option<Timestamp> {
        let entry = self.list.get(id)?;
        let (token, _) = entry.rules.chain_of(None)?;
        let expiry = entry.account.facts.as_ref()?.tokens.get(token)?.expiry?;
        (!expiry.left(now).is_zero()).then(|| expiry.at(now))
    }

    /// When the next refresh of any chain is due, back-off included.
    pub fn next_refresh(&self, id: &AccountId, now: Now) -> Option<Timestamp> {
        let entry = self.list.get(id)?;
        let account = &entry.account;
        if account.paused || matches!(account.session, Session::Dead { .. } | Session::Blocked { .. }) {
            return None;
        }
        if let Some((_, again)) = &account.disk {
            return Some(again.at(now));
        }
        let next = |name: &ChainName, chain: &Chain| match chain {
            Chain::Idle => entry.due(name, now).map(|due| now.wall.plus(due.wait)),
            Chain::Waiting { next, .. } => Some(next.at(now)),
            Chain::Unknown { replay, .. } => Some(replay.at(now)),
            Chain::InFlight => None,
        };
        let can = |name: &ChainName| entry.rules.chains.get(name).is_some_and(|rule| rule.can_refresh);
        account
            .chains
            .iter()
            .filter(|(name, _)| can(name))
            .filter_map(|(name, state)| next(name, &state.chain))
            .min()
    }
}
