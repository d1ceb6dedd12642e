//! The only crate of Lamplighter that may say `unsafe`: each use is one platform call behind a safe function.

#[cfg(unix)]
mod harden;
#[cfg(unix)]
pub mod library;
#[cfg(unix)]
mod passwd;
#[cfg(unix)]
mod peer;
#[cfg(windows)]
pub mod windows;
mod zero;

#[cfg(unix)]
pub use harden::{forbid_core_dumps, forbid_debugging};
#[cfg(unix)]
pub use passwd::{Person, person, this_person};
#[cfg(unix)]
pub use peer::{Peer, peer};
pub use zero::ZeroOnFree;
