//! A `lamp serve` of this build, and what it has said so far.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use testkit::wait;

use crate::bad_input::rig::{Rig, until};
use crate::world::PATIENCE;

/// What it says once it keeps logins alive.
pub const ASKED_AT: &str = "Asked at:";

/// The process; killed with this if it has not ended.
pub struct Served {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Served {
    /// In a person's session; returns when it keeps logins alive.
    pub fn start(rig: &Rig) -> Self {
        let served = Self::spawn(rig.command(&["serve"]));
        served.await_said(ASKED_AT);
        served
    }

    /// Starts this command, and listens.
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it can be started");
        let said = Arc::new(Mutex::new(String::new()));
        let (lines, heard) = (BufReader::new(child.stderr.take().expect("piped")), said.clone());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut said = heard.lock().expect("nobody panicked");
                said.push_str(&line);
                said.push('\n');
            }
        });
        Self { child, said }
    }

    /// Everything on standard error until now.
    pub fn said(&self) -> String {
        self.said.lock().expect("nobody panicked").clone()
    }

    /// Waits until it has said this.
    pub fn await_said(&self, what: &str) {
        let came = wait::until_true(PATIENCE, || self.said().contains(what));
        assert!(came, "it never said {what:?}, but: {}", self.said());
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).expect("a pid")).expect("not 0");
        kill_process(pid, signal).expect("it is ours");
    }

    /// Waits for its end: exit code (`None` if a signal killed it) and all that it said.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let mut status = None;
        until("serve ends", || {
            status = self.child.try_wait().expect("it is ours");
            status.is_some()
        });
        let code = status.and_then(|status| status.code());
        // What it said last is read by a thread that ends with the pipe.
        until("its last words", || Arc::strong_count(&self.said) == 1);
        (code, self.said())
    }

    /// Ends it as a service manager does: exit code and all that it said.
    pub fn terminated(self) -> (Option<i32>, String) {
        self.signal(Signal::TERM);
        self.ended()
    }
}
