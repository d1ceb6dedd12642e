//! What is told to a person or a program when something is not as it should be: a closed [`Code`] for
//! programs, five parts for people (which account, what happened, is the login safe, what happens next and
//! when, what you can do).

use serde::{Deserialize, Serialize};

/// Closed list of what can be wrong; programs branch on it. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Our bug.
    Internal,
    /// The call itself is wrong: arguments, names, values.
    Usage,
    /// A provider or configuration file is wrong.
    BadFile,
    /// The login needs the person.
    NeedsLogin,
    /// No such account.
    UnknownAccount,
    /// No such provider.
    UnknownProvider,
    /// No such login under way.
    UnknownLogin,
    /// No such token at this account.
    UnknownToken,
    /// The name is taken already.
    NameTaken,
    /// The keychain is locked.
    StoreLocked,
    /// No keychain is there, or it refused, or it does not answer.
    StoreAbsent,
    /// Something is not reachable now; the session is believed good.
    Temporary,
    /// The disk is full, the home read-only: nothing is sent until that is cured.
    Disk,
    /// The caller may not do this.
    NotAllowed,
    /// Only the person can settle it, at the service or in the settings.
    Blocked,
    /// The person paused the account.
    Paused,
    /// The grant's end was reached, or the account keeps reminders only.
    Ended,
    /// No display for a window.
    NoDisplay,
    /// No Chrome where one is needed.
    NoChrome,
    /// Another Lamplighter holds the lock and does not answer.
    Busy,
    /// A port or socket that is needed is taken by somebody else.
    AddressTaken,
    /// The file changed meanwhile, or is not one that may be written.
    Refused,
}

impl Code {
    /// Exit code of `lamp` (design 7).
    pub fn exit(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Usage | Self::BadFile | Self::NameTaken | Self::UnknownToken | Self::UnknownLogin => 2,
            Self::NeedsLogin => 3,
            Self::UnknownAccount | Self::UnknownProvider => 4,
            Self::StoreLocked | Self::StoreAbsent => 5,
            Self::Temporary
            | Self::Disk
            | Self::NoDisplay
            | Self::NoChrome
            | Self::Busy
            | Self::AddressTaken => 6,
            Self::NotAllowed | Self::Refused => 7,
            Self::Blocked | Self::Paused | Self::Ended => 8,
        }
    }

    /// HTTP status of the local API.
    pub fn status(self) -> u16 {
        match self {
            Self::Internal => 500,
            Self::Usage | Self::BadFile => 400,
            Self::UnknownAccount | Self::UnknownProvider | Self::UnknownLogin | Self::UnknownToken => 404,
            Self::NameTaken
            | Self::Refused
            | Self::NeedsLogin
            | Self::Blocked
            | Self::Paused
            | Self::Ended => 409,
            Self::NotAllowed => 403,
            Self::StoreLocked
            | Self::StoreAbsent
            | Self::Temporary
            | Self::Disk
            | Self::NoDisplay
            | Self::NoChrome
            | Self::Busy
            | Self::AddressTaken => 503,
        }
    }

    /// Of several accounts' exit codes the one to end with: the first of 5, 3, 8, 7, 4, 6, 1.
    pub fn worst(codes: impl IntoIterator<Item = Self>) -> Option<Self> {
        const ORDER: [u8; 8] = [5, 3, 8, 7, 4, 6, 1, 2];
        codes.into_iter().min_by_key(|code| ORDER.iter().position(|exit| *exit == code.exit()))
    }
}

/// A finished notice in one language. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Notice {
    /// For programs.
    pub code: Code,
    /// Which account, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What happened.
    pub what: String,
    /// Whether the login is safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe: Option<String>,
    /// What happens next, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What the person can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

impl Notice {
    /// A notice that says only what happened; add the other parts with [`of`](Self::of), [`safe`](Self::safe),
    /// [`next`](Self::next) and [`cure`](Self::cure).
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Self { code, account: None, what: what.into(), safe: None, next: None, cure: None }
    }

    /// Which account.
    #[must_use]
    pub fn of(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Whether the login is safe.
    #[must_use]
    pub fn safe(mut self, text: impl Into<String>) -> Self {
        self.safe = Some(text.into());
        self
    }

    /// What happens next, and when.
    #[must_use]
    pub fn next(mut self, text: impl Into<String>) -> Self {
        self.next = Some(text.into());
        self
    }

    /// What the person can do.
    #[must_use]
    pub fn cure(mut self, text: impl Into<String>) -> Self {
        self.cure = Some(text.into());
        self
    }
}
