//! The one contract of the engine: the window speaks it through one Tauri command, `lamp` and other programs
//! over the local socket. `ui/src/lib/bindings.ts` is generated from this file.
//!
//! No type here holds a secret that goes out: token values leave by [`TokenGrant`], which only the socket's
//! hand-written encoder and the clipboard read. Times are milliseconds since 1970 (UTC).

#![allow(missing_docs, reason = "fields of enum variants are explained by their variant")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, AccountName, Generation, ProviderId, TokenName, VarName};
use crate::report::{Code, Notice};
use crate::secret::Secret;
use crate::text::Lang;
use crate::time::Timestamp;

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

/// A folder that a person may want to look into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    /// [`EngineView::logs`].
    Logs,
    /// [`EngineView::config`], where providers of one's own go.
    Config,
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
    },
    /// A login.
    Login { login: Box<LoginView> },
    /// Names of secret variables.
    Secrets { names: Vec<VarName> },
    /// All providers, those of broken files included.
    Providers { providers: Vec<ProviderView> },
    /// A sink's trial.
    Sink { sink: SinkView },
    /// Past refreshes.
    History { rows: Vec<HistoryRow> },
    /// Settings.
    Settings { settings: Settings },
    /// The engine as a whole.
    Engine { engine: Box<EngineView> },
}

/// What a person sees of an account's state (look.md, "States").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// All is well.
    Fine,
    /// A refresh or a probe is under way.
    Working,
    /// Waiting for the network, the service or the keychain; the login is believed good.
    Waiting,
    /// Only the person can go on.
    NeedsYou,
    /// Paused by the person.
    Paused,
}

/// One account, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct AccountView {
    /// Random id.
    pub id: AccountId,
    /// The person's name for it.
    pub name: AccountName,
    /// Provider's id.
    pub provider: ProviderId,
    /// Provider's name.
    pub service: String,
    /// First host of the provider.
    pub host: String,
    /// As whom the probe found us.
    pub identity: Option<String>,
    /// State.
    pub standing: Standing,
    /// Why it is not fine, in the asked language.
    pub notice: Option<Notice>,
    /// Tokens, the default one first.
    pub tokens: Vec<TokenView>,
    /// When the next refresh is due.
    pub next_refresh: Option<Timestamp>,
    /// The last refresh that succeeded.
    pub last_refresh: Option<Timestamp>,
    /// When the login was made.
    pub logged_in: Option<Timestamp>,
    /// Whether it can be kept alive, as the trial refresh at login showed.
    pub renewable: Option<bool>,
    /// When the session ends for good, if that is known.
    pub ends: Option<Timestamp>,
    /// When it will probably end, as earlier sessions did; not if a certain end comes first.
    pub likely: Option<LikelyView>,
    /// A reply was lost, and the person may have the request sent once more: [`Request::TryOnce`].
    #[serde(default)]
    pub can_try_once: bool,
    /// Number of stored cookies.
    pub cookies: u32,
    /// Generation of the stored material.
    pub generation: Generation,
    /// Whether the newest material could not be saved yet; it is in the journal.
    pub unsaved: bool,
    /// Where its tokens go.
    pub sinks: Vec<SinkView>,
    /// Programs that asked for its tokens lately.
    pub readers: Vec<ReaderView>,
    /// Refreshes and failures of the last days.
    pub strip: Vec<StripView>,
    /// A login that is under way.
    pub login: Option<String>,
}

/// When a session will probably end, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LikelyView {
    /// When.
    pub at: Timestamp,
    /// How many earlier sessions it is made of.
    pub sessions: u32,
    /// The shortest of them, in milliseconds.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub shortest_ms: u64,
    /// The longest of them, in milliseconds.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub longest_ms: u64,
}

/// One access token, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct TokenView {
    /// Its name.
    pub name: TokenName,
    /// When it was got.
    pub got: Timestamp,
    /// When it ends, if that is known.
    pub ends: Option<Timestamp>,
    /// How long it lives in all, in milliseconds.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub life_ms: Option<u64>,
}

/// A program that asked for tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ReaderView {
    /// File name of its executable.
    pub program: String,
    /// Last time.
    pub at: Timestamp,
    /// How often, in the days that are kept.
    pub count: u32,
}

/// Some hours of the strip of refreshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct StripView {
    /// Start of the slot.
    pub from: Timestamp,
    /// Refreshes that succeeded.
    pub fine: u32,
    /// Refreshes that failed.
    pub failed: u32,
}

