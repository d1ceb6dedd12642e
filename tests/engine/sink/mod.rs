//! The `.env` sink, against real files, real shells and real repositories.

mod file;
// Without git for Windows there is nothing to ask: wine has none.
#[cfg(unix)]
mod git;
mod hostile;
mod notices;
mod replace;

use std::path::Path;

use lamplighter_core::secret::Secret;
use lamplighter_engine::sink::{EnvFile, SinkError, Written};

/// Sets keys to values, in files that no repository is around.
pub fn write(path: &Path, set: &[(&str, &str)]) -> Result<Written, SinkError> {
    let values: Vec<(String, Secret)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), Secret::from(*value))).collect();
    let set: Vec<(String, &Secret)> = values.iter().map(|(key, value)| (key.clone(), value)).collect();
    EnvFile::write(path, &set, false)
}

/// What a file with these bytes becomes.
fn rewritten(old: &[u8], set: &[(&str, &str)]) -> Result<Vec<u8>, SinkError> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(".env");
    std::fs::write(&path, old).expect("old file");
    let result = write(&path, set);
    let new = std::fs::read(&path).expect("new file");
    if result.is_err() {
        assert_eq!(new, old, "refused, and yet changed");
    }
    let names = std::fs::read_dir(folder.path()).expect("readable").count();
    assert_eq!(names, 1, "a temporary file is left");
    result.map(|_| new)
}
