//! A login with as many cookies as nobody has comes back whole, and what is salvaged of a journal is what counts.

use std::fs;

use lamplighter_core::record::SessionStore as _;
use lamplighter_engine::store::{KeySource, SealedStore};

use super::journal::{file, found, fresh};
use super::keychain;

/// Of a journal's head; the first entry follows.
const HEAD: usize = 512;

#[test]
fn a_record_of_more_than_a_megabyte_comes_back_whole_from_a_sealed_file() {
    let home = tempfile::tempdir().expect("a folder");
    let key = home.path().join("key");
    lamplighter_engine::store::sealed::key::make_key_file(&key).expect("a key");
    let store = || {
        let (sealed, journals) = (home.path().join("sealed"), home.path().join("journals"));
        SealedStore::new(&sealed, &journals, KeySource::File(key.clone()))
    };
    let record = keychain::record(1, 1_200_000);
    store().save(&record.account, None, &record).expect("saved");
    assert_eq!(keychain::generation(store().load(&record.account).expect("read")), Some(1));
}

#[test]
fn i4_an_entry_of_more_than_a_megabyte_is_there_after_reopening() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    journal.append(&vec![b'x'; 1_200_000]).expect("appended");
    assert_eq!(found(folder.path()).len(), 1_200_000);
}

#[test]
fn f42_what_was_swept_is_not_salvaged_behind_a_damaged_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    for entry in ["damaged", "swept", "swept too"] {
        journal.append(entry.as_bytes()).expect("appended");
    }
    journal.sweep().expect("swept");
    for entry in ["mark", "reply"] {
        journal.append(entry.as_bytes()).expect("appended");
    }
    let path = file(folder.path());
    let mut bytes = fs::read(&path).expect("a file");
    bytes[HEAD + 40] ^= 1;
    fs::write(&path, bytes).expect("written");
    assert_eq!(found(folder.path()), "damaged: mark reply");
}
