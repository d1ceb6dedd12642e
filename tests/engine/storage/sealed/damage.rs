//! T18, F42, F37: flipped bits, cut and swapped files, older ones that somebody puts back.

use std::fs;

use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::journal::{Entry, Mark, Place, Scratch};
use lamplighter_core::record::{SessionStore as _, StoreError, encode};
use lamplighter_core::secret::Secret;
use lamplighter_engine::journal::Journal;

use super::{Home, account, found, record, save_all};

const CHANGED: &str = "the stored record cannot be read: it was changed";

#[test]
fn t18_no_flipped_bit_of_a_sealed_file_is_ever_accepted() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 3, "three", 1)]);
    let file = home.file(&account(1));
    let whole = fs::read(&file).expect("a file");
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&file, &bytes).expect("written");
            let told = found(&home, &account(1));
            assert!(told.starts_with("the stored record cannot be read"), "byte {at}, bit {bit}: {told}");
        }
    }
    fs::write(&file, &whole).expect("written");
    assert_eq!(found(&home, &account(1)), "three");
}

#[test]
fn f42_a_file_of_any_other_length_is_damaged_and_stays_as_it_is() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 3, "three", 1)]);
    let file = home.file(&account(1));
    let whole = fs::read(&file).expect("a file");
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).expect("cut");
        let told = found(&home, &account(1));
        assert!(told.starts_with("the stored record cannot be read"), "{length} bytes: {told}");
        assert_eq!(fs::read(&file).expect("there").len(), length, "it is not touched");
    }
    fs::write(&file, [whole.as_slice(), b"x"].concat()).expect("longer");
    assert_eq!(found(&home, &account(1)), CHANGED);
}

#[test]
fn t18_the_file_of_another_account_is_not_taken_for_ones_own() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    save_all(&home, &[&record(&account(2), 1, "two", 2)]);
    let (one, two) = (home.file(&account(1)), home.file(&account(2)));
    let aside = home.path().join("aside");
    fs::rename(&one, &aside)
        .and_then(|()| fs::rename(&two, &one))
        .and_then(|()| fs::rename(&aside, &two))
        .expect("swapped");
    assert_eq!(found(&home, &account(1)), CHANGED);
    assert_eq!(found(&home, &account(2)), CHANGED);
}

#[test]
fn t18_an_older_file_put_in_the_place_of_the_newest_is_noticed_by_the_one_beside_it() {
    let home = Home::new();
    let all = [1, 2, 3, 4].map(|number| record(&account(1), number, &format!("c{number}"), number as u8));
    save_all(&home, &[&all[0]]);
    let first = fs::read(home.file(&account(1))).expect("a backup");
    let mut store = home.store();
    for pair in all.windows(2) {
        store.save(&account(1), Some(pair[0].write_id), &pair[1]).expect("saved");
    }
    fs::write(home.file(&account(1)), &first).expect("put back");
    assert_eq!(found(&home, &account(1)), "c3 spent", "the newest that is left, and nobody sends it blindly");
}

#[test]
fn t18_older_files_that_are_put_back_together_are_noticed_by_the_journal() {
    let home = Home::new();
    let [one, two] = [1, 2].map(|number| record(&account(1), number, &format!("c{number}"), number as u8));
    save_all(&home, &[&one]);
    let backup = fs::read(home.file(&account(1))).expect("a backup");
    home.store().save(&account(1), Some(one.write_id), &two).expect("saved");
    mark(&home, 2);
    fs::remove_file(home.older(&account(1))).expect("gone");
    fs::write(home.file(&account(1)), backup).expect("put back");
    assert_eq!(found(&home, &account(1)), "c1 spent");
}

#[test]
fn t18_a_file_is_for_its_owner_alone_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1), &record(&account(1), 2, "two", 2)]);
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o7777;
    assert_eq!(mode(&home.folder()), 0o700);
    for name in home.names() {
        assert_eq!(mode(&home.folder().join(&name)), 0o600, "{name}");
    }
    let elsewhere = home.path().join("elsewhere");
    fs::rename(home.file(&account(1)), &elsewhere).expect("moved");
    symlink(&elsewhere, home.file(&account(1))).expect("linked");
    let error = home.store().load(&account(1)).err().expect("not followed");
    assert!(matches!(error, StoreError::Disk(_)), "{error}");
    fs::remove_file(home.file(&account(1))).expect("gone");
    fs::rename(&elsewhere, home.file(&account(1))).expect("back");
    // A link where the new file is made is replaced, and what it leads to is not touched.
    fs::write(&elsewhere, "theirs").expect("written");
    symlink(&elsewhere, home.folder().join(format!("{}.sealed.new", account(1)))).expect("linked");
    let three = record(&account(1), 3, "three", 3);
    home.store().save(&account(1), Some(lamplighter_core::id::WriteId([2; 16])), &three).expect("saved");
    assert_eq!(fs::read(&elsewhere).expect("there"), b"theirs");
    assert_eq!(found(&home, &account(1)), "three");
}

#[test]
fn f42_the_older_file_stands_in_for_a_damaged_one_if_nothing_of_it_was_spent() {
    let home = Home::new();
    let (one, two) = (record(&account(1), 1, "same", 1), record(&account(1), 2, "same", 2));
    save_all(&home, &[&one, &two]);
    let file = home.file(&account(1));
    let damaged = b"nothing of ours".to_vec();
    fs::write(&file, &damaged).expect("damaged");
    assert_eq!(found(&home, &account(1)), "same");
    assert_eq!(fs::read(&file).expect("there"), damaged, "reading writes nothing");
    let three = record(&account(1), 3, "three", 3);
    home.store().save(&account(1), Some(one.write_id), &three).expect("saved");
    assert_eq!(found(&home, &account(1)), "three");
    let kept = home.folder().join(format!("{}.sealed.damaged", account(1)));
    assert_eq!(fs::read(kept).expect("kept aside"), damaged);
}

