//! A record that neither store nor journal took: it is in the memory of this process alone (F38). It counts as in the
//! journal until one of the two takes it, so what was spent for it is not sent again.

use std::sync::Arc;

use super::begin::newer_than;
use crate::journal::{Entry, JournalError, JournalRead, fold};
use crate::record::{self, Record};
use crate::secret::Secret;

/// What the journal says and what `served`, the newest record that this process knows, adds to it. `stored` is what
/// the store holds. A record whose journal has another key is another login's, and adds nothing.
pub fn with_held(
    read: Result<JournalRead, JournalError>,
    served: Option<&Record>,
    stored: Option<&Record>,
) -> Result<JournalRead, JournalError> {
    let (Some(served), Some(stored)) = (served, stored) else { return read };
    let newest = match &read {
        Ok(
            JournalRead::Entries(entries)
            | JournalRead::Held { entries }
            | JournalRead::Lost { readable: entries },
        ) => fold(entries, stored.current.generation).record.map(|record| record.current.generation),
        Err(_) => None,
    };
    let newest = newest.unwrap_or_default().max(stored.current.generation);
    if !is_same_login(served, stored) || served.current.generation <= newest {
        return read;
    }
    let mut entries = match read {
        Ok(
            JournalRead::Entries(entries)
            | JournalRead::Held { entries }
            | JournalRead::Lost { readable: entries },
        ) => entries,
        Err(_) => Vec::new(),
    };
    entries.push(Entry::Record(Secret::new(record::encode(served).as_slice())).encode());
    Ok(JournalRead::Held { entries })
}

/// What is served once an attempt tells of `told`: never less than before (I2). Some only know what the store holds.
pub fn newest(before: Option<&Arc<Record>>, told: Arc<Record>) -> Arc<Record> {
    match before {
        Some(before)
            if is_same_login(before, &told) && before.current.generation > told.current.generation =>
        {
            Arc::new(newer_than(&told, before.duplicate()))
        }
        _ => told,
    }
}

/// The key of the journal stays with an account for as long as its entry is there.
fn is_same_login(one: &Record, other: &Record) -> bool {
    one.journal_key == other.journal_key
}
