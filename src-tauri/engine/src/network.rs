//! The person's own command that knows whether the network is there (P2). It is asked when a service cannot be
//! reached, and only changes what is said.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So long it may take: rounds of looking, and the pause between two.
const ROUNDS: u32 = 1_500;
const PAUSE: Duration = Duration::from_millis(20);
/// Rounds for one that was killed. What hangs in the kernel is left to it.
const ENDING: u32 = 50;

/// A check that may run. Dropping it ends the command, with all that it started.
#[derive(Default)]
pub(crate) struct Check(Judge);

/// The one who runs it, on a thread.
#[derive(Default, Clone)]
pub(crate) struct Judge(Arc<Mutex<Stage>>);

/// The child is here until it is collected: until then its number, and that of its group, are nobody else's.
#[derive(Default)]
enum Stage {
    #[default]
    Waiting,
    Runs(Child),
    Over,
}

impl Check {
    /// Runs it.
    pub(crate) fn judge(&self) -> Judge {
        self.0.clone()
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Judge {
    /// Runs `[program, argument, …]` without a shell: whether it ended with 0. `None` if it says nothing: it cannot be
    /// run, was killed, or took more than 30 s; then it is ended with all that it started. What it prints goes nowhere,
    /// and it gets no file that we have open. Blocks: for a thread.
    pub(crate) fn run(&self, command: &[String]) -> Option<bool> {
        let (program, arguments) = command.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.start(alone(&mut command))
            .inspect_err(|error| tracing::warn!(program, %error, "the network check does not start"))
            .ok()?;
        for round in 0..ROUNDS + ENDING {
            if round == ROUNDS {
                tracing::warn!(program, "the network check took too long");
                self.end();
            }
            match self.ended() {
                Ok(Some(status)) => return status.code().map(|code| code == 0),
                Ok(None) if matches!(*self.lock(), Stage::Runs(_)) => std::thread::park_timeout(PAUSE),
                // Nobody needs an answer any more.
                Ok(None) | Err(_) => break,
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, command: &mut Command) -> std::io::Result<()> {
        let mut stage = self.lock();
        if matches!(*stage, Stage::Waiting) {
            *stage = Stage::Runs(command.spawn()?);
        }
        Ok(())
    }

    /// How it ended, if it has; what it left behind ends then as well.
    fn ended(&self) -> std::io::Result<Option<ExitStatus>> {
        let mut stage = self.lock();
        let Stage::Runs(child) = &mut *stage else { return Ok(None) };
        match has_ended(child) {
            Ok(false) => Ok(None),
            Ok(true) => {
                end_group(child);
                let status = child.wait();
                *stage = Stage::Over;
                status.map(Some)
            }
            // Somebody else has collected it: its number may be another one's by now, and is not signalled again.
            Err(error) => {
                *stage = Stage::Over;
                Err(error)
            }
        }
    }

    /// Ends it and, where the system knows groups, what it started. It is collected by who runs it: nobody waits here.
    fn end(&self) {
        let mut stage = self.lock();
        match &mut *stage {
            Stage::Runs(child) => {
                end_group(child);
                // It has ended already, or does now.
                _ = child.kill();
            }
            Stage::Waiting => *stage = Stage::Over,
            Stage::Over => {}
        }
    }
}

/// In a process group of its own, somewhere that is always there, with nothing of ours.
#[cfg(unix)]
fn alone(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt as _;
    lamplighter_sys::keep_apart(command.process_group(0).current_dir("/"))
}

/// Without a console window.
#[cfg(windows)]
fn alone(command: &mut Command) -> &mut Command {
    use std::os::windows::process::CommandExt as _;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW)
}

/// Whether it has ended. It is not collected by that.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> std::io::Result<bool> {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let Some(pid) = number(child) else { return Ok(true) };
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(pid), how)?.is_some())
}

#[cfg(windows)]
fn has_ended(child: &mut Child) -> std::io::Result<bool> {
    child.try_wait().map(|status| status.is_some())
}

