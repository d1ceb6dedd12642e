//! Reading and replacing one file, without ever following a link or leaving half of it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::SinkError;
use super::env::Identity;

/// No `.env` file is larger.
const LARGEST: u64 = 10 * 1024 * 1024;

/// A file as it was read; nothing where there is none.
pub(super) struct Old {
    bytes: Zeroizing<Vec<u8>>,
    stat: Option<Stat>,
}

impl Old {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn exists(&self) -> bool {
        self.stat.is_some()
    }
}

pub(super) fn identity(path: &Path) -> Result<Option<Identity>, SinkError> {
    match open(path)? {
        None => Ok(None),
        Some((_, stat)) => {
            let (device, inode, ..) = version(&stat);
            Ok(Some(Identity { device, inode }))
        }
    }
}

/// Reads the file and makes sure that it may be replaced.
pub(super) fn read(path: &Path) -> Result<Old, SinkError> {
    let Some((file, stat)) = open(path)? else {
        return Ok(Old { bytes: Zeroizing::default(), stat: None });
    };
    if stat.st_nlink > 1 {
        return Err(SinkError::HardLink);
    }
    if stat.st_mode & 0o222 == 0 {
        return Err(SinkError::ReadOnly);
    }
    // For its size, and one byte more: then a file that grows meanwhile is noticed.
    let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
    if size > LARGEST {
        return Err(SinkError::TooLarge);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1));
    file.take(size + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()) == Ok(size) {
        Ok(Old { bytes, stat: Some(stat) })
    } else {
        Err(SinkError::Changed)
    }
}

/// Puts `new` in the place of `old` in one step.
pub(super) fn replace(path: &Path, old: &Old, new: &[u8]) -> Result<(), SinkError> {
    let folder = folder_of(path)?;
    let name = path.file_name().ok_or(SinkError::BadPath)?;
    let temporary = temporary_name(name)?;
    let create = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file =
        rustix::fs::openat(&folder, &temporary, create, Mode::RUSR | Mode::WUSR).map_err(io::Error::from)?;
    let placed = fill(File::from(file), old, new).and_then(|()| place(&folder, &temporary, name, old));
    if placed.is_err() {
        // It holds the value: it must not stay. If even that fails, the first error is the one to tell.
        _ = rustix::fs::unlinkat(&folder, &temporary, AtFlags::empty());
    }
    placed
}

fn open(path: &Path) -> Result<Option<(File, Stat)>, SinkError> {
    let folder = folder_of(path)?;
    let name = path.file_name().ok_or(SinkError::BadPath)?;
    // Not blocking: opening a pipe would wait for its other end.
    let read = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(&folder, name, read, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP | Errno::MLINK) => return Err(SinkError::Symlink),
        Err(Errno::NXIO) => return Err(SinkError::NotAFile),
        Err(error) => return Err(io::Error::from(error).into()),
    };
    let stat = rustix::fs::fstat(&file).map_err(io::Error::from)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
        Ok(Some((File::from(file), stat)))
    } else {
        Err(SinkError::NotAFile)
    }
}

fn folder_of(path: &Path) -> Result<OwnedFd, SinkError> {
    let folder = path.parent().ok_or(SinkError::BadPath)?;
    let open = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::open(folder, open, Mode::empty()) {
        Ok(folder) => Ok(folder),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(SinkError::NoFolder),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

/// Hidden, beside the file, so that renaming stays within the file system.
fn temporary_name(name: &OsStr) -> Result<OsString, SinkError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| SinkError::Io(io::ErrorKind::Other))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", lamplighter_core::id::hex(&random)));
    Ok(temporary)
}

/// Owner first: changing it takes special mode bits away.
fn fill(mut file: File, old: &Old, new: &[u8]) -> Result<(), SinkError> {
    if let Some(old) = &old.stat {
        let mine = rustix::fs::fstat(&file).map_err(io::Error::from)?;
        if (mine.st_uid, mine.st_gid) != (old.st_uid, old.st_gid) {
            let (owner, group) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
            rustix::fs::fchown(&file, Some(owner), Some(group)).map_err(|_| SinkError::Owner)?;
        }
        rustix::fs::fchmod(&file, Mode::from_raw_mode(old.st_mode & 0o7777)).map_err(io::Error::from)?;
    }
    file.write_all(new)?;
    file.sync_all()?;
    Ok(())
}

fn place(folder: &OwnedFd, temporary: &OsStr, name: &OsStr, old: &Old) -> Result<(), SinkError> {
    let now = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Some(stat),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(io::Error::from(error).into()),
    };
    if now.as_ref().map(version) != old.stat.as_ref().map(version) {
        return Err(SinkError::Changed);
    }
    rustix::fs::renameat(folder, temporary, folder, name).map_err(io::Error::from)?;
    // The new file is in place; that the folder's entry survives a power cut is all that is left to ask for.
    rustix::fs::fsync(folder).map_err(io::Error::from)?;
    Ok(())
}

/// What differs if anybody wrote or replaced the file.
#[allow(clippy::unnecessary_cast, reason = "the types of these fields differ between systems")]
fn version(stat: &Stat) -> (u64, u64, i64, i64, u64) {
    (stat.st_dev as u64, stat.st_ino, stat.st_size, stat.st_mtime as i64, stat.st_mtime_nsec as u64)
}
