//! What a login asks of the rest of the engine.

use std::future::Future;
use std::pin::Pin;

use lamplighter_core::exchange::{Exchange, HttpRequest};
use lamplighter_core::record::Material;
use lamplighter_core::report::Notice;

use crate::http::HttpClient;

/// A future that can be held behind `dyn`.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries out one request: no redirects, no retries. Tests let it fail as networks do.
pub trait Http: Send + Sync {
    /// Sends `request` once.
    fn perform(&self, request: HttpRequest) -> Waiting<'_, Exchange>;
}

impl Http for HttpClient {
    fn perform(&self, request: HttpRequest) -> Waiting<'_, Exchange> {
        Box::pin(HttpClient::perform(self, request))
    }
}

/// A login step that says `spends = true` uses up what the person gave (a one-time exchange). So the record
/// comes first, hidden and unproven, and its outcome is stored at once (I3, I6). Steps are counted from nought.
pub trait BeforeSpend: Send + Sync {
    /// Stores `material` hidden, unproven and marked as about to be spent by `step`. An error means that nothing is
    /// sent.
    fn about_to_spend<'a>(&'a self, step: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>>;

    /// Stores what `step` brought, still hidden and unproven. Called before anything else is done with it; again
    /// if it was an error.
    fn has_spent<'a>(&'a self, step: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>>;

    /// The step that was about to spend certainly did not: its mark is taken back, if this login set it.
    fn not_spent(&self) -> Waiting<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// What an earlier login stored here and did not come to prove, because the process or the network ended. It
    /// is tried before anybody is asked: what the person gave then may be used up. An error means that nobody can
    /// say whether there is something: nothing may be spent then.
    fn left(&self) -> Waiting<'_, Result<Option<Left>, Notice>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// What is stored leads nowhere, for certain: it is kept elsewhere, so that the person can be asked anew.
    fn set_aside(&self) -> Waiting<'_, Result<(), Notice>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What is left of an earlier login.
pub struct Left {
    /// As it was stored last.
    pub material: Material,
    /// The step to go on with: one that was about to spend and was not answered, else the one after the answer.
    pub next: usize,
}

/// For providers whose login steps spend nothing, and for tests: stores nothing.
pub struct NothingToSpend;

impl BeforeSpend for NothingToSpend {
    fn about_to_spend<'a>(&'a self, _: usize, _: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn has_spent<'a>(&'a self, _: usize, _: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
