//! Integration tests of the engine crate.
#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod chrome_rung;
mod clock;
#[cfg(unix)]
mod crash;
mod deadlines;
mod faults;
mod http;
mod login;
#[cfg(unix)]
mod needs_root;
mod sink;
mod storage;
mod whole;
