//! What core needs to know of an account's provider and settings, made anew whenever one of them changes.

use std::collections::BTreeMap;

use lamplighter_core::account::{ChainRule, Rules};
use lamplighter_core::config::AccountSettings;
use lamplighter_core::id::{AccountName, ChainName, VarName};
use lamplighter_core::provider::Provider;
use lamplighter_core::provider::model::{Part, Place, Strategy, Template};

/// The rules of an account.
pub(crate) fn rules_of(name: &AccountName, settings: &AccountSettings, provider: &Provider) -> Rules {
    let var = |wanted: &VarName| -> Option<String> {
        let given = settings.vars.get(wanted).cloned();
        given.or_else(|| {
            let (_, var) = provider.vars.iter().find(|(name, _)| name == wanted)?;
            var.default.clone()
        })
    };
    let chains = provider.chains.iter().map(|(chain, rules)| {
        let mut rungs = provider.rungs.iter().filter(|rung| rung.chain == *chain);
        let first = rungs.clone().next().and_then(|rung| address(provider, &rung.strategy));
        let rule = ChainRule {
            rules: rules.clone(),
            host: first.and_then(|address| origin(address, &var)).unwrap_or_default(),
            can_refresh: rungs.any(|rung| rung.strategy != Strategy::Manual),
        };
        (chain.clone(), rule)
    });
    let mut policy = provider.policy.clone();
    policy.confirm_after = settings.confirm_after.or(policy.confirm_after);
    let app = provider.oauth.as_ref().map(|oauth| {
        let client = fill(&oauth.client_id, &var).unwrap_or_default();
        format!("{}:{client}", provider.id)
    });
    Rules {
        name: name.clone(),
        service: provider.name.clone(),
        margin: settings.margin,
        policy,
        chains: chains.collect::<BTreeMap<ChainName, ChainRule>>(),
        tokens: provider.tokens.iter().map(|(name, token)| (name.clone(), token.chain.clone())).collect(),
        has_probe: !provider.probes.is_empty(),
        probe_every: provider.probes.iter().filter_map(|probe| probe.every).min(),
        app,
        reminder_only: false,
    }
}

/// Where a rung sends its first request.
fn address<'a>(provider: &'a Provider, strategy: &'a Strategy) -> Option<&'a Template> {
    match strategy {
        Strategy::OAuth => provider.oauth.as_ref().map(|oauth| &oauth.token),
        Strategy::Http { steps } => steps.first().map(|step| &step.url),
        Strategy::Browser { url, .. } => Some(url),
        Strategy::Manual => None,
    }
}

/// Scheme, host and port of an address whose path may hold what only the record knows.
fn origin(address: &Template, var: &impl Fn(&VarName) -> Option<String>) -> Option<String> {
    let url = url::Url::parse(&fill(address, var)?).ok()?;
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// The text up to the first place that is no plain variable.
fn fill(template: &Template, var: &impl Fn(&VarName) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    for part in &template.0 {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Place(Place::Var(name)) => match var(name) {
                Some(value) => text.push_str(value.trim_end_matches('/')),
                None => break,
            },
            Part::Place(_) => break,
        }
    }
    Some(text)
}
