//! What the machine of an account needs to know of its provider and settings.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::{AccountName, ChainName, TokenName};
use crate::provider::model::{ChainRules, LostReply, Policy};

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
}

/// How a chain works.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainRule {
    /// As in the provider file.
    pub rules: ChainRules,
    /// Where its first rung sends its request: scheme, host and port.
    pub host: String,
    /// Some rung can refresh it without the person.
    pub can_refresh: bool,
}

impl Rules {
    /// How long after the first rejection the confirming try comes: 5 min unless the provider says so.
    pub fn confirm_after(&self) -> Duration {
        self.policy.confirm_after.unwrap_or(Duration::from_secs(300)).max(Duration::from_secs(60))
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
