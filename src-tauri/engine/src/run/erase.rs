//! A logout: nothing secret of the account stays, in no store and in no file.
//!
//! Of its login, of what was typed before one, of what its logins kept, and of all that was set aside because nobody could
//! read it. Without its account, which goes next, nobody would ever find it again.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{StoreError, StoreKind};

use super::perform::{Ports, blocking};
use super::{spending, typed};
use crate::journal::Journal;
use crate::store::StoreThread;

/// Stores that a logout could not look into, until the person is told of them.
pub(crate) type Unseen = BTreeMap<AccountId, Left>;

/// What a logout could not look into.
pub(crate) struct Left {
    pub stores: Vec<StoreKind>,
    /// It is written down, and done as soon as they open.
    pub is_noted: bool,
}

/// Erases it from all stores. One that is not in use and cannot be reached is let be: it must not keep the person from
/// logging out, and is told to them ([`take_unseen`]). If `notes`, that is written down before the record goes from where
/// it is used: whoever dies after that has no account by which to find it.
///
/// # Errors
/// If a store that can be reached does not let it go, or the one in use cannot be. Then no more is owed than before.
pub(super) async fn secrets(ports: &Ports, account: &AccountId, notes: bool) -> Result<(), StoreError> {
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
    let before = ports.owed.of(account);
    let is_noted = notes && note(ports, account, left.clone()).await;
    if let Err(error) = from(&ports.store, account).await {
        note(ports, account, before).await;
        return Err(error);
    }
    if !left.is_empty() {
        unseen(ports).insert(account.clone(), Left { stores: left, is_noted });
    }
    Ok(())
}

/// Erases it from those of these stores that can be reached by now; the others are owed still.
pub(super) async fn owed(ports: &Ports, account: &AccountId, stores: &[StoreKind]) {
    let mut left = Vec::new();
    for kind in stores {
        let elsewhere = ports.elsewhere().iter().find(|(other, _)| other == kind).map(|(_, store)| store);
        let here = (ports.kind() == Some(*kind)).then_some(&ports.store);
        let erased = match elsewhere.or(here) {
            Some(store) => from(store, account).await,
            None => Err(StoreError::Absent("not in this system".to_owned())),
        };
        match erased {
            Ok(()) => tracing::info!(%account, store = kind.word(), "erased what a logout could not"),
            Err(error) => {
                tracing::debug!(%account, store = kind.word(), %error, "still to be erased");
                left.push(*kind);
            }
        }
    }
    note(ports, account, left).await;
}

/// Whether any store that can be asked holds something of it, readable or not.
pub(super) async fn is_anywhere(ports: &Ports, account: &AccountId) -> bool {
    let slots =
        [account.clone(), typed::beside(account), spending::hidden(account), spending::aside(account, 0)];
    for store in ports.elsewhere().iter().map(|(_, store)| store).chain([&ports.store]) {
        for slot in &slots {
            match store.load(slot).await {
                Ok(None) => {}
                Ok(Some(_))
                | Err(StoreError::Corrupt(_) | StoreError::NewerFormat(_) | StoreError::Key(_)) => {
                    return true;
                }
                // It says no more of the others.
                Err(_) => break,
            }
        }
    }
    false
}

/// Where the logout of this account could not look, once.
pub(super) fn take_unseen(ports: &Ports, account: &AccountId) -> Option<Left> {
    unseen(ports).remove(account)
}

/// Whether it is written down what is owed.
async fn note(ports: &Ports, account: &AccountId, stores: Vec<StoreKind>) -> bool {
    let (owed, id) = (Arc::clone(&ports.owed), account.clone());
    let noted = blocking(move || owed.set(&id, &stores)).await;
    noted
        .inspect_err(|error| tracing::warn!(%account, %error, "what is to be erased is not written down"))
        .is_ok()
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
