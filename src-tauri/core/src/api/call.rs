//! What can be asked of the engine, and its answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AccountView, AlertView, EngineView, Folder, HistoryRow, LoginAnswer, LoginView, ProviderView,
    RefreshReport, Settings, SinkSettings, SinkView, ToastAction,
};
use crate::id::{AccountName, ProviderId, TokenName, VarName};
use crate::report::{Code, Notice};
use crate::secret::Secret;

/// What can be asked of the engine. An account is given by name or id.
#[derive(Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Request {
    /// All accounts. → [`Response::Accounts`]
    Accounts,
    /// One account. → [`Response::Account`]
    Account { account: String },
    /// Refreshes these accounts, or all that are due. → [`Response::Refresh`]
    Refresh {
        #[serde(default)]
        accounts: Vec<String>,
        /// Though nothing is due.
        #[serde(default)]
        force: bool,
        /// Only says what would be done.
        #[serde(default)]
        dry_run: bool,
    },
    /// Sends a lost request once more where only the person may say so ([`AccountView::can_try_once`]).
    /// → [`Response::Refresh`]
    TryOnce { account: String },
    /// Proves that the login works, refreshing if needed. → [`Response::Account`]
    Check { account: String },
    /// Stops refreshing until resumed. → [`Response::Account`]
    Pause { account: String },
    /// → [`Response::Account`]
    Resume { account: String },
    /// Pauses or resumes all. → [`Response::Accounts`]
    PauseAll { paused: bool },
    /// Revokes at the service, then deletes what is stored; says if revoking failed. → [`Response::LoggedOut`]
    Logout { account: String },
    /// Gives an account another name. → [`Response::Account`]
    Rename { account: String, name: AccountName },
    /// Starts the login of a new account. → [`Response::Login`]
    NewLogin {
        provider: ProviderId,
        /// Made from the provider's name if absent.
        #[serde(default)]
        name: Option<AccountName>,
        #[serde(default)]
        vars: BTreeMap<VarName, String>,
        /// Secret variables, such as a client secret.
        #[serde(default)]
        #[cfg_attr(feature = "bindings", ts(type = "{ [key in string]?: string }"))]
        secrets: BTreeMap<VarName, Secret>,
        /// Which of the provider's login ways, by index; the first if absent.
        #[serde(default)]
        way: Option<usize>,
    },
    /// Starts the login of an account that exists. → [`Response::Login`]
    Login {
        account: String,
        #[serde(default)]
        way: Option<usize>,
    },
    /// How a login stands. → [`Response::Login`]
    LoginState { login: String },
    /// Answers a login's question. → [`Response::Login`]
    LoginAnswer { login: String, answer: LoginAnswer },
    /// Sets a secret variable of an account. → [`Response::Done`]
    SetSecret {
        account: String,
        name: VarName,
        #[cfg_attr(feature = "bindings", ts(type = "string"))]
        value: Secret,
    },
    /// Removes a secret variable. → [`Response::Done`]
    RemoveSecret { account: String, name: VarName },
    /// Names of an account's secret variables, never their values. → [`Response::Secrets`]
    Secrets { account: String },
    /// Who is told elsewhere. → [`Response::Alerts`]
    Alerts,
    /// Sends a marked sample to all of them, or to those that are told of one account. → [`Response::Alerts`]
    TestAlerts {
        #[serde(default)]
        account: Option<String>,
    },
    /// All providers. → [`Response::Providers`]
    Providers,
    /// Where an account's tokens go; replaces all. → [`Response::Account`]
    SetSinks { account: String, sinks: Vec<SinkSettings> },
    /// Writes the current token to a sink that is given in full, as a trial. → [`Response::Sink`]
    TestSink { account: String, sink: SinkSettings },
    /// Past refreshes, newest first. → [`Response::History`]
    History {
        account: String,
        #[serde(default)]
        limit: Option<u32>,
    },
    /// → [`Response::Settings`]
    Settings,
    /// → [`Response::Settings`]
    SetSettings { settings: Settings },
    /// The engine as a whole. → [`Response::Engine`]
    Engine,
    /// Shows the window of the desktop app. → [`Response::Done`]
    Show,
    /// Tries again now what waits for the keychain. → [`Response::Done`]
    RetryStore,
    /// A button of a notification was pressed. → [`Response::Done`]
    ToastAnswer { key: String, action: ToastAction },
    /// Puts a token on the clipboard and clears it after 30 s; desktop only, the value never enters the window.
    /// → [`Response::Done`]
    CopyToken {
        account: String,
        /// The default one if absent.
        #[serde(default)]
        name: Option<TokenName>,
    },
    /// Shows one of our folders in the file manager; desktop only. → [`Response::Done`]
    OpenFolder { folder: Folder },
}

/// Answers to [`Request`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// Done, nothing to show.
    Done,
    /// All accounts, those that need the person first.
    Accounts { accounts: Vec<AccountView> },
    /// One account.
    Account { account: Box<AccountView> },
    /// What a refresh did.
    Refresh { report: RefreshReport },
    /// The login is gone here.
    LoggedOut {
        /// What went wrong with revoking, if it did.
        revoke_failed: Option<String>,
        /// Where a copy may remain, because a store that is not in use could not be looked at; and what to do.
        #[serde(default)]
        left: Option<Box<Notice>>,
    },
    /// A login.
    Login { login: Box<LoginView> },
    /// Names of secret variables.
    Secrets { names: Vec<VarName> },
    /// All providers, those of broken files included.
    Providers { providers: Vec<ProviderView> },
    /// Who is told elsewhere, and how the last message went.
    Alerts { alerts: Vec<AlertView> },
    /// A sink's trial.
    Sink { sink: SinkView },
    /// Past refreshes.
    History { rows: Vec<HistoryRow> },
    /// Settings.
    Settings { settings: Settings },
    /// The engine as a whole.
    Engine { engine: Box<EngineView> },
}

/// An error on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ErrorBody {
    /// Always says all that is known.
    pub error: Notice,
}

impl From<Notice> for ErrorBody {
    fn from(error: Notice) -> Self {
        Self { error }
    }
}

/// Exit code for several notices at once.
pub fn worst_exit(notices: &[Notice]) -> u8 {
    Code::worst(notices.iter().map(|notice| notice.code)).map_or(0, Code::exit)
}
