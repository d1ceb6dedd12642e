//! Whether one record was spent for another.

use lamplighter_core::id::Generation;
use lamplighter_core::record::{Held, Material, Record, encode};
use lamplighter_core::time::Now;

/// Whether `newer` lives on other credentials, cookies or storage than `older`: then those of `older` were spent for
/// it, or ended with it. In doubt they were.
pub(super) fn has_spent(older: &Record, newer: &Record) -> bool {
    *encode(&basis(older, older.current.duplicate())) != *encode(&basis(older, newer.current.duplicate()))
}

/// A record that has nothing of `material` but what it lives on, everything else being that of `of`.
fn basis(of: &Record, material: Material) -> Record {
    let mut record = of.duplicate();
    let when = of.current.credentials.values().chain(of.current.vars.values()).next().map(|held| held.got);
    record.proven = None;
    record.current = Material {
        generation: Generation(0),
        is_proven: true,
        tokens: Default::default(),
        user_agent: None,
        languages: None,
        spent: Default::default(),
        replays: Default::default(),
        ..material
    };
    let held = record.current.credentials.values_mut().chain(record.current.vars.values_mut());
    for held in held {
        forget_times(held, when);
    }
    record
}

/// The same value, got once more, is the same.
fn forget_times(held: &mut Held, when: Option<Now>) {
    held.expiry = None;
    if let Some(when) = when {
        held.got = when;
    }
}
