//! Starting Chrome: which switches, which environment, which files; and the watch over its deadline.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use command_fds::{CommandFdExt as _, FdMapping};

use super::pipe::Pipe;
use super::profile::Profile;
use super::tree::{MARK, Tree};
use crate::browser::found::Stop;
use crate::browser::{ChromeSettings, find};

/// What Chrome is always started with. TLS errors stay fatal, the sandbox stays on, nothing phones home, no
/// keychain is asked. `--disable-crashpad-for-testing` is not among them: Debian's Chromium does not start with it.
const SWITCHES: &[&str] = &[
    "--headless=new",
    "--incognito",
    "--remote-debugging-pipe",
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

/// What Chrome gets of our environment: how to find files, languages and proxies. Nothing else is its business,
/// and other variables may hold secrets of ours.
const ENVIRONMENT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "TZ",
    "LD_LIBRARY_PATH",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "XDG_DATA_DIRS",
    "XDG_CONFIG_DIRS",
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "auto_proxy",
    "__CF_USER_TEXT_ENCODING",
];

/// Chrome puts a socket 44 bytes below `TMPDIR`, and a socket's path may have 107.
const LONGEST_TMPDIR: usize = 60;

/// A running Chrome. Dropped, it and its files are gone.
pub(super) struct Running {
    child: Child,
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
    #[error("Chrome's pipes could not be handed over")]
    Pipes,
}

impl Running {
    /// Starts Chrome in a process group of its own. `stop` is asked shortly before `deadline`; when it passes, the
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
            Ok((child, pipe)) => Ok((Self::watched(child, profile, deadline, stop)?, pipe)),
            Err(error) => {
                profile.remove();
                Err(error)
            }
        }
    }

    fn watched(child: Child, profile: Profile, deadline: Duration, stop: &Stop) -> io::Result<Self> {
        let tree = Tree::of(child.id(), profile.folder());
        let mut running = Self { child, tree: tree.clone(), profile: Some(profile), watch: None };
        if let Some(profile) = &running.profile {
            profile.own(Some(running.child.id()))?;
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

    /// The kind of Chrome's first complaint.
    pub(super) fn complaint(&self) -> &'static str {
        self.profile.as_ref().map_or("", Profile::complaint)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch = None;
        self.tree.kill();
        // It is dead or dying, and reaping it now keeps no zombie; `end` then waits for all others.
        if let Err(error) = self.child.wait() {
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

fn spawn(chrome: &Path, profile: &Profile, without_sandbox: bool) -> Result<(Child, Pipe), LaunchError> {
    let (its_input, our_output) = io::pipe()?;
    let (our_input, its_output) = io::pipe()?;
    let mut data = OsString::from("--user-data-dir=");
    data.push(profile.data());
    let mut command = Command::new(chrome);
    command.args(SWITCHES).arg(data);
    if without_sandbox {
        command.arg("--no-sandbox");
    }
    command.arg("about:blank");
    command.env_clear();
    command.envs(ENVIRONMENT.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))));
    command.env(MARK, profile.folder());
    // Crash dumps hold cookies: they go where everything else goes, and with it.
    command.env("BREAKPAD_DUMP_LOCATION", profile.data());
    command.env("XDG_CONFIG_HOME", profile.data()).env("XDG_CACHE_HOME", profile.data());
    if profile.temp().as_os_str().len() <= LONGEST_TMPDIR {
        command.env("TMPDIR", profile.temp());
    }
    command.process_group(0).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(profile.complaints())?);
    let pipes = vec![
        FdMapping { parent_fd: its_input.into(), child_fd: 3 },
        FdMapping { parent_fd: its_output.into(), child_fd: 4 },
    ];
    command.fd_mappings(pipes).map_err(|_| LaunchError::Pipes)?;
    let mut child = command.spawn()?;
    // Our copies of its ends: while they are open we would not see it die.
    drop(command);
    match Pipe::new(our_output, our_input) {
        Ok(pipe) => Ok((child, pipe)),
        Err(error) => {
            Tree::of(child.id(), profile.folder()).kill();
            _ = child.wait();
            Err(error.into())
        }
    }
}
