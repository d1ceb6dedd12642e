//! Users, by their numbers (SIDs).

use std::fmt;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Security::Authorization::{ConvertSidToStringSidW, ConvertStringSidToSidW};
use windows_sys::Win32::Security::{
    GetTokenInformation, LookupAccountSidW, PSID, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessTimes, OpenProcess, OpenProcessToken, PROCESS_NAME_WIN32,
    PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};

use super::memory::{Local, text};
use super::{check, wide};

/// A user or group as Windows numbers it, in its written form: `S-1-5-21-…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sid(String);

impl Sid {
    /// # Safety
    /// `sid` must point to a valid SID.
    pub(super) unsafe fn read(sid: PSID) -> io::Result<Self> {
        let mut written = ptr::null_mut();
        // SAFETY: the SID is valid, as the caller promises; the target takes one pointer.
        check(unsafe { ConvertSidToStringSidW(sid, &raw mut written) })?;
        let block = Local(written.cast());
        // SAFETY: the call above wrote a text with a closing zero there, which lives as long as `block`.
        let sid = unsafe { text(block.0.cast()) };
        Ok(Self(sid))
    }

    /// The account's name, `COMPUTER\ana`; `None` if the system knows no such account.
    pub fn name(&self) -> Option<String> {
        let written = wide(&self.0).ok()?;
        let mut sid = ptr::null_mut();
        // SAFETY: the text has a closing zero; the target takes one pointer.
        check(unsafe { ConvertStringSidToSidW(written.as_ptr(), &raw mut sid) }).ok()?;
        let sid = Local(sid);
        let (mut name, mut domain) = ([0_u16; 256], [0_u16; 256]);
        let (mut name_len, mut domain_len, mut kind) = (256, 256, 0);
        // SAFETY: the SID is valid, both buffers have the size that is told.
        let found = unsafe {
            LookupAccountSidW(
                ptr::null(),
                sid.0,
                name.as_mut_ptr(),
                &raw mut name_len,
                domain.as_mut_ptr(),
                &raw mut domain_len,
                &raw mut kind,
            )
        };
        check(found).ok()?;
        let part =
            |text: &[u16], len: u32| Some(String::from_utf16_lossy(text.get(..usize::try_from(len).ok()?)?));
        let (name, domain) = (part(&name, name_len)?, part(&domain, domain_len)?);
        Some(if domain.is_empty() { name } else { format!("{domain}\\{name}") })
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The user of this process, elevated or not.
///
/// # Errors
/// If Windows does not tell.
pub fn this_user() -> io::Result<Sid> {
    // SAFETY: takes nothing, cannot fail, and the answer needs no closing.
    user_of(unsafe { GetCurrentProcess() })
}

/// A process that may be asked who it is.
pub(super) struct Process(OwnedHandle);

impl Process {
    pub(super) fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: takes three numbers.
        let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was opened just now and is ours alone.
        Ok(Self(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    pub(super) fn user(&self) -> io::Result<Sid> {
        user_of(self.0.as_raw_handle())
    }

    /// When it started, in units of 100 ns since 1601.
    fn started(&self) -> io::Result<u64> {
        let mut times = [FILETIME::default(); 4];
        let [created, exited, kernel, user] = &mut times;
        // SAFETY: the process is open; each target takes one time.
        check(unsafe { GetProcessTimes(self.0.as_raw_handle(), created, exited, kernel, user) })?;
        Ok(u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime))
    }

    /// Path of its executable.
    pub(super) fn program(&self) -> io::Result<String> {
        let mut path = vec![0_u16; 32 * 1024];
        let mut length = 32 * 1024;
        let handle = self.0.as_raw_handle();
        // SAFETY: the handle is open, the buffer has the size that is told.
        check(unsafe {
            QueryFullProcessImageNameW(handle, PROCESS_NAME_WIN32, path.as_mut_ptr(), &raw mut length)
        })?;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        Ok(String::from_utf16_lossy(path.get(..length).unwrap_or_default()))
    }
}

/// When the process of this number started; differs between two that had the same number one after the other.
///
/// # Errors
/// If there is none, or it is not ours to ask.
pub fn started(pid: u32) -> io::Result<u64> {
    Process::open(pid)?.started()
}

fn user_of(process: windows_sys::Win32::Foundation::HANDLE) -> io::Result<Sid> {
    let mut token = ptr::null_mut();
    // SAFETY: the process is open; the target takes one handle.
    check(unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) })?;
    // SAFETY: it was opened just now and is ours alone.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // A TOKEN_USER and the longest SID (68 bytes) behind it; of u64, so that it is aligned.
    let mut buffer = [0_u64; 32];
    let mut length = 0;
    // SAFETY: the token is open, the buffer has the size that is told.
    check(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            u32::try_from(size_of_val(&buffer)).unwrap_or(0),
            &raw mut length,
        )
    })?;
    // SAFETY: the call above wrote a TOKEN_USER there, aligned, whose SID lies in the same buffer.
    unsafe { Sid::read((*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t08_a_process_is_of_the_user_that_started_it() {
        let own = this_user().expect("told");
        assert!(own.to_string().starts_with("S-1-5-"), "{own}");
        let seen = Process::open(std::process::id()).expect("our own");
        assert_eq!(seen.user().expect("told"), own);
        assert_eq!(started(std::process::id()).expect("told"), seen.started().expect("told"));
        let program = seen.program().expect("told");
        let file = std::env::current_exe().expect("known").file_name().expect("a file").to_owned();
        assert!(program.ends_with(&*file.to_string_lossy()), "{program}");
    }

    #[test]
    fn a_user_has_a_name_and_a_number_that_nobody_has_none() {
        assert!(this_user().expect("told").name().is_some_and(|name| !name.is_empty()));
        assert_eq!(Sid("S-1-5-21-1-2-3-4567".to_owned()).name(), None);
    }
}
