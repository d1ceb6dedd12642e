//! Refreshes: what was done lately, and what one call for several accounts did.

use serde::{Deserialize, Serialize};

use crate::id::AccountName;
use crate::report::Notice;
use crate::time::Timestamp;

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
