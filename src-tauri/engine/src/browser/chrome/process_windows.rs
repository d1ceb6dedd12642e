//! Chrome in a job, with its pipes as inherited handles that a switch names.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::windows::io::{AsHandle as _, AsRawHandle as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_sys::windows::{self, Child, Job, Spawn};

use super::launch::LaunchError;
use super::profile::Profile;

/// What Chrome gets of our environment: how to find Windows, files and proxies. Nothing else is its business, and
/// other variables may hold secrets of ours.
const ENVIRONMENT: &[&str] = &[
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATH",
    "PATHEXT",
    "USERPROFILE",
    "USERNAME",
    "APPDATA",
    "LOCALAPPDATA",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
    "TZ",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
];

/// How long Chrome may take to die once it was ended.
const DYING: Duration = Duration::from_secs(2);
/// How often it is looked whether all of it is gone, and the pause between two looks.
const ROUNDS: usize = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// A Chrome that was started.
pub(super) struct Process {
    child: Child,
    tree: Tree,
}

/// All of its processes: Windows ends them at the latest when we die.
#[derive(Debug, Clone)]
pub(super) struct Tree(Arc<Job>);

impl Process {
    /// Starts it with these words beside those that its pipes need.
    ///
    /// # Errors
    /// If it cannot be executed, or its pipes cannot be handed over.
    pub(super) fn start(
        chrome: &Path,
        mut words: Vec<OsString>,
        profile: &Profile,
        input: PipeReader,
        output: PipeWriter,
    ) -> Result<Self, LaunchError> {
        let errors = File::create(profile.complaints())?;
        let handles = [input.as_handle(), output.as_handle()];
        for handle in handles.iter().chain([&errors.as_handle()]) {
            windows::inheritable(handle)?;
        }
        // Handles keep their numbers, and have 32 bits that count.
        let [input, output] = handles.map(|handle| handle.as_raw_handle().addr());
        words.extend(["--remote-debugging-pipe".into(), pipes(input, output).into(), "about:blank".into()]);
        let named =
            ENVIRONMENT.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
        let temporary = ["TEMP", "TMP"].map(|name| (OsString::from(name), profile.temp().into_os_string()));
        // Crash dumps hold cookies: they go where everything else goes, and with it.
        let dumps = ("BREAKPAD_DUMP_LOCATION".into(), profile.data().into_os_string());
        let environment: Vec<_> = named.chain(temporary).chain([dumps]).collect();
        let job = Job::new()?;
        let child = Spawn {
            program: chrome,
            words: &words,
            environment: &environment,
            handles: &handles,
            errors: errors.as_handle(),
        }
        .start(&job)?;
        // Our copies of its ends go here: while they are open we would not see it die.
        Ok(Self { child, tree: Tree(Arc::new(job)) })
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All of its processes.
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Waits until the first of them has ended.
    ///
    /// # Errors
    /// If it is still there after two seconds: it was ended before this is called.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        if self.child.wait(DYING) { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}

impl Tree {
    /// Ends all of it, at once and without asking: nothing in the profile is worth saving.
    pub(super) fn kill(&self) {
        if let Err(error) = self.0.end() {
            tracing::warn!(%error, "Chrome could not be ended");
        }
    }

    /// Ends it and waits until nothing is left, two seconds at most. Returns whether nothing is left.
    pub(super) fn end(&self) -> bool {
        self.kill();
        let is_gone = || self.0.living().is_ok_and(|living| living == 0);
        for _ in 0..ROUNDS {
            if is_gone() {
                return true;
            }
            std::thread::park_timeout(PAUSE);
        }
        is_gone()
    }
}

/// The switch that names both: Chrome's input first.
fn pipes(input: usize, output: usize) -> String {
    format!("--remote-debugging-io-pipes={input},{output}")
}

/// When the process started, in some form that differs between two processes of the same id.
pub(super) fn start_of(pid: u32) -> Option<String> {
    windows::started(pid).ok().map(|time| time.to_string())
}

/// A Chrome never outlives its engine here: its job ends with it.
pub(super) fn end_leftover(_chrome: u32, _folder: &Path) {}
