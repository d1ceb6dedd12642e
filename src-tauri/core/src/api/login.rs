//! A login under way: how it stands, what it asks, what the person answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, AccountName};
use crate::report::Notice;
use crate::secret::Secret;
use crate::time::Timestamp;

/// A login under way, or how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LoginView {
    /// Its id.
    pub id: String,
    /// The account's name, a new account's included.
    pub account: AccountName,
    /// The account's id, once it is stored.
    pub account_id: Option<AccountId>,
    /// Provider's name.
    pub service: String,
    /// How it stands.
    pub stage: LoginStage,
    /// `webview`, `oauth`, `form`, `paste`, `device`, `chrome`.
    pub kind: String,
}

/// How a login stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum LoginStage {
    /// The login window is opening.
    Opening,
    /// The person is signing in.
    Open {
        /// Host that is shown, once known.
        host: Option<String>,
    },
    /// The system browser is asked to open this address (it holds no secret of ours but the state).
    Browser { url: String },
    /// The person opens this address in any browser, on any machine, and types the code there (RFC 8628).
    Device {
        /// The address to type.
        url: String,
        /// The same with the code in it, if the service has one: what is opened on this machine.
        complete: Option<String>,
        /// The code, as the service writes it.
        code: String,
    },
    /// Our own window asks for these fields.
    Fields { fields: Vec<FieldView> },
    /// The person pastes the address at which the browser ended.
    PasteAddress { url: String },
    /// Captured; the probe and the trial refresh run.
    Proving,
    /// It went through, and the keychain does not take it now: it waits, where the notice says, until that opens.
    Unsaved { notice: Notice },
    /// Another person than before signed in; the answer decides.
    WrongPerson { before: String, now: String },
    /// Done.
    Done {
        /// As whom.
        identity: Option<String>,
        /// Whether the trial refresh showed that it can be kept alive.
        renewable: bool,
        /// When it ends, if it cannot.
        ends: Option<Timestamp>,
        /// look.md, "proof at login", in the asked language.
        words: String,
    },
    /// It did not come to a login; what was there before is still there.
    Failed { notice: Notice },
    /// The person cancelled or closed the window.
    Cancelled,
}

impl LoginStage {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. } | Self::Cancelled)
    }
}

/// A field of a form or paste login, or a variable of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct FieldView {
    /// Name in the provider file.
    pub name: String,
    /// For people.
    pub label: String,
    /// Hidden while typed.
    pub secret: bool,
    /// May stay empty.
    pub optional: bool,
    /// What it is if left alone.
    pub default: Option<String>,
    /// `text` or `url`.
    pub kind: String,
    /// A sentence of help: where to get it.
    pub help: Option<String>,
}

/// What a person answers to a login.
#[derive(Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum LoginAnswer {
    /// Values of the fields.
    Fields {
        #[cfg_attr(feature = "bindings", ts(type = "{ [key in string]?: string }"))]
        values: BTreeMap<String, Secret>,
    },
    /// The address that the browser ended at.
    Address {
        #[cfg_attr(feature = "bindings", ts(type = "string"))]
        url: Secret,
    },
    /// "I am signed in."
    SignedIn,
    /// It is all right that this is another person.
    AcceptPerson,
    /// Give up.
    Cancel,
}
