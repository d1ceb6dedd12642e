//! Engine.

pub mod api;
