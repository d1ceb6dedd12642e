//! The engine: the one owner of all accounts of a user. It performs what core decides, over real networks,
//! keychains, browsers and files, and knows nothing of Tauri.

mod alert;
pub mod api;
pub mod browser;
pub mod clock;
pub mod desktop;
pub mod http;
pub mod journal;
pub mod lock;
pub mod log;
pub mod login;
mod network;
pub mod paths;
mod run;
pub mod seal;
pub mod sink;
pub mod start;
pub mod state;
pub mod store;
#[cfg(test)]
mod told;

pub use lock::Holder;
pub use run::{Bed, Engine, Move, MoveStep, Moved, OwedList, Screen, configured, owed, places};
