//! Where the key of the sealed files comes from: a credential of systemd, a key file, or a passphrase. Never an
//! argument or an environment variable: every process of the user can read those.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use lamplighter_core::record::KeyTrouble;
use lamplighter_core::secret::Secret;
use zeroize::Zeroizing;

use crate::seal::KEY;

/// The credential's name: `LoadCredential=lamplighter-key:…` or `LoadCredentialEncrypted=`.
pub const CREDENTIAL: &str = "lamplighter-key";
/// What `store_key` says for a passphrase that is typed.
const ASK: &str = "ask";
/// What it begins with for one that is read from a file.
const PASSPHRASE_FILE: &str = "passphrase:";
/// Longest passphrase that is read.
const LONGEST: u64 = 4096;

/// Where the key is.
pub enum KeySource {
    /// In a file that systemd has put there for this service alone.
    Credential(PathBuf),
    /// In a file of 32 bytes.
    File(PathBuf),
    /// Made from the passphrase that is in this file, up to its last line end.
    PassphraseFile(PathBuf),
    /// Made from this passphrase: the person has typed it.
    Passphrase(Secret),
    /// Made from a passphrase that nobody has given.
    NoPassphrase,
    /// `store_key` says this, which says nothing.
    NotSaid,
    /// Nobody said anything.
    Unnamed,
}

/// What a source gives.
pub enum Key {
    /// The key itself.
    Whole(Secret),
    /// What it is made from.
    Passphrase(Secret),
}

impl KeySource {
    /// The credential of the service that this process is, if it has one; else what `store_key` says.
    pub fn of_process(store_key: Option<&str>) -> Self {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self::new(folder.as_deref(), store_key)
    }

    /// The same for these credentials.
    pub fn new(credentials: Option<&Path>, store_key: Option<&str>) -> Self {
        if let Some(file) = credentials.map(|folder| folder.join(CREDENTIAL)).filter(|file| file.exists()) {
            return Self::Credential(file);
        }
        match store_key {
            None => Self::Unnamed,
            Some(ASK) => Self::NoPassphrase,
            Some(said) => {
                let (make, path): (fn(PathBuf) -> Self, _) = match said.strip_prefix(PASSPHRASE_FILE) {
                    Some(path) => (Self::PassphraseFile, path),
                    None => (Self::File, said),
                };
                if Path::new(path).is_absolute() { make(path.into()) } else { Self::NotSaid }
            }
        }
    }

    /// Whether the person has to be asked for a passphrase.
    pub fn is_to_be_asked(&self) -> bool {
        matches!(self, Self::NoPassphrase)
    }

    /// For a person: the file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Credential(path) | Self::File(path) | Self::PassphraseFile(path) => Some(path),
            Self::Passphrase(_) | Self::NoPassphrase | Self::NotSaid | Self::Unnamed => None,
        }
    }
}

/// The key that `source` gives; `sealed` is the folder of the sealed files, in which it must not lie.
///
/// # Errors
/// Why it is not to be had, or not to be used.
pub fn key(source: &KeySource, sealed: &Path) -> Result<Key, KeyTrouble> {
    match source {
        // systemd has seen to who can open it; what it allows shows in the mode as the group's.
        KeySource::Credential(path) => Ok(Key::Whole(whole(path, &read(path, None)?)?)),
        KeySource::File(path) => Ok(Key::Whole(whole(path, &read(path, Some(sealed))?)?)),
        KeySource::PassphraseFile(path) => Ok(Key::Passphrase(line(path, &read(path, Some(sealed))?)?)),
        KeySource::Passphrase(typed) if typed.is_empty() => Err(KeyTrouble::NoPassphrase),
        KeySource::Passphrase(typed) => Ok(Key::Passphrase(typed.duplicate())),
        KeySource::NoPassphrase => Err(KeyTrouble::NoPassphrase),
        KeySource::NotSaid => Err(KeyTrouble::NotSaid),
        KeySource::Unnamed => Err(KeyTrouble::Unnamed),
    }
}

/// Makes a key file: 32 random bytes, for its owner alone from its first moment, never shown.
///
/// # Errors
/// If there is something of that name already, or it cannot be written.
pub fn make_key_file(path: &Path) -> io::Result<()> {
    let key = crate::seal::new_key()?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    let written = file.write_all(key.expose()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is none, and would stand in the way of the next try.
        _ = std::fs::remove_file(path);
    }
    written
}

fn whole(path: &Path, bytes: &[u8]) -> Result<Secret, KeyTrouble> {
    if bytes.len() == KEY {
        Ok(Secret::new(bytes))
    } else {
        Err(KeyTrouble::NoKey(path.display().to_string()))
    }
}

fn line(path: &Path, bytes: &[u8]) -> Result<Secret, KeyTrouble> {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.is_empty() { Err(KeyTrouble::NoKey(path.display().to_string())) } else { Ok(Secret::new(text)) }
}

/// What is at `path`; checked, unless it was put there by who knows better, to be nobody else's and not within `sealed`.
fn read(path: &Path, sealed: Option<&Path>) -> Result<Zeroizing<Vec<u8>>, KeyTrouble> {
    let name = || path.display().to_string();
    let unreadable = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => KeyTrouble::Missing(name()),
        _ => KeyTrouble::Unreadable { path: name(), said: error.to_string() },
    };
    if sealed.is_some_and(|sealed| is_within(path, sealed)) {
        return Err(KeyTrouble::Beside(name()));
    }
    // Of what was opened, so that nobody can put another file there in between; a link may lead to it.
    let file = File::open(path).map_err(unreadable)?;
    if sealed.is_some() {
        check(path, &file).map_err(|trouble| trouble.unwrap_or_else(unreadable))?;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST { Err(KeyTrouble::NoKey(name())) } else { Ok(bytes) }
}

fn is_within(path: &Path, folder: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(path).starts_with(real(folder))
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
