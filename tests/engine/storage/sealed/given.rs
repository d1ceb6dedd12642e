//! What may lie where the key is said to be. A named pipe, a device or a folder must not make anybody wait; a pipe that the
//! process was handed is read once.

use std::fs;
use std::io::{PipeReader, Write as _, pipe};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use lamplighter_core::record::{KeyTrouble, SessionStore as _, StoreError};
use lamplighter_engine::store::KeySource;
use lamplighter_engine::store::sealed::is_new;
use lamplighter_engine::store::sealed::key::is_beside;

use super::{Home, account, record};

const PASSPHRASE: &[u8] = b"correct horse";

fn trouble(home: &Home, source: KeySource) -> KeyTrouble {
    let new = record(&account(1), 1, "one", 1);
    match home.store_with(source).save(&account(1), None, &new) {
        Err(StoreError::Key(trouble)) => trouble,
        other => panic!("{other:?}"),
    }
}

fn name_of(read: &PipeReader) -> PathBuf {
    PathBuf::from(format!("/dev/fd/{}", read.as_raw_fd()))
}

#[test]
fn a_named_pipe_a_device_or_a_folder_is_refused_at_once_and_never_waited_for() {
    let home = Home::new();
    let fifo = home.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("every Unix has it").success());
    let link = home.path().join("link");
    std::os::unix::fs::symlink(&fifo, &link).expect("a link");
    for path in [fifo.as_path(), &link, Path::new("/dev/zero"), Path::new("/dev/null"), home.path()] {
        let name = path.display().to_string();
        for source in [KeySource::File, KeySource::PassphraseFile, KeySource::Credential] {
            assert_eq!(trouble(&home, source(path.to_owned())), KeyTrouble::NotAFile(name.clone()));
        }
    }
    assert!(!home.folder().exists(), "nothing was made");
}

#[test]
fn a_pipe_that_was_handed_over_is_read_once_and_its_passphrase_kept_for_every_store_of_the_process() {
    let home = Home::new();
    let (read, mut write) = pipe().expect("a pipe");
    write.write_all(&[PASSPHRASE, b"\n"].concat()).expect("written");
    drop(write);
    let source = || KeySource::PassphraseFile(name_of(&read));
    home.store_with(source()).save(&account(1), None, &record(&account(1), 1, "one", 1)).expect("saved");
    // The pipe is empty now.
    assert!(home.store_with(source()).load(&account(1)).expect("opens again").is_some());
    let typed = KeySource::Passphrase(lamplighter_core::secret::Secret::new(PASSPHRASE));
    assert!(home.store_with(typed).load(&account(1)).expect("the same").is_some());
}

#[test]
fn a_pipe_that_is_not_finished_says_so_and_what_came_of_it_is_not_lost() {
    let home = Home::new();
    let (read, mut write) = pipe().expect("a pipe");
    let (first, rest) = PASSPHRASE.split_at(7);
    write.write_all(first).expect("written");
    let source = || KeySource::PassphraseFile(name_of(&read));
    let name = name_of(&read).display().to_string();
    assert_eq!(trouble(&home, source()), KeyTrouble::NotYet(name));
    write.write_all(rest).expect("written");
    drop(write);
    home.store_with(source()).save(&account(1), None, &record(&account(1), 1, "one", 1)).expect("saved");
    let typed = KeySource::Passphrase(lamplighter_core::secret::Secret::new(PASSPHRASE));
    assert!(home.store_with(typed).load(&account(1)).expect("whole").is_some());
}

#[cfg(target_os = "linux")]
#[test]
fn what_comes_of_a_pipe_a_moment_later_is_waited_for() {
    let home = Home::new();
    let (read, mut write) = pipe().expect("a pipe");
    let (first, rest) = PASSPHRASE.split_at(7);
    write.write_all(first).expect("written");
    let mut store = home.store_with(KeySource::PassphraseFile(name_of(&read)));
    let (name, named) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        name.send(fs::read_link("/proc/thread-self").expect("a name")).expect("somebody waits");
        store.save(&account(1), None, &record(&account(1), 1, "one", 1))
    });
    let state = Path::new("/proc").join(named.recv().expect("named")).join("stat");
    let sleeps = || fs::read_to_string(&state).is_ok_and(|stat| stat.contains(") S "));
    let is_taken = || rustix::io::ioctl_fionread(&read).expect("the kernel tells") == 0;
    // Until it waits for more, or has ended.
    while !(reader.is_finished() || is_taken() && sleeps()) {
        std::thread::yield_now();
    }
    write.write_all(rest).expect("written");
    drop(write);
    reader.join().expect("no panic").expect("saved with all of it");
}

