//! Asking with what was held before: what took its place without proof is not the last word (I6).

use std::sync::Arc;

use super::attempt::Attempt;
use super::work::Work;
use super::{Effect, Purpose};
use crate::id::ChainName;
use crate::provider::model::{Auth, Probe, Provider, Rung, Strategy};
use crate::record::{Held, Material, StorageItem};
use crate::time::Now;

/// Whether the older material is asked with, too.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Older {
    /// It is not: there is none, or nothing is confirmed.
    #[default]
    No,
    /// If the newer one is refused.
    Next,
    /// It is what is asked with.
    Now,
}

impl Attempt {
    /// At the begin of the work: a confirming try has two to ask with if what it doubts was never proven.
    pub(super) fn look_for_older(&mut self) {
        let has_two = self.is_unproven() && self.has_unspent_older();
        if has_two && matches!(self.purpose, Purpose::Confirm { .. }) {
            self.ladder.older = Older::Next;
        }
    }

    /// The newer material is refused: the ladder again with the older one, in this order because a service that
    /// rotates takes the older one for stolen. `None` if it was asked already, or may not be: what was brought is kept
    /// first, and what was spent is not sent again as if it were not.
    pub(super) fn ask_older(&mut self, now: Now) -> Option<Effect> {
        if self.ladder.older != Older::Next || !self.has_unspent_older() {
            return None;
        }
        let stored = Arc::clone(self.stored.as_ref()?);
        let older = stored.proven.as_ref()?;
        let has_gone = |work: &Work| {
            work.has_spent && !self.is_replay && has_same_credential(&stored.current, older, &self.chain)
        };
        if self.work.as_ref().is_some_and(|work| work.is_dirty || has_gone(work)) {
            return None;
        }
        let mut work = Work::on(&stored);
        work.record.current = with_other_chains(older, &stored.current, &self.chain, &self.service.provider);
        work.is_older = true;
        work.remember(&self.lost);
        self.work = Some(work);
        self.ladder.older = Older::Now;
        self.ladder.replay_as = None;
        self.is_replay = false;
        Some(self.run_ladder(now))
    }
}

/// Whether a request of the chain spends the same of both.
fn has_same_credential(one: &Material, other: &Material, chain: &ChainName) -> bool {
    match (one.credentials.get(chain), other.credentials.get(chain)) {
        (Some(one), Some(other)) => one.value == other.value,
        _ => one.jar.digest() == other.jar.digest(),
    }
}

/// What has to stay beside `current`, which a pass of `chain` or its renewal proved: the older material, if it has
/// another chain's credential that differs and was not spent. `None`: all of `current` is proven.
pub(super) fn still_older(
    current: &Material,
    older: Option<&Material>,
    chain: &ChainName,
    provider: &Provider,
) -> Option<Material> {
    let older = older?;
    let is_other = |other: &ChainName| other != chain && !older.spent.contains(other);
    let is_open = |other: &ChainName| is_other(other) && differs(current, older, other, provider);
    let mut chains = provider.tokens.iter().map(|(_, token)| &token.chain).chain(older.credentials.keys());
    // Cookies and storage are those chains' that use them.
    let is_page_open = !uses_page(chain, provider)
        && has_other_page(current, older)
        && provider.rungs.iter().any(|rung| is_other(&rung.chain) && uses_page(&rung.chain, provider));
    (is_page_open || chains.any(is_open)).then(|| {
        let mut kept = with_other_chains(current, older, chain, provider);
        if is_page_open {
            let older = older.duplicate();
            (kept.jar, kept.storage) = (older.jar, older.storage);
        }
        Material { is_proven: true, generation: older.generation, ..kept }
    })
}

/// Whether the chain is renewed with cookies or in a browser.
fn uses_page(chain: &ChainName, provider: &Provider) -> bool {
    let has_cookies = |rung: &Rung| rung.steps().iter().any(|step| step.auth == Auth::Cookies);
    let uses = |rung: &Rung| matches!(rung.strategy, Strategy::Browser { .. }) || has_cookies(rung);
    provider.rungs.iter().any(|rung| rung.chain == *chain && uses(rung))
}

/// Whether cookies or storage are not the same.
fn has_other_page(one: &Material, other: &Material) -> bool {
    let is_in = |item: &StorageItem, all: &[StorageItem]| {
        let is_it = |it: &StorageItem| (&it.origin, it.area, &it.key) == (&item.origin, item.area, &item.key);
        all.iter().any(|it| is_it(it) && it.value == item.value)
    };
    one.jar.digest() != other.jar.digest()
        || one.storage.len() != other.storage.len()
        || one.storage.iter().any(|item| !is_in(item, &other.storage))
}

/// Whether one of them has something of the chain that the other has not.
fn differs(one: &Material, other: &Material, chain: &ChainName, provider: &Provider) -> bool {
    let is_same = |one: Option<&Held>, other: Option<&Held>| match (one, other) {
        (Some(one), Some(other)) => one.value == other.value,
        (one, other) => one.is_none() && other.is_none(),
    };
    let mut tokens = provider.tokens.iter().filter(|(_, token)| token.chain == *chain);
    !is_same(one.credentials.get(chain), other.credentials.get(chain))
        || tokens.any(|(name, _)| !is_same(one.tokens.get(name), other.tokens.get(name)))
}

/// The older material with what the newer one has of other chains, which were refreshed since.
pub(super) fn with_other_chains(
    older: &Material,
    newer: &Material,
    chain: &ChainName,
    provider: &Provider,
) -> Material {
    let (mut both, newer) = (older.duplicate(), newer.duplicate());
    for (name, held) in newer.tokens {
        if provider.tokens.iter().any(|(token, rules)| *token == name && rules.chain != *chain) {
            both.tokens.insert(name, held);
        }
    }
    let is_asked_with = |probe: &Probe| {
        probe.request.auth == Auth::Cookies && probe.chain.as_ref().is_none_or(|of| of == chain)
    };
    if !uses_page(chain, provider)
        && !provider.probes.iter().any(is_asked_with)
        && provider.rungs.iter().any(|rung| uses_page(&rung.chain, provider))
    {
        (both.jar, both.storage) = (newer.jar, newer.storage);
    }
    both.credentials.extend(newer.credentials.into_iter().filter(|(other, _)| other != chain));
    both.spent.retain(|other| other == chain);
    both.spent.extend(newer.spent.into_iter().filter(|other| other != chain));
    both.replays.retain(|other, _| other == chain);
    both.replays.extend(newer.replays.into_iter().filter(|(other, _)| other != chain));
    both
}
