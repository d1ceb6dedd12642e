//! What the machine of an account needs to know of its provider and settings.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::{AccountName, ChainName, TokenName, VarName};
use crate::provider::Provider;
use crate::provider::model::{ChainRules, LostReply, Part, Place, Policy, Rung, Strategy, Template};

/// How an account works: made from its provider and settings, whenever one of them changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Account's name.
    pub name: AccountName,
    /// Provider's name for people.
    pub service: String,
    /// The account's own margin.
    pub margin: Option<Duration>,
    /// Timing that the provider asks for.
    pub policy: Policy,
    /// Chains with their rules.
    pub chains: BTreeMap<ChainName, ChainRule>,
    /// Which chain mints each token, in the file's order; the first is the default.
    pub tokens: Vec<(TokenName, ChainName)>,
    /// There is a probe at all.
    pub has_probe: bool,
    /// The probe also runs by itself, this often.
    pub probe_every: Option<Duration>,
    /// Accounts with the same value share the app's settings (F15): provider and client id.
    pub app: Option<String>,
    /// Nothing is stored, only reminders are given.
    pub reminder_only: bool,
    /// Names the provider file and the variables that all this was made from: whether they changed is seen by it,
    /// also over a restart. It may be another one in another version of Lamplighter.
    pub settings: u64,
}

/// How a chain works.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainRule {
    /// As in the provider file.
    pub rules: ChainRules,
    /// Where its first rung sends its request: scheme, host and port.
    pub host: String,
    /// The address there, if it is the same each time.
    pub door: Option<String>,
    /// Some rung can refresh it without the person.
    pub can_refresh: bool,
}

impl Rules {
    /// How long after the first rejection the confirming try comes: 5 min unless the provider says so.
    pub fn confirm_after(&self) -> Duration {
        self.policy.confirm_after.unwrap_or(Duration::from_secs(300)).max(Duration::from_secs(60))
    }

    /// Within what time a second rejection counts as confirming the first; `None` if at any time. The confirming
    /// try always comes within it.
    pub fn confirm_window(&self) -> Option<Duration> {
        let at_least = self.confirm_after() + Duration::from_secs(60);
        self.policy.confirm_window.map(|window| window.max(at_least))
    }

    /// What may be done when a reply of `chain` was lost.
    pub fn lost_reply(&self, chain: &ChainName) -> LostReply {
        self.chains.get(chain).map_or(LostReply::Replay, |rule| rule.rules.lost_reply)
    }

    /// Which chain mints `token`; of the default token if none is named.
    pub fn chain_of(&self, token: Option<&TokenName>) -> Option<(&TokenName, &ChainName)> {
        let (name, chain) = match token {
            Some(wanted) => self.tokens.iter().find(|(name, _)| name == wanted)?,
            None => self.tokens.first()?,
        };
        Some((name, chain))
    }
}

impl Rules {
    /// The rules of an account at `provider` with these variables; needs no secret.
    pub fn of(
        provider: &Provider,
        vars: &BTreeMap<VarName, String>,
        name: AccountName,
        margin: Option<Duration>,
        reminder_only: bool,
    ) -> Self {
        let plain = |template: &Template| plain_text(provider, vars, template);
        let rule = |(chain, rules): (&ChainName, &ChainRules)| {
            let mut rungs = provider.rungs.iter().filter(|rung| rung.chain == *chain);
            let can_refresh = rungs.clone().any(|rung| rung.strategy != Strategy::Manual);
            let address = rungs.find_map(|rung| first_address(provider, rung));
            let is_fixed = |template: &&Template| {
                let is_known = |part: &Part| matches!(part, Part::Text(_) | Part::Place(Place::Var(_)));
                template.0.iter().all(is_known)
            };
            let door = address.filter(is_fixed).and_then(plain);
            let host = address.and_then(plain);
            let host = host.as_deref().and_then(origin).unwrap_or_else(|| provider.id.to_string());
            (chain.clone(), ChainRule { rules: rules.clone(), host, door, can_refresh })
        };
        let client = provider.oauth.as_ref().and_then(|oauth| plain(&oauth.client_id));
        Self {
            name,
            service: provider.name.clone(),
            margin,
            policy: provider.policy.clone(),
            chains: provider.chains.iter().map(rule).collect(),
            tokens: provider.tokens.iter().map(|(name, token)| (name.clone(), token.chain.clone())).collect(),
            has_probe: !provider.probes.is_empty(),
            probe_every: provider.probes.iter().filter_map(|probe| probe.every).min(),
            app: client.map(|client| format!("{} {client}", provider.id)),
            reminder_only,
            settings: digest(provider, vars, reminder_only),
        }
    }
}

fn digest(provider: &Provider, vars: &BTreeMap<VarName, String>, reminder_only: bool) -> u64 {
    use sha2::Digest as _;
    // Neither holds a secret: those that an account has are kept in its record.
    let hash = sha2::Sha256::digest(format!("{reminder_only} {vars:?} {provider:?}"));
    hash.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Where a rung's first request goes.
fn first_address<'a>(provider: &'a Provider, rung: &'a Rung) -> Option<&'a Template> {
    match &rung.strategy {
        Strategy::OAuth => provider.oauth.as_ref().map(|oauth| &oauth.token),
        Strategy::Http { steps } => steps.first().map(|step| &step.url),
        Strategy::Browser { url, .. } => Some(url),
        Strategy::Manual => None,
    }
}

/// A template filled in with variables that are no secrets; `None` if it needs anything else.
fn plain_text(provider: &Provider, vars: &BTreeMap<VarName, String>, template: &Template) -> Option<String> {
    let part = |part: &Part| match part {
        Part::Text(text) => Some(text.clone()),
        Part::Place(Place::Var(name)) => vars.get(name).cloned().or_else(|| {
            let (_, var) = provider.vars.iter().find(|(known, _)| known == name)?;
            var.default.clone()
        }),
        // A later part of the address: the host is told by what stands before it.
        Part::Place(_) => Some("-".to_owned()),
    };
    template.0.iter().map(part).collect()
}

fn origin(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    url.host_str()?;
    Some(url.origin().ascii_serialization())
}
