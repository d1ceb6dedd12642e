//! The hidden records of an account's logins: where they lie, and how they go.

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{Record, StoreError};

use super::super::perform::Ports;
use super::sealed;
use crate::store::StoreThread;

/// So many old ones are kept aside for one account; each took the person a whole login, and a logout takes all away.
pub(crate) const ASIDE: u32 = 100;

/// What a login of this account has spent, or brought, that is not done; its secret variables come with it.
///
/// # Errors
/// If the keychain cannot say.
pub(crate) async fn unfinished(ports: &Ports, account: &AccountId) -> Result<Option<Record>, StoreError> {
    let slot = hidden(account);
    let stored = match ports.store.load(&slot).await {
        Ok(Some(stored)) => stored,
        Ok(None) | Err(StoreError::Corrupt(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let sealed = sealed::newest(ports, &slot, &stored.journal_key).await;
    // Without it what was spent would be sent once more.
    let sealed = sealed.map_err(|error| StoreError::Denied(error.to_string()))?;
    let is_newer = |sealed: &Record| {
        sealed.login == stored.login && sealed.current.generation > stored.current.generation
    };
    Ok(Some(sealed.filter(is_newer).unwrap_or(stored)))
}

/// It is in the account's own record, or good for nothing.
pub(super) async fn remove(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    let slot = hidden(account);
    ports.store.delete(&slot).await?;
    sealed::remove(ports, &slot).await;
    Ok(())
}

/// A login of this account is committed: what it, or one before it, had kept is old.
///
/// # Errors
/// If it is not certain that it is gone. It is known for what it is all the same, by the account's own record.
pub(crate) async fn forget(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    if ports.store.load(&hidden(account)).await?.is_some() { remove(ports, account).await } else { Ok(()) }
}

/// The person logs out: nothing of any login stays in this store. They are numbered without gaps, so the last goes first:
/// whoever dies on the way leaves none that the same again would not find.
///
/// # Errors
/// If it is not certain that all of it is gone.
pub(crate) async fn erase(store: &StoreThread, account: &AccountId) -> Result<(), StoreError> {
    let mut count = 0;
    while count < ASIDE {
        match store.load(&aside(account, count)).await {
            Ok(None) => break,
            // Readable or not, it is there.
            Ok(Some(_)) | Err(StoreError::Corrupt(_) | StoreError::NewerFormat(_) | StoreError::Key(_)) => {
                count += 1
            }
            Err(error) => return Err(error),
        }
    }
    // One more than there are: what a store itself has set aside of it may be all that is left.
    for number in (0..=count).rev() {
        store.erase(&aside(account, number)).await?;
    }
    store.erase(&hidden(account)).await
}

/// Moves what is there to a place where it is kept until the person logs out: whole there before it goes here.
pub(super) async fn move_aside(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    let slot = hidden(account);
    // Nobody can read it; the store keeps it as it is.
    if let Err(StoreError::Corrupt(_)) = ports.store.load(&slot).await {
        return ports.store.set_aside(&slot).await;
    }
    let Some(mut record) = unfinished(ports, account).await? else { return Ok(()) };
    for number in 0..ASIDE {
        let to = aside(account, number);
        match ports.store.load(&to).await? {
            None => {
                record.account = to.clone();
                ports.store.save(&to, None, record).await?;
                return remove(ports, account).await;
            }
            // A crash came between the two.
            Some(there) if there.write_id == record.write_id => return remove(ports, account).await,
            Some(_) => {}
        }
    }
    Err(StoreError::Conflict)
}

/// The keychain entry of a login that has spent something and is not proven yet: the same at the next try.
pub(crate) fn hidden(account: &AccountId) -> AccountId {
    derived(&format!("login of {account}"))
}

/// Where the old one of this number is kept.
pub(crate) fn aside(account: &AccountId, number: u32) -> AccountId {
    derived(&format!("login of {account} set aside {number}"))
}

fn derived(what: &str) -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(what);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    AccountId::from_random(id)
}
