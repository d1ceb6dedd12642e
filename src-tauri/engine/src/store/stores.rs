//! The store that is used, and the one that is not: who changed the setting by hand is told where their logins are.

use lamplighter_core::record::{SessionStore, StoreKind};

use super::{Keychain, Keyutils};

/// Where records are kept, and where else one may lie.
pub struct Stores {
    /// Which kind is used.
    pub kind: StoreKind,
    /// The one that is used.
    pub here: Box<dyn SessionStore>,
    /// The other one. It is read when this one has no record of an account; nothing is written to it, and a logout
    /// removes the account's record from it.
    pub elsewhere: Option<(StoreKind, Box<dyn SessionStore>)>,
}

impl Stores {
    /// As the settings say; `service` is [`crate::paths::Paths::keychain`]. Opens nothing yet.
    pub fn of(kind: StoreKind, service: &str) -> Self {
        let keyutils = || Box::new(Keychain::new(Keyutils::new(service)));
        let keyring = || Box::new(Keychain::platform(service));
        match kind {
            StoreKind::Keyutils => {
                Self { kind, here: keyutils(), elsewhere: Some((StoreKind::Keyring, keyring())) }
            }
            StoreKind::Keyring => {
                let elsewhere: Option<(StoreKind, Box<dyn SessionStore>)> =
                    if cfg!(target_os = "linux") { Some((StoreKind::Keyutils, keyutils())) } else { None };
                Self { kind, here: keyring(), elsewhere }
            }
        }
    }

    /// This one in the place of the platform's keyring, and no other.
    pub fn only(store: impl SessionStore + 'static) -> Self {
        Self { kind: StoreKind::Keyring, here: Box::new(store), elsewhere: None }
    }
}
