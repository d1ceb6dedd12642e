//! The last byte that is still read, the first that is not; files that are there and not to be had; who owns a key.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use lamplighter_core::record::{KeyTrouble, SessionStore as _, StoreError};
use lamplighter_core::secret::Secret;
use lamplighter_engine::store::KeySource;
use lamplighter_engine::store::sealed::{Disk, Folder, SealedStore, is_new};

use super::{Home, account, found, record, save_all};

fn typed(text: &str) -> KeySource {
    KeySource::Passphrase(Secret::from(text))
}

#[test]
fn a_folder_is_new_until_something_was_sealed_in_it() {
    let home = Home::new();
    assert!(is_new(&home.folder()));
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    assert!(!is_new(&home.folder()));
}

#[test]
fn a_passphrase_that_nobody_has_typed_yet_is_asked_for_and_a_file_is_named() {
    let says = |said: &str| KeySource::new(None, Some(said));
    assert!(says("ask").is_to_be_asked());
    assert_eq!(says("ask").path(), None);
    assert!(!says("/etc/key").is_to_be_asked());
    assert_eq!(says("/etc/key").path(), Some(Path::new("/etc/key")));
    assert_eq!(says("passphrase:/etc/phrase").path(), Some(Path::new("/etc/phrase")));
}

/// Never a part of one: what is cut off would be another passphrase, and the next version may read more.
#[test]
fn a_passphrase_file_is_read_whole_or_refused() {
    let home = Home::new();
    let file = home.path().join("passphrase");
    let longest = "p".repeat(4096);
    fs::write(&file, &longest).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
    let one = record(&account(1), 1, "one", 1);
    let source = || KeySource::PassphraseFile(file.clone());
    home.store_with(source()).save(&account(1), None, &one).expect("saved");
    assert!(home.store_with(typed(&longest)).load(&account(1)).expect("the same one").is_some());
    fs::write(&file, format!("{longest}p")).expect("written");
    let name = file.display().to_string();
    let refused = home.store_with(source()).load(&account(1)).err();
    assert_eq!(refused, Some(StoreError::Key(KeyTrouble::NoKey(name))));
}

#[test]
fn f38_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    let home = Home::new();
    fs::write(home.folder(), "a file in its place").expect("written");
    assert!(Folder::new(&home.folder()).names().is_err());
    let saved = home.store().save(&account(1), None, &record(&account(1), 1, "one", 1));
    assert!(matches!(saved, Err(StoreError::Disk(_))), "{saved:?}");
}

#[test]
fn f37_f38_what_cannot_be_waited_for_is_told() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    home.store().settle().expect("all of it is on the disk");
    // What is opened to be synced can be written to and not opened.
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o300)).expect("a mode");
    let mut folder = Folder::new(&home.folder());
    let told = [folder.sync().is_err(), folder.settle().is_err(), home.store().settle().is_err()];
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o700)).expect("a mode");
    assert_eq!(told, [true; 3]);
    let key = home.path().join("nowhere");
    std::os::unix::fs::symlink(&key, &key).expect("a link to itself");
    for source in [KeySource::File, KeySource::PassphraseFile] {
        let settled = home.store_with(source(key.clone())).settle();
        assert!(matches!(settled, Err(StoreError::Disk(_))), "nobody knows where the key is: {settled:?}");
    }
}

#[test]
fn f38_what_cannot_be_removed_is_told_and_what_is_not_there_is_done() {
    let home = Home::new();
    let mut folder = Folder::new(&home.folder());
    folder.remove("none").expect("there is no folder either");
    folder.sync().expect("nothing to sync");
    home.store().delete(&account(1)).expect("nothing was ever sealed");
    fs::create_dir_all(home.file(&account(1)).join("within")).expect("a folder in a file's place");
    let told = home.store().delete(&account(1));
    assert!(matches!(told, Err(StoreError::Disk(_))), "it is still there: {told:?}");
}

#[test]
fn t18_an_ancient_older_file_never_takes_the_place_of_the_newest() {
    let home = Home::new();
    let all = [1, 2, 3, 4].map(|number| record(&account(1), number, &format!("c{number}"), number as u8));
    save_all(&home, &[&all[0], &all[1]]);
    let ancient = fs::read(home.older(&account(1))).expect("a backup");
    let mut store = home.store();
    store.save(&account(1), Some(all[1].write_id), &all[2]).expect("saved");
    store.save(&account(1), Some(all[2].write_id), &all[3]).expect("saved");
    fs::write(home.older(&account(1)), ancient).expect("put back");
    assert_eq!(found(&home, &account(1)), "c4 spent", "the newest that is left, and nobody sends it blindly");
}

/// A folder whose names come in order.
struct Ordered(Folder);

impl Disk for Ordered {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.0.read(name)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.write(name, bytes)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = self.0.names()?;
        names.sort();
        Ok(names)
    }
}

/// Each file says how its key is made: one of somebody else, read first, is not the only way that is tried.
#[test]
fn without_the_check_the_way_to_the_key_is_found_in_any_file() {
    let (home, stranger) = (Home::new(), Home::new());
    for (home, number, said) in [(&stranger, 1, "another horse"), (&home, 2, "correct horse")] {
        let one = record(&account(number), 1, "one", 1);
        home.store_with(typed(said)).save(&account(number), None, &one).expect("saved");
    }
    fs::copy(stranger.file(&account(1)), home.file(&account(1))).expect("copied");
    fs::remove_file(home.folder().join("key.check")).expect("gone");
    let disk = Ordered(Folder::new(&home.folder()));
    let mut store = SealedStore::on(disk, &home.folder(), &home.journals(), typed("correct horse"));
    assert!(store.load(&account(2)).expect("opens").is_some());
}

/// Starts this test binary again in a user namespace, in which root is a stranger.
#[cfg(target_os = "linux")]
#[test]
fn t18_a_key_file_of_a_stranger_is_refused() {
    let status = std::process::Command::new("unshare")
        .arg("--map-current-user")
        .arg(std::env::current_exe().expect("this binary"))
        .args(["--exact", "--ignored", "storage::sealed::edges::root_is_a_stranger_here"])
        .status()
        .expect("util-linux is installed");
    assert!(status.success(), "see above");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "runs in a namespace of its own, made by the test above"]
fn root_is_a_stranger_here() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    assert_eq!(found(&home, &account(1)), "one", "ours");
    let theirs = "/etc/passwd".to_owned();
    let refused = home.store_with(KeySource::File(theirs.clone().into())).load(&account(1)).err();
    assert_eq!(refused, Some(StoreError::Key(KeyTrouble::Stranger(theirs))));
}

/// Anybody can write the head of a file: with more memory than there is, or passes for ever, it is not tried.
#[test]
fn t18_no_file_makes_the_key_cost_more_than_we_would_write() {
    const KIB: std::ops::Range<usize> = 42..46;
    let home = Home::new();
    let one = record(&account(1), 1, "one", 1);
    home.store_with(typed("correct horse")).save(&account(1), None, &one).expect("saved");
    fs::remove_file(home.folder().join("key.check")).expect("gone");
    let mut bytes = fs::read(home.file(&account(1))).expect("a file");
    assert_eq!(bytes[KIB], (64_u32 * 1024).to_le_bytes(), "the place of it");
    bytes[KIB].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(home.file(&account(1)), bytes).expect("written");
    let refused = home.store_with(typed("correct horse")).load(&account(1)).err();
    assert_eq!(refused, Some(StoreError::Key(KeyTrouble::Wrong)));
}
