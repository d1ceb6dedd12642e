//! People as the system's user database knows them: cron has no `HOME`, and `HOME` can lie.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::{io, ptr};

/// An entry of the user database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Number.
    pub uid: u32,
    /// Login name.
    pub name: String,
    /// Home folder.
    pub home: PathBuf,
}

/// Whom this process runs as.
///
/// # Errors
/// If the user database has no such user or cannot be asked.
pub fn this_person() -> io::Result<Person> {
    // SAFETY: takes no arguments and cannot fail.
    person(unsafe { libc::geteuid() })
}

/// The user with this number.
///
/// # Errors
/// If the user database has no such user or cannot be asked.
pub fn person(uid: u32) -> io::Result<Person> {
    // An entry longer than this does not exist outside of tests; the bound keeps the loop finite.
    const LONGEST: usize = 1 << 20;
    let mut room = 1024;
    while room <= LONGEST {
        let mut buffer = vec![0_u8; room];
        // SAFETY: a `passwd` is integers and pointers, for which all zeroes is a valid value.
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let mut found = ptr::null_mut();
        let texts = buffer.as_mut_ptr().cast();
        // SAFETY: all targets are valid for the call, and `room` is the length of the buffer.
        let code = unsafe { libc::getpwuid_r(uid, &raw mut entry, texts, room, &raw mut found) };
        match code {
            0 if found.is_null() => return Err(io::ErrorKind::NotFound.into()),
            // SAFETY: the call has succeeded, so the texts are C strings in `buffer`, which still lives.
            0 => return Ok(unsafe { owned(uid, &entry) }),
            libc::ERANGE => room *= 4,
            other => return Err(io::Error::from_raw_os_error(other)),
        }
    }
    Err(io::ErrorKind::OutOfMemory.into())
}

/// # Safety
/// `entry` must have been filled by a call that succeeded, and its buffer must still live.
unsafe fn owned(uid: u32, entry: &libc::passwd) -> Person {
    // SAFETY: as the caller promises, both are C strings.
    let (name, home) = unsafe { (CStr::from_ptr(entry.pw_name), CStr::from_ptr(entry.pw_dir)) };
    Person {
        uid,
        name: name.to_string_lossy().into_owned(),
        home: PathBuf::from(OsStr::from_bytes(home.to_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_an_entry_and_a_home() {
        let root = person(0).expect("every system has root");
        assert!(root.home.is_absolute(), "{root:?}");
        assert_eq!(root.uid, 0);
    }

    #[test]
    fn a_number_that_nobody_has_is_not_found() {
        let missing = person(u32::MAX - 7).expect_err("nobody has this number");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
