//! Where records are kept: the platform's keychain or the kernel's, on a thread of its own.

mod keychain;
mod keyutils;
mod platform;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
mod slots;
mod stores;
mod thread;

pub use keychain::Keychain;
pub use keyutils::Keyutils;
pub use slots::Slots;
pub use stores::Stores;
pub use thread::{Call, Late, StoreThread};
