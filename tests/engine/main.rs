//! Integration tests of the engine crate.
mod http;
mod storage;
mod login;
mod whole;
#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod sink;
