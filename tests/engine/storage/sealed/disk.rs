//! F38 and F37: disks that are full or broken, and writes of which only a part came.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_engine::store::KeySource;
use lamplighter_engine::store::sealed::{Disk, Folder, SealedStore};

use super::{Home, account, found, record, save_all};

/// A folder of which the n-th change fails with this error, and everything after it.
struct Broken {
    folder: Folder,
    left: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    number: i32,
    /// Part of what is written comes all the same.
    is_torn: bool,
}

impl Broken {
    fn may(&self) -> io::Result<()> {
        use std::sync::atomic::Ordering::SeqCst;
        let may = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        if may { Ok(()) } else { Err(io::Error::from_raw_os_error(self.number)) }
    }
}

impl Disk for Broken {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.folder.read(name)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.may() {
            if self.is_torn {
                self.folder.write(name, &bytes[..bytes.len() / 2])?;
            }
            return Err(error);
        }
        self.folder.write(name, bytes)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.may()?;
        self.folder.rename(from, to)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.may()?;
        self.folder.remove(name)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.may()?;
        self.folder.sync()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        self.folder.names()
    }
}

fn broken(home: &Home, after: usize, number: i32, is_torn: bool) -> SealedStore<Broken> {
    let disk = Broken {
        folder: Folder::new(&home.folder()),
        left: std::sync::Arc::new(after.into()),
        number,
        is_torn,
    };
    SealedStore::on(disk, &home.folder(), &home.journals(), KeySource::File(home.key()))
}

/// `ENOSPC`, `EIO`, `EROFS`.
const ERRORS: [i32; 3] = [28, 5, 30];

#[test]
fn f38_a_disk_that_fails_at_any_step_of_a_save_leaves_the_old_or_the_new() {
    for number in ERRORS {
        for is_torn in [false, true] {
            let steps = Rc::new(Cell::new(0));
            for after in 0..20 {
                let home = Home::new();
                let [one, two, three] =
                    [1, 2, 3].map(|number| record(&account(1), number, &format!("c{number}"), number as u8));
                save_all(&home, &[&one, &two]);
                let saved =
                    broken(&home, after, number, is_torn).save(&account(1), Some(two.write_id), &three);
                let there = found(&home, &account(1));
                if saved.is_ok() {
                    assert_eq!(there, "c3");
                    break;
                }
                steps.set(steps.get() + 1);
                assert!(matches!(saved, Err(StoreError::Disk(_))), "{saved:?}");
                assert!(there == "c2" || there == "c3", "error {number} at step {after}: {there}");
                // The same again, with room: what was there already is no conflict.
                home.store().save(&account(1), Some(two.write_id), &three).expect("saved");
                assert_eq!(found(&home, &account(1)), "c3", "error {number} at step {after}");
            }
            assert!(steps.get() >= 5, "a save has several steps");
        }
    }
}

#[test]
fn f37_f38_a_disk_that_fails_while_it_is_waited_for_is_told() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    for number in ERRORS {
        let settled = broken(&home, 0, number, false).settle();
        assert!(matches!(settled, Err(StoreError::Disk(_))), "{settled:?}");
    }
    broken(&home, 1, ERRORS[0], false).settle().expect("one that does not fail");
}

#[test]
fn f38_a_disk_that_fails_at_any_step_of_a_logout_never_brings_an_older_login_back() {
    for after in 0..10 {
        let home = Home::new();
        let (one, two) = (record(&account(1), 1, "one", 1), record(&account(1), 2, "two", 2));
        save_all(&home, &[&one, &two]);
        let deleted = broken(&home, after, 5, false).delete(&account(1));
        let there = found(&home, &account(1));
        assert!(there == "two" || there == "none", "at step {after}: {there}");
        if deleted.is_ok() {
            assert_eq!(there, "none");
            return;
        }
        home.store().delete(&account(1)).expect("deleted");
        assert_eq!(found(&home, &account(1)), "none");
    }
    panic!("a logout ends");
}

