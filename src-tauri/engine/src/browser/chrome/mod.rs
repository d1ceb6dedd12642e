//! The visit itself. How Chrome gets its pipes and how all of it ends differs between systems (`process`, `tree`).

mod condition;
mod failure;
mod harvest;
mod headers;
mod identity;
mod launch;
mod page;
mod pipe;
#[cfg(unix)]
#[path = "process_unix.rs"]
mod process;
#[cfg(windows)]
#[path = "process_windows.rs"]
mod process;
pub(super) mod profile;
mod restore;
mod session;
#[cfg(unix)]
mod tree;
pub(super) mod visit;
