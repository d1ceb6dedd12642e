//! Engine.

pub mod api;
pub mod browser;
pub mod clock;
pub mod desktop;
pub mod http;
pub mod login;
pub mod journal;
pub mod lock;
pub mod paths;
pub mod seal;
pub mod store;
pub mod state;
