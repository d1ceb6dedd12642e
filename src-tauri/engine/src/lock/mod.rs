//! The engine's lock: one owner of all accounts per user and profile (I1).
//!
//! The operating system holds it and frees it with the process, however that ends. Who holds it stands in a
//! second file beside it, which is replaced in one piece; what a dead holder left there harms nobody, because
//! it is read only while the lock is taken.

mod network;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::paths::Paths;

#[cfg(target_os = "linux")]
pub use network::kind_of;
pub use network::network_file_system;

/// What kind of process holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The tray app.
    Desktop,
    /// `lamp serve`.
    Serve,
    /// `lamp` for one command.
    OneShot,
}

/// Who holds the lock, as the holder wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderInfo {
    /// What kind.
    pub holder: Holder,
    /// Its process.
    pub pid: u32,
    /// Where it listens.
    pub socket: PathBuf,
}

impl HolderInfo {
    /// Whether that process is stopped (SIGSTOP, Ctrl-Z, a debugger) and so will not answer (F49).
    /// False where the system does not tell.
    pub fn is_stopped(&self) -> bool {
        is_stopped(self.pid)
    }
}

/// Whether a process is stopped; false where the system does not tell.
pub(crate) fn is_stopped(pid: u32) -> bool {
    // The state follows the name in brackets, which can itself hold anything.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}

/// Why the lock is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it. `None` if it has not said yet who it is: ask again.
    #[error("another Lamplighter holds the lock")]
    HeldBy(Option<HolderInfo>),
    /// The lock file cannot be used.
    #[error("the lock cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// The lock, held as long as this lives.
#[derive(Debug)]
pub struct EngineLock {
    file: File,
    path: PathBuf,
}

impl Drop for EngineLock {
    fn drop(&mut self) {
        // Closing alone is not enough: a child that is just being started has the file, too, until it is another
        // program. An error means that the system lets go by itself, with the last of them.
        _ = self.file.unlock();
    }
}

impl EngineLock {
    /// Takes the lock at once or not at all, and writes down who has it.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn acquire(paths: &Paths, holder: Holder) -> Result<Self, LockError> {
        let path = paths.lock();
        // Between opening and locking somebody can have put another file there; a few rounds settle it.
        for _ in 0..8 {
            let file = open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(LockError::HeldBy(holder_of(paths))),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            let lock = Self { file, path: path.clone() };
            if lock.still_held() {
                let info = HolderInfo { holder, pid: std::process::id(), socket: paths.socket() };
                write_holder(paths, &info)?;
                return Ok(lock);
            }
        }
        Err(io::Error::other("the lock file is replaced again and again").into())
    }

    /// Whether the file at the lock's path is still the one that is locked (F49). Asked before every spend: a
    /// lock file that was deleted or replaced lets a second engine in, and then this one may spend no more.
    pub fn still_held(&self) -> bool {
        same_file(&self.file, &self.path).unwrap_or(false)
    }
}

/// Who holds the lock, by what the last holder wrote: true only while the lock is taken.
pub fn holder_of(paths: &Paths) -> Option<HolderInfo> {
    serde_json::from_slice(&fs::read(holder_path(paths)).ok()?).ok()
}

fn holder_path(paths: &Paths) -> PathBuf {
    paths.data.join("lock.holder")
}

fn write_holder(paths: &Paths, info: &HolderInfo) -> io::Result<()> {
    use std::io::Write as _;
    let text = serde_json::to_vec(info)?;
    let replaced = tempfile::NamedTempFile::new_in(&paths.data).and_then(|mut file| {
        file.write_all(&text)?;
        file.persist(holder_path(paths)).map_err(|error| error.error)
    });
    match replaced {
        Ok(_) => Ok(()),
        Err(error) => overwrite(&holder_path(paths), &text).map_err(|_| error),
    }
}

/// On a full disk the old file's own place is still there: a token that is valid can be served, though nothing
/// can be refreshed (F38). Whoever reads in the middle of this asks again.
fn overwrite(path: &Path, text: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text)?;
    file.set_len(text.len() as u64)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt as _;
        /// `CreateFileW`: others may read and write, but nobody may delete, rename or replace it while it is open.
        const SHARED: u32 = 1 | 2;
        /// A link is opened itself, and not what it leads to.
        const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        options.share_mode(SHARED).custom_flags(OPEN_REPARSE_POINT);
    }
    options.open(path)
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let (held, there) = (file.metadata()?, fs::symlink_metadata(path)?);
    Ok((held.dev(), held.ino()) == (there.dev(), there.ino()))
}

/// Whoever moves a folder above it puts another file there, though this one cannot be deleted.
#[cfg(windows)]
fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    use lamplighter_sys::windows::file_id;
    Ok(file_id(file)? == file_id(&File::open(path)?)?)
}
