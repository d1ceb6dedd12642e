//! Reading and replacing one file on Windows: by a temporary file beside it, which is put in its place in one step.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use lamplighter_sys::windows::{self, FileId};
use zeroize::Zeroizing;

use super::SinkError;
use super::env::Identity;

/// No `.env` file is larger.
const LARGEST: u64 = 10 * 1024 * 1024;
/// `CreateFileW`: a link is opened itself, and not what it leads to.
const OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// A file as it was read; nothing where there is none.
pub(super) struct Old {
    bytes: Zeroizing<Vec<u8>>,
    version: Option<Version>,
}

/// What differs if anybody wrote or replaced the file: which it is, its size, when it was written.
type Version = (FileId, u64, u64);

impl Old {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn exists(&self) -> bool {
        self.version.is_some()
    }
}

pub(super) fn identity(path: &Path) -> Result<Option<Identity>, SinkError> {
    Ok(open(path)?.map(|(_, (id, ..))| Identity { device: id.volume.into(), inode: id.file }))
}

/// Reads the file and makes sure that it may be replaced.
pub(super) fn read(path: &Path) -> Result<Old, SinkError> {
    let Some((file, version)) = open(path)? else {
        return Ok(Old { bytes: Zeroizing::default(), version: None });
    };
    if windows::links(&file)? > 1 {
        return Err(SinkError::HardLink);
    }
    if file.metadata()?.permissions().readonly() {
        return Err(SinkError::ReadOnly);
    }
    let (_, size, _) = version;
    if size > LARGEST {
        return Err(SinkError::TooLarge);
    }
    // For its size, and one byte more: then a file that grows meanwhile is noticed.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1));
    file.take(size + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()) == Ok(size) {
        Ok(Old { bytes, version: Some(version) })
    } else {
        Err(SinkError::Changed)
    }
}

/// Puts `new` in the place of `old` in one step.
pub(super) fn replace(path: &Path, old: &Old, new: &[u8]) -> Result<(), SinkError> {
    let folder = path.parent().ok_or(SinkError::BadPath)?;
    // Removed when dropped: it holds the value and must not stay.
    let mut temporary = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)?;
    match old.version {
        // A new file is its owner's alone, whatever the folder allows.
        None => windows::close_to_others(temporary.path())?,
        Some(_) => windows::share_alike(path, temporary.path())?,
    }
    temporary.write_all(new)?;
    temporary.as_file().sync_all()?;
    if open(path)?.map(|(_, version)| version) != old.version {
        return Err(SinkError::Changed);
    }
    // Closed first: an open file cannot be put in the place of another.
    let temporary = temporary.into_temp_path();
    if old.version.is_none() {
        temporary.persist_noclobber(path).map_err(|error| error.error)?;
    } else {
        rename(&temporary, path)?;
        // Its name is gone, and nothing of ours is left there to remove.
        _ = temporary.keep();
    }
    Ok(())
}

/// A program that has the file open, as readers do for a moment, keeps others from replacing it.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    const ROUNDS: usize = 40;
    const PAUSE: Duration = Duration::from_millis(5);
    /// ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION.
    const IN_USE: [i32; 2] = [5, 32];
    for _ in 0..ROUNDS {
        match std::fs::rename(from, to) {
            Err(error) if error.raw_os_error().is_some_and(|number| IN_USE.contains(&number)) => {
                std::thread::park_timeout(PAUSE);
            }
            other => return other,
        }
    }
    std::fs::rename(from, to)
}

fn open(path: &Path) -> Result<Option<(File, Version)>, SinkError> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OPEN_REPARSE_POINT);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().ok_or(SinkError::BadPath)?;
            return if folder.is_dir() { Ok(None) } else { Err(SinkError::NoFolder) };
        }
        // Folders cannot be opened as files.
        Err(_) if path.is_dir() => return Err(SinkError::NotAFile),
        Err(error) => return Err(error.into()),
    };
    let meta = file.metadata()?;
    if meta.file_type().is_symlink() {
        return Err(SinkError::Symlink);
    }
    if !meta.is_file() {
        return Err(SinkError::NotAFile);
    }
    let version = (windows::file_id(&file)?, meta.file_size(), meta.last_write_time());
    Ok(Some((file, version)))
}
