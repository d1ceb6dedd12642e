//! Where the key comes from, and that no folder ever holds files of two keys.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use lamplighter_core::record::{KeyTrouble, SessionStore as _, StoreError};
use lamplighter_core::secret::Secret;
use lamplighter_engine::store::KeySource;
use lamplighter_engine::store::sealed::key::{CREDENTIAL, make_key_file};

use super::{Home, account, found, record, save_all};

fn close(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

fn trouble(home: &Home, source: KeySource) -> KeyTrouble {
    match home.store_with(source).load(&account(1)) {
        Err(StoreError::Key(trouble)) => trouble,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it opened"),
    }
}

#[test]
fn a_wrong_key_opens_nothing_and_never_makes_a_folder_of_two_keys() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    let other = home.path().join("other");
    make_key_file(&other).expect("a key");
    let before: Vec<_> =
        home.names().iter().map(|name| fs::read(home.folder().join(name)).expect("bytes")).collect();
    assert_eq!(trouble(&home, KeySource::File(other.clone())), KeyTrouble::Wrong);
    for number in [1, 2] {
        let new = record(&account(number), 2, "new", 9);
        let saved = home.store_with(KeySource::File(other.clone())).save(&account(number), None, &new);
        assert_eq!(saved, Err(StoreError::Key(KeyTrouble::Wrong)));
    }
    // Not without the check either: what is sealed tells the key.
    fs::remove_file(home.folder().join("key.check")).expect("gone");
    let new = record(&account(2), 2, "new", 9);
    let saved = home.store_with(KeySource::File(other)).save(&account(2), None, &new);
    assert_eq!(saved, Err(StoreError::Key(KeyTrouble::Wrong)));
    assert_eq!(found(&home, &account(1)), "one");
    home.store().save(&account(2), None, &new).expect("saved");
    assert_eq!(home.names().len(), before.len() + 1, "the check is there again");
}

/// What a head says can be written by anybody: only what a key opens proves it.
#[test]
fn t18_a_file_that_calls_itself_newer_makes_no_key_the_right_one() {
    use sha2::Digest as _;

    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    let mut bytes = fs::read(home.file(&account(1))).expect("a file");
    bytes[8..10].copy_from_slice(&9_u16.to_le_bytes());
    let sum = sha2::Sha256::digest(&bytes[..10]);
    bytes[10..18].copy_from_slice(&sum[..8]);
    fs::write(home.file(&account(3)), &bytes).expect("written");
    fs::remove_file(home.folder().join("key.check")).expect("gone");
    let other = home.path().join("other");
    make_key_file(&other).expect("a key");
    assert_eq!(trouble(&home, KeySource::File(other)), KeyTrouble::Wrong);
    assert_eq!(found(&home, &account(1)), "one");
}

#[test]
fn t18_while_the_check_is_whole_no_other_key_is_right_whatever_lies_there() {
    let (home, stranger) = (Home::new(), Home::new());
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    save_all(&stranger, &[&record(&account(2), 1, "two", 2)]);
    fs::copy(stranger.file(&account(2)), home.file(&account(2))).expect("copied");
    assert_eq!(trouble(&home, KeySource::File(stranger.key())), KeyTrouble::Wrong);
    assert_eq!(found(&home, &account(1)), "one");
}

#[test]
fn an_entry_that_cannot_be_read_keeps_no_passphrase_from_the_others() {
    let home = Home::new();
    let typed = || KeySource::Passphrase(Secret::from("correct horse"));
    home.store_with(typed()).save(&account(1), None, &record(&account(1), 1, "one", 1)).expect("saved");
    fs::create_dir(home.file(&account(2))).expect("a folder in a file's place");
    assert!(home.store_with(typed()).load(&account(1)).expect("opens").is_some());
}

