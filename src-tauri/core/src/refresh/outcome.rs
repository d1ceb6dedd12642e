//! What an attempt is to do, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::classify::Cause;
use crate::exchange::NoChrome;
use crate::id::{AccountId, ChainName, Generation};
use crate::provider::Warning;
use crate::record::{Record, StoreError};

/// What an attempt is to do.
pub struct Plan {
    /// For whom.
    pub account: AccountId,
    /// For which chain; for whole-account work the first one.
    pub chain: ChainName,
    /// What.
    pub purpose: Purpose,
}

/// The kinds of work on an account; only one runs at a time (I1).
pub enum Purpose {
    /// Refresh the chain, unless the record is newer than `basis` already.
    Refresh {
        /// Generation that the wish is about.
        basis: Generation,
    },
    /// At `confirm_at` of a Suspect session.
    Confirm {
        /// Why it is suspect.
        why: Doubt,
        /// Generation that is suspect.
        basis: Generation,
    },
    /// Send the request of a lost reply again, if its host is there.
    Replay {
        /// The person said "Try once": also where `lost_reply = "ask"`.
        asked: bool,
    },
    /// At start: bring record and journal together.
    Recover,
    /// Prove the session, and nothing else.
    Probe,
    /// Save what the store did not take before.
    Persist,
    /// A login's material, proven or hidden (`is_proven` false): replaces whatever is stored.
    Commit {
        /// Complete but for write id, journal key and generation, which are set here; that is beyond the one it has.
        record: Box<Record>,
    },
    /// Replace the record's secret variables or agreed hosts: the same material with a new write id.
    Amend {
        /// What changes.
        change: Amendment,
    },
    /// Revoke at the service, then delete.
    Logout,
}

impl Purpose {
    /// The commit of a login's `record`, whose generation is beyond `basis`: what was said of the login before is
    /// not about this one, also if that one's entry could not be read any more (F36, F42).
    pub fn commit(mut record: Box<Record>, basis: Generation) -> Self {
        record.current.generation = record.current.generation.max(basis);
        Self::Commit { record }
    }
}

/// A change to a record that leaves its material alone (I5: it queues behind a running attempt).
pub enum Amendment {
    /// Set a secret variable.
    SetSecret(crate::id::VarName, crate::secret::Secret),
    /// Remove a secret variable.
    RemoveSecret(crate::id::VarName),
    /// The person agreed to these hosts.
    AgreeHosts(Vec<String>),
}

/// Why a session is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The service rejected the credential once.
    Rejected,
    /// The service rejected what was sent again after a lost reply.
    LostReply,
    /// The probe said no.
    ProbeFailed,
}

/// Which way was tried last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// OAuth token end point.
    Oauth,
    /// Requests of our own.
    Http,
    /// A headless Chrome.
    Browser,
    /// Only the person can.
    Manual,
}

impl Way {
    /// Its stable name in the history.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::Http => "http",
            Self::Browser => "browser",
            Self::Manual => "manual",
        }
    }
}

/// How an attempt ended, with the record.
pub struct AttemptEnd {
    /// How, without secrets.
    pub summary: AttemptSummary,
    /// The newest record that is known, to be served; `None` if none could be had or it was deleted.
    pub record: Option<Arc<Record>>,
}

impl AttemptEnd {
    /// Of an attempt that did not come to an end, by our own fault: what it did stands in the journal.
    pub fn broken(chain: ChainName) -> Self {
        let summary = AttemptSummary {
            end: End::Broken,
            chain,
            lost: Vec::new(),
            unsaved: None,
            is_held: false,
            requests: 0,
            way: None,
            took: Duration::ZERO,
            host: None,
            warnings: Vec::new(),
        };
        Self { summary, record: None }
    }
}

/// How an attempt ended, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptSummary {
    /// Outcome.
    pub end: End,
    /// The chain that it was about in the end: recovery goes on where the journal says.
    pub chain: ChainName,
    /// Chains whose last reply was lost, with their replays so far.
    pub lost: Vec<(ChainName, u32)>,
    /// Set while the newest material is not in the store: what that said.
    pub unsaved: Option<StoreError>,
    /// Set while it is not even in the journal: it is lost with this process.
    pub is_held: bool,
    /// Requests and visits that carried a credential.
    pub requests: u32,
    /// The way that was tried last, if any.
    pub way: Option<Way>,
    /// Time spent on exchanges and visits.
    pub took: Duration,
    /// Host that was talked to last.
    pub host: Option<String>,
    /// What was odd about the answers, though they worked: names, never values.
    pub warnings: Vec<Warning>,
}

/// Outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// New material. `proven` says what a probe said of it, if one was asked and answered.
    Renewed {
        /// The probe's verdict; `None` if no probe is needed or it did not answer.
        probe: Option<bool>,
    },
    /// The record was newer already, or nothing was to be done.
    Newer,
    /// Recovery or a confirmation found the session good, without new material.
    Proven,
    /// The probe said no; what it looked at is still there.
    ProbeFailed,
    /// The probe got no answer, which says nothing.
    ProbeSilent,
    /// The probe found another person.
    WrongPerson {
        /// Whom.
        now: String,
    },
    /// Recovery found nothing open.
    Quiet,
    /// Not now.
    Transient {
        /// The service said when to come back.
        retry_after: Option<Duration>,
        /// Why.
        cause: Cause,
    },
    /// The credential is no longer good.
    Rejected {
        /// A code that needs no confirmation.
        last: bool,
        /// The rejected request was the replay of a lost reply.
        lost: bool,
    },
    /// The service refused without saying that the session is over.
    Refused {
        /// HTTP status.
        status: u16,
        /// What was seen.
        cause: Cause,
    },
    /// The client's own settings are wrong.
    AppRejected,
    /// The fate of a spending request is unknown; its mark is in the journal.
    Unknown {
        /// Replays so far.
        replays: u32,
        /// What happened to the last one.
        cause: Cause,
        /// The host did not answer the check, so nothing was sent.
        host_down: bool,
    },
    /// What was lost was sent again, and the answer says nothing of it: its mark is in the journal as before.
    StillLost {
        /// Replays so far.
        replays: u32,
        /// The service said when to come back.
        retry_after: Option<Duration>,
        /// The status, if it refused without saying that the session is over.
        refused: Option<u16>,
        /// What was seen.
        cause: Cause,
    },
    /// A reply was lost, and the provider says to ask the person.
    AskPerson,
    /// No rung can run: none is there but `manual`, or no Chrome.
    CannotRun {
        /// A Chrome is what is missing, and why.
        no_chrome: Option<NoChrome>,
    },
    /// A field that a template needs is not there; the name, never a value.
    Incomplete {
        /// What is missing.
        missing: String,
    },
    /// The store did not give the record.
    NoStore(StoreError),
    /// There is no record.
    NoRecord,
    /// The journal cannot be written: nothing was sent.
    NoJournal(String),
    /// Written by a newer version.
    NewerFormat(u16),
    /// The provider file names hosts that the person has not agreed to.
    HostChanged {
        /// Which.
        hosts: Vec<String>,
    },
    /// A login or logout came first; what this attempt brought is dropped.
    Superseded,
    /// The login's material is stored.
    Committed,
    /// The change is stored.
    Amended,
    /// What was unsaved is stored now.
    Saved,
    /// Gone here.
    LoggedOut {
        /// Why revoking failed, if it did.
        revoke_failed: Option<Cause>,
    },
    /// The record could not be deleted; try again.
    NotDeleted(StoreError),
    /// An answer came that does not belong to the last effect: our bug.
    Broken,
}
