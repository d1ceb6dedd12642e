//! The Credential Manager of Windows, as it is: an entry takes 2,560 bytes, and a record may have 64 KB.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Error};
use lamplighter_core::record::SessionStore as _;
use lamplighter_engine::store::Keychain;

use super::keychain::{account, generation, record, write_id};

/// A service that no other test uses, so that entries do not meet.
fn service(name: &str) -> String {
    format!("lamplighter-test-{}-{name}", std::process::id())
}

fn store() -> Arc<CredentialStore> {
    windows_native_keyring_store::Store::new().expect("every Windows has one")
}

/// Entry of a service.
fn entry(service: &str, name: &str) -> keyring_core::Entry {
    store().build(service, name, Some(&HashMap::from([("persistence", "Local")]))).expect("built")
}

/// How many parts of the record are there, in both sets.
fn parts(service: &str) -> usize {
    let names = ["a", "b"]
        .into_iter()
        .flat_map(|set| (0..112).map(move |part| format!("{}.{set}.{part}", account())));
    names.filter(|name| entry(service, name).get_secret().is_ok()).count()
}

#[test]
fn the_limit_that_records_are_split_for_is_the_real_one() {
    let entry = entry(&service("limit"), "one");
    entry.set_secret(&[b'a'; 2_560]).expect("2,560 bytes fit");
    let refused = entry.set_secret(&[b'a'; 2_561]).expect_err("one more does not");
    assert!(matches!(refused, Error::TooLong(_, 2_560)), "{refused}");
    entry.delete_credential().expect("removed");
}

#[test]
fn f37_a_record_of_64_kb_comes_back_whole_and_leaves_nothing() {
    let service = service("large");
    let mut keychain = Keychain::platform(&service);
    let mut before = None;
    for (generation_now, size) in [(1, 64 * 1024), (2, 10), (3, 64 * 1024), (4, 20 * 1024)] {
        keychain.save(&account(), before, &record(generation_now, size)).expect("saved");
        before = Some(write_id(generation_now));
        // Another store object, as after a restart.
        let found = Keychain::platform(&service).load(&account()).expect("read");
        let token = found.as_ref().and_then(|record| record.current.tokens.values().next());
        assert_eq!(token.map(|token| token.value.len()), Some(size));
        assert_eq!(generation(found), Some(generation_now));
    }
    let left = parts(&service);
    assert!((10..=40).contains(&left), "parts of older records are swept: {left}");
    keychain.delete(&account()).expect("deleted");
    assert_eq!(generation(Keychain::platform(&service).load(&account()).expect("read")), None);
    assert_eq!(parts(&service), 0);
}

#[test]
fn entries_stay_on_this_machine() {
    let service = service("roaming");
    let mut keychain = Keychain::platform(&service);
    keychain.save(&account(), None, &record(1, 10)).expect("saved");
    let kept = entry(&service, account().as_str()).get_attributes().expect("told");
    assert_eq!(kept["persistence"], "Local", "one that roams could be spent twice");
    keychain.delete(&account()).expect("deleted");
}
