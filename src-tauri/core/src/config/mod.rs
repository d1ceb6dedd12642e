//! `config.toml`: which accounts there are, what is set for them and for all.

mod alerts;
mod edit;
mod network;
mod read;

use std::collections::BTreeMap;
use std::time::Duration;

pub use alerts::{AlertSettings, AlertUrl, alert_secret, is_alert_address};
pub use edit::Document;

use crate::api::{Settings, SinkSettings};
use crate::id::{AccountId, AccountName, ProviderId, VarName};
use crate::text::Lang;

/// The whole file, found valid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Accounts by name.
    pub accounts: BTreeMap<AccountName, AccountSettings>,
    /// `[settings]`: what is set for all.
    pub settings: Settings,
    /// `[[alerts]]`: who is told of all accounts.
    pub alerts: Vec<AlertSettings>,
    /// `[network] check`: program and arguments that know whether the network is there (P2).
    pub network_check: Option<Vec<String>>,
    /// Entries of `[[alerts]]` that a later version will act on.
    pub later: Vec<Later>,
}

/// `[accounts.NAME]`. Never holds a secret: those are in the keychain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSettings {
    /// Random id, written at creation; names the keychain entry.
    pub id: AccountId,
    /// How its service works.
    pub provider: ProviderId,
    /// Values of the provider's variables that are no secrets.
    pub vars: BTreeMap<VarName, String>,
    /// Refresh this long before the end, instead of the provider's margin.
    pub margin: Option<Duration>,
    /// Confirm a rejection after this, instead of the provider's time; at least 60 s.
    pub confirm_after: Option<Duration>,
    /// A second rejection counts as confirming only within this time, instead of the provider's.
    pub confirm_window: Option<Duration>,
    /// Keep the login alive for this long after each login, instead of what the provider says (S3.2).
    pub grant: Option<Duration>,
    /// Who may ask for its tokens.
    pub access: Access,
    /// Whether the person paused it.
    pub paused: bool,
    /// Where its tokens go.
    pub sinks: Vec<SinkSettings>,
    /// Who is told of it.
    pub alerts: Vec<AlertSettings>,
    /// Entries that a later version will act on; kept in the file, said to the person.
    pub later: Vec<Later>,
}

impl AccountSettings {
    /// A new account with nothing but its provider and variables.
    pub fn new(id: AccountId, provider: ProviderId, vars: BTreeMap<VarName, String>) -> Self {
        Self {
            id,
            provider,
            vars,
            margin: None,
            confirm_after: None,
            confirm_window: None,
            grant: None,
            access: Access::Any,
            paused: false,
            sinks: Vec::new(),
            alerts: Vec::new(),
            later: Vec::new(),
        }
    }
}

/// Who may ask for an account's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Any program of this user.
    #[default]
    Any,
    /// Only consumers with a key of their own.
    Listed,
}

/// An entry that this version knows of and does not act on yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// `sql`, `discord`, …
    pub kind: String,
    /// Its line.
    pub line: usize,
    /// An alert, not a sink.
    pub is_alert: bool,
}

impl Later {
    /// What the person is told.
    pub fn what(&self, lang: Lang) -> String {
        let Self { kind, line, is_alert } = self;
        match (lang, is_alert) {
            (Lang::En, false) => format!("Line {line}: tokens are not written to `{kind}` by this version."),
            (Lang::En, true) => format!("Line {line}: nobody is told by `{kind}` by this version."),
            (Lang::Fr, false) => {
                format!("Ligne {line}\u{a0}: cette version n’écrit pas les jetons vers «\u{a0}{kind}\u{a0}».")
            }
            (Lang::Fr, true) => {
                format!("Ligne {line}\u{a0}: cette version n’avertit personne par «\u{a0}{kind}\u{a0}».")
            }
        }
    }

    /// What the person can do.
    pub fn cure(&self, lang: Lang) -> &'static str {
        lang.pick(
            "The entry is kept; a later version will use it.",
            "L’entrée est gardée\u{a0}; une version future s’en servira.",
        )
    }
}
