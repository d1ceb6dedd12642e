//! A logout: nothing secret of the account stays, in no store and in no file.
//!
//! Of its login, of what was typed before one, of what its logins kept, and of all that was set aside because nobody could
//! read it. Without its account, which goes next, nobody would ever find it again.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{StoreError, StoreKind};

use super::perform::{Ports, blocking};
use super::{spending, typed};
use crate::journal::Journal;
use crate::store::StoreThread;

/// Stores that a logout could not look into, until the person is told of them.
pub(crate) type Unseen = BTreeMap<AccountId, Vec<StoreKind>>;

/// Erases it from all stores. One that is not in use and cannot be reached is let be: it must not keep the person from
/// logging out, and is told to them ([`take_unseen`]).
///
/// # Errors
/// If a store that can be reached does not let it go, or the one in use cannot be.
pub(super) async fn secrets(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    let mut left = Vec::new();
    for (kind, store) in ports.elsewhere() {
        match from(store, account).await {
            // Most machines have no other keyring, and nothing in it.
            Err(error @ (StoreError::NoKernel(_) | StoreError::Absent(_))) => {
                tracing::debug!(%account, store = kind.word(), %error, "not looked at for a logout");
            }
            Err(error) if is_out_of_reach(&error) => {
                tracing::warn!(
                    %account, store = kind.word(), %error,
                    "this store is not in use and could not be looked at: what it may hold of the account stays there"
                );
                left.push(*kind);
            }
            other => other?,
        }
    }
    from(&ports.store, account).await?;
    if !left.is_empty() {
        unseen(ports).insert(account.clone(), left);
    }
    Ok(())
}

/// Where the logout of this account could not look, once.
pub(super) fn take_unseen(ports: &Ports, account: &AccountId) -> Vec<StoreKind> {
    unseen(ports).remove(account).unwrap_or_default()
}

fn unseen(ports: &Ports) -> MutexGuard<'_, Unseen> {
    ports.unseen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The record last: whoever dies on the way finds it, and logs out once more.
async fn from(store: &StoreThread, account: &AccountId) -> Result<(), StoreError> {
    store.erase(&typed::beside(account)).await?;
    spending::erase(store, account).await?;
    store.erase(account).await
}

fn is_out_of_reach(error: &StoreError) -> bool {
    use StoreError::{Declined, Denied, Key, Locked, NoFolder, Slow};
    matches!(error, Locked | Declined | Denied(_) | Slow | Key(_) | NoFolder(_))
}

/// Removes the journals. Without its record the key of each is gone: what is left of it can be read by nobody.
pub(super) async fn journals(ports: &Ports, account: &AccountId) {
    let (folder, account) = (ports.journals.clone(), account.clone());
    let removed = blocking(move || {
        let hidden = Journal::remove(&folder, &spending::hidden(&account));
        Journal::remove(&folder, &account).and(hidden)
    });
    if let Err(error) = removed.await {
        tracing::warn!(%error, "the journal of an account that was logged out could not be removed");
    }
}
