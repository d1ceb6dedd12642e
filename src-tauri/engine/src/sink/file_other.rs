//! Reading and replacing one file where there are no POSIX modes: by a temporary file beside it and a rename.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::SinkError;
use super::env::Identity;

/// No `.env` file is larger.
const LARGEST: u64 = 10 * 1024 * 1024;

/// A file as it was read; nothing where there is none.
pub(super) struct Old {
    bytes: Zeroizing<Vec<u8>>,
    version: Option<(u64, Option<SystemTime>)>,
}

impl Old {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn exists(&self) -> bool {
        self.version.is_some()
    }
}

/// File numbers are not to be had from the standard library here: the time of creation stands in for them.
pub(super) fn identity(path: &Path) -> Result<Option<Identity>, SinkError> {
    let created = |meta: Metadata| meta.created().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok();
    let inode =
        |meta| created(meta).and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or_default();
    Ok(look(path)?.map(|meta| Identity { device: 0, inode: inode(meta) }))
}

/// Reads the file and makes sure that it may be replaced.
pub(super) fn read(path: &Path) -> Result<Old, SinkError> {
    let Some(meta) = look(path)? else { return Ok(Old { bytes: Zeroizing::default(), version: None }) };
    if meta.permissions().readonly() {
        return Err(SinkError::ReadOnly);
    }
    if meta.len() > LARGEST {
        return Err(SinkError::TooLarge);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(Old { bytes, version: Some(version(&meta)) })
}

/// Puts `new` in the place of `old` in one step.
pub(super) fn replace(path: &Path, old: &Old, new: &[u8]) -> Result<(), SinkError> {
    let folder = path.parent().ok_or(SinkError::BadPath)?;
    let mut temporary = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)?;
    temporary.write_all(new)?;
    temporary.as_file().sync_all()?;
    if look(path)?.as_ref().map(version) != old.version {
        return Err(SinkError::Changed);
    }
    temporary.persist(path).map(|_| ()).map_err(|error| error.error.into())
}

fn look(path: &Path) -> Result<Option<Metadata>, SinkError> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_symlink() => Err(SinkError::Symlink),
        Ok(meta) if !meta.is_file() => Err(SinkError::NotAFile),
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn version(meta: &Metadata) -> (u64, Option<SystemTime>) {
    (meta.len(), meta.modified().ok())
}