#[test]
fn where_nothing_is_sealed_any_more_a_new_key_is_as_good_as_the_old_one() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    home.store().delete(&account(1)).expect("gone");
    let typed = || KeySource::Passphrase(Secret::from("correct horse"));
    let two = record(&account(2), 1, "two", 2);
    home.store_with(typed()).save(&account(2), None, &two).expect("saved");
    assert!(home.store_with(typed()).load(&account(2)).expect("opens").is_some());
    let old = home.store().load(&account(2));
    assert!(matches!(old, Err(StoreError::Key(KeyTrouble::Wrong))), "the check is of the new one");
}

#[test]
fn a_passphrase_file_that_is_empty_is_called_that_and_not_a_bad_key() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    let file = home.path().join("passphrase");
    for empty in ["", "\n", "\r\n"] {
        fs::write(&file, empty).expect("written");
        close(&file, 0o600);
        let trouble = trouble(&home, KeySource::PassphraseFile(file.clone()));
        assert_eq!(trouble, KeyTrouble::EmptyPassphrase(file.display().to_string()), "{empty:?}");
    }
}

#[test]
fn i7_a_passphrase_that_was_written_into_the_settings_is_not_repeated() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    for (said, expected) in [
        ("canary-horse", KeyTrouble::NotSaid),
        ("passphrase:canary-horse", KeyTrouble::NoPath),
        ("passphrase:", KeyTrouble::NoPath),
    ] {
        let trouble = trouble(&home, KeySource::new(None, Some(said)));
        assert_eq!(trouble, expected);
        assert!(!format!("{trouble} {trouble:?}").contains("canary"));
    }
}

#[test]
fn a_damaged_check_loses_nothing() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    for bytes in [b"".as_slice(), b"LAMPKEY1", &[0xff; 200]] {
        fs::write(home.folder().join("key.check"), bytes).expect("damaged");
        assert_eq!(found(&home, &account(1)), "one");
    }
}

#[test]
fn a_missing_key_says_which_file_and_the_logins_are_there_when_it_is_back() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    let aside = home.path().join("aside");
    fs::rename(home.key(), &aside).expect("gone");
    let name = home.key().display().to_string();
    let mut store = home.store();
    assert_eq!(store.load(&account(1)).err(), Some(StoreError::Key(KeyTrouble::Missing(name))));
    fs::rename(&aside, home.key()).expect("back");
    assert!(store.load(&account(1)).expect("the same store, without a restart").is_some());
    assert_eq!(trouble(&home, KeySource::Unnamed), KeyTrouble::Unnamed);
    assert_eq!(trouble(&home, KeySource::NoPassphrase), KeyTrouble::NoPassphrase);
    assert!(home.store_with(KeySource::Unnamed).load(&account(2)).expect("nothing is there").is_none());
}

#[test]
fn t18_a_key_file_that_others_can_open_is_refused() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    assert_eq!(
        fs::metadata(home.key()).expect("there").permissions().mode() & 0o7777,
        0o600,
        "as it is made"
    );
    for mode in [0o640, 0o604, 0o660, 0o601] {
        close(&home.key(), mode);
        let path = home.key().display().to_string();
        assert_eq!(trouble(&home, KeySource::File(home.key())), KeyTrouble::Open { path, mode });
    }
    for mode in [0o600, 0o400] {
        close(&home.key(), mode);
        assert_eq!(found(&home, &account(1)), "one");
    }
    // A link does not hide what it leads to.
    close(&home.key(), 0o644);
    let link = home.path().join("link");
    symlink(home.key(), &link).expect("linked");
    assert!(matches!(trouble(&home, KeySource::File(link)), KeyTrouble::Open { mode: 0o644, .. }));
}

