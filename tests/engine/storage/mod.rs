//! Folders, lock, journal, keychain and state database: against real files and a real keyring daemon.

mod awaited;
#[cfg(windows)]
mod credential_manager;
#[cfg(target_os = "linux")]
mod denied;
mod journal;
mod journal_power;
mod journal_room;
mod keychain;
#[cfg(target_os = "linux")]
mod keyring_daemon;
#[cfg(target_os = "linux")]
pub mod keyutils;
mod kinds;
#[cfg(target_os = "linux")]
mod kwallet;
mod large;
mod lock;
pub mod paths;
#[cfg(target_os = "linux")]
mod prompt;
#[cfg(unix)]
pub mod sealed;
mod state;
mod store_thread;
