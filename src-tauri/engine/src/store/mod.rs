//! Where records are kept: the platform's keychain, the kernel's, or sealed files, on a thread of its own.

mod awaited;
mod keychain;
mod keyutils;
mod platform;
pub mod sealed;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
mod slots;
mod stores;
mod thread;

pub use awaited::{Awaited, Naming};
pub use keychain::Keychain;
pub use keyutils::Keyutils;
pub use sealed::{KeySource, SealedStore};
pub use slots::Slots;
pub use stores::{OfKind, Places, Stores, kinds};
pub use thread::{Call, Late, StoreThread};
