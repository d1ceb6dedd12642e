//! The store that is used, and those that are not: who changed the setting by hand is told where their logins are.

use std::path::PathBuf;

use lamplighter_core::record::{SessionStore, StoreKind};

use super::{KeySource, Keychain, Keyutils, SealedStore};
use crate::paths::Paths;

/// A store and which kind it is.
pub type OfKind = (StoreKind, Box<dyn SessionStore>);

/// Where records are kept, and where else one may lie.
pub struct Stores {
    /// Which kind is used.
    pub kind: StoreKind,
    /// The one that is used.
    pub here: Box<dyn SessionStore>,
    /// The others. They are read when this one has no record of an account; nothing is written to them, and a logout
    /// removes the account's record from them.
    pub elsewhere: Vec<OfKind>,
}

/// What it takes to find each store of a profile.
pub struct Places {
    service: String,
    sealed: PathBuf,
    journals: PathBuf,
}

impl Places {
    /// Those of one profile.
    pub fn of(paths: &Paths) -> Self {
        Self { service: paths.keychain.clone(), sealed: paths.sealed(), journals: paths.journals() }
    }

    /// The store of this kind; `key` is that of the sealed one. Opens nothing yet.
    pub fn store(&self, kind: StoreKind, key: KeySource) -> Box<dyn SessionStore> {
        match kind {
            StoreKind::Keyring => Box::new(Keychain::platform(&self.service)),
            StoreKind::Keyutils => Box::new(Keychain::new(Keyutils::new(&self.service))),
            StoreKind::Sealed => Box::new(SealedStore::new(&self.sealed, &self.journals, key)),
        }
    }
}

/// Kinds that this system has.
pub fn kinds() -> impl Iterator<Item = StoreKind> {
    StoreKind::ALL.into_iter().filter(|kind| cfg!(target_os = "linux") || *kind != StoreKind::Keyutils)
}

impl Stores {
    /// As the settings say. Opens nothing yet. The key is given to the sealed files only where they are used: elsewhere
    /// it is enough to know that they are there.
    pub fn of(kind: StoreKind, places: &Places, key: KeySource) -> Self {
        let others = kinds().filter(|other| *other != kind);
        let elsewhere = others.map(|other| (other, places.store(other, KeySource::Unnamed))).collect();
        Self { kind, here: places.store(kind, key), elsewhere }
    }

    /// This one in the place of the platform's keyring, and no other.
    pub fn only(store: impl SessionStore + 'static) -> Self {
        Self { kind: StoreKind::Keyring, here: Box::new(store), elsewhere: Vec::new() }
    }

    /// The sealed files of `paths`, and no other store.
    pub fn sealed(paths: &Paths, key: KeySource) -> Self {
        let here = Places::of(paths).store(StoreKind::Sealed, key);
        Self { kind: StoreKind::Sealed, here, elsewhere: Vec::new() }
    }
}
