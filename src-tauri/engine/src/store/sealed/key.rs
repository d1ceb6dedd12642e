//! Where the key of the sealed files comes from: a credential of systemd, a key file, or a passphrase. Never an
//! argument or an environment variable: every process of the user can read those.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use lamplighter_core::record::KeyTrouble;
use lamplighter_core::secret::Secret;

use super::given::read;
use crate::paths::{sync_file, sync_way_to};
use crate::seal::KEY;

/// The credential's name: `LoadCredential=lamplighter-key:…` or `LoadCredentialEncrypted=`.
pub const CREDENTIAL: &str = "lamplighter-key";
/// What `store_key` says for a passphrase that is typed.
const ASK: &str = "ask";
/// What it begins with for one that is read from a file.
const PASSPHRASE_FILE: &str = "passphrase:";

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
    /// It says that a passphrase is in a file, and not in which.
    NoPath,
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
                let is_whole = |path: &&str| Path::new(path).is_absolute();
                match said.strip_prefix(PASSPHRASE_FILE) {
                    Some(path) if is_whole(&path) => Self::PassphraseFile(path.into()),
                    Some(_) => Self::NoPath,
                    None if is_whole(&said) => Self::File(said.into()),
                    None => Self::NotSaid,
                }
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
            Self::Passphrase(_) | Self::NoPassphrase | Self::NotSaid | Self::NoPath | Self::Unnamed => None,
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
        KeySource::NoPath => Err(KeyTrouble::NoPath),
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
    let path = &std::path::absolute(path)?;
    let written =
        file.write_all(key.expose()).and_then(|()| file.sync_all()).and_then(|()| sync_way_to(path));
    if written.is_err() {
        // Half a key is none, and would stand in the way of the next try.
        _ = std::fs::remove_file(path);
    }
    written
}

/// Waits until the key that `source` names is on the disk: who copied it there may not have.
///
/// # Errors
/// If the disk fails.
pub(super) fn settle(source: &KeySource) -> io::Result<()> {
    match source {
        // What was handed over open and is no file is let be there.
        KeySource::File(path) | KeySource::PassphraseFile(path) => sync_file(path),
        _ => Ok(()),
    }
}

/// Whether a key at `path`, which need not be there yet, would lie in the folder of the files that it seals.
pub fn is_beside(path: &Path, sealed: &Path) -> bool {
    real(path).starts_with(real(sealed))
}

/// Without links and detours; of what is not there yet, its folder.
fn real(path: &Path) -> PathBuf {
    let in_folder = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(std::fs::canonicalize(folder).ok()?.join(path.file_name()?))
    };
    std::fs::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
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
    if text.is_empty() {
        Err(KeyTrouble::EmptyPassphrase(path.display().to_string()))
    } else {
        Ok(Secret::new(text))
    }
}
