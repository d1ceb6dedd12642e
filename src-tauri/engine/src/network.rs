//! The person's own command that knows whether the network is there (P2). It is asked when a service cannot be
//! reached, and only changes what is said.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// So long it may take: rounds of looking, and the pause between two.
const ROUNDS: u32 = 1_500;
const PAUSE: Duration = Duration::from_millis(20);

/// Runs `[program, argument, …]` without a shell: whether it ended with 0. `None` if it says nothing: it cannot be
/// run, was killed, or took more than 30 s; then it is ended with all that it started. What it prints goes nowhere.
/// Blocks: for a thread.
pub(crate) fn judge(command: &[String]) -> Option<bool> {
    let (program, arguments) = command.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = alone(&mut command)
        .spawn()
        .inspect_err(|error| tracing::warn!(program, %error, "the network check does not start"))
        .ok()?;
    for _ in 0..ROUNDS {
        match child.try_wait() {
            Ok(Some(status)) => {
                end(&mut child);
                return status.code().map(|code| code == 0);
            }
            Ok(None) => std::thread::park_timeout(PAUSE),
            Err(_) => break,
        }
    }
    tracing::warn!(program, "the network check took too long");
    end(&mut child);
    None
}

/// In a process group of its own, somewhere that is always there.
#[cfg(unix)]
fn alone(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0).current_dir("/")
}

/// Without a console window.
#[cfg(windows)]
fn alone(command: &mut Command) -> &mut Command {
    use std::os::windows::process::CommandExt as _;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW)
}

/// Ends it and, where the system knows groups, what it started and left behind.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // Fails only if no process of the group is left.
        _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // It has ended already, or does now; no zombie is kept.
    _ = child.kill();
    _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::judge;

    fn shell(script: &str) -> Option<bool> {
        judge(&["/bin/sh", "-c", script].map(str::to_owned))
    }

    #[test]
    fn p2_only_an_exit_code_is_a_verdict() {
        assert_eq!(shell("exit 0"), Some(true));
        assert_eq!(shell("exit 3"), Some(false));
        assert_eq!(shell("kill -9 $$"), None);
        assert_eq!(judge(&["/nonexistent/check".to_owned()]), None);
        assert_eq!(judge(&[]), None);
    }

    #[test]
    fn p2_what_it_prints_goes_nowhere_and_what_it_left_behind_ends_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let pid = folder.path().join("pid");
        let script = format!("yes | head -c 10000000; sleep 600 & echo $! > '{}'", pid.display());
        assert_eq!(shell(&script), Some(true));
        let left: i32 = std::fs::read_to_string(pid).expect("a file").trim().parse().expect("a number");
        let left = rustix::process::Pid::from_raw(left).expect("a process");
        // Killed, perhaps not collected by init yet.
        let is_gone = (0..6_000).any(|_| {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", left.as_raw_nonzero()));
            std::thread::park_timeout(std::time::Duration::from_millis(10));
            stat.map_or(true, |stat| stat.contains(") Z"))
        });
        assert!(is_gone);
    }
}
