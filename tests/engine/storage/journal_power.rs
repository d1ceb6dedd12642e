//! Power losses, flipped bits and full disks: the journal opens to old or new, or says that it was damaged.

use std::fs;
use std::path::Path;

use lamplighter_engine::journal::{Journal, Opened};
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::journal::{account, file, found, fresh, key, told};

const SECTOR: usize = 512;

/// The file's bytes before and after one append, in a journal that held `old` already.
fn around(folder: &Path, old: &[&[u8]], new: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut journal = fresh(folder);
    for entry in old {
        journal.append(entry).expect("appended");
    }
    let before = fs::read(file(folder)).expect("readable");
    journal.append(new).expect("appended");
    (before, fs::read(file(folder)).expect("readable"))
}

fn opened_as(folder: &Path, bytes: &[u8]) -> String {
    fs::write(file(folder), bytes).expect("written");
    found(folder)
}

/// Where the two differ: first and one past the last byte.
fn written(before: &[u8], after: &[u8]) -> (usize, usize) {
    let differs: Vec<usize> = (0..after.len()).filter(|at| before[*at] != after[*at]).collect();
    (differs[0], differs[differs.len() - 1] + 1)
}

#[test]
fn f37_every_prefix_of_an_append_opens_to_old_or_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let new = "n".repeat(1500);
    let (before, after) = around(folder.path(), &[b"mark", b"reply"], new.as_bytes());
    let (first, end) = written(&before, &after);
    // Behind the text an entry is filled up to the next multiple of 32, which carries nothing.
    let text_end = end - 32;
    for cut in first..=end {
        let told = opened_as(folder.path(), &[&after[..cut], &before[cut..]].concat());
        let is_new = told == format!("mark reply {new}");
        match cut {
            _ if cut == first => assert_eq!(told, "mark reply"),
            _ if cut < text_end => assert_eq!(told, "mark reply|torn", "cut at {cut}"),
            _ if cut < end => assert!(is_new || told == "mark reply|torn", "cut at {cut}"),
            _ => assert!(is_new),
        }
    }
}

#[test]
fn f37_every_set_of_sectors_that_came_opens_to_old_or_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let new = "n".repeat(2500);
    let (before, after) = around(folder.path(), &[b"mark", &[b'r'; 200]], new.as_bytes());
    let (first, end) = written(&before, &after);
    let sectors: Vec<usize> = (first / SECTOR..end.div_ceil(SECTOR)).collect();
    assert!(sectors.len() >= 5, "the append lies in several sectors");
    let old = format!("mark {}", "r".repeat(200));
    for came in 0..1_u32 << sectors.len() {
        let mut bytes = before.clone();
        for (bit, sector) in sectors.iter().enumerate().filter(|(bit, _)| came & (1 << bit) != 0) {
            _ = bit;
            let range = sector * SECTOR..(sector + 1) * SECTOR;
            bytes[range.clone()].copy_from_slice(&after[range]);
        }
        let expected = match came {
            0 => old.clone(),
            all if all == (1 << sectors.len()) - 1 => format!("{old} {new}"),
            _ => format!("{old}|torn"),
        };
        assert_eq!(opened_as(folder.path(), &bytes), expected, "sectors {came:b}");
    }
}

#[test]
fn f37_after_a_torn_append_the_journal_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = around(folder.path(), &[b"mark"], &[b'n'; 3000]);
    let (first, end) = written(&before, &after);
    for cut in (first + 1..end).step_by(97) {
        fs::write(file(folder.path()), [&after[..cut], &before[cut..]].concat()).expect("written");
        let (mut journal, opened) = Journal::open(folder.path(), &account(), &key()).expect("opens");
        assert_eq!(told(&opened), "mark|torn");
        journal.append(b"again").expect("appended");
        assert_eq!(found(folder.path()), "mark again", "cut at {cut}");
    }
}

#[test]
fn t18_a_flipped_bit_never_passes_as_another_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, after) = around(folder.path(), &[b"mark one", b"reply one"], b"mark two");
    let whole = "mark one reply one mark two";
    let end = after.iter().rposition(|byte| *byte != 0).expect("something was written") + 1;
    let mut noticed = 0;
    for at in 0..end {
        for bit in 0..8 {
            let mut bytes = after.clone();
            bytes[at] ^= 1 << bit;
            let told = opened_as(folder.path(), &bytes);
            // Some bytes only fill up, and carry nothing.
            assert!(told == whole || told.starts_with("damaged") || told == "wrong key", "byte {at}: {told}");
            noticed += u32::from(told != whole);
        }
    }
    // Of the head 75 bytes carry something, of an entry its header, nonce, tag and text.
    let carrying = 75 + 3 * (32 + 40) + whole.len() - 2;
    assert_eq!(noticed as usize, 8 * carrying);
}

#[test]
fn t18_what_stands_around_a_damaged_entry_is_still_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = around(folder.path(), &[b"mark"], b"reply");
    let (first, _) = written(&before, &after);
    let mut bytes = after.clone();
    bytes[first - 60] ^= 1;
    assert_eq!(
        opened_as(folder.path(), &bytes),
        "damaged: reply",
        "the newest is not lost with an older one"
    );
}

