//! One expiry, and what happens to the holder during it.

use testkit::practice::Fault;
use testkit::processes::Still;
use tokio::sync::watch;

use crate::crowd::{Crowd, PATIENT, REFRESH};

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scene {
    /// The holder lives, everybody asks it.
    Running,
    /// No engine runs: who comes first becomes one.
    Nobody,
    /// The holder is killed when the service has acted on its request and not answered yet.
    Killed,
    /// The holder is stopped, and goes on later.
    Stopped,
    /// The lock's file is deleted under the holder, which then may send nothing.
    Deleted,
    /// Another file is put in its place, and another engine tries to start with that.
    Replaced,
}

impl Scene {
    /// All of them, with their names.
    pub const ALL: [(Self, &str); 6] = [
        (Self::Running, "the holder lives"),
        (Self::Nobody, "no engine runs"),
        (Self::Killed, "the holder is killed in the middle of its request"),
        (Self::Stopped, "the holder is stopped (SIGSTOP) and goes on later"),
        (Self::Deleted, "the lock file is deleted under the holder"),
        (Self::Replaced, "the lock file is replaced, and another engine tries that one"),
    ];

    /// Requests that it may cost: a holder that was stopped for longer than a request's deadline does not know what
    /// became of it, no more than one that comes after a kill.
    pub fn allowed(self) -> usize {
        if matches!(self, Self::Killed | Self::Stopped) { 2 } else { 1 }
    }
}

/// What came of a round.
pub struct Round {
    pub served: usize,
    pub requests: usize,
}

/// Runs one.
///
/// # Errors
/// The promise that was broken.
pub fn run(crowd: &mut Crowd, scene: Scene) -> Result<Round, String> {
    crowd.expire();
    let (before, arrived) = (crowd.presented(), crowd.arrived());
    // Answers are held back until everybody has asked: the worst moment.
    let (gate, held) = watch::channel(false);
    crowd.site.always(REFRESH, Fault::Held(held));
    let got = match scene {
        Scene::Running => {
            crowd.resume();
            let asked = crowd.ask(PATIENT);
            crowd.wait_for_arrival(arrived);
            gate.send_replace(true);
            crowd.answers(asked)
        }
        Scene::Killed => {
            // The service has done what was asked, and nobody hears of it.
            crowd.site.script(REFRESH, [Fault::Silence]);
            crowd.resume();
            crowd.wait_until_presented(before);
            let asked = crowd.ask(PATIENT);
            crowd.holder.take().ok_or("no holder")?.kill();
            gate.send_replace(true);
            crowd.answers(asked)
        }
        Scene::Nobody => {
            crowd.leave();
            let asked = crowd.ask(PATIENT);
            gate.send_replace(true);
            crowd.answers(asked)
        }
        Scene::Stopped => {
            crowd.resume();
            crowd.wait_for_arrival(arrived);
            let asked = crowd.ask(PATIENT);
            let holder = crowd.holder.as_ref().ok_or("no holder")?.id();
            let still = Still::hold([holder].into());
            names(crowd.one_in_vain(), holder)?;
            drop(still);
            gate.send_replace(true);
            crowd.answers(asked)
        }
        Scene::Deleted | Scene::Replaced => {
            gate.send_replace(true);
            let lock = crowd.lock();
            std::fs::remove_file(&lock).map_err(|error| error.to_string())?;
            if scene == Scene::Replaced {
                std::fs::write(&lock, b"").map_err(|error| error.to_string())?;
            }
            crowd.resume();
            let refused = crowd.one_in_vain();
            if refused.is_ok() || crowd.presented() != before {
                return Err("an engine without its lock's file has spent".to_owned());
            }
            // The lock is free for it, and yet the address is not: two engines side by side there are never.
            if scene == Scene::Replaced && crowd.another_engine_starts() {
                return Err("two engines run side by side".to_owned());
            }
            crowd.holder.take().ok_or("no holder")?.end();
            let asked = crowd.ask(PATIENT);
            crowd.answers(asked)
        }
    };
    crowd.site.clear_faults();
    crowd.check(&got)?;
    let requests = crowd.presented() - before;
    if requests == 0 || requests > scene.allowed() {
        return Err(format!("{requests} requests with a credential for one expiry"));
    }
    Ok(Round { served: got.served, requests })
}

/// Who asks a stopped holder is told which process it is.
fn names(asked: Result<String, String>, pid: u32) -> Result<(), String> {
    match asked {
        Ok(_) => Err("a stopped engine has answered".to_owned()),
        Err(said) if said.contains(&pid.to_string()) => Ok(()),
        Err(said) => Err(format!("who asks a stopped engine is not told that it is process {pid}: {said}")),
    }
}