#[test]
fn t18_a_key_that_lies_beside_what_it_seals_is_refused() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    let beside = home.folder().join("key");
    fs::copy(home.key(), &beside).expect("copied");
    let name = |path: &Path| path.display().to_string();
    assert_eq!(trouble(&home, KeySource::File(beside.clone())), KeyTrouble::Beside(name(&beside)));
    let roundabout = home.path().join("journals/../sealed/key");
    assert_eq!(trouble(&home, KeySource::File(roundabout.clone())), KeyTrouble::Beside(name(&roundabout)));
    let link = home.path().join("link");
    symlink(&beside, &link).expect("linked");
    assert_eq!(trouble(&home, KeySource::File(link.clone())), KeyTrouble::Beside(name(&link)));
}

#[test]
fn a_key_of_another_length_is_no_key() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    for length in [0, 31, 33, 64, 5000] {
        fs::write(home.key(), vec![7; length]).expect("written");
        let name = home.key().display().to_string();
        assert_eq!(trouble(&home, KeySource::File(home.key())), KeyTrouble::NoKey(name), "{length}");
    }
}

#[test]
fn a_key_file_is_made_once_and_never_over_another() {
    let home = Home::new();
    let key = fs::read(home.key()).expect("a key");
    assert_eq!(key.len(), 32);
    let error = make_key_file(&home.key()).expect_err("there is one");
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(home.key()).expect("a key"), key);
}

#[test]
fn a_passphrase_opens_what_it_sealed_and_another_does_not() {
    let home = Home::new();
    let typed = |text: &str| KeySource::Passphrase(Secret::from(text));
    let one = record(&account(1), 1, "one", 1);
    home.store_with(typed("correct horse")).save(&account(1), None, &one).expect("saved");
    assert!(home.store_with(typed("correct horse")).load(&account(1)).expect("opens").is_some());
    assert_eq!(trouble(&home, typed("wrong horse")), KeyTrouble::Wrong);
    assert_eq!(trouble(&home, typed("")), KeyTrouble::NoPassphrase);
    assert_eq!(trouble(&home, KeySource::File(home.key())), KeyTrouble::Wrong);
    // How the key is made is in every file: nothing is lost with the check.
    fs::remove_file(home.folder().join("key.check")).expect("gone");
    assert!(home.store_with(typed("correct horse")).load(&account(1)).expect("opens").is_some());
    assert_eq!(trouble(&home, typed("wrong horse")), KeyTrouble::Wrong);
    let file = home.path().join("passphrase");
    fs::write(&file, "correct horse\n").expect("written");
    close(&file, 0o600);
    assert!(
        home.store_with(KeySource::PassphraseFile(file.clone())).load(&account(1)).expect("opens").is_some()
    );
    close(&file, 0o644);
    assert!(matches!(trouble(&home, KeySource::PassphraseFile(file)), KeyTrouble::Open { .. }));
}

#[test]
fn the_services_credential_comes_before_the_settings() {
    let home = Home::new();
    let credentials = home.path().join("credentials");
    fs::create_dir(&credentials).expect("a folder");
    let said = home.key().display().to_string();
    let source = || KeySource::new(Some(&credentials), Some(&said));
    assert!(matches!(source(), KeySource::File(_)), "there is none of that name");
    fs::copy(home.key(), credentials.join(CREDENTIAL)).expect("copied");
    // systemd's access list for the service shows as the group's.
    close(&credentials.join(CREDENTIAL), 0o440);
    assert!(matches!(source(), KeySource::Credential(_)));
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    assert!(home.store_with(source()).load(&account(1)).expect("opens").is_some());
    let says = |said: &str| KeySource::new(None, Some(said));
    assert!(matches!(says("ask"), KeySource::NoPassphrase));
    assert!(matches!(says("passphrase:/dev/fd/3"), KeySource::PassphraseFile(_)));
    for nothing in ["key", "./key", "~/key"] {
        assert!(matches!(says(nothing), KeySource::NotSaid), "{nothing}");
    }
    for nothing in ["passphrase:here", "passphrase:"] {
        assert!(matches!(says(nothing), KeySource::NoPath), "{nothing}");
    }
}
