//! `lamp serve` with nothing faked: the real engine in its own process, a real store, the practice site, and whoever asks
//! it from another shell.

#![cfg(target_os = "linux")]

mod ending;
mod keeping;
mod manager;
mod others;
mod sealed;
pub mod server;
mod stores;
mod units;
