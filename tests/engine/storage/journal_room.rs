//! How much room a journal takes, keeps free and gives back (F38), and that nothing of it is left after a logout.

use std::fs;

use lamplighter_engine::journal::Journal;

use super::journal::{account, file, fresh};

/// Room is had in pieces of this size.
const ROOM: usize = 64 * 1024;
/// No journal grows beyond this.
const LARGEST: usize = 64 * 1024 * 1024;

fn size(folder: &std::path::Path) -> u64 {
    fs::metadata(file(folder)).expect("there").len()
}

#[test]
fn f38_what_was_reserved_for_a_mark_and_a_reply_takes_both_without_growing() {
    for bytes in (ROOM - 1200..ROOM + 100).step_by(13) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = fresh(folder.path());
        journal.reserve(bytes).expect("there is room");
        let before = size(folder.path());
        for part in [bytes / 3, bytes - bytes / 3] {
            journal.append(&vec![b'x'; part]).expect("appends");
        }
        assert_eq!(size(folder.path()), before, "{bytes}");
    }
}

#[test]
fn f38_what_was_reserved_takes_a_mark_and_a_reply_that_have_to_be_filled_up_by_as_much_as_can_be() {
    /// Entries are multiples of 32 bytes: one whose text has so many more than a multiple is filled up by 32, all there is.
    const FILLED_MOST: usize = 24;
    for reply in (ROOM - 1200..ROOM).step_by(32).map(|bytes| bytes / 32 * 32 + FILLED_MOST) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = fresh(folder.path());
        journal.reserve(FILLED_MOST + reply).expect("there is room");
        let before = size(folder.path());
        for part in [FILLED_MOST, reply] {
            journal.append(&vec![b'x'; part]).expect("appends");
        }
        assert_eq!(size(folder.path()), before, "{reply}");
    }
}

#[test]
fn f63_a_journal_does_not_grow_without_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    journal.reserve(LARGEST - ROOM).expect("that much may be");
    assert_eq!(size(folder.path()), LARGEST as u64);
    journal.reserve(LARGEST).expect_err("more may not");
    journal.append(&vec![b'x'; LARGEST]).expect_err("nor without asking for the room first");
    assert_eq!(size(folder.path()), LARGEST as u64, "what was refused has left nothing");
    journal.append(b"goes on").expect("and what is there is usable");
    assert_eq!(size(folder.path()), LARGEST as u64);
    assert_eq!(super::journal::found(folder.path()), "goes on");
}

#[cfg(unix)]
#[test]
fn sweeping_costs_nothing_until_the_journal_has_grown() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    let inode = || fs::metadata(file(folder.path())).expect("there").ino();
    let first = inode();
    journal.append(b"small").expect("appends");
    journal.sweep().expect("sweeps");
    assert_eq!(inode(), first, "the same file");
    journal.append(&vec![b'x'; ROOM]).expect("appends");
    journal.sweep().expect("sweeps");
    assert_ne!(inode(), first, "a small one in its place");
    assert_eq!(size(folder.path()), ROOM as u64);
}

#[test]
fn t18_after_a_logout_neither_a_journal_nor_a_damaged_one_is_left() {
    for ending in ["journal", "damaged"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(folder.path()).with_extension(ending);
        fs::write(&path, b"anything").expect("can be written");
        Journal::remove_if_there(folder.path(), &account()).expect("removes");
        assert!(!path.exists(), "{ending}");
    }
}

#[test]
fn t18_what_cannot_be_removed_is_told() {
    for ending in ["journal", "damaged", "new"] {
        let folder = tempfile::tempdir().expect("a folder");
        // A folder in its place: no file system removes that as a file.
        fs::create_dir(file(folder.path()).with_extension(ending)).expect("can be made");
        Journal::remove(folder.path(), &account()).expect_err(ending);
    }
}

#[test]
fn f37_what_is_kept_is_there_from_the_first_moment_of_a_journal_that_is_made_small() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    let kept = zeroize::Zeroizing::new(vec![b'k'; ROOM / 8]);
    for round in 0..20 {
        journal.append(&[&kept, b"mark".as_slice()].concat()).expect("appends");
        journal.append(format!("reply{round}").as_bytes()).expect("appends");
        journal.sweep_all_but(std::slice::from_ref(&kept)).expect("sweeps");
        let there = super::journal::found(folder.path());
        assert!(there.starts_with("kkkk"), "swept or not, a record is there");
    }
    assert!(size(folder.path()) <= 2 * ROOM as u64, "{}", size(folder.path()));
}

#[cfg(unix)]
#[test]
fn f37_a_journal_that_keeps_a_large_record_is_not_made_anew_with_each_refresh() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    let kept = zeroize::Zeroizing::new(vec![b'k'; 2 * ROOM]);
    let mut inodes = std::collections::BTreeSet::new();
    for _ in 0..12 {
        journal.append(&kept).expect("appends");
        journal.append(b"reply").expect("appends");
        journal.sweep_all_but(std::slice::from_ref(&kept)).expect("sweeps");
        inodes.insert(fs::metadata(file(folder.path())).expect("there").ino());
    }
    assert!(inodes.len() <= 6, "{} files in 12 refreshes", inodes.len());
    assert!(size(folder.path()) <= 14 * ROOM as u64, "{}", size(folder.path()));
}

// Windows lets no folder go in which a file is open.
#[cfg(unix)]
#[test]
fn f38_a_folder_of_journals_that_is_gone_is_made_anew_for_the_owner_alone_and_what_it_held_counts_as_lost() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("data/journals");
    fs::create_dir_all(&folder).expect("a folder");
    let mut journal = fresh(&folder);
    journal.append(b"mark").expect("appends");
    fs::remove_dir_all(home.path().join("data")).expect("removed");
    journal.append(b"reply").expect_err("nobody would find it again");
    let mut journal = fresh(&folder);
    journal.append(b"goes on").expect("appends");
    assert_eq!(super::journal::found(&folder), "goes on", "and what was in it was missing");
    for made in [&folder, &home.path().join("data")] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(made).expect("there").permissions().mode() & 0o777, 0o700);
    }
    fs::remove_dir_all(&folder).expect("removed");
    Journal::remove(&folder, &account()).expect("there is none");
    assert!(!folder.exists(), "and none was made for that");
}
