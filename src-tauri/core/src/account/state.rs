//! The state of one account: plain data without secrets, kept in the state database. Losing it loses no
//! login: the session is then `None`, and the probe comes first.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::toast::Prompts;
use crate::classify::Cause;
use crate::id::{AccountId, ChainName, Generation};
use crate::record::StoreError;
use crate::refresh::{Doubt, Purpose};
use crate::schedule::Timer;
use crate::time::{Now, Timestamp};

/// What is believed about the login.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Session {
    /// Nothing yet: never logged in, or the state database was lost.
    #[default]
    None,
    /// Proven.
    Alive {
        /// When last.
        proven_at: Timestamp,
    },
    /// Said no once; confirmed at `confirm`.
    Suspect {
        /// Which chain said so.
        chain: ChainName,
        /// When the confirming try comes.
        confirm: Timer,
        /// When the first rejection came.
        since: Now,
        /// Why.
        why: Doubt,
    },
    /// Over; a login cures it. The record is kept (I2).
    Dead {
        /// Why.
        reason: Death,
        /// Since when.
        since: Timestamp,
    },
    /// Only the person can settle it.
    Blocked {
        /// What.
        why: Block,
        /// Since when.
        since: Timestamp,
    },
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Death {
    /// The service said so with a code that needs no confirmation.
    Final,
    /// Rejected, and rejected again.
    Rejected,
    /// A reply was lost, and the service does not take the credential any more.
    LostReply,
    /// The probe says logged out, and no way to refresh helped.
    ProbeFailed,
    /// No way to refresh is left but the person, and the token has ended.
    Ran,
}

/// What only the person can settle.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum Block {
    /// Client id or secret are wrong.
    AppSettings,
    /// The probe found another person.
    WrongPerson {
        /// Whom.
        now: String,
    },
    /// The provider file names hosts that were not agreed to.
    HostChanged {
        /// Which.
        hosts: Vec<String>,
    },
    /// The grant's end was reached (S3.2).
    GrantEnded {
        /// The service had said when it would end, and refuses since then; else it is a limit of the settings.
        #[serde(default)]
        by_service: bool,
    },
    /// Nothing is stored for this account, only reminders are given.
    ReminderOnly,
    /// The service has refused for 24 h without saying why.
    Refused {
        /// Its last status.
        status: u16,
    },
    /// A reply was lost, and the chain is shared with another machine: "Try once" or "Log in".
    LostReply,
    /// Written by a newer version of Lamplighter.
    NewerFormat,
    /// A value that a request needs is missing, such as a client secret.
    Incomplete {
        /// Its name.
        missing: String,
    },
}

/// What a chain is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Chain {
    /// Nothing; the next refresh follows from the expiries.
    #[default]
    Idle,
    /// An attempt runs.
    InFlight,
    /// A reply was lost; sent again at `replay`.
    Unknown {
        /// When.
        replay: Timer,
        /// How often it was.
        replays: u32,
        /// How often the try ended without an answer, checks of the host included.
        tries: u32,
        /// What was seen in the answer's place, if anything tells.
        #[serde(default)]
        cause: Option<Cause>,
    },
    /// The last try failed for a passing reason.
    Waiting {
        /// How often in a row.
        failures: u32,
        /// When the next one comes.
        next: Timer,
        /// Why.
        cause: Cause,
    },
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose.
    pub id: AccountId,
    /// What is believed about the login.
    pub session: Session,
    /// Chains that exist.
    pub chains: BTreeMap<ChainName, ChainState>,
    /// The newest material is only in the journal.
    pub unsaved: Option<Unsaved>,
    /// Paused by the person.
    pub paused: bool,
    /// Which of the provider's login ways made the login.
    #[serde(default)]
    pub way: usize,
    /// A login is under way: its id.
    #[serde(skip)]
    pub login: Option<String>,
    /// What runs now: at most one (I1).
    #[serde(skip)]
    pub running: Option<Running>,
    /// Work that waits for its turn (commit, logout, amend), oldest first.
    #[serde(skip)]
    pub queue: Vec<super::Work>,
    /// Record and journal were brought together since the engine started.
    #[serde(skip)]
    pub recovered: bool,
    /// What is known of the record.
    #[serde(skip)]
    pub facts: Option<super::Facts>,
    /// Why the record cannot be had, if it cannot, and when to look again.
    #[serde(skip)]
    pub no_record: Option<(StoreError, Timer)>,
    /// There is a record, as far as is known.
    pub has_record: bool,
    /// How long this service's earlier sessions lived, newest first.
    #[serde(skip)]
    pub lives: Vec<Duration>,
    /// Generation of the material that all this was last said of.
    #[serde(default)]
    pub judged: Generation,
    /// The next probe.
    pub probe: Option<Timer>,
    /// A consumer's 401 waits for that probe.
    #[serde(skip)]
    pub is_reported: bool,
    /// When the person granted it, which is when they logged in: a grant that is limited in time counts from then (S3.2).
    #[serde(default)]
    pub granted: Option<Now>,
    /// The service refuses since then.
    pub refused_since: Option<Now>,
    /// When it refused last.
    #[serde(default)]
    pub refused_last: Option<Now>,
    /// The journal could not be written: what the disk said, and when to look again.
    pub disk: Option<(String, Timer)>,
    /// Requests with a credential, lately (F11).
    pub budget: crate::schedule::Budget,
    /// Toasts given and answered (I8).
    pub prompts: Prompts,
    /// Attempts that talk to the service, lately (S2.5).
    #[serde(default)]
    pub rate: crate::schedule::Rate,
    /// Who watches from elsewhere has been told (I8).
    #[serde(default)]
    pub alerts: super::Alerts,
    /// When the login was made.
    pub logged_in: Option<Timestamp>,
    /// When a refresh last succeeded.
    pub last_refresh: Option<Timestamp>,
    /// Whether the first refresh after the login showed that it can be kept alive.
    pub renewable: Option<bool>,
    /// The settings that all this was said under ([`super::Rules::settings`]); `None` if that is not known.
    #[serde(default)]
    pub settings: Option<u64>,
}

