//! What the journal of an account says of a sealed file: that there was a newer one, or that it makes one whole again.
//!
//! Best effort: who puts back the file and its journal together is not noticed, and no file can help that.

use std::path::Path;

use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::journal::{Entry, Fold, fold};
use lamplighter_core::record::{Record, decode};
use zeroize::Zeroizing;

use crate::journal::{Journal, Opened};

/// A journal, read.
pub(super) struct Witness {
    entries: Vec<Zeroizing<Vec<u8>>>,
}

impl Witness {
    /// The journal of this record; one that cannot be read says nothing.
    pub fn of(journals: &Path, record: &Record) -> Self {
        let opened = Journal::open(journals, &record.account, &record.journal_key);
        let entries = match opened {
            Ok((_, Opened::Entries { entries, .. } | Opened::Damaged { readable: entries })) => entries,
            Ok((_, Opened::Fresh | Opened::Missing | Opened::WrongKey)) | Err(_) => Vec::new(),
        };
        Self { entries: entries.iter().map(|entry| Zeroizing::new(entry.expose().to_vec())).collect() }
    }

    /// Whether something was spent, or brought, of a newer generation than the record's.
    pub fn knows_newer(&self, than: Generation) -> bool {
        let generation = |entry: Entry| match entry {
            Entry::Mark(mark) => Some(mark.place.generation),
            Entry::Unmark(place) => Some(place.generation),
            Entry::Answer(answer) => Some(answer.place.generation),
            Entry::Record(bytes) => decode(bytes.expose()).ok().map(|record| record.current.generation),
        };
        self.entries.iter().filter_map(|entry| generation(Entry::decode(entry)?)).any(|known| known > than)
    }

    /// Whether the journal holds all that was brought since: with it the record becomes the newest again, and nothing
    /// has to be sent.
    pub fn makes_whole(&self, record: &Record) -> bool {
        let Fold { open, record: newer, .. } = fold(&self.entries, record.current.generation);
        newer.is_some() || (!open.is_empty() && open.values().all(|last| last.lost_step().is_none()))
    }

    /// Chains that the journal speaks of.
    pub fn chains(&self) -> impl Iterator<Item = ChainName> {
        self.entries.iter().filter_map(|entry| match Entry::decode(entry)? {
            Entry::Mark(mark) => Some(mark.place.chain),
            Entry::Unmark(place) => Some(place.chain),
            Entry::Answer(answer) => Some(answer.place.chain),
            Entry::Record(_) => None,
        })
    }
}
