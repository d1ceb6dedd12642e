//! Chrome as a process group of its own, with its pipes as file descriptors 3 and 4.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use command_fds::{CommandFdExt as _, FdMapping};

use super::launch::LaunchError;
use super::profile::Profile;
use super::tree::MARK;
pub(super) use super::tree::{Tree, end_leftover, start_of};

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

/// A Chrome that was started.
pub(super) struct Process {
    child: Child,
    tree: Tree,
}

impl Process {
    /// Starts it with these words beside those that its pipes need.
    ///
    /// # Errors
    /// If it cannot be executed, or its pipes cannot be handed over.
    pub(super) fn start(
        chrome: &Path,
        words: Vec<OsString>,
        profile: &Profile,
        input: PipeReader,
        output: PipeWriter,
    ) -> Result<Self, LaunchError> {
        let mut command = Command::new(chrome);
        command.args(words).args(["--remote-debugging-pipe", "about:blank"]);
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
            FdMapping { parent_fd: input.into(), child_fd: 3 },
            FdMapping { parent_fd: output.into(), child_fd: 4 },
        ];
        command.fd_mappings(pipes).map_err(|_| LaunchError::Pipes)?;
        let child = command.spawn()?;
        // Our copies of its ends go with the command: while they are open we would not see it die.
        let tree = Tree::of(child.id(), profile.folder());
        Ok(Self { child, tree })
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All of its processes.
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Waits until the first of them has ended, and keeps no zombie.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        self.child.wait().map(|_| ())
    }
}
