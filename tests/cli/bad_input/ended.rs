//! Programs that are waited for, but not for ever: one that hangs fails its test and tells what it was doing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::world::{PATIENCE, Ran};

/// Runs a program to its end, with nobody at the keyboard.
pub fn finished(command: Command) -> Ran {
    run(command, "", PATIENCE)
}

/// Runs what starts several programs one after the other; `keys` is all that they can read.
pub fn finished_all(command: Command, keys: &str) -> Ran {
    run(command, keys, 3 * PATIENCE)
}

fn run(mut command: Command, keys: &str, patience: Duration) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let named = format!("{command:?}");
    let mut child = command.spawn().expect("it can be started");
    let pid = child.id();
    let mut keyboard = child.stdin.take().expect("piped");
    // One that has ended already reads nothing.
    _ = keyboard.write_all(keys.as_bytes());
    drop(keyboard);
    let (done, ended) = channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    match ended.recv_timeout(patience) {
        Ok(output) => Ran::from(output.expect("it was started")),
        Err(RecvTimeoutError::Disconnected) => panic!("nobody waits for {named}"),
        Err(RecvTimeoutError::Timeout) => {
            let family = Family::of(pid);
            let doing = family.doing();
            family.end();
            let said = ended.recv_timeout(PATIENCE).ok().and_then(Result::ok).map(Ran::from);
            panic!("it hangs: {named}\n{doing}\nuntil then: {said:?}");
        }
    }
}

/// A process and all that it has started.
struct Family(Vec<u32>);

impl Family {
    fn of(first: u32) -> Self {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
        for pid in processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // The name is in brackets and may hold anything; state and parent follow.
            let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
            children.entry(parent.unwrap_or(0)).or_default().push(pid);
        }
        let mut all = vec![first];
        let mut next = 0;
        while let Some(pid) = all.get(next) {
            all.extend(children.remove(pid).unwrap_or_default());
            next += 1;
        }
        Self(all)
    }

    /// Each thread: its program, its state, and where in the kernel it waits.
    fn doing(&self) -> String {
        let read = |path: String| std::fs::read_to_string(path).unwrap_or_default().replace('\0', " ");
        let mut text = String::new();
        for pid in &self.0 {
            _ = writeln!(text, "{pid} {}", read(format!("/proc/{pid}/cmdline")));
            for thread in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
                let of = |name: &str| read(thread.path().join(name).display().to_string());
                let (name, call) = (of("comm"), of("syscall"));
                let state = of("stat").rsplit(") ").next().and_then(|rest| rest.chars().next());
                let call = call.split(' ').next().unwrap_or_default();
                _ = writeln!(text, "  {} {state:?} {} call {call}", name.trim(), of("wchan"));
            }
        }
        text
    }

    fn end(&self) {
        let pids = self.0.iter().map(u32::to_string);
        // Gone already is as good.
        _ = Command::new("kill").arg("-KILL").args(pids).stderr(Stdio::null()).status();
    }
}