/// Of a child that is not collected: else the group may be another one's by now.
#[cfg(unix)]
fn end_group(child: &Child) {
    if let Some(group) = number(child) {
        // Fails only if no process of the group is left.
        _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(windows)]
fn end_group(_child: &Child) {}

#[cfg(unix)]
fn number(child: &Child) -> Option<rustix::process::Pid> {
    i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::fd::AsRawFd as _;
    use std::os::unix::process::CommandExt as _;
    use std::path::Path;
    use std::time::Duration;

    use super::{Check, Judge, Stage};

    fn shell(script: &str) -> Option<bool> {
        judge(&["/bin/sh", "-c", script].map(str::to_owned))
    }

    fn judge(command: &[String]) -> Option<bool> {
        Judge::default().run(command)
    }

    /// Something that takes a while and is nobody's duty to wait for.
    fn comes<T>(mut look: impl FnMut() -> Option<T>) -> T {
        for _ in 0..18_000 {
            if let Some(found) = look() {
                return found;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("it never comes");
    }

    fn number(file: &Path) -> i32 {
        comes(|| std::fs::read_to_string(file).ok()?.trim().parse().ok())
    }

    /// Killed, perhaps not collected by init yet.
    fn until_gone(pid: i32) {
        comes(|| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z")).then_some(())
        });
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
        until_gone(number(&pid));
    }

    #[test]
    fn p2_it_ends_with_the_engine_and_with_it_all_that_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let [own, other] = ["own", "other"].map(|name| folder.path().join(name));
        let script =
            format!("sleep 600 & echo $! > '{}'; echo $$ > '{}'; wait", other.display(), own.display());
        let check = Check::default();
        let judge = check.judge();
        let runs = std::thread::spawn(move || judge.run(&["/bin/sh", "-c", &script].map(str::to_owned)));
        let (own, other) = (number(&own), number(&other));
        drop(check);
        assert_eq!(runs.join().expect("no panic"), None);
        until_gone(own);
        until_gone(other);
    }

    /// As if `SIGCHLD` were ignored: what ended is collected at once, and its number is given to others.
    #[test]
    fn p2_one_that_was_collected_elsewhere_is_never_signalled_again() {
        let check = Check::default();
        let judge = check.judge();
        let mut command = std::process::Command::new("/bin/sh");
        judge.start(command.args(["-c", "exit 0"]).process_group(0)).expect("a shell");
        let pid = match &*judge.lock() {
            Stage::Runs(child) => super::number(child).expect("a number"),
            Stage::Waiting | Stage::Over => panic!("it runs"),
        };
        rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).expect("it is ours");
        judge.ended().expect_err("nobody knows how it ended");
        assert!(matches!(*judge.lock(), Stage::Over), "its number is not kept");
    }

    #[test]
    fn p2_a_check_that_nobody_wants_any_more_is_not_started() {
        let check = Check::default();
        let judge = check.judge();
        drop(check);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("made");
        assert_eq!(judge.run(&["/bin/sh".into(), "-c".into(), format!("touch '{}'", file.display())]), None);
        assert!(!file.exists());
    }

    /// A passphrase may have been handed to us as a descriptor that every child inherits.
    #[test]
    fn t21_p2_it_gets_no_descriptor_of_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = std::fs::File::create(folder.path().join("secret")).expect("a file");
        let handed = rustix::io::dup(&file).expect("a descriptor that is inherited");
        let flags = rustix::io::fcntl_getfd(&handed).expect("its flags");
        assert!(flags.is_empty(), "the control: whoever is started as usual has it");
        let script = format!("test -e /proc/self/fd/{}", handed.as_raw_fd());
        let usual = std::process::Command::new("/bin/sh").args(["-c", &script]).status().expect("a shell");
        assert!(usual.success() || !Path::new("/proc/self/fd").exists(), "the control");
        assert_eq!(shell(&script), Some(false));
    }
}
