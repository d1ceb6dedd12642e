//! Where tokens go.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::Notice;
use crate::time::Timestamp;

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
