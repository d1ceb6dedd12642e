//! Where tokens are put. The `.env` file is the first sink; templates are filled in by the caller.

pub mod env;
mod error;
#[cfg(unix)]
#[path = "file_unix.rs"]
mod file;
#[cfg(windows)]
#[path = "file_windows.rs"]
mod file;
mod git;
mod lines;
mod value;

pub use env::{EnvFile, Identity, Written, identity};
pub use error::SinkError;
