//! Whole processes: how long they take, and what they hold while they do nothing.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Done;

/// From the start of a program to its end. Its output goes nowhere.
///
/// # Errors
/// If it cannot be started, or fails.
pub fn timed(command: &mut Command) -> Done<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{command:?}: {status}")) }
}

/// What a process holds, in MB of 1,048,576 bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held {
    /// All its pages that are in memory, those of shared libraries included.
    pub resident: f64,
    /// Those that are no part of any file. What is closed to debuggers, as our programs are, shows nobody but root
    /// more than that.
    pub anonymous: f64,
}

/// What a process holds now.
pub fn held(pid: u32) -> Held {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let megabytes = |name| number(&status, name) as f64 / 1024.0;
    Held { resident: megabytes("VmRSS:"), anonymous: megabytes("RssAnon:") }
}

/// How often all threads of a process have waited for something and been woken up, since they began.
pub fn waits(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let statuses = tasks.map(|task| fs::read_to_string(task.path().join("status")).unwrap_or_default());
    statuses.map(|status| number(&status, "voluntary_ctxt_switches:")).sum()
}

fn number(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
