//! Folders, lock, journal, keychain and state database: against real files and a real keyring daemon.

mod journal;
mod journal_power;
mod keychain;
mod keyring_daemon;
mod lock;
mod paths;
mod state;
mod store_thread;
