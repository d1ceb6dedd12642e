//! Windows: users, pipes that only their owner may use, files, processes in a job.

mod child;
mod errors;
mod files;
mod memory;
mod pipe;
mod security;
mod startup;
mod user;

pub use child::{Child, Job, Spawn, inheritable, quoted};
pub use errors::keep_memory_out_of_reports;
pub use files::{FileId, close_to_others, file_id, is_deleted, links, owner_of, share_alike};
pub use pipe::{Connection, NoPipe, caller, connect, serve};
pub use startup::{StartupEntry, name_notifications};
pub use user::{Sid, started, this_user};

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt as _;

/// Text as Windows takes it: UTF-16 with a closing zero.
///
/// # Errors
/// If there is a zero in the middle: Windows would take the part before it.
fn wide(text: impl AsRef<OsStr>) -> io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = text.as_ref().encode_wide().collect();
    if wide.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a zero in the middle of a text"));
    }
    wide.push(0);
    Ok(wide)
}

/// What a call that answers with a BOOL said.
fn check(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// What a call that answers with an error's number said.
fn check_code(code: u32) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code.cast_signed())) }
}
