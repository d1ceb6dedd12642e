//! Who is told elsewhere: web hooks, and how the last message to each went.

use serde::{Deserialize, Serialize};

use crate::id::AccountName;
use crate::report::Notice;
use crate::time::Timestamp;

/// What somebody can be told of: the words of `on` under `alerts` in `config.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// The login needs the person: it is over, or something only they can settle blocks it.
    NeedsLogin,
    /// It will end, and nothing renews it.
    ExpiresSoon,
    /// Refreshing fails, and programs are about to be without a token.
    Failed,
    /// It works again, after one of the others was told.
    Recovered,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NeedsLogin, Self::ExpiresSoon, Self::Failed, Self::Recovered];

    /// As it is written in `config.toml` and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::NeedsLogin => "needs-login",
            Self::ExpiresSoon => "expires-soon",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
        }
    }
}

/// In which form somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// All that is known, as JSON.
    Webhook,
    /// A message to a Discord channel.
    Discord,
    /// A message to a Slack channel.
    Slack,
    /// A message to an ntfy topic.
    Ntfy,
}

impl AlertKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Webhook, Self::Discord, Self::Slack, Self::Ntfy];

    /// As it is written in `config.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Discord => "discord",
            Self::Slack => "slack",
            Self::Ntfy => "ntfy",
        }
    }
}

/// One entry of `alerts`, and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct AlertView {
    /// Of which account it tells; of all if absent.
    pub account: Option<AccountName>,
    /// In which form.
    pub kind: AlertKind,
    /// Where to: the host, or the name of the secret. Never the whole address, which often is one.
    pub to: String,
    /// What of.
    pub on: Vec<Occasion>,
    /// When a message was last taken, since the start.
    pub told: Option<Timestamp>,
    /// Messages that wait for the next try.
    pub waiting: u32,
    /// Why the last message was not taken.
    pub notice: Option<Notice>,
}
