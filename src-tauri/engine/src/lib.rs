//! Engine.

pub mod api;
pub mod clock;
pub mod desktop;
pub mod http;