#[test]
fn a_passphrase_of_a_pipe_may_be_as_long_as_one_of_a_file() {
    for (length, is_one) in [(4_096, true), (4_097, false)] {
        let home = Home::new();
        let (read, mut write) = pipe().expect("a pipe");
        write.write_all(&vec![b'x'; length]).expect("written");
        drop(write);
        let source = KeySource::PassphraseFile(name_of(&read));
        let saved = home.store_with(source).save(&account(1), None, &record(&account(1), 1, "one", 1));
        assert_eq!(saved.is_ok(), is_one, "{length}: {saved:?}");
    }
}

/// Elsewhere such a name goes on where the last reader has stopped.
#[cfg(target_os = "linux")]
#[test]
fn what_was_handed_over_and_is_no_pipe_is_read_each_time_or_not_at_all() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    let path = home.path().join("passphrase");
    fs::write(&path, PASSPHRASE).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    let [file, device] =
        [path.as_path(), Path::new("/dev/null")].map(|path| fs::File::open(path).expect("opens"));
    let source = |file: &fs::File| KeySource::PassphraseFile(format!("/dev/fd/{}", file.as_raw_fd()).into());
    home.store_with(source(&file)).save(&account(1), None, &record(&account(1), 1, "one", 1)).expect("saved");
    fs::write(&path, "another one").expect("written");
    let opened = home.store_with(source(&file)).load(&account(1)).map(|found| found.is_some());
    assert_eq!(opened, Err(StoreError::Key(KeyTrouble::Wrong)), "what it says by now");
    let name = format!("/dev/fd/{}", device.as_raw_fd());
    assert_eq!(trouble(&home, source(&device)), KeyTrouble::NotAFile(name));
}

#[test]
fn a_pipe_that_is_empty_or_never_ends_is_told_from_one_that_gives_a_key() {
    let home = Home::new();
    let (read, write) = pipe().expect("a pipe");
    drop(write);
    let name = name_of(&read).display().to_string();
    assert_eq!(trouble(&home, KeySource::PassphraseFile(name_of(&read))), KeyTrouble::Drained(name));
    let (read, mut write) = pipe().expect("a pipe");
    write.write_all(&[b'x'; 5_000]).expect("written");
    let name = name_of(&read).display().to_string();
    assert_eq!(trouble(&home, KeySource::PassphraseFile(name_of(&read))), KeyTrouble::NoKey(name));
}

#[test]
fn files_whose_check_is_lost_ask_for_their_passphrase_and_not_for_a_new_one() {
    let home = Home::new();
    assert!(is_new(&home.folder()));
    super::save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    assert!(!is_new(&home.folder()));
    fs::remove_file(home.folder().join("key.check")).expect("gone");
    assert!(!is_new(&home.folder()), "the files say it");
    home.store().erase(&account(1)).expect("erased");
    assert!(is_new(&home.folder()), "nothing is left that has a key");
    super::save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    home.store().erase(&account(1)).expect("erased");
    assert!(is_new(&home.folder()), "a check of nothing asks for nothing");
}

#[test]
fn a_key_that_is_to_be_made_among_the_files_is_known_before_it_is_there() {
    let home = Home::new();
    assert!(is_beside(&home.folder().join("key"), &home.folder()), "there is no folder yet");
    fs::create_dir(home.folder()).expect("a folder");
    assert!(is_beside(&home.folder().join("key"), &home.folder()));
    assert!(is_beside(&home.journals().join("../sealed/key"), &home.folder()));
    assert!(!is_beside(&home.path().join("key"), &home.folder()));
    assert!(!is_beside(&home.path().join("sealed-key"), &home.folder()));
}
