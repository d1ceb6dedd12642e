//! Programs that are started, and ended together with everything that they started.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::wait;

/// A program in a process group of its own. Dropping it kills the whole group.
pub struct Proc {
    child: Child,
    name: String,
}

impl Proc {
    /// Starts `command` in a process group of its own.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn();
        let child = child.map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
        Ok(Self { child, name })
    }

    /// Its process id, also the id of its group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The program's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The child itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended by itself; `None` if it has not in time.
    pub fn wait(&mut self, at_most: Duration) -> Option<ExitStatus> {
        wait::until(at_most, || self.child.try_wait().ok().flatten())
    }

    /// Sends a signal to the process alone.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid_of_group() {
            // It may be gone already, which is what every signal that we send is for in the end.
            _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Kills it and its group, and waits for it.
    pub fn kill(&mut self) {
        if let Some(pid) = self.pid_of_group() {
            _ = kill_process_group(pid, Signal::KILL);
        }
        _ = self.child.wait();
    }

    fn pid_of_group(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        self.kill();
    }
}
