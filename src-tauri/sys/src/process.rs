//! How this process was started, and how it ends where others must not have a last word.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

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

/// Has the system keep how a child ended until it is asked for, also if whoever started us ignored that, as some supervisors
/// and shells do: an ignored `SIGCHLD` is inherited, and then numbers of children are given away before they are waited for.
///
/// # Errors
/// What the system answered.
pub fn keep_ended_children() -> io::Result<()> {
    // SAFETY: SIGCHLD is a signal, and SIG_DFL leaves nothing of ours to be called.
    let before = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    if before == libc::SIG_ERR { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Ends the process without calling what libraries left to be called at its end: they may wait for a thread that stands
/// still.
pub fn end_at_once(code: u8) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    unsafe { libc::_exit(libc::c_int::from(code)) }
}

/// Has the child of this command start with nothing of ours but its standard streams, whatever was handed to this process
/// when it was started. On Linux it ends with the thread that starts it: also if that is killed.
pub fn keep_apart(command: &mut Command) -> &mut Command {
    let parent = std::process::id();
    // SAFETY: between fork and exec only system calls are made, which take numbers; nothing is allocated or locked.
    unsafe {
        command.pre_exec(move || {
            close_at_exec();
            end_with(parent)
        })
    }
}

/// All descriptors but the standard streams.
fn close_at_exec() {
    #[cfg(target_os = "linux")]
    {
        const FIRST: libc::c_uint = 3;
        const CLOEXEC: libc::c_uint = 4;
        // SAFETY: close_range takes three numbers; with this flag nothing is closed before the exec.
        if unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, CLOEXEC) } == 0 {
            return;
        }
    }
    // Before Linux 5.11, and elsewhere: those that a program is handed have small numbers.
    for fd in 3..1024 {
        // SAFETY: fcntl takes numbers here; one that is no descriptor is refused.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

#[cfg(target_os = "linux")]
fn end_with(parent: u32) -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes one number.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: getppid takes nothing and cannot fail.
    let now = unsafe { libc::getppid() };
    // It may have ended before it was asked for.
    if u32::try_from(now) == Ok(parent) { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
}

#[cfg(not(target_os = "linux"))]
fn end_with(_parent: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use super::keep_apart;

    #[test]
    fn p2_a_child_that_is_kept_apart_ends_with_the_thread_that_started_it() {
        let started = std::thread::spawn(|| keep_apart(Command::new("/bin/sleep").arg("600")).spawn());
        let mut child = started.join().expect("no panic").expect("it starts");
        assert_eq!(child.wait().expect("it is ours").signal(), Some(libc::SIGKILL));
    }

    /// In a process of its own: how a signal is taken counts for all threads.
    #[test]
    fn p2_how_children_end_is_known_though_who_started_us_ignores_it() {
        const NAME: &str = "process::tests::p2_how_children_end_is_known_though_who_started_us_ignores_it";
        const INSIDE: &str = "LAMPLIGHTER_TEST_IGNORED_CHILDREN";
        let ends_with_three = || Command::new("/bin/sh").args(["-c", "exit 3"]).status();
        if std::env::var_os(INSIDE).is_some() {
            // SAFETY: SIGCHLD is a signal, and SIG_IGN leaves nothing of ours to be called.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
            ends_with_three().expect_err("the control: nobody knows how it ended");
            super::keep_ended_children().expect("SIGCHLD is a signal");
            assert_eq!(ends_with_three().expect("it is ours").code(), Some(3));
            return;
        }
        let this = std::env::current_exe().expect("a program");
        let ran = Command::new(this).args(["--exact", NAME]).env(INSIDE, "1").output().expect("it runs");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    }

    #[test]
    fn p2_one_that_is_not_there_is_said_to_be_not_there() {
        let error = keep_apart(&mut Command::new("/nonexistent/program")).spawn().expect_err("there is none");
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
}
