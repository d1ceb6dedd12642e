//! Reading a journal's bytes after anything may have happened to them (F37, T18).

use lamplighter_core::secret::Secret;

use super::file::ROOM;
use super::frame::{FILL, HEADER, Head, Label, START};

/// What a power loss leaves whole or not at all. Disks with larger ones tear in multiples of it.
const SECTOR: usize = 512;

pub(super) enum Found {
    Whole { entries: Vec<Secret>, end: u64, next: u64, torn: bool },
    Damaged { readable: Vec<Secret> },
    WrongKey,
}

/// What stands at one place.
enum Here {
    Entry {
        text: Secret,
        drops_older: bool,
        whole: usize,
    },
    /// Nothing was ever written from here on.
    End,
    /// An append from here on did not come to its end.
    Torn,
    Damage,
}

pub(super) fn scan(bytes: &[u8], label: &mut Label) -> Found {
    match label.read_head(bytes) {
        Head::Fine => {}
        Head::WrongKey => return Found::WrongKey,
        Head::Damaged => return Found::Damaged { readable: Vec::new() },
    }
    let mut at = START as usize;
    let mut next = 0;
    let mut entries = Vec::new();
    loop {
        match look(bytes, at, next, label) {
            // A journal is made with all its first room: somebody cut this one off.
            Here::End | Here::Torn if bytes.len() < ROOM as usize => {
                return Found::Damaged { readable: entries };
            }
            Here::Entry { text, drops_older, whole } => {
                if drops_older {
                    entries.clear();
                }
                entries.push(text);
                at += whole;
                next += 1;
            }
            Here::End => return Found::Whole { entries, end: at as u64, next, torn: false },
            Here::Torn => return Found::Whole { entries, end: at as u64, next, torn: true },
            Here::Damage => {
                entries.extend(salvage(bytes, at, label));
                return Found::Damaged { readable: entries };
            }
        }
    }
}

fn look(bytes: &[u8], at: usize, next: u64, label: &Label) -> Here {
    let rest = bytes.get(at..).unwrap_or_default();
    if is_zero(rest) {
        return Here::End;
    }
    let Some((frame, length, whole)) = label.read_header(rest) else {
        return without_header(rest, at, label);
    };
    if frame.index != next {
        return Here::Damage;
    }
    match label.open(frame, length, rest) {
        Some(text) => Here::Entry { text, drops_older: frame.drops_older, whole },
        // Only the last append can be torn: behind it there is nothing.
        None if is_torn(rest, at, whole) && is_zero(rest.get(whole..).unwrap_or_default()) => Here::Torn,
        None => Here::Damage,
    }
}

/// No header, and not nothing either: it is an append that was torn within its header, or one whose first
/// sector never came; or damage.
fn without_header(rest: &[u8], at: usize, label: &Label) -> Here {
    let header = &rest[..HEADER.min(rest.len())];
    let cut = header.last() != Some(&FILL) && is_zero(rest.get(HEADER..).unwrap_or_default());
    let first_sector = SECTOR - at % SECTOR;
    let never_came = is_zero(&rest[..first_sector.min(rest.len())]);
    if cut || (never_came && later(rest, label).next().is_none()) { Here::Torn } else { Here::Damage }
}

/// Whether part of the entry of `whole` bytes is missing: cut off at its end, or a sector of it never came.
fn is_torn(rest: &[u8], at: usize, whole: usize) -> bool {
    let Some(entry) = rest.get(..whole) else { return false };
    let (first, others) = entry.split_at((SECTOR - at % SECTOR).min(whole));
    entry.last() == Some(&0) || is_zero(first) || others.chunks(SECTOR).any(is_zero)
}

/// Entries that can still be read behind a damaged place.
fn salvage(bytes: &[u8], at: usize, label: &Label) -> Vec<Secret> {
    let mut entries = Vec::new();
    for (drops_older, text) in later(bytes.get(at..).unwrap_or_default(), label) {
        if drops_older {
            entries.clear();
        }
        entries.push(text);
    }
    entries
}

fn later<'a>(rest: &'a [u8], label: &'a Label) -> impl Iterator<Item = (bool, Secret)> + 'a {
    (0..rest.len()).step_by(HEADER).filter_map(|offset| {
        let there = &rest[offset..];
        let (frame, length, _) = label.read_header(there)?;
        Some((frame.drops_older, label.open(frame, length, there)?))
    })
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
