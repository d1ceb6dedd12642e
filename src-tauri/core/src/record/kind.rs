//! Which kinds of stores there are, for a person to choose from.

use serde::{Deserialize, Serialize};

/// Where records are kept: `store` under `[settings]` in `config.toml`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// The operating system's: Secret Service, macOS Keychain, Credential Manager.
    #[default]
    Keyring,
    /// The Linux kernel's, for servers: in memory that is never written to a disk, and gone when the machine restarts.
    Keyutils,
    /// Sealed files in the profile's folder, for servers; their key lies elsewhere.
    Sealed,
}

impl StoreKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Keyring, Self::Keyutils, Self::Sealed];

    /// As it is written in `config.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Keyutils => "keyutils",
            Self::Sealed => "sealed",
        }
    }

    /// Whether what it holds is gone after a restart of the machine: then a missing record is nothing strange.
    pub fn forgets(self) -> bool {
        self == Self::Keyutils
    }
}
