//! Proof (I6): a passed probe drops the older material; a failed one makes the session suspect, and if the
//! older, unspent material passes, that comes back.

use std::sync::Arc;
use std::time::Duration;

use super::answer::redirect;
use super::attempt::{Attempt, Phase};
use super::finish::After;
use super::ladder::Verdict;
use super::older::{still_older, with_other_chains};
use super::work::Work;
use super::{Doubt, Effect, End, Purpose};
use crate::classify::{Cause, may_be_service};
use crate::exchange::{Exchange, Sent};
use crate::provider::{Answer, Bound, Scratch, Verdict as Said};
use crate::record::Record;
use crate::time::Now;

/// A doubted session is asked so often, over 30 s (F25: replicas lag behind).
const TRIES: u32 = 3;
const APART: Duration = Duration::from_secs(15);

/// Why the session is probed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// On a schedule, at start, by a person, or after a report.
    Asked,
    /// Confirming that a probe failed.
    Doubt,
    /// New material.
    Fresh,
    /// A rung's answers were pages that brought nothing: whether the service or a network sent them (F1).
    Page,
}

/// Where proving stands.
pub(super) struct Probing {
    why: Why,
    /// Indices of probes among all of the provider, those still to pass.
    left: Vec<usize>,
    tries: u32,
    /// The last proven material is looked at, not the current one.
    older: bool,
    url: Option<url::Url>,
    hops: u8,
}

impl Attempt {
    pub(super) fn prove(&mut self, why: Why, now: Now) -> Effect {
        let left = self.probes(why);
        if left.is_empty() {
            return match why {
                Why::Asked => self.done(End::ProbeSilent),
                Why::Fresh => self.done(End::Renewed { probe: None }),
                Why::Page => self.believe_page(),
                Why::Doubt => self.run_ladder(now),
            };
        }
        self.probe(Probing { why, left, tries: 0, older: false, url: None, hops: 0 }, now)
    }

    /// Probes that say something of this chain; of every chain that has a token, if the whole account is meant.
    fn probes(&self, why: Why) -> Vec<usize> {
        let Some(stored) = &self.stored else { return Vec::new() };
        let probes = &self.service.provider.probes;
        let is_meant = |index: &usize| match &probes[*index].chain {
            None => true,
            Some(chain) if why == Why::Asked => self.exists(stored, chain),
            Some(chain) => *chain == self.chain,
        };
        // The last one is looked at first.
        (0..probes.len()).filter(is_meant).rev().collect()
    }

    fn exists(&self, record: &Record, chain: &crate::id::ChainName) -> bool {
        let tokens = &self.service.provider.tokens;
        let mut of_chain = tokens.iter().filter(|(_, token)| token.chain == *chain);
        of_chain.any(|(name, _)| record.current.tokens.contains_key(name))
    }

    pub(super) fn probe(&mut self, mut probing: Probing, now: Now) -> Effect {
        let (service, Some(stored)) = (Arc::clone(&self.service), self.stored.clone()) else {
            return self.done(End::Broken);
        };
        let Ok(bound) = service.bind(&stored) else { return self.done(End::Broken) };
        let material =
            if probing.older { stored.proven.as_ref().unwrap_or(&stored.current) } else { &stored.current };
        let Some(probe) = probing.left.last().and_then(|index| bound.provider.probes.get(*index)) else {
            return self.passed(&probing, &stored);
        };
        probing.tries += 1;
        match bound.request(&probe.request, material, &Scratch::default(), None, now) {
            Ok(request) => {
                probing.url = Some(request.url.clone());
                probing.hops = 0;
                self.phase = Phase::Probing(probing);
                self.send(request)
            }
            // It cannot be asked, so it will never tell.
            Err(_) if probing.why == Why::Page => self.believe_page(),
            Err(_) => self.silent(probing, now),
        }
    }

    pub(super) fn probed(&mut self, mut probing: Probing, exchange: &Exchange, now: Now) -> Effect {
        let (service, Some(stored)) = (Arc::clone(&self.service), self.stored.clone()) else {
            return self.done(End::Broken);
        };
        let Ok(bound) = service.bind(&stored) else { return self.done(End::Broken) };
        let Some((index, probe)) =
            probing.left.last().and_then(|index| Some((*index, bound.provider.probes.get(*index)?)))
        else {
            return self.done(End::Broken);
        };
        if matches!(exchange.sent, Sent::No(_)) {
            self.requests = self.requests.saturating_sub(1);
        }
        let (Ok(reply), Some(url)) = (&exchange.reply, probing.url.clone()) else {
            // A probe that got no answer says nothing.
            return self.silent(probing, now);
        };
        let mut after =
            if probing.older { stored.proven.as_ref().unwrap_or(&stored.current) } else { &stored.current }
                .duplicate();
        if let Some(work) = self.work.as_ref().filter(|_| !probing.older) {
            after.jar = work.record.current.jar.duplicate();
        }
        let set = reply.headers.iter().filter(|(name, _)| name == "set-cookie");
        set.for_each(|(_, value)| _ = after.jar.receive(&url, value.expose(), exchange.at.wall));
        if let Some(to) = redirect(&bound, &after, &probe.request, &url, probing.hops, exchange)
            && let Ok(request) = bound.follow(to.clone(), &after, now)
        {
            probing.url = Some(to);
            probing.hops += 1;
            self.phase = Phase::Probing(probing);
            return self.send(request);
        }
        let answer = Answer::read(reply, Some(url.clone()));
        match bound.probe_verdict(probe, &answer, &after) {
            Said::Passed { identity } if self.is_other_person(&bound, index, &identity, &stored) => {
                self.done(End::WrongPerson { now: identity })
            }
            Said::Passed { identity } => {
                self.take_pass(&probing, after, identity);
                probing.left.pop();
                probing.tries = 0;
                self.probe(probing, now)
            }
            Said::Failed => {
                if let Some(chain) = &probe.chain {
                    self.chain = chain.clone();
                }
                self.failed(probing, now)
            }
            // It says nothing of the login, but no network's page stands before the service.
            Said::SaysNothing if probing.why == Why::Page && may_be_service(reply, &url) => {
                self.believe_page()
            }
            Said::SaysNothing => self.silent(probing, now),
        }
    }

