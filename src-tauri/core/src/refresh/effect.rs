//! What an attempt asks of the world, one thing at a time, and what it is told back.

use std::sync::Arc;

use url::Url;
use zeroize::Zeroizing;

use super::AttemptEnd;
use crate::exchange::{BrowserResult, BrowserVisit, Exchange, HttpRequest};
use crate::id::WriteId;
use crate::journal::{JournalError, JournalRead};
use crate::record::{Record, StoreError};
use crate::secret::Secret;
use crate::time::Timestamp;

/// One step in the world. The performer answers with exactly the [`Input`] that is named.
pub enum Effect {
    /// Load the record from the store. If the store cannot be read (locked, absent, slow): the record that this
    /// process last loaded from it or saved to it *with success*, never one that was only published; its write
    /// id must be the store's. → [`Input::Loaded`]
    Load,
    /// Open the account's journal with this key and read it. → [`Input::Journal`]
    ReadJournal {
        /// The record's `journal_key`.
        key: Secret,
    },
    /// Make a new journal file, preallocated and synced, which holds these entries from its first moment: in one
    /// piece, the old file or the new one. → [`Input::Written`]
    CreateJournal {
        /// The record's `journal_key`.
        key: Secret,
        /// Plain bytes of [`crate::journal::Entry`]s, oldest first.
        entries: Vec<Zeroizing<Vec<u8>>>,
    },
    /// Seal this entry into the journal and sync it. For a mark the lock file's inode is checked first.
    /// → [`Input::Written`]
    Append {
        /// What is written: for tracing and for the simulation.
        what: Appended,
        /// Plain bytes of a [`crate::journal::Entry`].
        entry: Zeroizing<Vec<u8>>,
    },
    /// Empty the journal; needs no sync, what it held is stale. → [`Input::Swept`]
    Sweep {
        /// What a journal that is made small at once holds from its first moment: an [`crate::journal::Entry`].
        /// Where the old entries stay until the next append, that one brings the same along.
        keep: Zeroizing<Vec<u8>>,
    },
    /// Send one request: no redirects, no retries. → [`Input::Exchanged`]
    Send(HttpRequest),
    /// One visit of a Chrome. → [`Input::Browsed`]
    Browse(BrowserVisit),
    /// Save the record. → [`Input::Saved`]
    Save {
        /// Write id that the store is expected to hold.
        expected: Option<WriteId>,
        /// What to store.
        record: Arc<Record>,
    },
    /// Delete the record and the journal file. → [`Input::Deleted`]
    Delete,
    /// Move the store's entry, which cannot be read, out of the way. → [`Input::SetAside`]
    SetAside,
    /// Serve this record's tokens from now on, write them to the sinks, tell subscribers: all in one, not
    /// waiting for slow sinks. → [`Input::Published`]
    Publish(Arc<Record>),
    /// Is the host there? A request without any secret to its root; any HTTP answer counts.
    /// → [`Input::HostChecked`]
    HostCheck {
        /// Scheme, host and port, path `/`.
        origin: Url,
    },
    /// Go on at this moment (by the boot clock, if the wall clock jumps). → [`Input::Woken`]
    WaitUntil(Timestamp),
    /// The attempt is over; it takes no further input.
    Done(Box<AttemptEnd>),
}

/// Which kind of entry is appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// "About to spend."
    Mark,
    /// "Nothing was spent."
    Unmark,
    /// A reply.
    Answer,
    /// A record that the store did not take, or a login's, which it may forget.
    Record,
}

/// What the world says back.
pub enum Input {
    /// Begins the attempt.
    Start,
    /// The record, or why it cannot be had.
    Loaded(Result<Option<Arc<Record>>, StoreError>),
    /// The journal's entries.
    Journal(Result<JournalRead, JournalError>),
    /// Whether the entry is in the journal and synced.
    Written(Result<(), JournalError>),
    /// The journal was emptied, or could not be: that does no harm.
    Swept,
    /// What became of the request.
    Exchanged(Exchange),
    /// What became of the visit.
    Browsed(BrowserResult),
    /// Whether the record is certainly stored.
    Saved(Result<(), StoreError>),
    /// Whether the record is certainly gone.
    Deleted(Result<(), StoreError>),
    /// Whether the unreadable entry is out of the way, and kept.
    SetAside(Result<(), StoreError>),
    /// Served and handed to the sinks.
    Published,
    /// Whether the host answered at all.
    HostChecked(bool),
    /// The time has come.
    Woken,
}
