//! What is in the journal is what was appended, or it is said that it is not.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use lamplighter_core::id::AccountId;
use lamplighter_core::secret::Secret;
use lamplighter_engine::journal::{Journal, Opened};

pub fn account() -> AccountId {
    AccountId::from_random([5; 16])
}

pub fn key() -> Secret {
    Secret::new([8_u8; 32])
}

pub fn file(folder: &Path) -> PathBuf {
    folder.join(format!("{}.journal", account().as_str()))
}

pub fn fresh(folder: &Path) -> Journal {
    let (mut journal, opened) = Journal::open(folder, &account(), &key()).expect("opens");
    assert!(matches!(opened, Opened::Missing));
    journal.start_over().expect("can be made");
    journal
}

/// What opening finds, as text that can be compared.
pub fn found(folder: &Path) -> String {
    let (_, opened) = Journal::open(folder, &account(), &key()).expect("opens");
    told(&opened)
}

pub fn told(opened: &Opened) -> String {
    let list = |entries: &[Secret]| {
        entries
            .iter()
            .map(|entry| String::from_utf8_lossy(entry.expose()).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    match opened {
        Opened::Fresh => "fresh".to_owned(),
        Opened::Entries { entries, torn: false } => list(entries),
        Opened::Entries { entries, torn: true } => format!("{}|torn", list(entries)),
        Opened::Missing => "missing".to_owned(),
        Opened::Damaged { readable } => format!("damaged: {}", list(readable)),
        Opened::WrongKey => "wrong key".to_owned(),
    }
}

#[test]
fn i4_what_was_appended_is_there_after_reopening() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    assert_eq!(found(folder.path()), "fresh");
    for entry in ["mark", "reply"] {
        journal.append(entry.as_bytes()).expect("appended");
    }
    drop(journal);
    let (mut journal, opened) = Journal::open(folder.path(), &account(), &key()).expect("opens");
    assert_eq!(told(&opened), "mark reply");
    journal.append(b"more").expect("appended");
    assert_eq!(found(folder.path()), "mark reply more");
}

#[test]
fn i4_a_missing_journal_is_said_to_be_missing_until_it_is_started_over() {
    let folder = tempfile::tempdir().expect("a folder");
    fresh(folder.path());
    fs::remove_file(file(folder.path())).expect("removed");
    let (mut journal, opened) = Journal::open(folder.path(), &account(), &key()).expect("opens");
    assert_eq!(told(&opened), "missing");
    assert!(journal.append(b"mark").is_err(), "nothing is spent on a journal that was lost");
    assert!(journal.reserve(10).is_err());
    assert_eq!(found(folder.path()), "missing", "still, after a crash");
    journal.start_over().expect("started over");
    assert_eq!(found(folder.path()), "fresh");
}

#[test]
fn i3_a_journal_deleted_while_it_is_open_takes_no_mark() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    fs::remove_file(file(folder.path())).expect("removed");
    assert!(journal.append(b"mark").is_err());
}

#[test]
fn i4_swept_entries_are_gone_with_the_next_append() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    for round in 0..5 {
        journal.append(format!("mark{round}").as_bytes()).expect("appended");
        journal.append(format!("reply{round}").as_bytes()).expect("appended");
        assert_eq!(found(folder.path()), format!("mark{round} reply{round}"));
        journal.sweep().expect("swept");
    }
}

#[test]
fn i4_a_thousand_refreshes_do_not_make_the_journal_grow() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    for _ in 0..200 {
        journal.append(&[b'm'; 300]).expect("appended");
        journal.append(&[b'r'; 5_000]).expect("appended");
        journal.sweep().expect("swept");
    }
    let size = fs::metadata(file(folder.path())).expect("there").len();
    assert!(size <= 64 * 1024, "{size}");
}

#[test]
fn f38_reserved_room_is_promised_by_the_file_system() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    journal.reserve(1024 * 1024).expect("there is room");
    let there = fs::metadata(file(folder.path())).expect("there");
    #[cfg(unix)]
    assert!(there.blocks() * 512 >= 1024 * 1024, "blocks, not a hole: {}", there.blocks());
    let before = there.len();
    journal.append(&vec![b'x'; 1024 * 1024]).expect("fits");
    assert_eq!(fs::metadata(file(folder.path())).expect("there").len(), before, "it did not have to grow");
}

#[cfg(unix)]
#[test]
fn t18_only_its_owner_can_open_it() {
    let folder = tempfile::tempdir().expect("a folder");
    fresh(folder.path());
    assert_eq!(fs::metadata(file(folder.path())).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn t18_nothing_in_it_can_be_read_without_the_key() {
    let folder = tempfile::tempdir().expect("a folder");
    fresh(folder.path()).append(b"canary-3f1a").expect("appended");
    let bytes = fs::read(file(folder.path())).expect("readable");
    assert!(!bytes.windows(6).any(|part| part == b"canary"));
    let (_, opened) = Journal::open(folder.path(), &account(), &Secret::new([9_u8; 32])).expect("opens");
    assert_eq!(told(&opened), "wrong key");
}

#[test]
fn t18_another_accounts_journal_is_not_taken_for_ones_own() {
    let folder = tempfile::tempdir().expect("a folder");
    fresh(folder.path()).append(b"mark").expect("appended");
    let other = AccountId::from_random([6; 16]);
    fs::rename(file(folder.path()), folder.path().join(format!("{other}.journal"))).expect("swapped");
    let (_, opened) = Journal::open(folder.path(), &other, &key()).expect("opens");
    assert_eq!(told(&opened), "wrong key");
}

#[cfg(unix)]
#[test]
fn t18_a_symbolic_link_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    fresh(folder.path());
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(file(folder.path()), &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, file(folder.path())).expect("linked");
    assert!(Journal::open(folder.path(), &account(), &key()).is_err());
}

#[test]
fn f42_a_damaged_journal_is_kept_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    fresh(folder.path());
    fs::write(file(folder.path()), b"").expect("emptied");
    let (mut journal, opened) = Journal::open(folder.path(), &account(), &key()).expect("opens");
    assert_eq!(told(&opened), "damaged: ");
    journal.start_over().expect("started over");
    assert!(file(folder.path()).with_extension("damaged").exists());
    assert_eq!(found(folder.path()), "fresh");
    Journal::remove(folder.path(), &account()).expect("removed");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "a logout leaves nothing");
}
