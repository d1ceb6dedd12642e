//! The folder of the sealed files, as far as the store needs one. A seam: tests put disks there that are full, broken,
//! or lose their power.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::ENDING;
use super::file::LARGEST;
use crate::paths::{make_durable, sync_folder, sync_way_to};

/// Files by name, in one folder.
pub trait Disk: Send {
    /// What the file holds; `None` if there is none. Symbolic links are not followed.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// A new file in the place of whatever has this name, for its owner alone from its first moment; waits for the disk.
    /// A power loss can leave any part of it.
    ///
    /// # Errors
    /// If it is not certain that it is there.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Gives the file another name, in the place of what has that.
    ///
    /// # Errors
    /// If it could not.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Removes the file; done if there is none.
    ///
    /// # Errors
    /// If it is still there.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// Makes what was renamed and removed survive a power loss.
    ///
    /// # Errors
    /// If that is not certain.
    fn sync(&mut self) -> io::Result<()>;

    /// The same, and the folder itself with those that it lies in: who made them may not have waited for the disk.
    ///
    /// # Errors
    /// If that is not certain.
    fn settle(&mut self) -> io::Result<()> {
        self.sync()
    }

    /// Nothing is sealed here any more: the folder may go.
    ///
    /// # Errors
    /// If that could not be noted.
    fn let_go(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Names of all files; none if there is no folder yet.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn names(&self) -> io::Result<Vec<String>>;
}

/// The folder is not there, though files were sealed in it: it was moved, or what it lies on is not mounted. Nobody can
/// say then that an account has no file.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not there")]
pub(super) struct Away(pub String);

/// How the name of the file goes on, beside the folder, that says that something is sealed in it.
const IN_USE: &str = ".in-use";

/// A real folder.
pub struct Folder {
    path: PathBuf,
    /// Something was seen in it, or put there.
    has_held: AtomicBool,
}

impl Folder {
    /// The folder at `path`. It is made with the first file.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), has_held: AtomicBool::new(false) }
    }

    /// Lies beside the folder: what lies in it goes away with it.
    fn mark(&self) -> PathBuf {
        let mut mark = self.path.clone().into_os_string();
        mark.push(IN_USE);
        mark.into()
    }

    /// Where there is no folder: whether there never was one, which is as good as an empty one.
    ///
    /// # Errors
    /// [`Away`] if it was there.
    fn look(&self) -> io::Result<()> {
        if self.path.try_exists()? {
            return Ok(());
        }
        match self.has_held.load(Ordering::Relaxed) || self.mark().try_exists()? {
            true => Err(io::Error::new(ErrorKind::NotFound, Away(self.path.display().to_string()))),
            false => Ok(()),
        }
    }

    /// Does it to a file; `None` if there is none. Tried again: a folder that came back behind the first try must not
    /// make a file that is there one that is not.
    fn within<T>(&self, act: impl Fn() -> io::Result<T>) -> io::Result<Option<T>> {
        for _ in 0..2 {
            match act() {
                Err(error) if error.kind() == ErrorKind::NotFound => self.look()?,
                done => return done.map(Some),
            }
        }
        Ok(None)
    }

    /// Notes that the folder is needed, once it is there.
    fn hold(&self) -> io::Result<()> {
        if self.has_held.load(Ordering::Relaxed) {
            return Ok(());
        }
        match options().write(true).create_new(true).open(self.mark()) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => sync_folder(self.path.parent().unwrap_or(Path::new("/")))?,
        }
        self.has_held.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Disk for Folder {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.within(|| options().read(true).open(self.path.join(name)))? else {
            return Ok(None);
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
        }
        self.has_held.fetch_or(name.contains(ENDING), Ordering::Relaxed);
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// One that is away is not made anew: what is in it would be hidden by an empty one.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.look()?;
        make_durable(&self.path)?;
        self.hold()?;
        self.remove(name)?;
        let mut file = options().write(true).create_new(true).open(self.path.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.path.join(from), self.path.join(to));
        self.within(|| fs::rename(&from, &to))?.ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.within(|| fs::remove_file(self.path.join(name))).map(drop)
    }

    /// Windows syncs names with the file.
    fn sync(&mut self) -> io::Result<()> {
        self.look()?;
        if cfg!(unix) && self.path.exists() { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }

    fn settle(&mut self) -> io::Result<()> {
        self.sync()?;
        sync_way_to(&self.path)
    }

    fn let_go(&mut self) -> io::Result<()> {
        if self.names()?.iter().any(|name| name.contains(ENDING)) {
            return Ok(());
        }
        match fs::remove_file(self.mark()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => self.has_held.store(false, Ordering::Relaxed),
        }
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let Some(entries) = self.within(|| fs::read_dir(&self.path))? else { return Ok(Vec::new()) };
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }
}

/// The mode is there from the file's first moment: no window in which others could open it (T18).
fn options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}
