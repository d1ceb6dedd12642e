//! What all entries together say: per chain the last thing that happened.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::decode::NewerEntry;
use super::{Answer, Entry, Mark, Place, Scratch};
use crate::id::{ChainName, Generation};
use crate::record::{self, FORMAT, Record, StoreError};
use crate::secret::Secret;

/// What the journal knows beyond the stored record.
#[derive(Default)]
pub struct Fold {
    /// By chain, the marked request that is not settled by a stored record.
    pub open: BTreeMap<ChainName, Last>,
    /// A record that is newer than the stored one.
    pub record: Option<Record>,
    /// The newest generation of which a whole record is in the journal, whatever the store has.
    pub kept: Option<Generation>,
    /// A newer version has written something that is not stale, in this format or a later one: what it says is not
    /// known, so nothing may be spent (F53).
    pub newer: Option<u16>,
    /// The newest generation that its entries name.
    newer_at: Option<Generation>,
}

/// The last spending request of a chain, and what is known of it.
pub struct Last {
    /// Its mark, with what the steps before it had brought.
    pub mark: Mark,
    /// Replies of this and the following marked steps, in order. Empty: the reply was lost (or the request
    /// never left; that cannot be told).
    pub answers: Vec<Answer>,
}

impl Last {
    /// The step whose reply is not there: it was marked, and may have been sent.
    pub fn lost_step(&self) -> Option<usize> {
        match self.answers.last() {
            None => Some(self.mark.place.step),
            Some(answer) => answer.next,
        }
    }
}

/// Reads `entries` against a stored record of generation `stored`. Entries of older generations are stale:
/// the material that they belong to was replaced, and with it `spent` and `replays` of the chains.
pub fn fold(entries: &[Zeroizing<Vec<u8>>], stored: Generation) -> Fold {
    let mut fold = Fold::default();
    let mut newest = stored;
    for bytes in entries {
        let Some(entry) = Entry::decode(bytes) else {
            if let Some(newer) = NewerEntry::decode(bytes)
                && newer.generation.is_none_or(|generation| generation >= newest)
            {
                fold.newer = fold.newer.max(Some(FORMAT.saturating_add(1)));
                fold.newer_at = fold.newer_at.max(newer.generation);
            }
            continue;
        };
        match entry {
            Entry::Mark(mut mark) if mark.place.generation >= newest => {
                match mark.stored.take() {
                    Some(bytes) if mark.place.generation > newest => {
                        take_record(&mut fold, &mut newest, &bytes)
                    }
                    Some(_) => fold.kept = fold.kept.max(Some(mark.place.generation)),
                    None => {}
                }
                fold.open.insert(mark.place.chain.clone(), Last { mark, answers: Vec::new() });
            }
            Entry::Unmark(place) if place.generation >= newest => take_back(&mut fold, &place),
            Entry::Answer(answer) if answer.place.generation >= newest => take_answer(&mut fold, answer),
            Entry::Record(bytes) => take_record(&mut fold, &mut newest, &bytes),
            Entry::Mark(_) | Entry::Unmark(_) | Entry::Answer(_) => {}
        }
    }
    fold
}

/// A record that cannot be read is a newer version's, or ours and damaged: then what it was made from is still in the
/// entries before it.
fn take_record(fold: &mut Fold, newest: &mut Generation, bytes: &Secret) {
    let record = match record::decode(bytes.expose()) {
        Ok(record) => record,
        Err(StoreError::NewerFormat(format)) => {
            fold.newer = fold.newer.max(Some(format));
            return;
        }
        Err(_) => return,
    };
    let generation = record.current.generation;
    fold.kept = fold.kept.max(Some(generation));
    if generation >= *newest && fold.newer_at < Some(generation) {
        // Such as a login made since: what the newer version did was done with what this one replaces.
        (fold.newer, fold.newer_at) = (None, None);
    }
    if generation > *newest {
        *newest = generation;
        fold.open.retain(|_, last| last.mark.place.generation >= generation);
        fold.record = Some(record);
    }
}

/// The chain's last request is settled: it was not sent, or its answer is known and brought nothing.
fn take_back(fold: &mut Fold, place: &Place) {
    fold.open.remove(&place.chain);
}

fn take_answer(fold: &mut Fold, answer: Answer) {
    match fold.open.get_mut(&answer.place.chain) {
        Some(last) if last.lost_step() == Some(answer.place.step) => last.answers.push(answer),
        // An answer whose mark was swept or torn: it still is the newest that we have.
        _ => {
            let place = answer.place.clone();
            let work = Scratch::default();
            let mark = Mark { place, replays: 0, was_rejected: false, way: None, work, stored: None };
            fold.open.insert(answer.place.chain.clone(), Last { mark, answers: vec![answer] });
        }
    }
}
