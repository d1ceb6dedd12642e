//! What the journal and the older file know of a record: whether it is the newest, and what of it was spent.

use std::fs;

use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::journal::{Entry, Place};
use lamplighter_core::record::SessionStore as _;
use lamplighter_core::secret::Secret;
use lamplighter_core::time::{Expiry, Timestamp};
use lamplighter_engine::journal::Journal;

use super::{Home, account, found, record, save_all};

/// As an attempt leaves it that was about to spend something of this generation and chain, and did not.
fn note(home: &Home, generation: u64, chain: ChainName) {
    let (mut journal, _) =
        Journal::open(&home.journals(), &account(1), &Secret::new([9; 32])).expect("a journal");
    journal.start_over().expect("made");
    let place = Place { chain, generation: Generation(generation), rung: 0, step: 0 };
    journal.append(&Entry::Unmark(place).encode()).expect("noted");
}

#[test]
fn f37_an_attempt_on_the_newest_record_does_not_make_it_an_older_one() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "c1", 1)]);
    note(&home, 1, ChainName::main());
    assert_eq!(found(&home, &account(1)), "c1", "what came of it is the journal's to tell");
    note(&home, 2, ChainName::main());
    assert_eq!(found(&home, &account(1)), "c1 spent", "there was a newer one");
}

#[test]
fn t18_every_chain_that_a_newer_record_had_counts_as_spent() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "c1", 1)]);
    let device: ChainName = "device".parse().expect("a name");
    note(&home, 2, device.clone());
    let there = home.store().load(&account(1)).expect("read").expect("there");
    assert!(there.current.spent.contains(&device), "though this record has nothing of it");
    assert!(there.current.spent.contains(&ChainName::main()));
}

#[test]
fn f42_the_same_credential_got_once_more_is_not_spent() {
    let home = Home::new();
    let (one, mut two) = (record(&account(1), 1, "same", 1), record(&account(1), 2, "same", 2));
    let held = two.current.credentials.get_mut(&ChainName::main()).expect("there");
    held.got.wall = Timestamp(60_000);
    held.expiry = Some(Expiry { life: std::time::Duration::from_secs(60), got: held.got, server_date: None });
    save_all(&home, &[&one, &two]);
    fs::write(home.file(&account(1)), b"nothing of ours").expect("damaged");
    assert_eq!(found(&home, &account(1)), "same");
}
