//! Ways to tell a person: the desktop's own notifications, and web hooks, which need no desktop.

mod body;
mod hook;
mod native;
mod post;
mod words;

use lamplighter_core::api::{Occasion, Toast};
use lamplighter_core::id::AccountId;
use lamplighter_core::report::Notice;
use lamplighter_core::time::Timestamp;

pub(crate) use hook::{Hook, Matter, Tried};
pub(crate) use native::Native;
pub(crate) use post::post;

/// What a person is told. Never a secret.
#[derive(Debug, Clone)]
pub struct Told {
    /// Title, text and buttons in their language.
    pub toast: Toast,
    /// The account's name; empty for all of them.
    pub account: String,
    /// The service's name.
    pub service: String,
    /// What of; `None` for a sample.
    pub occasion: Option<Occasion>,
    /// The same in five parts, unless it works again.
    pub notice: Option<Notice>,
    /// When it happened.
    pub at: Timestamp,
}

impl Told {
    /// Of which account it tells.
    pub(crate) fn of(&self) -> Option<&AccountId> {
        self.toast.account.as_ref()
    }
}

/// One way to tell a person. Calls return at once: whoever is slow or away holds up nothing.
pub trait Alert: Send + Sync {
    /// Tells it.
    fn tell(&self, told: &Told);

    /// The matter of this key is settled: what is still on the screen is taken away.
    fn take_back(&self, key: &str);
}
