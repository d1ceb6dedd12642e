//! A folder of sealed files that is not there for a while: nobody takes that for logins which are gone (F39).

use std::fs;

use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_engine::store::SealedStore;
use lamplighter_engine::store::sealed::is_new;

use super::{Home, account, found, record, save_all};

fn all_say_so(home: &Home, store: &mut SealedStore, who: &str) {
    let away = StoreError::NoFolder(home.folder().display().to_string());
    let two = record(&account(1), 2, "two", 2);
    let one = record(&account(1), 1, "one", 1);
    assert_eq!(store.load(&account(1)).err(), Some(away.clone()), "{who}");
    assert_eq!(
        store.load(&account(2)).err(),
        Some(away.clone()),
        "{who}: whose files are there nobody knows"
    );
    assert_eq!(store.save(&account(1), Some(one.write_id), &two), Err(away.clone()), "{who}");
    assert_eq!(store.save(&account(2), None, &two), Err(away.clone()), "{who}: a new one");
    assert_eq!(store.delete(&account(1)), Err(away.clone()), "{who}");
    assert_eq!(store.erase(&account(1)), Err(away.clone()), "{who}");
    assert_eq!(store.set_aside(&account(1)), Err(away.clone()), "{who}");
    assert_eq!(store.settle(), Err(away), "{who}");
    assert!(!home.folder().exists(), "{who}: no empty one hides it");
}

#[test]
fn f39_a_folder_of_sealed_files_that_is_away_is_not_there_and_not_empty() {
    let home = Home::new();
    let elsewhere = home.path().join("elsewhere");
    let mut first = home.store();
    assert_eq!(first.load(&account(1)).expect("none was ever sealed").map(|_| ()), None);
    first.delete(&account(1)).expect("nothing is there");
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    let mut knows = home.store();
    assert!(knows.load(&account(1)).expect("it opens").is_some());
    fs::rename(home.folder(), &elsewhere).expect("moved");
    all_say_so(&home, &mut knows, "one that has seen it");
    all_say_so(&home, &mut home.store(), "one that was started meanwhile");
    assert!(!is_new(&home.folder()), "a passphrase is no new one");
    fs::rename(&elsewhere, home.folder()).expect("moved back");
    assert!(knows.load(&account(1)).expect("it opens").is_some());
    assert_eq!(found(&home, &account(1)), "one");
    assert_eq!(knows.load(&account(2)).expect("it can be looked at").map(|_| ()), None);
}

/// Files of an earlier version: nothing was noted of them.
#[test]
fn f39_a_folder_that_was_seen_to_hold_something_is_missed_without_any_note_of_it() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1)]);
    fs::remove_file(home.path().join("sealed.in-use")).expect("a note");
    let mut store = home.store();
    assert!(store.load(&account(1)).expect("it opens").is_some());
    fs::rename(home.folder(), home.path().join("elsewhere")).expect("moved");
    all_say_so(&home, &mut store, "one that has seen it");
}

#[test]
fn f39_a_folder_in_which_nothing_is_sealed_any_more_may_go_and_one_put_in_its_place_is_looked_at() {
    let home = Home::new();
    let one = record(&account(1), 1, "one", 1);
    save_all(&home, &[&one]);
    let mut store = home.store();
    store.delete(&account(1)).expect("removed");
    fs::remove_dir_all(home.folder()).expect("removed");
    assert_eq!(store.load(&account(1)).expect("there is none").map(|_| ()), None);
    assert_eq!(home.store().load(&account(1)).expect("there is none").map(|_| ()), None);
    store.save(&account(1), None, &one).expect("and it is made anew");
    fs::remove_dir_all(home.folder()).expect("removed");
    fs::create_dir(home.folder()).expect("by hand");
    assert_eq!(home.store().load(&account(1)).expect("it can be looked at").map(|_| ()), None);
}
