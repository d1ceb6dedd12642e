//! Starting Chrome: which switches, which files; and the watch over its deadline.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use lamplighter_core::exchange::NoChrome;

use super::pipe::Pipe;
use super::process::{Process, Tree};
use super::profile::{Complaint, Profile};
use crate::browser::found::Stop;
use crate::browser::{ChromeSettings, find};

/// What Chrome is always started with. TLS errors stay fatal, the sandbox stays on, nothing phones home, no
/// keychain is asked. `--disable-crashpad-for-testing` is not among them: Debian's Chromium does not start with it.
const SWITCHES: &[&str] = &[
    "--headless=new",
    "--incognito",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-service-autorun",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--disable-blink-features=AutomationControlled",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
    "--window-size=1280,800",
];

/// A running Chrome. Dropped, it and its files are gone.
pub(super) struct Running {
    process: Process,
    tree: Tree,
    profile: Option<Profile>,
    /// Dropped first thing in `drop`: it calls the watch off.
    watch: Option<Sender<()>>,
}

/// Why there is no Chrome.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    #[error("no Chrome was found")]
    Missing,
    #[error("Chrome could not be started: {0}")]
    Io(#[from] io::Error),
    #[cfg(unix)]
    #[error("Chrome’s pipes could not be handed over")]
    Pipes,
}

impl LaunchError {
    /// For the person. A file that the settings name and that is not there is as good as none.
    pub(super) fn kind(&self) -> NoChrome {
        match self {
            Self::Missing => NoChrome::Missing,
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => NoChrome::Missing,
            _ => NoChrome::Silent,
        }
    }
}

impl Running {
    /// Starts Chrome. `stop` is asked shortly before `deadline`; when it passes, the
    /// whole tree is killed.
    ///
    /// # Errors
    /// If there is no Chrome, or it cannot be executed, or its folder cannot be made.
    pub(super) fn start(
        settings: &ChromeSettings,
        deadline: Duration,
        stop: &Stop,
    ) -> Result<(Self, Pipe), LaunchError> {
        let chrome = find::find_chrome(settings.executable.as_deref()).ok_or(LaunchError::Missing)?;
        let profile = Profile::create(&place(&chrome, &settings.temp))?;
        match spawn(&chrome, &profile, settings.without_sandbox) {
            Ok((process, pipe)) => Ok((Self::watched(process, profile, deadline, stop)?, pipe)),
            Err(error) => {
                profile.remove();
                Err(error)
            }
        }
    }

    fn watched(process: Process, profile: Profile, deadline: Duration, stop: &Stop) -> io::Result<Self> {
        let tree = process.tree().clone();
        let mut running = Self { process, tree: tree.clone(), profile: Some(profile), watch: None };
        if let Some(profile) = &running.profile {
            profile.own(Some(running.process.id()))?;
        }
        let (watch, called_off) = channel();
        // The last part of the deadline is for reading what there is, the very last for dying.
        let dying = (deadline / 20).min(Duration::from_secs(1));
        let reading = (deadline / 5).min(Duration::from_secs(5));
        let stop = stop.clone();
        std::thread::Builder::new().name("chrome-watch".to_owned()).spawn(move || {
            let is_over = |wait| called_off.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
            if is_over(deadline.saturating_sub(reading + dying)) {
                return;
            }
            stop.ask();
            if !is_over(reading) {
                tree.kill();
            }
        })?;
        running.watch = Some(watch);
        Ok(running)
    }

    /// Chrome's first complaint.
    pub(super) fn complaint(&self) -> Complaint {
        self.profile.as_ref().map_or(Complaint::None, Profile::complaint)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch = None;
        self.tree.kill();
        // It is dead or dying, and reaping it now keeps no zombie; `end` then waits for all others.
        if let Err(error) = self.process.wait() {
            tracing::warn!(kind = ?error.kind(), "Chrome could not be waited for");
        }
        if !self.tree.end() {
            tracing::error!("processes of Chrome are still there after being killed");
        }
        if let Some(profile) = self.profile.take() {
            profile.remove();
        }
    }
}

fn place(chrome: &Path, temp: &Path) -> PathBuf {
    find::snaps_folder().filter(|_| find::is_snap(chrome)).unwrap_or_else(|| temp.to_owned())
}

fn spawn(chrome: &Path, profile: &Profile, without_sandbox: bool) -> Result<(Process, Pipe), LaunchError> {
    let (its_input, our_output) = io::pipe()?;
    let (our_input, its_output) = io::pipe()?;
    let mut words: Vec<OsString> = SWITCHES.iter().map(OsString::from).collect();
    let mut data = OsString::from("--user-data-dir=");
    data.push(profile.data());
    words.push(data);
    if without_sandbox {
        words.push("--no-sandbox".into());
    }
    let mut process = Process::start(chrome, words, profile, its_input, its_output)?;
    match Pipe::new(our_output, our_input) {
        Ok(pipe) => Ok((process, pipe)),
        Err(error) => {
            process.tree().kill();
            _ = process.wait();
            Err(error.into())
        }
    }
}
