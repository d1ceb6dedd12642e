//! Ways to refresh, and the probes that prove what they brought.

use std::time::Duration;

use sha2::Digest as _;

use super::{Condition, Part, Place, Save, Source, Step, Template};
use crate::id::{ChainName, hex};

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

impl Rung {
    /// Its kind, and a digest of the addresses that it asks: by that it is known in a file that was edited since. What
    /// it saves is not part of it; an answer is read by the newest rules.
    pub fn digest(&self) -> String {
        let (kind, asks) = match &self.strategy {
            Strategy::OAuth => ("oauth", Vec::new()),
            Strategy::Http { steps } => {
                let asks = steps.iter().map(|step| format!("{} {}", step.method, written(&step.url)));
                ("http", asks.collect())
            }
            Strategy::Browser { url, .. } => ("browser", vec![written(url)]),
            Strategy::Manual => ("manual", Vec::new()),
        };
        let digest = sha2::Sha256::digest(asks.join("\n"));
        format!("{kind} {}", hex(&digest[..8]))
    }

    /// Whether a digest is that of a rung of this kind.
    pub fn is_of_kind(&self, digest: &str) -> bool {
        self.digest().split(' ').next() == digest.split(' ').next()
    }
}

/// As it stands in the file, but for spaces.
fn written(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Place(Place::Var(name)) => format!("{{{{{name}}}}}"),
        Part::Place(Place::Field(field)) => format!("{{{{{field}}}}}"),
        Part::Place(Place::Form(name)) => format!("{{{{form.{name}}}}}"),
    };
    template.0.iter().map(part).collect()
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
