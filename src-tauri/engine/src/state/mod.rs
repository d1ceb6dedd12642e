//! The state database: what is worth knowing and holds no secret. History, sessions' states, who read what.
//!
//! Nothing in it is needed for a login: one that is damaged, gone or not ours is put aside and made anew (F43).
//! A thread owns it; who tells it something does not wait, who asks it something does.

mod file;
mod rows;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;

use lamplighter_core::api::{ReaderView, StripView};
use lamplighter_core::id::AccountId;
use lamplighter_core::time::Timestamp;
use rusqlite::Connection;
use tokio::sync::oneshot;

use file::Database;
pub use rows::{Delivery, Entry, Lifetime};

type Job = Box<dyn FnOnce(&mut Database) + Send>;

/// The database could not be asked, and making it anew did not help.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// What SQLite said.
    #[error("the state database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The disk is full, or the folder read-only.
    #[error("the state database: {0}")]
    Io(#[from] std::io::Error),
    /// Its thread has ended.
    #[error("the state database has ended")]
    Gone,
}

/// The way to the database. Cheap to clone.
#[derive(Clone)]
pub struct StateDb {
    jobs: mpsc::Sender<Job>,
}

impl StateDb {
    /// Starts the thread; the database is opened with the first use. What happened before `keep_from` is
    /// dropped then.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn open(path: PathBuf, keep_from: Timestamp) -> std::io::Result<Self> {
        let (jobs, todo) = mpsc::channel::<Job>();
        std::thread::Builder::new().name("state".to_owned()).spawn(move || {
            let mut database = Database::new(path, keep_from);
            for job in todo {
                job(&mut database);
            }
        })?;
        Ok(Self { jobs })
    }

    /// Remembers the state of an account's session; `state` is whatever the engine writes.
    pub fn put_session(&self, account: &AccountId, state: String) {
        let account = account.clone();
        self.tell(move |sqlite| rows::put_session(sqlite, &account, &state));
    }

    /// The states of all accounts' sessions.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn sessions(&self) -> Result<BTreeMap<AccountId, String>, StateError> {
        self.ask(rows::sessions).await
    }

    /// Adds one past refresh, probe or login.
    pub fn add(&self, account: &AccountId, entry: Entry) {
        let account = account.clone();
        self.tell(move |sqlite| rows::add(sqlite, &account, &entry));
    }

    /// The newest `most` entries, newest first; of all accounts if none is named.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn history(
        &self,
        account: Option<&AccountId>,
        most: u32,
    ) -> Result<Vec<(AccountId, Entry)>, StateError> {
        let account = account.cloned();
        self.ask(move |sqlite| rows::history(sqlite, account.as_ref(), most)).await
    }

    /// Refreshes and failures of an account from `from` on, in `slots` slots of `slot_ms` each, empty ones
    /// included, oldest first.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn strip(
        &self,
        account: &AccountId,
        from: Timestamp,
        slot_ms: i64,
        slots: u32,
    ) -> Result<Vec<StripView>, StateError> {
        let account = account.clone();
        self.ask(move |sqlite| rows::strip(sqlite, &account, from, slot_ms.max(1), slots)).await
    }

    /// A session began. One that was still open ended with it.
    pub fn session_began(&self, account: &AccountId, at: Timestamp) {
        let account = account.clone();
        self.tell(move |sqlite| rows::session_began(sqlite, &account, at));
    }

    /// A session ended; `why` is a stable word.
    pub fn session_ended(&self, account: &AccountId, at: Timestamp, why: String) {
        let account = account.clone();
        self.tell(move |sqlite| rows::session_ended(sqlite, &account, at, &why));
    }

    /// An account's sessions, newest first.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn lifetimes(&self, account: &AccountId) -> Result<Vec<Lifetime>, StateError> {
        let account = account.clone();
        self.ask(move |sqlite| rows::lifetimes(sqlite, &account)).await
    }

    /// All sessions that ended for this reason: whose, when they began and ended.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn ended(&self, why: String) -> Result<Vec<(AccountId, Timestamp, Timestamp)>, StateError> {
        self.ask(move |sqlite| rows::ended(sqlite, &why)).await
    }

    /// A sink got its tokens, or did not: `failure` says why.
    pub fn delivery(&self, account: &AccountId, sink: String, at: Timestamp, failure: Option<String>) {
        let account = account.clone();
        self.tell(move |sqlite| rows::put_delivery(sqlite, &account, &sink, at, failure.as_deref()));
    }

    /// How an account's sinks did last, by sink.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn deliveries(&self, account: &AccountId) -> Result<BTreeMap<String, Delivery>, StateError> {
        let account = account.clone();
        self.ask(move |sqlite| rows::deliveries(sqlite, &account)).await
    }

    /// A program asked for an account's token, `times` times in the minute of `at` (T26).
    pub fn read(&self, account: &AccountId, program: String, at: Timestamp, times: u32) {
        let account = account.clone();
        self.tell(move |sqlite| rows::read(sqlite, &account, &program, at, times));
    }

    /// Programs that asked for an account's tokens since `from`, latest first.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn readers(&self, account: &AccountId, from: Timestamp) -> Result<Vec<ReaderView>, StateError> {
        let account = account.clone();
        self.ask(move |sqlite| rows::readers(sqlite, &account, from)).await
    }

    /// Forgets everything about an account.
    pub fn forget(&self, account: &AccountId) {
        let account = account.clone();
        self.tell(move |sqlite| rows::forget(sqlite, &account));
    }

    /// Waits until everything that was told is written.
    ///
    /// # Errors
    /// See [`StateError`].
    pub async fn flush(&self) -> Result<(), StateError> {
        self.ask(|_| Ok(())).await
    }

    fn tell(&self, mut work: impl FnMut(&Connection) -> rusqlite::Result<()> + Send + 'static) {
        let job: Job = Box::new(move |database| {
            if let Err(error) = database.run(&mut work) {
                tracing::warn!(%error, "not remembered");
            }
        });
        if self.jobs.send(job).is_err() {
            tracing::warn!("not remembered: the state database has ended");
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StateError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |database| {
            // Who asked can have gone away; then nobody is missing the answer.
            _ = answer.send(database.run(&mut work));
        });
        self.jobs.send(job).map_err(|_| StateError::Gone)?;
        answered.await.map_err(|_| StateError::Gone)?
    }
}
