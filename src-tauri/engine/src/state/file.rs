//! The database's file: opened when it is needed, and made anew when it is not what it should be (F43).

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lamplighter_core::time::Timestamp;
use rusqlite::{Connection, ErrorCode};

use super::StateError;

/// Rises with every change of the tables; a database that cannot be brought to it is put aside.
const VERSION: i64 = 2;
/// How long another program may hold the database before we go on without it.
const PATIENCE: Duration = Duration::from_secs(2);

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS sessions (account TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS history (
        account TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, way TEXT, outcome TEXT NOT NULL,
        reason TEXT, took_ms INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS history_of_account ON history (account, at);
    CREATE INDEX IF NOT EXISTS history_by_time ON history (at);
    CREATE TABLE IF NOT EXISTS lifetimes (account TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER, why TEXT);
    CREATE TABLE IF NOT EXISTS deliveries (
        account TEXT NOT NULL, sink TEXT NOT NULL, delivered INTEGER, failed INTEGER, why TEXT,
        PRIMARY KEY (account, sink)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS reads (
        account TEXT NOT NULL, program TEXT NOT NULL, minute INTEGER NOT NULL, times INTEGER NOT NULL,
        PRIMARY KEY (account, program, minute)) WITHOUT ROWID;
";

/// What brings a database of version 1 to this one: toasts are kept with the sessions' states.
const FROM_1: &str = "DROP TABLE IF EXISTS toasts;";

/// The file, and the connection to it while there is one.
pub(super) struct Database {
    path: PathBuf,
    keep_from: Timestamp,
    open: Option<(Connection, FileId)>,
}

impl Database {
    pub fn new(path: PathBuf, keep_from: Timestamp) -> Self {
        Self { path, keep_from, open: None }
    }

    /// Does `work`, in one transaction. A damaged database is put aside, and `work` done in a new one.
    pub fn run<T>(
        &mut self,
        work: &mut dyn FnMut(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        match self.attempt(work) {
            Err(StateError::Sqlite(error)) if is_damage(&error) => {
                self.open = None;
                put_aside(&self.path)?;
                self.attempt(work)
            }
            other => other,
        }
    }

    fn attempt<T>(
        &mut self,
        work: &mut dyn FnMut(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        // Deleted or replaced while it was open: what is written now would be gone.
        if self.open.as_ref().is_some_and(|(_, id)| file_id(&self.path).ok() != Some(*id)) {
            self.open = None;
        }
        let (connection, _) = match &mut self.open {
            Some(open) => open,
            none => none.insert(connect(&self.path, self.keep_from)?),
        };
        let transaction = connection.transaction()?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

fn connect(path: &Path, keep_from: Timestamp) -> Result<(Connection, FileId), StateError> {
    create(path)?;
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if sound != "ok" || !(0..=VERSION).contains(&version) {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(code, Some(sound)).into());
    }
    if version == 1 {
        connection.execute_batch(FROM_1)?;
    }
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute("DELETE FROM history WHERE at < ?1", [keep_from.0])?;
    connection.execute("DELETE FROM reads WHERE minute < ?1", [keep_from.0 / 60_000])?;
    Ok((connection, file_id(path)?))
}

/// The file is there with its mode before SQLite opens it, whose own files then get the same mode.
fn create(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(path).map(drop)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(cause, text) => match cause.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => true,
            // A table or column that should be there is not.
            ErrorCode::Unknown => text.as_ref().is_some_and(|text| text.starts_with("no such")),
            _ => false,
        },
        rusqlite::Error::SqlInputError { .. } => true,
        rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..) => true,
        _ => false,
    }
}

/// Kept as `….damaged`, in the place of an earlier one.
fn put_aside(path: &Path) -> io::Result<()> {
    for end in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(end);
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match fs::rename(path, path.with_extension("damaged")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
type FileId = (u64, u64);

#[cfg(unix)]
fn file_id(path: &Path) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// Windows lets nobody delete a database that is open.
#[cfg(not(unix))]
type FileId = ();

#[cfg(not(unix))]
fn file_id(path: &Path) -> io::Result<FileId> {
    fs::metadata(path).map(drop)
}
