//! What lies where the key is said to be: a regular file, or a pipe that this process was handed and that gives what it
//! holds once. Anything else is not read: a named pipe can wait for ever, and a device never end.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use lamplighter_core::record::KeyTrouble;
use zeroize::Zeroizing;

use super::key::is_beside;

/// Longest key or passphrase that is read.
pub(super) const LONGEST: u64 = 4096;
/// Names of what a process has open already.
#[cfg(unix)]
const HANDED: [&str; 3] = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"];

/// Whether this is the name of something that the process was handed open.
#[cfg(unix)]
fn is_handed(path: &Path) -> bool {
    path.to_str().is_some_and(|path| HANDED.iter().any(|start| path.starts_with(start)))
}

/// What is at `path`; checked, unless it was put there by who knows better, to be nobody else's and not within `sealed`.
///
/// # Errors
/// Why it is not to be had, or not to be used.
pub(super) fn read(path: &Path, sealed: Option<&Path>) -> Result<Zeroizing<Vec<u8>>, KeyTrouble> {
    let name = || path.display().to_string();
    let unreadable = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => KeyTrouble::Missing(name()),
        _ => KeyTrouble::Unreadable { path: name(), said: error.to_string() },
    };
    if sealed.is_some_and(|sealed| is_beside(path, sealed)) {
        return Err(KeyTrouble::Beside(name()));
    }
    // Of what was opened, so that nobody can put another file there in between; a link may lead to it.
    let file = open(path).map_err(unreadable)?;
    if sealed.is_some() {
        check(path, &file).map_err(|trouble| trouble.unwrap_or_else(unreadable))?;
    }
    #[cfg(unix)]
    if is_handed(path) && pipe::is_one(&file).map_err(unreadable)? {
        return pipe::read(file, &name());
    }
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(KeyTrouble::NotAFile(name()));
    }
    let mut bytes = room();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST { Err(KeyTrouble::NoKey(name())) } else { Ok(bytes) }
}

/// As much as is ever read, so that no copy is left behind where it grew.
fn room() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::with_capacity(LONGEST as usize + 64))
}

/// Opening a named pipe waits for its other end, unless it is said not to.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

/// A trouble of its own kind, or what the system said.
type Checked = Result<(), Result<KeyTrouble, io::Error>>;

#[cfg(unix)]
fn check(path: &Path, file: &File) -> Checked {
    use std::os::unix::fs::MetadataExt as _;
    let found = file.metadata().map_err(Err)?;
    let (uid, mode) = (found.uid(), found.mode() & 0o7777);
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        return Err(Ok(KeyTrouble::Stranger(path.display().to_string())));
    }
    // A pipe of this process has no name that others could open.
    if found.is_file() && mode & 0o077 != 0 {
        return Err(Ok(KeyTrouble::Open { path: path.display().to_string(), mode }));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(_path: &Path, _file: &File) -> Checked {
    Ok(())
}

#[cfg(unix)]
mod pipe {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::io::{self, ErrorKind, Read as _};
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    use std::sync::{Mutex, PoisonError};

    use lamplighter_core::record::KeyTrouble;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use zeroize::Zeroizing;

    use super::{LONGEST, room};

    /// How often is waited for more, and how long each time: eight seconds in all, less than anybody waits for a store.
    /// What came until then is kept, and the next try goes on from there.
    const WAITS: usize = 64;
    const WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 125_000_000 };

    /// Which pipe: its device and inode.
    type Id = (u64, u64);

    /// What a pipe gave, for the life of the process: it gives it once, and a store may be opened again.
    static GIVEN: Mutex<BTreeMap<Id, Given>> = Mutex::new(BTreeMap::new());

    struct Given {
        bytes: Zeroizing<Vec<u8>>,
        is_whole: bool,
    }

    pub(super) fn is_one(file: &File) -> io::Result<bool> {
        Ok(file.metadata()?.file_type().is_fifo())
    }

    pub(super) fn read(mut file: File, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyTrouble> {
        let unreadable =
            |error: io::Error| KeyTrouble::Unreadable { path: name.to_owned(), said: error.to_string() };
        let found = file.metadata().map_err(unreadable)?;
        let mut all = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
        let given =
            all.entry((found.dev(), found.ino())).or_insert_with(|| Given { bytes: room(), is_whole: false });
        for _ in 0..WAITS {
            if given.is_whole {
                break;
            }
            match go_on(&mut file, given) {
                Ok(true) => {}
                Ok(false) => break,
                // A signal that met this thread while it waited.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
        let is_too_long = given.bytes.len() as u64 > LONGEST;
        match (given.is_whole, given.bytes.is_empty()) {
            _ if is_too_long => Err(KeyTrouble::NoKey(name.to_owned())),
            (true, true) => {
                all.remove(&(found.dev(), found.ino()));
                Err(KeyTrouble::Drained(name.to_owned()))
            }
            (true, false) => Ok(given.bytes.clone()),
            (false, _) => Err(KeyTrouble::NotYet(name.to_owned())),
        }
    }

    /// Reads what is there, or waits a moment for it; whether to ask again.
    fn go_on(file: &mut File, given: &mut Given) -> io::Result<bool> {
        let mut some = Zeroizing::new([0; 1024]);
        match file.read(&mut *some) {
            Ok(0) => given.is_whole = true,
            Ok(count) => {
                let room = (LONGEST as usize + 1).saturating_sub(given.bytes.len());
                given.bytes.extend_from_slice(&some[..count.min(room)]);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&WAIT))?;
            }
            Err(error) => return Err(error),
        }
        Ok(given.bytes.len() as u64 <= LONGEST)
    }
}
