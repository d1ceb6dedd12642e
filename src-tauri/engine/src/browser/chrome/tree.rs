//! Chrome's process tree: ended as a whole, and looked for until it is gone.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Rounds of looking, and the pause between two: two seconds in all.
const ROUNDS: usize = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// In Chrome's environment, with the visit's folder: by it the processes that left the group are found.
pub(super) const MARK: &str = "LAMPLIGHTER_VISIT";

/// The processes of one Chrome: its process group, and what left the group (crash handlers do) but still has our
/// mark in its environment.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    leader: Option<Pid>,
    folder: PathBuf,
}

impl Tree {
    /// The tree of the Chrome that was started as leader of a group of its own, with `folder` for its files.
    pub(super) fn of(leader: u32, folder: &Path) -> Self {
        Self { leader: i32::try_from(leader).ok().and_then(Pid::from_raw), folder: folder.to_owned() }
    }

    /// Kills all of it, at once and without asking: nothing in the profile is worth saving.
    pub(super) fn kill(&self) {
        if let Some(leader) = self.leader {
            // Fails only if no process of the group is left.
            _ = kill_process_group(leader, Signal::KILL);
        }
        for pid in self.strays() {
            _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Kills until nothing is left, two seconds at most. Returns whether nothing is left.
    pub(super) fn end(&self) -> bool {
        for _ in 0..ROUNDS {
            self.kill();
            if self.is_gone() {
                return true;
            }
            std::thread::park_timeout(PAUSE);
        }
        self.is_gone()
    }

    fn is_gone(&self) -> bool {
        self.leader.is_none_or(|leader| !group_lives(leader)) && self.strays().is_empty()
    }

    /// Processes of ours outside of the group.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn strays(&self) -> Vec<Pid> {
        use std::os::unix::ffi::OsStrExt as _;
        let mark = [MARK.as_bytes(), b"=", self.folder.as_os_str().as_bytes()].concat();
        let has_mark = |pid: &Pid| {
            let environment =
                std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == mark)
        };
        processes().filter(|(_, stat)| stat.state_is_alive()).map(|(pid, _)| pid).filter(has_mark).collect()
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn strays(&self) -> Vec<Pid> {
        // Elsewhere everything that we start stays in the group.
        _ = &self.folder;
        Vec::new()
    }
}

/// Ends a Chrome whose engine died.
pub(super) fn end_leftover(chrome: u32, folder: &Path) {
    Tree::of(chrome, folder).end();
}

/// Whether a process of this group is left that is not merely waiting to be reaped.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn group_lives(leader: Pid) -> bool {
    let group = leader.as_raw_nonzero().get().to_string();
    processes().any(|(_, stat)| stat.field(5) == Some(&group) && stat.state_is_alive())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn group_lives(leader: Pid) -> bool {
    rustix::process::test_kill_process_group(leader).is_ok()
}

/// When the process started, in some form that differs between two processes of the same id.
pub(super) fn start_of(pid: u32) -> Option<String> {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        let stat = Stat(std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
        return stat.field(22).map(str::to_owned);
    }
    let output = Command::new("/bin/ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// One `/proc/PID/stat` (proc(5)).
struct Stat(String);

impl Stat {
    /// A field by its number in the manual, from 3 on: the name before it may hold spaces and brackets.
    fn field(&self, number: usize) -> Option<&str> {
        self.0.rsplit_once(')')?.1.split_ascii_whitespace().nth(number.checked_sub(3)?)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn state_is_alive(&self) -> bool {
        self.field(3).is_some_and(|state| !matches!(state, "Z" | "X" | "x"))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn processes() -> impl Iterator<Item = (Pid, Stat)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        Some((Pid::from_raw(pid)?, Stat(stat)))
    })
}
