//! A record comes back from its bytes as it was, and what is no record of ours is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lamplighter_core::id::{AccountId, ChainName, Generation, WriteId};
use lamplighter_core::jar::Jar;
use lamplighter_core::record::{
    FORMAT, Held, Material, Record, StorageArea, StorageItem, StoreError, decode, encode,
};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::{BootTime, Expiry, Now, Timestamp};
use proptest::prelude::*;

const NOW: Now = Now { wall: Timestamp(1_800_000_000_000), boot: BootTime { boot: 7, ms: 5_000 } };

fn held(value: &[u8]) -> Held {
    Held {
        value: Secret::new(value),
        got: NOW,
        expiry: Some(Expiry::after(Duration::from_millis(900_001), NOW, Some(Timestamp(3)))),
    }
}

fn material(generation: u64, value: &[u8]) -> Material {
    let mut jar = Jar::default();
    let at = url::Url::parse("https://a.example/").expect("valid");
    jar.receive(&at, b"sid=\xff1; Secure; HttpOnly; Max-Age=60; SameSite=Lax", NOW.wall);
    let name = |text: &str| text.parse().expect("a valid name");
    Material {
        is_proven: generation.is_multiple_of(2),
        jar,
        storage: vec![StorageItem {
            origin: "https://a.example".to_owned(),
            area: StorageArea::Session,
            key: "quo\"ted".to_owned(),
            value: Secret::new(value),
        }],
        tokens: BTreeMap::from([("access".parse().expect("valid"), held(value))]),
        credentials: BTreeMap::from([(name("main"), held(value))]),
        vars: BTreeMap::from([("team".parse().expect("valid"), Held { expiry: None, ..held(b"T1") })]),
        user_agent: Some("Mozilla/5.0".to_owned()),
        languages: None,
        spent: BTreeSet::from([name("main")]),
        replays: BTreeMap::from([(ChainName::main(), 2)]),
        ..Material::empty(Generation(generation))
    }
}

fn record(value: &[u8]) -> Record {
    Record {
        account: AccountId::from_random([7; 16]),
        write_id: WriteId([9; 16]),
        login: Some(WriteId([8; 16])),
        provider: "slack".parse().expect("valid"),
        hosts: vec!["slack.com".to_owned(), "*.slack.com".to_owned()],
        identity: Some("T1 U1 é".to_owned()),
        journal_key: Secret::new([3_u8; 32]),
        secrets: BTreeMap::from([("client_secret".parse().expect("valid"), Secret::new(value))]),
        current: material(5, value),
        proven: Some(material(4, b"older")),
    }
}

/// The record as text with one member changed.
fn edited(edit: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> Vec<u8> {
    let mut value: serde_json::Value = serde_json::from_slice(&encode(&record(b"t"))).expect("JSON");
    edit(value.as_object_mut().expect("an object"));
    value.to_string().into_bytes()
}

#[test]
fn f53_a_newer_format_is_refused_before_anything_else_is_read() {
    let newer = edited(|record| {
        record.clear();
        record.insert("format".to_owned(), (FORMAT + 1).into());
    });
    assert_eq!(decode(&newer).err(), Some(StoreError::NewerFormat(FORMAT + 1)));
}

#[test]
fn f53_fields_that_this_version_does_not_know_are_left_out() {
    let more = edited(|record| _ = record.insert("colour".to_owned(), "red".into()));
    let read = decode(&more).expect("still a record");
    assert_eq!(*encode(&read), *encode(&record(b"t")));
}

#[test]
fn f42_bytes_that_are_no_record_are_corrupt() {
    let whole = encode(&record(b"token"));
    for end in 0..whole.len() {
        assert!(matches!(decode(&whole[..end]).err(), Some(StoreError::Corrupt(_))), "cut at {end}");
    }
    let lacks = edited(|record| _ = record.remove("journal_key"));
    assert!(matches!(decode(&lacks).err(), Some(StoreError::Corrupt(_))));
}

#[test]
fn t11_what_is_said_of_a_broken_record_holds_nothing_of_it() {
    let broken = edited(|record| _ = record.insert("hosts".to_owned(), "canary-5f2c".into()));
    let said = decode(&broken).err().expect("refused").to_string();
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn a_duplicate_is_the_same_record() {
    let record = record(b"token");
    assert_eq!(*encode(&record.duplicate()), *encode(&record));
}

proptest! {
    #[test]
    fn f37_every_record_comes_back_as_it_was(value in any::<Vec<u8>>()) {
        let bytes = encode(&record(&value));
        let read = decode(&bytes).expect("what we write can be read");
        prop_assert_eq!(&*encode(&read), &*bytes);
        prop_assert!(read.current.tokens.values().all(|held| held.value.expose() == value));
        prop_assert_eq!(read.write_id, WriteId([9; 16]));
        prop_assert!(read.current.jar.digest() == record(&value).current.jar.digest());
    }

    #[test]
    fn f42_no_bytes_make_the_decoder_panic(bytes in any::<Vec<u8>>()) {
        prop_assert!(decode(&bytes).is_err());
    }
}
