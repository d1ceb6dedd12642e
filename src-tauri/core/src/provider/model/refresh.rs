//! Ways to refresh, and the probes that prove what they brought.

use std::time::Duration;

use super::{Condition, Save, Source, Step, Template};
use crate::id::ChainName;

/// One way to refresh a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// Which chain.
    pub chain: ChainName,
    /// How.
    pub strategy: Strategy,
    /// What it brings, beside what its steps save.
    pub save: Vec<Save>,
    /// Overrides whether it spends.
    pub spends: Option<bool>,
}

/// How a rung refreshes.
#[derive(Debug, Clone, PartialEq)]
pub enum Strategy {
    /// `grant_type=refresh_token` (RFC 6749 section 6).
    OAuth,
    /// Requests of our own.
    Http {
        /// In order.
        steps: Vec<Step>,
    },
    /// A headless Chrome with cookies and storage restored.
    Browser {
        /// Where to go.
        url: Template,
        /// All must hold; a value counts only if it changed, and its token must end later than before.
        ready: Vec<Condition>,
        /// `restore = "all"`: the tokens that this rung saves are restored too.
        restore_all: bool,
    },
    /// Only the person can.
    Manual,
}

/// A cheap check that proves "still logged in, and as this person".
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Which chain it proves; all if absent.
    pub chain: Option<ChainName>,
    /// The request.
    pub request: Step,
    /// Sources that all must be there; together they are the person.
    pub identity: Vec<Source>,
    /// Also run by itself, this often, and at every start.
    pub every: Option<Duration>,
}
