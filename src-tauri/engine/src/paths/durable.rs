//! Names that survive a power loss: a file that is synced is still gone if its folder, or the folder of that, never
//! reached the disk.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Makes `folder` with its parents, 0700, where they are missing, and waits until the new names are on the disk. One that
/// is there is the business of [`super::ensure`].
///
/// # Errors
/// If it cannot be made, or the disk does not say that it is there.
pub fn make_durable(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|part| !part.exists()).collect();
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.recursive(true).create(folder)?;
    missing.into_iter().rev().try_for_each(|made| sync_folder(parent(made)))
}

/// Waits until the names in `folder` are on the disk. One that we may not read, or that lies on a file system which knows
/// no such thing, is let be: more cannot be done from here, and nothing else would be safer.
///
/// # Errors
/// If the disk fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows syncs names with the file.
    if cfg!(unix) { lenient(fs::File::open(folder).and_then(|folder| folder.sync_all())) } else { Ok(()) }
}

/// The same for every folder on the way to `path`.
///
/// # Errors
/// If the disk fails.
pub fn sync_way_to(path: &Path) -> io::Result<()> {
    path.ancestors().skip(1).filter(|part| !part.as_os_str().is_empty()).try_for_each(sync_folder)
}

/// Waits until what the file holds is on the disk, and every name on the way to it: whoever made it may not have.
/// Anything but a regular file is let be, and so is one that is not there.
///
/// # Errors
/// If the disk fails.
pub fn sync_file(path: &Path) -> io::Result<()> {
    // A link may lead to it.
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) => return lenient(Err(error)),
    };
    if !path.metadata()?.is_file() {
        return Ok(());
    }
    lenient(opened(&path).and_then(|file| file.sync_all()))?;
    sync_way_to(&path)
}

/// Windows flushes only what may be written.
fn opened(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().read(true).write(cfg!(windows)).open(path)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn lenient(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if is_beyond_us(error.kind()) => Ok(()),
        other => other,
    }
}

fn is_beyond_us(kind: ErrorKind) -> bool {
    use ErrorKind::{InvalidInput, NotFound, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    matches!(kind, PermissionDenied | InvalidInput | Unsupported | ReadOnlyFilesystem | NotFound)
}
