//! Folders, lock, journal, keychain and state database: against real files and a real keyring daemon.

#[cfg(windows)]
mod credential_manager;
mod journal;
mod journal_power;
mod keychain;
#[cfg(target_os = "linux")]
mod keyring_daemon;
mod lock;
pub mod paths;
mod state;
mod store_thread;
