//! The folder of the sealed files, as far as the store needs one. A seam: tests put disks there that are full, broken,
//! or lose their power.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::file::LARGEST;
use crate::paths::{make_durable, sync_way_to};

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

    /// Names of all files; none if there is no folder yet.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn names(&self) -> io::Result<Vec<String>>;
}

/// A real folder.
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`. It is made with the first file.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Disk for Folder {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match options().read(true).open(self.0.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        make_durable(&self.0)?;
        self.remove(name)?;
        let mut file = options().write(true).create_new(true).open(self.0.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound) => Err(error),
            _ => Ok(()),
        }
    }

    /// Windows syncs names with the file.
    fn sync(&mut self) -> io::Result<()> {
        if cfg!(unix) && self.0.exists() { File::open(&self.0)?.sync_all() } else { Ok(()) }
    }

    fn settle(&mut self) -> io::Result<()> {
        self.sync()?;
        sync_way_to(&self.0)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
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
