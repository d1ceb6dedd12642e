//! A provider as the wizard and `lamp provider list` show it.

use serde::{Deserialize, Serialize};

use super::FieldView;
use crate::report::Notice;

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
