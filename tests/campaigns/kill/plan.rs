//! What a process that is to be killed is told, and what it tells before.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::home::Store;

/// What the service does with refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// One use each; a second one within the grace is answered, because the reply may have been lost.
    Grace,
    /// One use each; a second one ends the whole login.
    NoGrace,
    /// The same one for ever.
    NotRotating,
}

/// What the process does when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Act {
    /// A person logs in.
    Login,
    /// A token is refreshed.
    Refresh,
    /// The person logs out.
    Logout,
}

/// From where on the kill counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// The process starts; no step is waited for.
    Start,
    /// The first step of an engine that comes after a kill: what repairs is killed, too.
    Repair,
    /// The first step of its act.
    Act,
}

/// When it is killed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Kill {
    /// From where on this counts.
    pub phase: Phase,
    /// Before (even) or after (odd) this half of the steps.
    pub point: usize,
    /// That many microseconds later: in the middle of whatever is done then. At the very point if absent.
    pub later: Option<u64>,
}

/// Everything that such a process needs to know.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    /// `LAMPLIGHTER_HOME`.
    pub home: PathBuf,
    /// The service.
    pub base: String,
    /// Login name there.
    pub email: String,
    /// Password there.
    pub password: String,
    /// What the authenticator shows.
    pub code: String,
    /// Where the login is kept.
    pub store: Store,
    /// Seconds that have passed since the first process of this home.
    pub passed: u64,
    /// A logout was killed: it is done again, and then nothing may be left.
    pub logs_out: bool,
    /// What it does then, if there is a login, without which it logs in; nothing if it only looks.
    pub act: Option<Act>,
    /// When it is killed.
    pub kill: Option<Kill>,
}

/// What it tells, a line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
pub enum Told {
    /// Somebody dead still holds the lock, or something else keeps the engine from starting.
    NotStarted(String),
    /// What it found of the login after the last kill. It goes on when it is told to.
    Found(Found),
    /// What it does now.
    Acts(Act),
}

/// The word upon which it looks once more before it goes on.
pub const AGAIN: &str = "again\n";

/// What is left after a kill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// A token, which the service has to know.
    Token(String),
    /// The engine says that the person has to log in; whether the record is there all the same.
    NeedsLogin { record: bool, says: String },
    /// There is no account, and nothing of one.
    Nothing,
    /// Something is wrong.
    Broken(String),
}
