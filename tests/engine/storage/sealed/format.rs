//! Files of format 1, as the first version wrote them: whoever changes a byte of the format has to know that such files
//! are there.

use std::fs;

use lamplighter_core::id::ChainName;
use lamplighter_core::record::{KeyTrouble, Record, SessionStore as _, StoreError};
use lamplighter_core::secret::Secret;
use lamplighter_engine::store::KeySource;

use super::{Home, account};

const CHECK: &[u8] = include_bytes!("format_1/key.check");
const CURRENT: &[u8] = include_bytes!("format_1/current.sealed");
const OLDER: &[u8] = include_bytes!("format_1/older.sealed");

fn typed(text: &str) -> KeySource {
    KeySource::Passphrase(Secret::from(text))
}

fn credential(record: &Record) -> &str {
    record.current.credentials[&ChainName::main()].value.expose_str().expect("text")
}

/// A home with these files of one account, and nothing else in it.
fn home(files: &[(&str, &[u8])]) -> Home {
    let home = Home::new();
    fs::create_dir(home.folder()).expect("a folder");
    for (name, bytes) in files {
        fs::write(home.folder().join(name.replace("ID", account(1).as_str())), bytes).expect("written");
    }
    home
}

#[test]
fn f42_a_file_of_format_1_opens_with_its_check_and_without() {
    for files in [
        &[("key.check", CHECK), ("ID.sealed", CURRENT), ("ID.sealed.older", OLDER)][..],
        &[("ID.sealed", CURRENT)],
    ] {
        let home = home(files);
        let there = home.store_with(typed("correct horse")).load(&account(1)).expect("opens").expect("there");
        assert_eq!((credential(&there), there.current.generation.0), ("the-credential", 8));
        assert!(there.current.spent.is_empty(), "the older one names it as what took its place");
        let wrong = home.store_with(typed("wrong horse")).load(&account(1)).err();
        assert_eq!(wrong, Some(StoreError::Key(KeyTrouble::Wrong)));
    }
}

#[test]
fn f42_an_older_file_of_format_1_says_that_nothing_of_it_was_spent() {
    let home = home(&[("ID.sealed", b"damaged"), ("ID.sealed.older", OLDER)]);
    let there = home.store_with(typed("correct horse")).load(&account(1)).expect("opens").expect("there");
    assert_eq!((credential(&there), there.current.generation.0), ("the-credential", 7));
}