    /// Cookies that a passed probe brought are kept; the first identity is whom the account belongs to.
    fn take_pass(&mut self, probing: &Probing, after: crate::record::Material, identity: String) {
        let Some(work) = &mut self.work else { return };
        if probing.older {
            work.record.proven = Some(after);
        } else {
            work.is_dirty |= after.jar.digest() != work.record.current.jar.digest();
            work.record.current.jar = after.jar;
        }
        if work.record.identity.is_none() && !identity.is_empty() {
            work.record.identity = Some(identity);
        }
    }

    /// Only the first probe that tells a person is compared: chains can belong to a bot and a user.
    fn is_other_person(&self, bound: &Bound<'_>, index: usize, identity: &str, stored: &Record) -> bool {
        let first = bound.provider.probes.iter().position(|probe| !probe.identity.is_empty());
        let Some(known) = stored.identity.as_deref().filter(|_| first == Some(index)) else { return false };
        known != identity && !identity.split(' ').all(|word| known.split(' ').any(|known| known == word))
    }

    /// All passed.
    fn passed(&mut self, probing: &Probing, stored: &Arc<Record>) -> Effect {
        let end = match probing.why {
            Why::Asked | Why::Doubt => End::Proven,
            Why::Fresh | Why::Page => End::Renewed { probe: Some(true) },
        };
        let id = self.write_id();
        let Some(work) = &mut self.work else { return self.done(end) };
        work.is_dirty |= probing.why == Why::Page;
        let knows_more = work.is_dirty || work.record.identity != stored.identity;
        if stored.current.is_proven && !knows_more && !probing.older {
            return self.done(end);
        }
        let mut record = work.record.duplicate();
        let provider = &self.service.provider;
        let older = record.proven.take();
        if let Some(older) = older.as_ref().filter(|_| probing.older) {
            // It comes back as generation N + 2; what other chains got since is theirs.
            record.current = with_other_chains(older, &record.current, &self.chain, provider);
        }
        if probing.older || work.is_dirty {
            record.current.generation = stored.current.generation.next();
        }
        // Who asks for the whole account has asked of every chain.
        let of_others = older.filter(|_| probing.why != Why::Asked);
        record.proven = still_older(&record.current, of_others.as_ref(), &self.chain, provider);
        record.current.is_proven = record.proven.is_none();
        record.write_id = id;
        self.save(Arc::new(record), After::End(end))
    }

    fn failed(&mut self, mut probing: Probing, now: Now) -> Effect {
        match probing.why {
            Why::Asked => self.finish(End::ProbeFailed, now),
            Why::Fresh if matches!(self.purpose, Purpose::Confirm { why: Doubt::ProbeFailed, .. }) => {
                // The rung answered, and what it brought is no good: the next one.
                self.verdict(Verdict::Rejected { last: false, cause: Cause::LoggedOut }, now)
            }
            Why::Fresh => self.done(End::Renewed { probe: Some(false) }),
            // The service said no, and the page before has made nothing new.
            Why::Page => self.verdict(Verdict::Rejected { last: false, cause: Cause::LoggedOut }, now),
            Why::Doubt if probing.older || probing.tries >= TRIES => {
                if !probing.older && self.has_unspent_older() {
                    let left = self.probes(Why::Doubt);
                    return self.probe(
                        Probing { why: Why::Doubt, left, tries: 0, older: true, url: None, hops: 0 },
                        now,
                    );
                }
                self.run_ladder(now)
            }
            Why::Doubt => {
                probing.url = None;
                self.phase = Phase::Resting(probing);
                Effect::WaitUntil(now.wall.plus(APART))
            }
        }
    }

    fn silent(&mut self, probing: Probing, now: Now) -> Effect {
        match probing.why {
            Why::Asked => self.finish(End::ProbeSilent, now),
            Why::Fresh => self.done(End::Renewed { probe: None }),
            Why::Page => {
                let status = self.work.as_mut().and_then(Work::take_back).unwrap_or(200);
                let cause = Cause::Page { status };
                // It can be a shield against robots as well, which lets a browser in.
                let verdict = match self.has_browser_left() {
                    true => Verdict::Nothing { status, cause },
                    false => Verdict::Transient { retry_after: None, cause },
                };
                self.verdict(verdict, now)
            }
            // Nothing can be said of the older material either; then the ladder would be a guess.
            Why::Doubt if probing.older || probing.tries >= TRIES => self.finish(End::ProbeSilent, now),
            Why::Doubt => {
                self.phase = Phase::Resting(probing);
                Effect::WaitUntil(now.wall.plus(APART))
            }
        }
    }

    /// No probe tells whose the page is: it counts, as the file says, and what it made is not proven.
    fn believe_page(&mut self) -> Effect {
        if let Some(work) = &mut self.work {
            work.is_dirty = true;
        }
        self.save_work(false, After::End(End::Renewed { probe: None }))
    }

    pub(super) fn is_unproven(&self) -> bool {
        self.stored.as_ref().is_some_and(|stored| !stored.current.is_proven)
    }

    pub(super) fn has_unspent_older(&self) -> bool {
        let older = self.stored.as_ref().and_then(|stored| stored.proven.as_ref());
        older.is_some_and(|older| !older.spent.contains(&self.chain))
    }
}
