//! Native notifications and their buttons.

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// A native notification. One per matter: a new one with the same key replaces the old one. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Account and matter; also what [`super::Request::ToastAnswer`] names.
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
