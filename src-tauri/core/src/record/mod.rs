//! The record: everything secret of one account, in one piece.

mod decode;
mod duplicate;
mod encode;
mod key;
mod kind;

pub use decode::{StorageWire, decode};
pub use encode::{encode, write_storage};
pub use key::KeyTrouble;
pub use kind::StoreKind;

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{AccountId, ChainName, Generation, ProviderId, TokenName, VarName, WriteId};
use crate::jar::Jar;
use crate::secret::Secret;
use crate::time::{Expiry, Now};

/// The newest format this version reads and writes; a newer one is `Blocked(NewerFormat)` and never rewritten.
pub const FORMAT: u16 = 1;

/// Everything secret of one account. The whole of it is one entry of the keychain.
pub struct Record {
    /// Whose it is.
    pub account: AccountId,
    /// New in every write.
    pub write_id: WriteId,
    /// The login that made it, if that login kept something while it was spending: with this record in the store,
    /// what it kept is old. Also if the store did not take it at once.
    pub login: Option<WriteId>,
    /// How the service works; the file can change, this says what the login was made with.
    pub provider: ProviderId,
    /// Hosts that the person agreed to when logging in; secrets go nowhere else (T23).
    pub hosts: Vec<String>,
    /// As whom the probe found us logged in: the provider's identity sources, joined by a space.
    pub identity: Option<String>,
    /// Key that seals the journal, 32 bytes.
    pub journal_key: Secret,
    /// Secret variables of the provider, such as `client_secret`.
    pub secrets: BTreeMap<VarName, Secret>,
    /// The newest material.
    pub current: Material,
    /// The last proven material, kept while `current` is not proven (I6).
    pub proven: Option<Material>,
}

/// What a refresh replaces: one generation of cookies, web storage, credentials and tokens.
pub struct Material {
    /// Rises with each new material.
    pub generation: Generation,
    /// Whether a probe accepted it, or it was minted by an exchange that needs no probe.
    pub is_proven: bool,
    /// Cookies.
    pub jar: Jar,
    /// Web storage of the provider's hosts.
    pub storage: Vec<StorageItem>,
    /// Access tokens, by name.
    pub tokens: BTreeMap<TokenName, Held>,
    /// Refresh credentials, by chain.
    pub credentials: BTreeMap<ChainName, Held>,
    /// What `save` put into `var.*`.
    pub vars: BTreeMap<VarName, Held>,
    /// Browser identity of the capture; used for every later request.
    pub user_agent: Option<String>,
    /// `Accept-Language` of the capture.
    pub languages: Option<String>,
    /// Chains whose one-time credential was spent: only the lost-reply rule may send it again.
    pub spent: BTreeSet<ChainName>,
    /// Replays of a lost reply so far, by chain.
    pub replays: BTreeMap<ChainName, u32>,
}

/// A value that was saved from a source, with where it came from and when it ends.
pub struct Held {
    /// The value.
    pub value: Secret,
    /// When it was got.
    pub got: Now,
    /// When it ends, if anything told.
    pub expiry: Option<Expiry>,
}

/// Which web storage an item lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageArea {
    /// `localStorage`.
    Local,
    /// `sessionStorage`.
    Session,
}

/// One item of web storage.
pub struct StorageItem {
    /// Origin, such as `https://app.example.com`.
    pub origin: String,
    /// Which storage.
    pub area: StorageArea,
    /// Key.
    pub key: String,
    /// Value.
    pub value: Secret,
}

/// Why a store did not do what it was asked (F38 to F42). Its texts are in [`crate::report`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Locked: unlocking it is up to the person.
    #[error("the keychain is locked")]
    Locked,
    /// Locked still: it asked the person, because they said so, and was not told its password. It is not asked to
    /// ask again until they say so again.
    #[error("the keychain is locked, and its question was not answered")]
    Declined,
    /// Not there (no Secret Service, D-Bus dead).
    #[error("no keychain is there: {0}")]
    Absent(String),
    /// There, and refused us.
    #[error("the keychain refused: {0}")]
    Denied(String),
    /// Did not answer in time; a late write of ours is recognised by its write id.
    #[error("the keychain did not answer in time")]
    Slow,
    /// Somebody else wrote since `expected` was read.
    #[error("the record was changed by somebody else meanwhile")]
    Conflict,
    /// Larger than the store takes.
    #[error("the record does not fit: {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The kernel's keyring is full: it sets a bound to all keys of one user.
    #[error("the kernel’s keyring takes {most} bytes, and {bytes} more are one too many")]
    Quota {
        /// Size of what did not fit.
        bytes: usize,
        /// Most that it takes, all keys together.
        most: usize,
    },
    /// The kernel's keyring cannot be used: not this system, or a container forbids it.
    #[error("the kernel’s keyring cannot be used: {0}")]
    NoKernel(String),
    /// The sealed store has no key, or not the right one.
    #[error("the sealed store does not open: {0}")]
    Key(#[from] KeyTrouble),
    /// The folder of the sealed files is not there, though some lie in it: nobody can say what it holds.
    #[error("the folder of the sealed files is not there: {0}")]
    NoFolder(String),
    /// A sealed file could not be read or written.
    #[error("a sealed file cannot be used: {0}")]
    Disk(String),
    /// What is stored is not a record that we can read.
    #[error("the stored record cannot be read: {0}")]
    Corrupt(String),
    /// Written by a newer version of Lamplighter.
    #[error("the record was written by a newer version (format {0})")]
    NewerFormat(u16),
}

/// Compares before a write (I5): whether `record` is still to be written where the write id `there` was found; not if
/// it is there already, which is our own write that timed out and landed later (F40).
///
/// # Errors
/// [`StoreError::Conflict`] if something else is there than `expected`.
pub fn is_to_be_written(
    there: Option<WriteId>,
    expected: Option<WriteId>,
    record: &Record,
) -> Result<bool, StoreError> {
    if there == Some(record.write_id) {
        return Ok(false);
    }
    if there == expected { Ok(true) } else { Err(StoreError::Conflict) }
}

/// Where records are kept. Blocking: the engine gives it a thread of its own.
pub trait SessionStore: Send {
    /// The record of `account`, or `None` if there is none.
    ///
    /// # Errors
    /// If the store cannot say.
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError>;

    /// Re-reads first: `record.write_id` already there → done; `expected` there → write and read back; else
    /// [`StoreError::Conflict`] (I5).
    ///
    /// # Errors
    /// If it is not certain that `record` is stored now.
    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError>;

    /// Removes the record; done if there is none.
    ///
    /// # Errors
    /// If it is not certain that it is gone.
    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError>;

    /// Removes all that is there of `account`, also what was set aside and what a crash left: the person logs out.
    /// Done if there is nothing.
    ///
    /// # Errors
    /// If it is not certain that all of it is gone.
    fn erase(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.delete(account)
    }

    /// Makes what was saved survive a power loss, with all that it takes to read it again: asked before the same is
    /// removed elsewhere.
    ///
    /// # Errors
    /// If that is not certain.
    fn settle(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Moves what cannot be read as the record of `account` out of the way, unread and whole, so that a login can
    /// be stored in its place. Done if there is nothing.
    ///
    /// # Errors
    /// If it is not certain that it is kept, and out of the way.
    fn set_aside(&mut self, account: &AccountId) -> Result<(), StoreError> {
        Err(StoreError::Corrupt(format!("{account} cannot be set aside in this store")))
    }

    /// Asks the person to unlock the store, because they said so; waits for the answer, however long.
    ///
    /// # Errors
    /// [`StoreError::Declined`] if the person does not; otherwise why it could not be asked.
    fn unlock(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}