#[test]
fn f42_an_older_file_that_was_spent_never_stands_in_and_what_is_damaged_is_kept_for_a_login() {
    let home = Home::new();
    let (one, two) = (record(&account(1), 1, "one", 1), record(&account(1), 2, "two", 2));
    save_all(&home, &[&one, &two]);
    fs::write(home.file(&account(1)), b"nothing of ours").expect("damaged");
    let told = found(&home, &account(1));
    assert_eq!(told, "the stored record cannot be read: it is too short");
    let before = home.names();
    let three = record(&account(1), 3, "three", 3);
    assert!(home.store().save(&account(1), Some(one.write_id), &three).is_err());
    assert_eq!(home.names(), before, "nothing is overwritten");
    home.store().set_aside(&account(1)).expect("kept aside");
    home.store().save(&account(1), None, &three).expect("a login takes its place");
    assert_eq!(found(&home, &account(1)), "three");
    let aside = home.folder().join(format!("{}.sealed.aside.0", account(1)));
    assert_eq!(fs::read(aside).expect("kept"), b"nothing of ours");
    // The same once more takes another name.
    fs::write(home.file(&account(1)), b"again").expect("damaged");
    home.store().set_aside(&account(1)).expect("kept aside");
    assert!(home.names().contains(&format!("{}.sealed.aside.1", account(1))));
}

#[test]
fn f42_with_what_the_journal_holds_the_older_file_becomes_the_newest_again() {
    let home = Home::new();
    let (one, two) = (record(&account(1), 1, "one", 1), record(&account(1), 2, "two", 2));
    save_all(&home, &[&one, &two]);
    let (mut journal, _) = Journal::open(&home.journals(), &account(1), &one.journal_key).expect("a journal");
    journal.start_over().expect("made");
    journal.append(&Entry::Record(Secret::new(encode(&two).as_slice())).encode()).expect("appended");
    fs::write(home.file(&account(1)), b"nothing of ours").expect("damaged");
    assert_eq!(found(&home, &account(1)), "one", "the engine takes the newer one from the journal");
}

#[test]
fn f42_a_newer_versions_file_is_left_alone() {
    let home = Home::new();
    let (one, two) = (record(&account(1), 1, "one", 1), record(&account(1), 2, "two", 2));
    save_all(&home, &[&one, &two]);
    let file = home.file(&account(1));
    let mut bytes = fs::read(&file).expect("a file");
    bytes[8..10].copy_from_slice(&9_u16.to_le_bytes());
    use sha2::Digest as _;
    let sum = sha2::Sha256::digest(&bytes[..10]);
    bytes[10..18].copy_from_slice(&sum[..8]);
    fs::write(&file, &bytes).expect("written");
    assert!(matches!(home.store().load(&account(1)), Err(StoreError::NewerFormat(9))));
    let three = record(&account(1), 3, "three", 3);
    assert_eq!(home.store().save(&account(1), Some(two.write_id), &three), Err(StoreError::NewerFormat(9)));
    assert_eq!(fs::read(&file).expect("there"), bytes);
}

/// What a save leaves on the disk, file by file, and any of its names that came or did not come.
#[test]
fn f37_whatever_came_of_a_save_opens_to_the_old_record_or_the_new() {
    let home = Home::new();
    let [one, two, three] =
        [1, 2, 3].map(|number| record(&account(1), number, &format!("c{number}"), number as u8));
    save_all(&home, &[&one, &two]);
    let read = |path: &std::path::Path| fs::read(path).expect("a file");
    let (current, older) = (home.file(&account(1)), home.older(&account(1)));
    let before = (read(&current), read(&older));
    home.store().save(&account(1), Some(two.write_id), &three).expect("saved");
    let after = (read(&current), read(&older));
    let beside = |end: &str| home.folder().join(format!("{}.sealed.{end}", account(1)));
    // The folder is synced between the two renames: the newer file never has its name before the older one has.
    for (is_older_new, is_current_new) in [(false, false), (true, false), (true, true)] {
        fs::write(&current, if is_current_new { &after.0 } else { &before.0 }).expect("written");
        fs::write(&older, if is_older_new { &after.1 } else { &before.1 }).expect("written");
        let expected = if is_current_new { "c3" } else { "c2" };
        assert_eq!(found(&home, &account(1)), expected);
        for (end, whole) in [("new", &after.0), ("older.new", &after.1)] {
            for length in 0..=whole.len() {
                fs::write(beside(end), &whole[..length]).expect("written");
                assert_eq!(found(&home, &account(1)), expected, "{length} bytes of {end}");
            }
        }
        // And the next save goes through whatever lies there.
        let saved = home.store().save(
            &account(1),
            Some(if is_current_new { three.write_id } else { two.write_id }),
            &four(),
        );
        saved.expect("saved");
        assert_eq!(found(&home, &account(1)), "c4");
    }
}

fn four() -> lamplighter_core::record::Record {
    record(&account(1), 4, "c4", 4)
}

/// As an attempt leaves it that spent something of this generation and was killed.
fn mark(home: &Home, generation: u64) {
    let (mut journal, _) =
        Journal::open(&home.journals(), &account(1), &Secret::new([9; 32])).expect("a journal");
    journal.start_over().expect("made");
    let place = Place { chain: ChainName::main(), generation: Generation(generation), rung: 0, step: 0 };
    let mark =
        Mark { place, replays: 0, was_rejected: false, way: None, work: Scratch::default(), stored: None };
    journal.append(&Entry::Mark(mark).encode()).expect("marked");
}
