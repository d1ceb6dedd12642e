//! Where records are kept: the platform's keychain, on a thread of its own.

mod keychain;
mod platform;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
mod slots;
mod thread;

pub use keychain::Keychain;
pub use slots::Slots;
pub use thread::{Call, Late, StoreThread};