/// One past refresh, probe or login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct HistoryRow {
    /// When it ended.
    pub at: Timestamp,
    /// `login`, `refresh`, `probe`, `logout`.
    pub kind: String,
    /// `http`, `oauth`, `browser` where it applies.
    pub way: Option<String>,
    /// Stable outcome: `renewed`, `transient`, `rejected`, `refused`, `app_rejected`, `unknown`, `passed`, `failed`.
    pub outcome: String,
    /// In words, in the asked language.
    pub words: String,
    /// How long it took, in milliseconds.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub took_ms: u64,
}

/// S3.4: what a refresh of several accounts did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RefreshReport {
    /// Accounts looked at.
    pub total: u32,
    /// Refreshed.
    pub success: u32,
    /// Tried and failed.
    pub failed: u32,
    /// Not due, paused.
    pub skipped: u32,
    /// One line each.
    pub rows: Vec<RefreshRow>,
}

/// One account of a [`RefreshReport`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RefreshRow {
    /// Its name.
    pub account: AccountName,
    /// `success`, `failed`, `skipped`, `would_refresh`.
    pub result: String,
    /// Why, unless it succeeded.
    pub notice: Option<Notice>,
    /// When the token ends now.
    pub ends: Option<Timestamp>,
}

/// A login under way, or how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LoginView {
    /// Its id.
    pub id: String,
    /// The account's name, a new account's included.
    pub account: AccountName,
    /// The account's id, once it is stored.
    pub account_id: Option<AccountId>,
    /// Provider's name.
    pub service: String,
    /// How it stands.
    pub stage: LoginStage,
    /// `webview`, `oauth`, `form`, `paste`, `device`, `chrome`.
    pub kind: String,
}

/// How a login stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum LoginStage {
    /// The login window is opening.
    Opening,
    /// The person is signing in.
    Open {
        /// Host that is shown, once known.
        host: Option<String>,
    },
    /// The system browser is asked to open this address (it holds no secret of ours but the state).
    Browser { url: String },
    /// The person opens this address in any browser, on any machine, and types the code there (RFC 8628).
    Device {
        /// The address to type.
        url: String,
        /// The same with the code in it, if the service has one: what is opened on this machine.
        complete: Option<String>,
        /// The code, as the service writes it.
        code: String,
    },
    /// Our own window asks for these fields.
    Fields { fields: Vec<FieldView> },
    /// The person pastes the address at which the browser ended.
    PasteAddress { url: String },
    /// Captured; the probe and the trial refresh run.
    Proving,
    /// It went through, and the keychain does not take it now: it waits in memory until that opens.
    Unsaved { notice: Notice },
    /// Another person than before signed in; the answer decides.
    WrongPerson { before: String, now: String },
    /// Done.
    Done {
        /// As whom.
        identity: Option<String>,
        /// Whether the trial refresh showed that it can be kept alive.
        renewable: bool,
        /// When it ends, if it cannot.
        ends: Option<Timestamp>,
        /// look.md, "proof at login", in the asked language.
        words: String,
    },
    /// It did not come to a login; what was there before is still there.
    Failed { notice: Notice },
    /// The person cancelled or closed the window.
    Cancelled,
}

impl LoginStage {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. } | Self::Cancelled)
    }
}

/// A field of a form or paste login, or a variable of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct FieldView {
    /// Name in the provider file.
    pub name: String,
    /// For people.
    pub label: String,
    /// Hidden while typed.
    pub secret: bool,
    /// May stay empty.
    pub optional: bool,
    /// What it is if left alone.
    pub default: Option<String>,
    /// `text` or `url`.
    pub kind: String,
    /// A sentence of help: where to get it.
    pub help: Option<String>,
}

/// What a person answers to a login.
#[derive(Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum LoginAnswer {
    /// Values of the fields.
    Fields {
        #[cfg_attr(feature = "bindings", ts(type = "{ [key in string]?: string }"))]
        values: BTreeMap<String, Secret>,
    },
    /// The address that the browser ended at.
    Address {
        #[cfg_attr(feature = "bindings", ts(type = "string"))]
        url: Secret,
    },
    /// "I am signed in."
    SignedIn,
    /// It is all right that this is another person.
    AcceptPerson,
    /// Give up.
    Cancel,
}

