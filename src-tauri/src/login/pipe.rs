//! The two pipes to the parent.

use std::io::{BufRead as _, Read as _, Write as _, stdin, stdout};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use lamplighter_core::login::{Command, Event, OTHER_VERSION, Plan};
use zeroize::Zeroizing;

use super::message::{Mailbox, Message};

/// A plan holds one device jar; nothing longer is read.
const LONGEST_LINE: u64 = 8 * 1024 * 1024;

/// How long the loop may take to end after the parent is gone, before the process ends under it.
const PARTING: Duration = Duration::from_millis(400);

/// Reads the plan, the first line.
pub fn read_plan() -> Result<Plan, String> {
    let line = read_line().ok_or("no plan came")?;
    if !Plan::is_of_this_version(&line) {
        return Err(OTHER_VERSION.to_owned());
    }
    Plan::from_line(&line).map_err(|error| format!("the plan: {error}"))
}

/// Reads what the parent says from now on, on a thread of its own. When the parent is gone the process ends,
/// whatever the loop is doing.
pub fn listen(mailbox: Mailbox) {
    thread::spawn(move || {
        while let Some(line) = read_line() {
            let Ok(command) = Command::from_line(&line) else { break };
            if !mailbox.put(Message::Command(command)) {
                return;
            }
        }
        mailbox.put(Message::ParentGone);
        let (_keep, nothing) = channel::<()>();
        _ = nothing.recv_timeout(PARTING);
        std::process::exit(0);
    });
}

/// One [`Message::Tick`] per second, on a thread of its own.
pub fn tick(mailbox: Mailbox) {
    thread::spawn(move || {
        let (_keep, nothing) = channel::<()>();
        while nothing.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
            if !mailbox.put(Message::Tick) {
                return;
            }
        }
    });
}

fn read_line() -> Option<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(64 * 1024));
    stdin().lock().take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    line.ends_with(b"\n").then_some(line)
}

/// What the parent is told. A parent that does not read any more is gone, which [`listen`] notices.
pub struct Output;

impl Output {
    /// Writes one event.
    pub fn send(&self, event: &Event) {
        let line = event.to_line();
        let mut out = stdout().lock();
        if out.write_all(&line).and_then(|()| out.flush()).is_err() {
            tracing::debug!("the parent does not read any more");
        }
    }
}