#[test]
fn f42_what_can_be_read_of_a_damaged_journal_is_in_the_new_one_from_its_first_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = around(folder.path(), &[b"mark"], b"reply");
    let (first, _) = written(&before, &after);
    let mut bytes = after.clone();
    bytes[first - 60] ^= 1;
    fs::write(file(folder.path()), &bytes).expect("damaged");
    let (mut journal, opened) = Journal::open(folder.path(), &account(), &key()).expect("opens");
    let Opened::Damaged { readable } = opened else { panic!("{}", told(&opened)) };
    let readable: Vec<_> = readable.iter().map(|entry| Zeroizing::new(entry.expose().to_vec())).collect();
    // The disk takes no new file: what is there is still what was there.
    fs::create_dir(file(folder.path()).with_extension("new")).expect("in the way");
    assert!(journal.start_over_with(&readable).is_err());
    assert_eq!(found(folder.path()), "damaged: reply", "nothing is lost on the way");
    fs::remove_dir(file(folder.path()).with_extension("new")).expect("out of the way");
    journal.start_over_with(&readable).expect("started over");
    assert_eq!(found(folder.path()), "reply");
    assert_eq!(fs::read(file(folder.path()).with_extension("damaged")).expect("kept"), bytes);
    journal.append(b"more").expect("appended");
    assert_eq!(found(folder.path()), "reply more");
}

#[test]
fn t18_an_older_files_entries_do_not_fit_into_a_newer_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = fresh(folder.path());
    journal.append(b"old").expect("appended");
    let old = fs::read(file(folder.path())).expect("readable");
    journal.start_over().expect("started over");
    journal.append(b"new").expect("appended");
    let new = fs::read(file(folder.path())).expect("readable");
    let mixed = [&new[..512], &old[512..]].concat();
    assert_eq!(opened_as(folder.path(), &mixed), "damaged: ");
}

#[test]
fn f42_a_truncated_journal_is_noticed_where_it_held_something() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = around(folder.path(), &[b"mark"], b"reply");
    let (first, end) = written(&before, &after);
    for length in 0..512 {
        assert_eq!(opened_as(folder.path(), &after[..length]), "damaged: ", "{length}");
    }
    for length in first..end {
        let told = opened_as(folder.path(), &after[..length]);
        assert!(told.starts_with("damaged: mark"), "cut off at {length}: {told}");
    }
}

#[cfg(target_os = "linux")]
/// Starts this test binary again, in a mount namespace of its own with a disk of 512 KiB.
#[test]
fn f38_on_a_full_disk_nothing_is_promised_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "mount -t tmpfs -o size=512k disk \"$SMALL_DISK\" && exec \"$0\" --exact --ignored \"$1\"";
    let status = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(std::env::current_exe().expect("this binary"))
        .arg("storage::journal_power::journal_on_a_small_disk")
        .env("SMALL_DISK", folder.path())
        .status()
        .expect("util-linux is installed");
    assert!(status.success(), "see above");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "runs on a small disk of its own, made by the test above"]
fn journal_on_a_small_disk() {
    let disk = std::path::PathBuf::from(std::env::var_os("SMALL_DISK").expect("set by the outer test"));
    let mut journal = fresh(&disk);
    journal.append(b"mark").expect("appended");
    journal.reserve(100_000).expect("there is room");
    assert!(journal.reserve(700_000).is_err(), "more than the disk has");
    let mut filler = fs::File::create(disk.join("filler")).expect("made");
    let full = std::io::copy(&mut std::io::repeat(1), &mut filler).expect_err("the disk is full");
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);

    assert!(journal.append(&[b'x'; 300_000]).is_err(), "nobody was promised that much");
    assert_eq!(found(&disk), "mark", "what failed is not there");
    let reply = "r".repeat(99_000);
    journal.append(reply.as_bytes()).expect("what was promised is there");
    assert!(found(&disk) == format!("mark {reply}"));
    assert!(journal.sweep().is_err(), "no room to make it small again");
    journal.append(b"next").expect("and it goes on");
    assert!(found(&disk) == "next");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn i4_any_entries_come_back(entries in proptest::collection::vec(any::<Vec<u8>>(), 0..6)) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = fresh(folder.path());
        for entry in &entries {
            journal.append(entry).expect("appended");
        }
        let (_, opened) = Journal::open(folder.path(), &account(), &key()).expect("opens");
        let held = match opened {
            lamplighter_engine::journal::Opened::Fresh => Vec::new(),
            lamplighter_engine::journal::Opened::Entries { entries, torn: false } => entries,
            other => panic!("{}", told(&other)),
        };
        prop_assert_eq!(held.iter().map(|entry| entry.expose().to_vec()).collect::<Vec<_>>(), entries);
    }

    #[test]
    fn f42_any_bytes_behind_the_head_open_without_a_panic(junk in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let folder = tempfile::tempdir().expect("a folder");
        fresh(folder.path());
        let mut bytes = fs::read(file(folder.path())).expect("readable");
        bytes[512..512 + junk.len()].copy_from_slice(&junk);
        let told = opened_as(folder.path(), &bytes);
        prop_assert!(["fresh", "|torn", "damaged: "].contains(&told.as_str()), "{}", told);
    }
}
