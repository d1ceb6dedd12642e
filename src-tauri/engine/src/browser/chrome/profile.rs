//! The folder of one visit: profile, temporary files, what Chrome says on stderr. It is gone with the visit; what
//! a dead engine left is swept at the next start.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use lamplighter_core::exchange::NoChrome;

use super::process::{end_leftover, start_of};

const PREFIX: &str = "chrome-";
/// Says whose folder it is, as `engine-pid engine-start chrome-pid chrome-start`.
const OWNER: &str = "owner";

/// A folder that only we can enter.
pub(super) struct Profile {
    folder: PathBuf,
}

impl Profile {
    /// A new one below `temp`, which is created if it is not there.
    ///
    /// # Errors
    /// If the disk is full, the folder cannot be written, or nothing random is to be had.
    pub(super) fn create(temp: &Path) -> io::Result<Self> {
        private().recursive(true).create(temp)?;
        let profile = Self { folder: make(temp)? };
        private().create(profile.temp())?;
        profile.own(None)?;
        Ok(profile)
    }

    /// All of it.
    #[cfg(unix)]
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// For `--user-data-dir`.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("profile")
    }

    /// For Chrome's own temporary files, `TMPDIR`.
    pub(super) fn temp(&self) -> PathBuf {
        self.folder.join("t")
    }

    /// Where Chrome's complaints go.
    pub(super) fn complaints(&self) -> PathBuf {
        self.folder.join("stderr")
    }

    /// Writes down whose folder this is, so that [`sweep`] can tell a dead engine's from a living one's.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn own(&self, chrome: Option<u32>) -> io::Result<()> {
        let line = |pid: u32| format!("{pid} {}", start_of(pid).unwrap_or_default());
        let chrome = chrome.map(line).unwrap_or_default();
        fs::write(self.folder.join(OWNER), format!("{}\n{chrome}\n", line(std::process::id())))
    }

    /// Chrome's first complaint, if we know it. Its words are not logged: they may hold addresses.
    pub(super) fn complaint(&self) -> Complaint {
        let mut text = Vec::new();
        let read =
            fs::File::open(self.complaints()).and_then(|file| file.take(64 * 1024).read_to_end(&mut text));
        let has =
            |word: &str| read.is_ok() && text.windows(word.len()).any(|window| window == word.as_bytes());
        match () {
            () if has("Running as root without --no-sandbox") => Complaint::Root,
            () if has("No usable sandbox") => Complaint::NoSandbox,
            () if has("error while loading shared libraries") => Complaint::NoLibrary,
            () => Complaint::None,
        }
    }

    /// Removes all of it. Chrome must be gone.
    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(kind = ?error.kind(), "a Chrome profile could not be removed; the next start sweeps it");
        }
    }
}

/// What Chrome says that does not start.
pub(super) enum Complaint {
    /// It does not run as root with its sandbox on.
    Root,
    NoSandbox,
    NoLibrary,
    /// Nothing that we know.
    None,
}

impl Complaint {
    /// For the log.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Root => "Chrome does not run as root with its sandbox on",
            Self::NoSandbox => "the system lets Chrome build no sandbox",
            Self::NoLibrary => "a library of Chrome’s is missing",
            Self::None => "Chrome did not answer",
        }
    }

    /// For the person.
    pub(super) fn kind(&self) -> NoChrome {
        match self {
            Self::NoSandbox => NoChrome::NoSandbox,
            Self::Root | Self::NoLibrary | Self::None => NoChrome::Silent,
        }
    }
}

#[cfg(unix)]
fn private() -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(unix)]
fn make(temp: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let private = fs::Permissions::from_mode(0o700);
    Ok(tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(temp)?.keep())
}

#[cfg(windows)]
fn private() -> fs::DirBuilder {
    fs::DirBuilder::new()
}

/// What is made in it inherits who may enter.
#[cfg(windows)]
fn make(temp: &Path) -> io::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(temp)?;
    lamplighter_sys::windows::close_to_others(folder.path())?;
    Ok(folder.keep())
}

/// Ends Chromes and removes profiles that engines left below `temp` when they died. For the start of an engine
/// that holds the lock; folders of living engines are left alone.
pub(in crate::browser) fn sweep(temp: &Path) {
    let Ok(entries) = fs::read_dir(temp) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sweep_one(&entry.path());
        }
    }
}

fn sweep_one(folder: &Path) {
    let owner = fs::read_to_string(folder.join(OWNER)).unwrap_or_default();
    let mut alive = owner.lines().map(|line| {
        let (pid, start) = line.split_once(' ')?;
        let pid: u32 = pid.parse().ok()?;
        (!start.is_empty() && start_of(pid).as_deref() == Some(start)).then_some(pid)
    });
    if alive.next().flatten().is_some() {
        return;
    }
    if let Some(chrome) = alive.next().flatten() {
        end_leftover(chrome, folder);
    }
    Profile { folder: folder.to_owned() }.remove();
}
