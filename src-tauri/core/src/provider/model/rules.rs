//! A provider, and its rules that stand for the whole of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{ChainRules, Condition, JsonPath, Login, OAuth, Probe, Rung, Step, Template, Token};
use crate::id::{ChainName, ProviderId, TokenName, VarName};

/// How one service works: where to log in, what to capture, how to refresh, how to prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Its id: the file's name.
    pub id: ProviderId,
    /// For people.
    pub name: String,
    /// Where secrets may go.
    pub hosts: Vec<Template>,
    /// Names of cookies that belong to the device, not the session.
    pub device: Vec<String>,
    /// What an account fills in, in the file's order.
    pub vars: Vec<(VarName, Var)>,
    /// OAuth end points.
    pub oauth: Option<OAuth>,
    /// Login ways, choices in order.
    pub logins: Vec<Login>,
    /// Access tokens in the file's order; the first is the default.
    pub tokens: Vec<(TokenName, Token)>,
    /// Rules of each chain; every chain that anything names is here.
    pub chains: BTreeMap<ChainName, ChainRules>,
    /// Refresh ways, cheapest first; those of one chain are its ladder.
    pub rungs: Vec<Rung>,
    /// Probes; those without a chain prove the whole account.
    pub probes: Vec<Probe>,
    /// What a consumer sees when its token is no longer good: any of these.
    pub expired: Vec<Condition>,
    /// What means logged out: any of these.
    pub dead: Vec<Condition>,
    /// How the service says what went wrong.
    pub answers: Answers,
    /// Timing.
    pub policy: Policy,
    /// How programs present the tokens.
    pub usage: Usage,
    /// What logs out at the service.
    pub revoke: Vec<Step>,
}

/// A variable of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Var {
    /// For people; the name if the file gives none.
    pub label: String,
    /// A sentence of help.
    pub help: Option<String>,
    /// Kept in the keychain, not in `config.toml`.
    pub secret: bool,
    /// Must be an address: scheme required, trailing slash cut.
    pub is_url: bool,
    /// Value if the account gives none.
    pub default: Option<String>,
}

/// How the service says what went wrong: dialects as data. Empty = RFC 6749 section 5.2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    /// A 2xx with this is an error all the same.
    pub error: Option<Condition>,
    /// Where the error's code is; `error` (RFC 6749) if absent.
    pub code: Option<JsonPath>,
    /// Codes that end the session and need no confirmation.
    pub last: Vec<String>,
    /// Codes that say the credential is no longer good; confirmed before the person is asked.
    pub rejected: Vec<String>,
    /// Codes about the client's own settings.
    pub app: Vec<String>,
    /// Codes for "too many".
    pub throttled: Vec<String>,
    /// Codes for "try again".
    pub transient: Vec<String>,
}

/// Timing that a provider asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Refresh this long before the end.
    pub margin: Option<Duration>,
    /// How long after the first rejection the confirming try comes (S3.3).
    pub confirm_after: Option<Duration>,
    /// A second rejection counts as confirming only within this time.
    pub confirm_window: Option<Duration>,
    /// A grant's whole life (S3.2).
    pub grant: Option<Duration>,
}

/// How programs present the tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// Headers; empty = Bearer of the first token.
    pub headers: Vec<(String, Template)>,
    /// WebSockets, for the proxy that comes later.
    pub websocket: Option<WebSocketUse>,
}

/// `[use.websocket]`.
#[derive(Debug, Clone, PartialEq)]
pub struct WebSocketUse {
    /// Subprotocols.
    pub protocols: Vec<Template>,
    /// Messages to send again after a reconnect.
    pub resume: Vec<Template>,
}