/// One chain of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChainState {
    /// What it is doing.
    pub chain: Chain,
    /// What it was doing before the attempt that runs: failures in a row count on.
    #[serde(skip)]
    pub before: Option<Box<Chain>>,
    /// Somebody asked for a token that only a refresh can give.
    #[serde(skip)]
    pub asked: bool,
    /// The service said when to come back, or this machine cannot before (F9): not even its return changes that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timer>,
    /// The person said "Try once" to its lost reply.
    #[serde(skip)]
    pub is_try_once: bool,
    /// Times of refreshes that reports of a 401 caused, in the last hour (F58).
    pub reported: Vec<Now>,
    /// How long its last refreshes took, newest last, at most 20.
    pub took: Vec<Duration>,
    /// Last refresh of the chain.
    pub refreshed: Option<Now>,
    /// The end of what its refreshes live on (S0.5).
    pub ends: Option<super::KnownEnd>,
}

/// Material that the store has not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaved {
    /// Its generation.
    pub generation: Generation,
    /// How often saving was tried.
    pub tries: u32,
    /// When it is tried again.
    pub next: Timer,
    /// What the store said.
    #[serde(skip, default = "absent")]
    pub store: StoreError,
    /// The journal has not taken it either: it is in this process alone.
    #[serde(skip)]
    pub is_held: bool,
}

fn absent() -> StoreError {
    StoreError::Absent("not asked yet".to_owned())
}

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// For which chain.
    pub chain: ChainName,
    /// What kind of work.
    pub job: Job,
    /// Host that it will talk to, for the limit of four per host.
    pub host: String,
    /// When it began: no answer of it is older.
    pub began: Now,
    /// The settings that it began with ([`super::Rules::settings`]).
    pub settings: u64,
}

/// What kind of work an attempt is, without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// Bring record and journal together.
    Recover,
    /// A refresh that is due or was asked for.
    Refresh,
    /// The confirming try.
    Confirm(Doubt),
    /// A lost reply's request again.
    Replay {
        /// By the person's wish.
        asked: bool,
    },
    /// A probe; `reported` if a consumer's 401 caused it.
    Probe {
        /// By a 401.
        reported: bool,
    },
    /// Save what is unsaved.
    Persist,
    /// A login's material.
    Commit,
    /// Secret variables or hosts.
    Amend,
    /// Revoke and delete.
    Logout,
}

impl Job {
    /// The attempt's purpose; `None` for work that carries something ([`super::Work`]).
    pub fn purpose(self, basis: Generation) -> Option<Purpose> {
        Some(match self {
            Self::Recover => Purpose::Recover,
            Self::Refresh => Purpose::Refresh { basis },
            Self::Confirm(why) => Purpose::Confirm { why, basis },
            Self::Replay { asked } => Purpose::Replay { asked },
            Self::Probe { .. } => Purpose::Probe,
            Self::Persist => Purpose::Persist,
            Self::Commit | Self::Amend | Self::Logout => return None,
        })
    }
}

impl Account {
    /// A new account, or one whose state was lost.
    pub fn new(id: AccountId) -> Self {
        Self {
            id,
            session: Session::None,
            chains: BTreeMap::new(),
            unsaved: None,
            paused: false,
            way: 0,
            login: None,
            running: None,
            queue: Vec::new(),
            recovered: false,
            facts: None,
            no_record: None,
            has_record: false,
            lives: Vec::new(),
            judged: Generation::default(),
            probe: None,
            is_reported: false,
            granted: None,
            refused_since: None,
            refused_last: None,
            disk: None,
            budget: crate::schedule::Budget::default(),
            prompts: Prompts::default(),
            rate: crate::schedule::Rate::default(),
            alerts: super::Alerts::default(),
            logged_in: None,
            last_refresh: None,
            renewable: None,
            settings: None,
        }
    }

    /// What was in flight when the engine ended is found again in the journal.
    pub(super) fn settle_after_restart(&mut self) {
        self.running = None;
        self.recovered = false;
        // Somebody may have made room before starting it again.
        self.disk = None;
        for state in self.chains.values_mut() {
            if state.chain == Chain::InFlight {
                state.chain = Chain::Idle;
            }
        }
    }
}
