//! Integration tests of the engine crate.
mod http;
mod storage;
mod login;
mod whole;
#[cfg(unix)]
mod crash;
mod faults;
#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod chrome_rung;
#[cfg(unix)]
mod sink;
