//! How this process was started, and how it ends where others must not have a last word.

use std::io;

/// Whether whoever started us wants the end of the terminal to be ignored, as `nohup` does.
///
/// # Errors
/// What the system answered.
pub fn ignores_hangup() -> io::Result<bool> {
    // SAFETY: `sigaction` is a plain C struct for which all zeros are valid.
    let mut old: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: without a new action only the old one is written, to a struct that lives through the call.
    let answer = unsafe { libc::sigaction(libc::SIGHUP, std::ptr::null(), &raw mut old) };
    if answer == 0 { Ok(old.sa_sigaction == libc::SIG_IGN) } else { Err(io::Error::last_os_error()) }
}

/// Ends the process without calling what libraries left to be called at its end: they may wait for a thread that stands
/// still.
pub fn end_at_once(code: u8) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    unsafe { libc::_exit(libc::c_int::from(code)) }
}
