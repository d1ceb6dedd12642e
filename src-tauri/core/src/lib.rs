//! The pure part of Lamplighter.
//!
//! Accounts and refreshes are state machines here, providers are data, secrets are types. Nothing in this
//! crate reads a clock, a file, a socket or the environment: time comes in as [`time::Now`], randomness as
//! bytes, and what has to be done in the world goes out as values that the engine (or the simulator)
//! performs.

pub mod account;
pub mod api;
#[cfg(feature = "bindings")]
pub mod bindings;
pub mod classify;
pub mod config;
pub mod exchange;
pub mod id;
pub mod jar;
pub mod journal;
pub mod login;
pub mod provider;
pub mod record;
pub mod refresh;
pub mod report;
pub mod schedule;
pub mod secret;
pub mod text;
pub mod time;
