//! The `.env` sink: our keys' values change, every other byte stays (F55, T19, T20).
//!
//! A key that is there twice is changed in both places: most readers take the last one, some the first, and an
//! old token that stays behind is of use to nobody.

use std::path::{Path, PathBuf};

use lamplighter_core::secret::Secret;
use zeroize::Zeroizing;

use super::value::{Quotes, quotes};
use super::{SinkError, file, git, lines};

/// A file that another program saves meanwhile is read again, so many times.
const TRIES: usize = 3;

/// A `.env` file as a sink.
#[derive(Debug, Clone, Copy)]
pub struct EnvFile;

/// What writing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Whether the file is another one now; if all values were there already, it was not touched.
    pub changed: bool,
}

/// Which file a path leads to; consent is given to this, not to a name (T19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Number of the file system.
    pub device: u64,
    /// Number of the file in it.
    pub inode: u64,
}

/// The identity of the file at `path`, or `None` if there is none yet. Writing it gives it another one: whoever
/// keeps consents takes the new one after each [`EnvFile::write`].
///
/// # Errors
/// If it is a symbolic link or no regular file, or cannot be looked at.
pub fn identity(path: &Path) -> Result<Option<Identity>, SinkError> {
    file::identity(path)
}

impl EnvFile {
    /// Sets the keys to the values, one write for all of them. The file is replaced by a new one in one step, with
    /// mode and owner of the old; a file that is not there is created for its owner alone (0600).
    ///
    /// Blocking: it waits for the disk, and for git unless `allow_tracked`.
    ///
    /// # Errors
    /// Whatever [`SinkError`] says; the file is as it was then.
    pub fn write(path: &Path, set: &[(String, &Secret)], allow_tracked: bool) -> Result<Written, SinkError> {
        for (key, _) in set {
            check_key(key)?;
        }
        let path = in_real_folder(path)?;
        let mut is_allowed = allow_tracked;
        for _ in 0..TRIES {
            let old = file::read(&path)?;
            let new = replace(old.bytes(), set)?;
            if old.exists() && *new == *old.bytes() {
                return Ok(Written { changed: false });
            }
            if !is_allowed {
                git::check(&path)?;
                is_allowed = true;
            }
            match file::replace(&path, &old, &new) {
                Ok(()) => return Ok(Written { changed: true }),
                Err(SinkError::Changed) => {}
                Err(other) => return Err(other),
            }
        }
        Err(SinkError::Changed)
    }
}

/// The path with its folder's links resolved; the file itself is never followed.
fn in_real_folder(path: &Path) -> Result<PathBuf, SinkError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(SinkError::BadPath);
    };
    if !path.is_absolute() {
        return Err(SinkError::BadPath);
    }
    let folder = folder.canonicalize().map_err(|_| SinkError::NoFolder)?;
    if folder.is_dir() { Ok(folder.join(name)) } else { Err(SinkError::NoFolder) }
}

/// POSIX names (XBD 8.1), which every reader takes.
fn check_key(key: &str) -> Result<(), SinkError> {
    let is_name = !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { Ok(()) } else { Err(SinkError::BadKey { key: key.to_owned() }) }
}

/// The file's new bytes.
fn replace(old: &[u8], set: &[(String, &Secret)]) -> Result<Zeroizing<Vec<u8>>, SinkError> {
    let layout = lines::read(old)?;
    let most = old.len() + set.iter().map(|(key, value)| key.len() + value.len() + 8).sum::<usize>() * 2;
    let mut new = Zeroizing::new(Vec::with_capacity(most));
    let mut copied = 0;
    for assignment in &layout.assignments {
        let Some((key, value)) = set.iter().find(|(key, _)| *key == assignment.key) else { continue };
        if !assignment.is_plain {
            return Err(SinkError::Unclear { line: assignment.line });
        }
        new.extend_from_slice(old.get(copied..assignment.value.start).unwrap_or_default());
        write_value(&mut new, key, value, Some(assignment.quotes))?;
        copied = assignment.value.end;
    }
    new.extend_from_slice(old.get(copied..).unwrap_or_default());
    let missing: Vec<_> =
        set.iter().filter(|(key, _)| !layout.assignments.iter().any(|there| there.key == *key)).collect();
    if layout.is_joined && !missing.is_empty() {
        return Err(SinkError::Unclear { line: layout.lines });
    }
    let mut is_ended = layout.is_ended;
    for (key, value) in missing {
        if !is_ended {
            new.extend_from_slice(layout.line_end);
        }
        new.extend_from_slice(key.as_bytes());
        new.push(b'=');
        write_value(&mut new, key, value, None)?;
        // A file without a last line end stays one.
        is_ended = layout.is_ended;
        if is_ended {
            new.extend_from_slice(layout.line_end);
        }
    }
    Ok(new)
}

fn write_value(new: &mut Vec<u8>, key: &str, value: &Secret, there: Option<Quotes>) -> Result<(), SinkError> {
    let quotes = quotes(value, there).ok_or_else(|| SinkError::BadValue { key: key.to_owned() })?;
    new.extend_from_slice(quotes.mark());
    new.extend_from_slice(value.expose());
    new.extend_from_slice(quotes.mark());
    Ok(())
}
