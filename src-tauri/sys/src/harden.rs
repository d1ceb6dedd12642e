//! Keeping memory out of files and away from other processes (T21).

use std::io;

/// No core file of this process, however it ends.
///
/// # Errors
/// What the system answered.
pub fn forbid_core_dumps() -> io::Result<()> {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `none` is a valid `rlimit` and lives through the call.
    check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) })
}

/// Nobody but root attaches to this process or reads its memory; also no core dumps.
///
/// Not for the desktop: portals and the tray read `/proc/PID` of who calls them, which this closes.
///
/// # Errors
/// What the system answered.
pub fn forbid_debugging() -> io::Result<()> {
    forbid_core_dumps()?;
    #[cfg(target_os = "linux")]
    // SAFETY: PR_SET_DUMPABLE takes one integer and touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0 as libc::c_ulong, 0, 0, 0) })?;
    #[cfg(target_os = "macos")]
    // SAFETY: PT_DENY_ATTACH takes no pid, address or data.
    check(unsafe { libc::ptrace(libc::PT_DENY_ATTACH, 0, std::ptr::null_mut(), 0) })?;
    Ok(())
}

fn check(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
