//! Bytes of any kind, for every reader of something that others have written: a service, a keyring, a disk, a person.
//!
//! Each function of [`entry`] takes bytes and looks whether what must hold does; libFuzzer could call it as it is. Here
//! proptest does, with changed copies of real samples: so it runs on every compiler that builds the project.

mod entry;

use proptest::prelude::*;

/// One change of a sample.
#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Cut(prop::sample::Index),
    /// A piece comes twice.
    Repeat(prop::sample::Index, usize),
}

impl Change {
    fn apply(self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Set(at, value) => {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            Self::Insert(at, piece) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, piece);
            }
            Self::Remove(at, len) => {
                let at = at.index(bytes.len());
                bytes.drain(at..bytes.len().min(at + len));
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Repeat(at, len) => {
                let at = at.index(bytes.len());
                let piece = bytes[at..bytes.len().min(at + len)].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let telling = prop::sample::select(&b"{}[]\"\\:,=;&%\0\n\r\t 0-9eE.\xff\xc0\xed"[..]);
    let byte = prop_oneof![telling, any::<u8>()];
    prop_oneof![
        (at(), byte).prop_map(|(at, byte)| Change::Set(at, byte)),
        (at(), prop::collection::vec(any::<u8>(), 1..5)).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (at(), 1..20_usize).prop_map(|(at, len)| Change::Remove(at, len)),
        at().prop_map(Change::Cut),
        (at(), 1..40_usize).prop_map(|(at, len)| Change::Repeat(at, len)),
    ]
}

/// A changed sample, or anything.
fn bytes(samples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (prop::sample::select(samples), prop::collection::vec(change(), 0..5)).prop_map(
        |(mut bytes, changes)| {
            changes.into_iter().for_each(|change| change.apply(&mut bytes));
            bytes
        },
    );
    prop_oneof![4 => changed, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn f28_no_bytes_of_an_answer_make_the_classifier_panic_or_see_a_logout(bytes in bytes(entry::answers())) {
        entry::answer(&bytes);
    }

    #[test]
    fn f32_no_bytes_of_a_set_cookie_line_panic_or_forge_a_header(bytes in bytes(entry::cookies())) {
        entry::cookie(&bytes);
    }

    #[test]
    fn f42_no_bytes_of_a_keyring_entry_panic_and_what_is_read_is_written_as_the_same(bytes in bytes(entry::records())) {
        entry::record(&bytes);
    }

    #[test]
    fn t18_no_bytes_of_a_journal_entry_panic(bytes in bytes(entry::records())) {
        entry::journal(&bytes);
    }

    #[test]
    fn f63_no_bytes_of_a_provider_file_panic_and_each_mistake_has_its_place(bytes in bytes(entry::files())) {
        entry::file(&bytes);
    }
}
