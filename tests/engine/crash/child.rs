//! The process that is killed: an engine of its own, which does one thing and is gone in the middle of it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lamplighter_core::account::Job;
use lamplighter_core::api::Request;
use lamplighter_core::refresh::Effect;
use lamplighter_engine::start::Observed;
use serde::{Deserialize, Serialize};
use testkit::clock::ManualClock;
use tokio::sync::mpsc::unbounded_channel;

use super::home::{self, Person};
use super::steps;
use super::store::Keeps;

/// Tells the test binary that it is such a process, and which one.
const PLAN: &str = "LAMPLIGHTER_TEST_CRASH";

/// Steps of time that an engine takes for being awake.
pub const STEP: Duration = Duration::from_secs(80);
/// The token of 15 minutes is due by then.
pub const STEPS: u32 = 11;

/// During what the process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scene {
    /// A login's material is stored.
    Commit,
    /// The trial refresh after it.
    Trial,
    /// A refresh that is due.
    Refresh,
    /// The same, and the first reply to it is lost.
    Lost,
    /// A refresh that is due, which finds its journal gone.
    Gone,
    /// The same, and something in the journal is not what was written.
    Damaged,
    /// The person logs out.
    Logout,
}

impl Scene {
    /// Which attempt: of this kind, that many of them before it.
    fn target(self) -> (fn(Job) -> bool, usize) {
        let is_refresh: fn(Job) -> bool = |job| job == Job::Refresh;
        match self {
            Self::Commit => (|job| job == Job::Commit, 0),
            Self::Trial => (is_refresh, 0),
            Self::Refresh | Self::Lost | Self::Gone | Self::Damaged => (is_refresh, 1),
            Self::Logout => (|job| job == Job::Logout, 0),
        }
    }
}

/// What the process is to do.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    pub home: PathBuf,
    pub base: String,
    pub person: Person,
    pub scene: Scene,
    pub keeps: Keeps,
    /// It is killed before (even) or after (odd) this half of its steps.
    pub point: usize,
}

/// Runs such a process to its end.
pub fn run(plan: &Plan) -> ExitStatus {
    // Where the system has it: the very program that runs, though a build may have replaced its file meanwhile.
    let this = Path::new("/proc/self/exe");
    let this = if this.exists() { this.to_owned() } else { std::env::current_exe().expect("this program") };
    Command::new(this)
        .args(["--exact", "crash::child::the_process_that_is_killed", "--nocapture"])
        .env(PLAN, serde_json::to_string(plan).expect("text"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it starts")
}

/// Does nothing but in a process of [`run`].
#[tokio::test]
async fn the_process_that_is_killed() {
    let Ok(plan) = std::env::var(PLAN) else { return };
    let plan: Plan = serde_json::from_str(&plan).expect("a plan");
    let (over, mut is_over) = unbounded_channel();
    let (is_target, before) = plan.scene.target();
    let (attempts, steps_done, point) = (AtomicUsize::new(0), AtomicUsize::new(0), plan.point);
    let observer = steps::observer(&plan.home, move |observed| {
        let (job, is_end) = match observed {
            Observed::Before(job, effect) => (*job, matches!(effect, Effect::Done(_))),
            Observed::After(job, _) => (*job, false),
        };
        if !is_target(job) {
            return;
        }
        if attempts.load(Ordering::SeqCst) == before && steps_done.fetch_add(1, Ordering::SeqCst) == point {
            die();
        }
        if is_end && attempts.fetch_add(1, Ordering::SeqCst) == before {
            over.send(()).expect("the test waits");
        }
    });
    let clock = ManualClock::new();
    let engine = home::start(&plan.home, plan.keeps, &clock, observer).await;
    engine.log_in_as(&plan.base, &plan.person).await;
    match plan.scene {
        Scene::Commit | Scene::Trial => {}
        Scene::Refresh | Scene::Lost | Scene::Gone | Scene::Damaged => {
            harm_journal(&plan);
            for _ in 0..STEPS {
                clock.advance(STEP);
                engine.settle().await;
            }
        }
        Scene::Logout => {
            engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
        }
    }
    is_over.recv().await.expect("the attempt ends");
    // It came to its end alive: there is no such point.
    std::process::exit(0);
}

/// What the scene does to the journal while nobody has it open.
fn harm_journal(plan: &Plan) {
    let entries = std::fs::read_dir(plan.home.join("data/journals")).expect("the folder");
    let journal = entries.map(|entry| entry.expect("an entry").path()).next().expect("one journal");
    match plan.scene {
        Scene::Gone => std::fs::remove_file(journal).expect("it was there"),
        Scene::Damaged => {
            let mut bytes = std::fs::read(&journal).expect("bytes");
            let last = bytes.iter().rposition(|byte| *byte != 0).expect("something was written");
            // Within the last entry: an entry ends with at least one byte, and at most 32, that carry nothing.
            bytes[last - 40] ^= 1;
            std::fs::write(&journal, bytes).expect("written");
        }
        _ => {}
    }
}

/// As `kill -9` does it: nothing is written, closed or dropped.
fn die() -> ! {
    let this = rustix::process::getpid();
    rustix::process::kill_process(this, rustix::process::Signal::KILL).expect("one may kill oneself");
    loop {
        std::thread::park();
    }
}
