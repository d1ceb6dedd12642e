//! What an exchange means for the credential that was sent. Pure: [`table::TABLE`], read from the top; the
//! services' own codes are data ([`codes`]).

mod codes;
mod door;
mod retry_after;
mod seen;
mod table;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::exchange::{BrowserEnd, Exchange, NoReply, NotSent};
use crate::provider::Bound;
use crate::provider::model::Save;
use crate::record::Material;

pub use codes::{List, RFC6749, listed};
pub use door::may_be_service;
pub use retry_after::{DEFAULT as RETRY_AFTER_DEFAULT, retry_after};
pub use table::{Means, Row, TABLE};

/// What an exchange means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A good answer; what it brings is read next.
    Renewed,
    /// Nothing was spent and nothing is wrong with the login: try again.
    Transient {
        /// When the service said, or 60 s where it has to say and did not.
        retry_after: Option<Duration>,
        /// Why.
        cause: Cause,
    },
    /// The credential is no longer good.
    Rejected {
        /// The provider lists the code as final: no confirmation.
        last: bool,
        /// Why.
        cause: Cause,
    },
    /// Refused without a word about the session: Transient, and after 24 h the person is asked.
    Refused {
        /// HTTP status.
        status: u16,
        /// Why.
        cause: Cause,
    },
    /// The client's own settings are wrong.
    AppRejected {
        /// Why.
        cause: Cause,
    },
    /// The request can have had its effect, and the answer is lost.
    Unknown {
        /// Why.
        cause: Cause,
    },
}

/// What was seen, for the person and for the history; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// Nothing left this machine.
    NotSent {
        /// Why.
        why: NotSent,
    },
    /// No complete answer.
    NoReply {
        /// Why.
        why: NoReply,
    },
    /// An HTTP status.
    Status {
        /// Which.
        status: u16,
    },
    /// An error code of the service.
    Code {
        /// Which.
        code: String,
    },
    /// Something else than what the service answers: often a network's sign-in page (F1).
    Page {
        /// HTTP status.
        status: u16,
    },
    /// Sent elsewhere.
    Redirected {
        /// To which host.
        host: String,
    },
    /// One of the provider's signs of a dead login.
    LoggedOut,
    /// A good answer without what it should bring.
    Missing {
        /// The field.
        field: String,
    },
    /// What was needed here to ask at all could not be read.
    Unreadable,
    /// The browser's end.
    Browser {
        /// Which.
        end: BrowserEnd,
    },
    /// No rung of the ladder could run, and that is not for want of a Chrome.
    NoWay,
    /// The host does not answer at all.
    HostDown,
    /// Nothing can be reached: the person's own check of the network says so (P2). Only said, never seen.
    Offline,
    /// The host does not answer though that check says that the network is there. Only said, never seen.
    HostOnly,
    /// The machine stopped between sending and receiving.
    Crash,
}

impl Cause {
    /// The way to the service is what failed, not the service: a secret-free check tells when that is over.
    pub fn is_about_the_way(&self) -> bool {
        use crate::exchange::BrowserEnd::Unreachable;
        // What this computer lacks, no check of a host would tell.
        if *self == (Self::NotSent { why: NotSent::NoCertificates }) {
            return false;
        }
        matches!(self, Self::NotSent { .. } | Self::HostDown | Self::Browser { end: Unreachable(_) })
    }

    /// Something was sent, and what stands before the service, or nothing at all, may be what answered: a check
    /// that fails, too, tells by its first success when that is over (F1, F6, F11).
    pub fn may_be_the_front(&self) -> bool {
        // A page that came and never was ready is what a browser shows of all that (F1).
        let is_other_page = *self == (Self::Browser { end: crate::exchange::BrowserEnd::TimedOut });
        is_other_page
            || matches!(self, Self::NoReply { .. } | Self::Page { .. } | Self::Status { status: 500.. })
    }
}

/// What `exchange`, a request to `url`, means: the first row of [`TABLE`] that holds. `saves` are what its answer
/// should bring; `material` is what is held with the answer's cookies in it.
pub fn classify(
    bound: &Bound<'_>,
    url: &Url,
    material: &Material,
    saves: &[Save],
    exchange: &Exchange,
) -> Outcome {
    seen::Seen::of(bound, url, material, saves, exchange).outcome()
}
