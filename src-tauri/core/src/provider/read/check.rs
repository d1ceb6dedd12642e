//! What only the file as a whole can show: tokens that nothing brings, chains that need each other.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Span, Table};
use crate::id::{ChainName, TokenName};
use crate::provider::fault::Fault;
use crate::provider::model::{Field, LoginKind, Provider, Rung, Save, Strategy};

/// Notes what is wrong with `provider` as a whole.
pub(super) fn check(root: &Table<'_>, provider: &Provider) {
    let place = |name: &TokenName| -> Span {
        let tokens = root.table("tokens");
        let entry = tokens.and_then(|tokens| tokens.entries().find(|(key, _)| key.text == name.as_str()));
        entry.map_or(0..0, |(key, _)| key.span)
    };
    for (name, token) in &provider.tokens {
        let mut ladder = provider.rungs.iter().filter(|rung| rung.chain == token.chain);
        if !ladder.any(|rung| brings(rung, name)) {
            root.source.fail(&place(name), Fault::TokenWithoutRung { token: name.to_string() });
        }
        if !has_first(provider, name, &token.chain) {
            root.source.fail(&place(name), Fault::TokenWithoutLogin { token: name.to_string() });
        }
    }
    if let Some(cycle) = cycle(provider) {
        let first = provider.tokens.iter().find(|(_, token)| cycle.contains(&token.chain));
        let span = first.map_or(0..0, |(name, _)| place(name));
        let chains = cycle.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        root.source.fail(&span, Fault::ChainCycle { chains });
    }
}

fn is_token(save: &Save, token: &TokenName) -> bool {
    matches!(&save.field, Field::Token(name) if name == token)
}

fn brings(rung: &Rung, token: &TokenName) -> bool {
    let of_steps = rung.steps().iter().flat_map(|step| &step.save);
    rung.strategy == Strategy::Manual || rung.save.iter().chain(of_steps).any(|save| is_token(save, token))
}

/// Whether a login brings it, or a rung can mint it from what a login brings (cookies, another token).
fn has_first(provider: &Provider, token: &TokenName, chain: &ChainName) -> bool {
    let by_login = provider.logins.iter().any(|login| {
        let of_steps = login.steps.iter().flat_map(|step| &step.save);
        let is_pasted = match &login.kind {
            LoginKind::Paste { fields } => {
                fields.iter().any(|(field, _)| matches!(field, Field::Token(name) if name == token))
            }
            _ => false,
        };
        is_pasted || login.save.iter().chain(of_steps).any(|save| is_token(save, token))
    });
    let has_credential = brings_credential(provider, chain);
    let by_rung = provider.rungs.iter().any(|rung| {
        let can_start = match &rung.strategy {
            Strategy::Http { .. } => has_credential || !needs_own_credential(rung, chain),
            Strategy::Browser { .. } => true,
            Strategy::OAuth => has_credential,
            Strategy::Manual => false,
        };
        rung.chain == *chain && can_start && brings(rung, token)
    });
    by_login || by_rung
}

fn needs_own_credential(rung: &Rung, chain: &ChainName) -> bool {
    rung.steps().iter().any(|step| step.sends(|field| matches!(field, Field::Refresh(own) if own == chain)))
}

/// Whether some login, by its steps, its pasted fields or itself, fills the chain's credential.
fn brings_credential(provider: &Provider, chain: &ChainName) -> bool {
    let is_own = |field: &Field| matches!(field, Field::Refresh(own) if own == chain);
    provider.logins.iter().any(|login| {
        let is_pasted = match &login.kind {
            LoginKind::Paste { fields } => fields.iter().any(|(field, _)| is_own(field)),
            _ => false,
        };
        let of_steps = login.steps.iter().flat_map(|step| &step.save);
        is_pasted || login.save.iter().chain(of_steps).any(|save| is_own(&save.field))
    })
}

/// Chains whose refreshing needs each other's tokens: neither could ever be first.
fn cycle(provider: &Provider) -> Option<BTreeSet<ChainName>> {
    let chain_of: BTreeMap<_, _> = provider.tokens.iter().map(|(name, token)| (name, &token.chain)).collect();
    let mut needs: BTreeMap<&ChainName, BTreeSet<&ChainName>> = BTreeMap::new();
    for rung in &provider.rungs {
        for (token, chain) in &chain_of {
            let is_sent = |field: &Field| match field {
                Field::Token(name) => name == *token,
                Field::Refresh(other) => other == *chain,
                _ => false,
            };
            if **chain != rung.chain && rung.steps().iter().any(|step| step.sends(is_sent)) {
                needs.entry(&rung.chain).or_default().insert(chain);
            }
        }
    }
    needs.keys().find_map(|start| {
        let reached = reachable(&needs, start);
        let is_back = |other: &&&ChainName| reachable(&needs, other).contains(start);
        let cycle: BTreeSet<ChainName> =
            reached.iter().filter(is_back).map(|chain| (**chain).clone()).collect();
        reached.contains(start).then_some(cycle)
    })
}

fn reachable<'a>(
    needs: &BTreeMap<&'a ChainName, BTreeSet<&'a ChainName>>,
    start: &ChainName,
) -> BTreeSet<&'a ChainName> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&ChainName> = needs.get(start).into_iter().flatten().copied().collect();
    while let Some(chain) = next.pop() {
        let Some((own, others)) = needs.get_key_value(chain) else {
            continue;
        };
        if reached.insert(*own) {
            next.extend(others.iter().copied());
        }
    }
    reached
}
