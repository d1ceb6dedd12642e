//! The journal's file: made in one piece, grown before it is needed, written and synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::paths::make_durable;

/// Size of a new journal: takes the mark and the reply of a usual account without growing.
pub(super) const ROOM: u64 = 64 * 1024;
/// No journal is larger; a file that is was not written by us.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The file and where in it the next entry goes.
pub(super) struct Ground {
    pub file: File,
    /// Bytes that the file system has promised.
    pub size: u64,
    /// Where the next entry starts.
    pub end: u64,
    /// The next entry's number.
    pub next: u64,
    /// Behind `end` and before this there may be remains of an append that failed.
    pub dirty: u64,
}

/// A ground whose file makes way for another: closed on Windows, where an open file is not replaced everywhere.
pub(super) struct Left {
    #[cfg(unix)]
    ground: Ground,
    #[cfg(windows)]
    numbers: [u64; 4],
}

#[cfg(unix)]
impl Left {
    /// The other did not come: it goes on.
    pub fn enter(self, _path: &Path) -> io::Result<Ground> {
        Ok(self.ground)
    }
}

#[cfg(windows)]
impl Left {
    /// The other did not come: it goes on.
    pub fn enter(self, path: &Path) -> io::Result<Ground> {
        let [size, end, next, dirty] = self.numbers;
        Ok(Ground { file: open(path)?, size, end, next, dirty })
    }
}

impl Ground {
    /// Makes way for another.
    pub fn leave(self) -> Left {
        #[cfg(unix)]
        return Left { ground: self };
        #[cfg(windows)]
        return Left { numbers: [self.size, self.end, self.next, self.dirty] };
    }

    /// Writes `bytes` at the end and waits for the disk. On an error the end stays where it was.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        still_linked(&self.file)?;
        let end = self.end + bytes.len() as u64;
        // Remains of a failed append are overwritten in the same write: behind the last entry are zeroes.
        let zeroes = usize::try_from(self.dirty.saturating_sub(end)).map_err(io::Error::other)?;
        let padded = [bytes, &vec![0; zeroes]].concat();
        self.dirty = self.dirty.max(end);
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&padded)?;
        self.file.sync_data()?;
        (self.end, self.dirty) = (end, end);
        self.next += 1;
        Ok(())
    }

    /// Makes the file system promise room up to `size`.
    pub fn grow_to(&mut self, size: u64) -> io::Result<()> {
        if size <= self.size {
            return Ok(());
        }
        let size = size.next_multiple_of(ROOM);
        if size > LARGEST {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "the journal has grown too large"));
        }
        allocate(&mut self.file, self.size, size)?;
        self.file.sync_all()?;
        self.size = size;
        Ok(())
    }
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    options().open(path)
}

pub(super) fn read(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Keeps what is at `path` under a second name as well, until something else is put at `path`.
pub(super) fn keep_beside(path: &Path, beside: &Path) -> io::Result<()> {
    match fs::remove_file(beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Some file systems know no second names.
    fs::hard_link(path, beside).or_else(|_| fs::copy(path, beside).map(drop))
}

/// A new journal that starts with `bytes`, in the place of what is there: the old or the new, never half. Also
/// says how much room it has. A folder that somebody removed is made anew: without one nothing could ever be sent again.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<(File, u64)> {
    let room = (bytes.len() as u64 + ROOM / 2).next_multiple_of(ROOM);
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let new = path.with_extension("new");
    make_durable(folder)?;
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options().create_new(true).open(&new)?;
    file.write_all(bytes)?;
    allocate(&mut file, bytes.len() as u64, room)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(folder)?;
    Ok((file, room))
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    // The mode is there from the file's first moment: no window in which others could open it (T18).
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// A deleted file can be written to, but nobody would find it again.
#[cfg(unix)]
fn still_linked(file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if file.metadata()?.nlink() == 0 {
        Err(io::Error::new(ErrorKind::NotFound, "the journal was deleted"))
    } else {
        Ok(())
    }
}

/// A deleted file can be written to, but nobody would find it again.
#[cfg(windows)]
fn still_linked(file: &File) -> io::Result<()> {
    if lamplighter_sys::windows::is_deleted(file)? {
        Err(io::Error::new(ErrorKind::NotFound, "the journal was deleted"))
    } else {
        Ok(())
    }
}

/// Promised blocks that read as zeroes, from `from` to `to`.
fn allocate(file: &mut File, from: u64, to: u64) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    match rustix::fs::fallocate(&*file, rustix::fs::FallocateFlags::empty(), from, to - from) {
        Ok(()) => return Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
        Err(error) => return Err(error.into()),
    }
    // Where nothing can be promised, written zeroes are the next best thing.
    file.seek(SeekFrom::Start(from))?;
    io::copy(&mut io::repeat(0).take(to - from), file)?;
    Ok(())
}

/// Makes a new or renamed name in `folder` survive a power loss.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows syncs names with the file.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
