//! What is odd about a service's answers, though they work: logged once, not with every refresh.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

use lamplighter_core::id::AccountId;
use lamplighter_core::provider::Warning;

/// What was logged since the start.
#[derive(Default)]
pub(crate) struct Warned(HashSet<(AccountId, Discriminant<Warning>)>);

impl Warned {
    /// Logs each kind of warning once for each account. Warnings name fields and scopes, never values.
    pub(crate) fn log(&mut self, account: &AccountId, warnings: &[Warning]) {
        for warning in warnings {
            if self.0.insert((account.clone(), discriminant(warning))) {
                tracing::warn!(%account, ?warning, "the service's answer is odd, though it works");
            }
        }
    }
}
