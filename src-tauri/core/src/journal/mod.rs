//! What the journal file of an account says (invariants I3 and I4).
//!
//! The file is a list of sealed entries; this module defines what their bytes mean. Entries are written
//! with [`Entry::encode`], read with [`Entry::decode`], and [`fold`] tells from all of them what is still
//! open: a request that may have spent something, and replies that no stored record contains yet.
//! Entries of generations older than the stored record are stale, so sweeping needs no sync.

mod decode;
mod encode;
mod fold;

use zeroize::Zeroizing;

use crate::exchange::{BrowserResult, Exchange};
use crate::id::{ChainName, Generation};
use crate::secret::Secret;

pub use fold::{Fold, Last, fold};

/// Where in a ladder a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which chain is refreshed.
    pub chain: ChainName,
    /// Generation of the material that is spent.
    pub generation: Generation,
    /// Index of the rung among all of the provider.
    pub rung: usize,
    /// Index of the step in the rung; 0 for `oauth` and `browser`.
    pub step: usize,
}

/// "About to spend": synced before the request leaves (I3).
pub struct Mark {
    /// What is about to be sent.
    pub place: Place,
    /// How often this very request was sent again because its reply was lost.
    pub replays: u32,
    /// The service had said no to what the chain holds before this was sent, to another rung: a reply that gets lost
    /// now is not what ends the session.
    pub was_rejected: bool,
    /// Which requests the rung makes ([`crate::provider::model::Rung::digest`]): the file can be another one when the
    /// journal is read, and `place.rung` another rung. `None` if the version that wrote it did not say.
    pub way: Option<String>,
    /// What the earlier steps of the rung brought; the reply is applied on top of it.
    pub work: Scratch,
    /// The stored record that is spent from ([`crate::record::encode`]), in the first mark of its generation: a
    /// keychain that took it and gave it back can lose it all the same, and its own answer is swept by then (F37).
    pub stored: Option<Secret>,
}

/// What the earlier steps of a rung have brought and no store holds yet.
#[derive(Default)]
pub struct Scratch {
    /// The record with what they saved ([`crate::record::encode`]); `None` if they changed nothing.
    pub record: Option<Secret>,
    /// `step.NAME` values.
    pub steps: Vec<(String, Secret)>,
    /// `record` holds what a page that was not signed in has put in the place of what is stored.
    pub is_doubtful: bool,
}

/// A reply to a spending request, as it came (I4).
pub struct Answer {
    /// The request that it answers.
    pub place: Place,
    /// What came back.
    pub back: Back,
    /// If the reply turns out good, this step is sent next and spends too: its mark, in the same sync.
    pub next: Option<usize>,
}

/// What came back.
pub enum Back {
    /// From a request of ours.
    Http(Exchange),
    /// From a browser.
    Browser(BrowserResult),
}

/// One entry of the journal.
pub enum Entry {
    /// About to spend.
    Mark(Mark),
    /// Nothing was spent after all: the mark of this place is taken back.
    Unmark(Place),
    /// A reply.
    Answer(Answer),
    /// A whole record that the store did not take, or may forget; the newest of record and journal wins.
    Record(Secret),
}

/// Why the journal did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Disk full, read-only, or an I/O error.
    #[error("the journal cannot be written: {0}")]
    Disk(String),
    /// We do not hold the engine's lock any more (F49): nothing may be spent.
    #[error("{LOCK_LOST}")]
    LockLost,
}

/// What [`JournalError::LockLost`] says: it goes through what is stored of an account as the text that it is there.
pub const LOCK_LOST: &str = "the lock is not ours any more";

/// What reading the journal file found.
pub enum JournalRead {
    /// Its entries, oldest first; a torn last one is left out.
    Entries(Vec<Zeroizing<Vec<u8>>>),
    /// What can be read of it, and last a record that is in this process alone: see [`crate::refresh::with_held`].
    Held {
        /// Oldest first.
        entries: Vec<Zeroizing<Vec<u8>>>,
    },
    /// There is no file, or not all of it can be opened with the record's key: what it said last is not known.
    Lost {
        /// What can still be read, oldest first. There may have been more, before, between and after.
        readable: Vec<Zeroizing<Vec<u8>>>,
    },
}
