//! Other processes: who descends from whom, and holding them still.

use std::collections::BTreeSet;
use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// All processes that descend from `ancestor`, without itself.
pub fn descendants(ancestor: u32) -> BTreeSet<u32> {
    let parents: Vec<(u32, u32)> = all().into_iter().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut found = BTreeSet::from([ancestor]);
    // Each round finds one more level; there are never more levels than processes.
    for _ in 0..parents.len() {
        let before = found.len();
        let next = parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(pid, _)| *pid);
        found.extend(next.collect::<Vec<_>>());
        if found.len() == before {
            break;
        }
    }
    found.remove(&ancestor);
    found
}

/// All processes whose environment has this variable with this value, as far as we may look.
pub fn with_environment(name: &str, value: &str) -> BTreeSet<u32> {
    let wanted = format!("{name}={value}");
    let has = |pid: &u32| {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environ.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    all().into_iter().filter(has).collect()
}

/// Every process that can be seen.
pub fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The program's name, `None` once it is gone or a zombie.
pub fn name(pid: u32) -> Option<String> {
    let path = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

fn parent(pid: u32) -> Option<u32> {
    // The name in brackets may hold anything, brackets included: what follows the last one counts.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Processes that stand still until this is dropped.
pub struct Still(BTreeSet<u32>);

impl Still {
    /// Stops them.
    pub fn hold(pids: BTreeSet<u32>) -> Self {
        for pid in &pids {
            send(*pid, Signal::STOP);
        }
        Self(pids)
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        for pid in &self.0 {
            send(*pid, Signal::CONT);
        }
    }
}

fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that is gone needs no signal.
        _ = kill_process(pid, signal);
    }
}