/// A provider, for the wizard and `lamp provider list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ProviderView {
    /// Its id, or the file's name if the file is broken.
    pub id: String,
    /// For people.
    pub name: String,
    /// Whether it comes with Lamplighter.
    pub built_in: bool,
    /// Its file, if it is the user's own.
    pub path: Option<String>,
    /// Hosts that get secrets.
    pub hosts: Vec<String>,
    /// What has to be filled in.
    pub vars: Vec<FieldView>,
    /// Login ways, in order: `webview`, `oauth`, …
    pub logins: Vec<String>,
    /// Refresh ways, in order.
    pub refreshes: Vec<String>,
    /// What is wrong with the file, if it is broken.
    pub notice: Option<Notice>,
}

/// Where tokens go, as the configuration says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SinkSettings {
    /// Keys of an env file.
    Env {
        /// Path; `~` is the home.
        path: String,
        /// Key → template, such as `{{token.bot}}`.
        set: BTreeMap<String, String>,
        /// Write though git tracks the file or does not ignore it (T20).
        #[serde(default)]
        allow_tracked: bool,
    },
}

/// A sink and how its last delivery went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SinkView {
    /// As configured.
    pub settings: SinkSettings,
    /// Last successful delivery.
    pub delivered: Option<Timestamp>,
    /// Why the last one failed, if it did.
    pub notice: Option<Notice>,
}

/// What a person can set for all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(default)]
pub struct Settings {
    /// Language; the system's if absent.
    pub lang: Option<Lang>,
    /// `light`, `dark`, or the system's if absent.
    pub theme: Option<String>,
    /// Start with the desktop, hidden in the tray.
    pub start_at_login: bool,
    /// Chrome to use instead of the one that is found.
    pub chrome: Option<String>,
    /// For containers only: run Chrome without its sandbox.
    pub chrome_without_sandbox: bool,
    /// Whether it was said that the app lives on in the tray.
    pub told_tray: bool,
}

/// The engine as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct EngineView {
    /// Version of Lamplighter.
    pub version: String,
    /// `desktop`, `serve` or `one-shot`.
    pub holder: String,
    /// Its process.
    pub pid: u32,
    /// What all accounts share that is wrong: keychain locked, disk full, configuration broken.
    pub notices: Vec<Notice>,
    /// Worst of all accounts.
    pub standing: Standing,
    /// look.md, "all is well" and its like, in the asked language.
    pub words: String,
    /// Where the logs are.
    pub logs: String,
    /// Where the configuration is.
    pub config: String,
    /// Whether a tray icon is shown; `None` if there is no desktop.
    pub tray: Option<bool>,
    /// Whether this is a development build, which offers the practice site.
    pub practice: Option<String>,
}

/// What changed. Sent to windows and event streams, which then ask for what they show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An account changed, or is new.
    Account { id: AccountId },
    /// An account's token was refreshed.
    Refreshed { id: AccountId, name: AccountName, generation: Generation },
    /// An account is gone.
    AccountGone { id: AccountId },
    /// A login changed.
    Login { id: String },
    /// The engine changed: keychain, network, settings, providers.
    Engine,
    /// The listener was too slow and missed some.
    Lagged,
}

/// What a program asks when it wants a token (S4.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// Which token; the default one if absent.
    pub name: Option<TokenName>,
    /// It must be valid for at least this long, in milliseconds.
    pub min_valid_ms: Option<u64>,
    /// How long to wait for a refresh, in milliseconds; 30 s if absent.
    pub wait_ms: Option<u64>,
    /// Any that is still valid will do.
    pub stale: bool,
    /// SHA-256 (hex) of a token that got a 401.
    pub rejected: Option<String>,
}

/// A token for a consumer.
pub struct TokenGrant {
    /// The token.
    pub value: Secret,
    /// Which one.
    pub name: TokenName,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// What is left, in milliseconds.
    pub left_ms: Option<u64>,
    /// Generation it came with.
    pub generation: Generation,
    /// Ready headers, as `[use]` says: name and value.
    pub headers: Vec<(String, Secret)>,
    /// A report of a 401 was not believed: the token is younger than 60 s, or the probe accepts it (F58).
    pub still_good: bool,
    /// Something to know, such as a `min_valid` longer than the token lives.
    pub warning: Option<String>,
}

/// A native notification. One per matter: a new one with the same key replaces the old one. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Account and matter; also what [`Request::ToastAnswer`] names.
    pub key: String,
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// Buttons, in order, with their labels.
    pub buttons: Vec<(ToastAction, String)>,
    /// The account it is about, if one.
    pub account: Option<AccountId>,
}

/// What a notification's button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ToastAction {
    /// Opens the login.
    Reconnect,
    /// Reminds later.
    Later,
    /// Opens the window.
    Open,
    /// Asks the keychain to unlock.
    Unlock,
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