#[test]
fn f38_a_disk_that_fails_at_any_step_of_a_logout_leaves_the_newest_or_nothing_and_the_same_again_ends_it() {
    for after in 0..20 {
        let home = super::littered();
        let erased = broken(&home, after, 5, false).erase(&account(1));
        let there = found(&home, &account(1));
        assert!(there == "four" || there == "none", "at step {after}: {there}");
        if erased.is_ok() {
            assert_eq!((there.as_str(), home.names().len()), ("none", 2));
            return;
        }
        home.store().erase(&account(1)).expect("erased");
        assert_eq!((found(&home, &account(1)).as_str(), home.names().len()), ("none", 2));
    }
    panic!("a logout ends");
}

#[test]
fn f38_a_disk_that_fails_while_something_is_set_aside_loses_nothing_of_it() {
    for after in 0..10 {
        let home = Home::new();
        let (one, two) = (record(&account(1), 1, "one", 1), record(&account(1), 2, "two", 2));
        save_all(&home, &[&one, &two]);
        std::fs::write(home.file(&account(1)), b"damaged").expect("damaged");
        let before = home.names().len();
        let done = broken(&home, after, 28, false).set_aside(&account(1));
        assert_eq!(home.names().len(), before, "at step {after}");
        if done.is_ok() {
            return;
        }
        home.store().set_aside(&account(1)).expect("set aside");
        assert_eq!((home.names().len(), found(&home, &account(1))), (before, "none".to_owned()));
    }
    panic!("it ends");
}

/// Starts this test binary again, in a mount namespace of its own with a disk of 64 KiB.
#[cfg(target_os = "linux")]
#[test]
fn f38_a_real_disk_that_is_full_refuses_and_keeps_the_old_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "mount -t tmpfs -o size=64k disk \"$SMALL_DISK\" && exec \"$0\" --exact --ignored \"$1\"";
    let status = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(std::env::current_exe().expect("this binary"))
        .arg("storage::sealed::disk::sealed_files_on_a_small_disk")
        .env("SMALL_DISK", folder.path())
        .status()
        .expect("util-linux is installed");
    assert!(status.success(), "see above");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "runs on a small disk of its own, made by the test above"]
fn sealed_files_on_a_small_disk() {
    let disk = std::path::PathBuf::from(std::env::var_os("SMALL_DISK").expect("set by the outer test"));
    let home = Home::new();
    let store = || {
        let folder = disk.join("sealed");
        SealedStore::new(&folder, &home.journals(), KeySource::File(home.key()))
    };
    let (one, two) = (record(&account(1), 1, "one", 1), record(&account(1), 2, "two", 2));
    store().save(&account(1), None, &one).expect("saved");
    let filler = disk.join("filler");
    let full = std::fs::File::create(&filler).and_then(|mut file| io::copy(&mut io::repeat(1), &mut file));
    assert_eq!(full.expect_err("the disk is full").kind(), io::ErrorKind::StorageFull);
    let refused = store().save(&account(1), Some(one.write_id), &two);
    assert!(matches!(refused, Err(StoreError::Disk(_))), "{refused:?}");
    let held = store().load(&account(1)).expect("read").expect("there");
    assert_eq!(held.write_id, one.write_id);
    std::fs::remove_file(filler).expect("room");
    store().save(&account(1), Some(one.write_id), &two).expect("saved");
    let held = store().load(&account(1)).expect("read").expect("there");
    assert_eq!(held.write_id, two.write_id);
}

#[test]
fn f41_of_two_copies_the_newer_counts() {
    let home = Home::new();
    let (one, two) = (record(&account(1), 1, "same", 1), record(&account(1), 2, "same", 2));
    save_all(&home, &[&one]);
    let first = std::fs::read(home.file(&account(1))).expect("bytes");
    home.store().save(&account(1), Some(one.write_id), &two).expect("saved");
    let three = record(&account(1), 3, "same", 3);
    home.store().save(&account(1), Some(two.write_id), &three).expect("saved");
    std::fs::write(home.file(&account(1)), first).expect("an older copy");
    let found = home.store().load(&account(1)).expect("read").expect("there");
    assert_eq!(found.write_id, two.write_id);
}
