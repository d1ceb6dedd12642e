//! Secret variables that the person gave before there is a record: kept in the keychain, under a name of their
//! own, until a login takes them into its record. The account stays one that was never logged in.

use std::collections::BTreeMap;

use lamplighter_core::id::{AccountId, Generation, ProviderId, VarName, WriteId};
use lamplighter_core::record::{Material, Record, StoreError, StoreKind};
use lamplighter_core::refresh::Amendment;
use lamplighter_core::secret::Secret;

use super::effects::random;
use super::perform::Ports;

/// By name.
pub(crate) type Typed = BTreeMap<VarName, Secret>;

/// What the keychain holds beside an account's record.
#[derive(Default)]
pub(crate) struct Beside {
    /// Secret variables for the next login.
    pub typed: Typed,
    /// A login has spent something and is not done.
    pub unfinished: bool,
    /// The record is in this store, which is not the one that is used.
    pub elsewhere: Option<StoreKind>,
}

impl Beside {
    /// What is kept for an account that has no record.
    ///
    /// # Errors
    /// If the keychain cannot say.
    pub(crate) async fn load(ports: &Ports, account: &AccountId) -> Result<Self, StoreError> {
        let record = ports.store.load(&beside(account)).await?;
        let typed = record.map(|record| record.secrets).unwrap_or_default();
        let elsewhere = super::whereabouts::left_elsewhere(ports, account).await;
        Ok(Self { elsewhere, ..Self::around(ports, account, typed).await? })
    }

    /// What the person set counts before what an unfinished login was given.
    async fn around(ports: &Ports, account: &AccountId, typed: Typed) -> Result<Self, StoreError> {
        let unfinished = super::spending::unfinished(ports, account).await?;
        let is_unfinished = unfinished.is_some();
        let mut all = unfinished.map(|record| record.secrets).unwrap_or_default();
        all.extend(typed);
        Ok(Self { typed: all, unfinished: is_unfinished, elsewhere: None })
    }

    /// The record is there: it has all of it.
    ///
    /// # Errors
    /// If it is not certain that it is gone.
    pub(crate) async fn forget(ports: &Ports, account: &AccountId) -> Result<Self, StoreError> {
        super::spending::forget(ports, account).await?;
        forget(ports, account).await?;
        Ok(Self::default())
    }
}

/// Makes `change` to what is kept for `account`; returns what is kept now.
///
/// # Errors
/// If it is not certain that it is kept.
pub(crate) async fn change(
    ports: &Ports,
    account: &AccountId,
    provider: ProviderId,
    change: Amendment,
) -> Result<Typed, StoreError> {
    let there = ports.store.load(&beside(account)).await?;
    let expected = there.as_ref().map(|there| there.write_id);
    let mut typed = there.map(|there| there.secrets).unwrap_or_default();
    match change {
        Amendment::SetSecret(name, value) => _ = typed.insert(name, value),
        Amendment::RemoveSecret(name) => _ = typed.remove(&name),
        Amendment::AgreeHosts(_) => {}
    }
    if typed.is_empty() {
        forget(ports, account).await?;
        return Ok(Beside::around(ports, account, typed).await?.typed);
    }
    let record = Record {
        account: beside(account),
        write_id: WriteId(random()),
        login: None,
        provider,
        hosts: Vec::new(),
        identity: None,
        journal_key: crate::seal::new_key().map_err(|error| StoreError::Absent(error.to_string()))?,
        secrets: typed.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
        current: Material::empty(Generation(0)),
        proven: None,
    };
    ports.store.save(&beside(account), expected, record).await?;
    Ok(Beside::around(ports, account, typed).await?.typed)
}

/// What is kept under this id.
///
/// # Errors
/// If the keychain cannot say.
pub(crate) async fn load(ports: &Ports, account: &AccountId) -> Result<Typed, StoreError> {
    Ok(ports.store.load(&beside(account)).await?.map(|record| record.secrets).unwrap_or_default())
}

/// They are in the account's own record now, or nobody wants them any more.
///
/// # Errors
/// If it is not certain that they are gone.
pub(crate) async fn forget(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    ports.store.delete(&beside(account)).await
}

/// The keychain entry, always the same for an account.
pub(super) fn beside(account: &AccountId) -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("secrets of {account}"));
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    AccountId::from_random(id)
}
