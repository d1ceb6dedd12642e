//! Folders, lock, journal, keychain and state database: against real files and a real keyring daemon.

mod journal;
mod journal_power;
mod lock;
mod paths;
mod keychain;
mod keyring_daemon;
mod store_thread;
mod state;
