//! The engine as a whole: its state, its settings, what it tells by itself.

use serde::{Deserialize, Serialize};

use super::Standing;
use crate::id::{AccountId, AccountName, Generation};
use crate::record::StoreKind;
use crate::report::Notice;
use crate::text::Lang;

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
    /// Where logins are kept, from the next start on.
    pub store: StoreKind,
    /// Where the key of the sealed store is: the path of a key file, `ask` for a passphrase that is typed, or
    /// `passphrase:PATH` for one that is read from a file.
    pub store_key: Option<String>,
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
    /// What makes all logins less safe and stops nothing: a network file system, for example.
    #[serde(default)]
    pub warnings: Vec<Notice>,
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
    /// That the desktop shows no notifications, and what to do, in the asked language; `None` if it does, or if there is
    /// no desktop.
    pub no_notifications: Option<String>,
    /// Where logins are kept now; `None` while the configuration is broken since the start, and does not say it.
    pub store: Option<StoreKind>,
    /// The same as a sentence, in the asked language.
    pub store_words: String,
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
