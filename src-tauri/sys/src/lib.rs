//! The only crate of Lamplighter that may say `unsafe`: each use is one platform call behind a safe function.

#[cfg(target_os = "linux")]
mod display;
#[cfg(unix)]
mod harden;
#[cfg(unix)]
pub mod library;
#[cfg(unix)]
mod passwd;
#[cfg(unix)]
mod peer;
#[cfg(unix)]
mod process;
#[cfg(windows)]
pub mod windows;
mod zero;

#[cfg(target_os = "linux")]
pub use display::when_display_is_lost;
#[cfg(unix)]
pub use harden::{forbid_core_dumps, forbid_debugging};
#[cfg(unix)]
pub use passwd::{Person, person, this_person};
#[cfg(unix)]
pub use peer::{Peer, peer};
#[cfg(unix)]
pub use process::{end_at_once, ignores_hangup, keep_apart, keep_ended_children};
pub use zero::ZeroOnFree;
