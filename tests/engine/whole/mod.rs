//! The whole engine against the practice site: what a person and their programs would notice.

mod alerts;
mod hooks;
mod keychain;
mod life;
mod lives;
mod owed;
mod panics;
mod paused;
mod repairs;
mod stores;
#[cfg(unix)]
mod unnamed;
pub mod world;
