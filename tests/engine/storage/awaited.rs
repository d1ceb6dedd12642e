//! Whoever stands before a store asks it what they were asked, and answers what it says: a store that is not known yet,
//! and the thread that it lives on.

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError};
use lamplighter_engine::store::{Awaited, StoreThread};

use super::keychain::{account, record, write_id};

/// Refuses everything, and says what it was.
struct Refusing;

fn no<T>(what: &str) -> Result<T, StoreError> {
    Err(StoreError::Denied(what.to_owned()))
}

impl SessionStore for Refusing {
    fn load(&mut self, _: &AccountId) -> Result<Option<Record>, StoreError> {
        no("load")
    }

    fn save(&mut self, _: &AccountId, _: Option<WriteId>, _: &Record) -> Result<(), StoreError> {
        no("save")
    }

    fn delete(&mut self, _: &AccountId) -> Result<(), StoreError> {
        no("delete")
    }

    fn erase(&mut self, _: &AccountId) -> Result<(), StoreError> {
        no("erase")
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        no("settle")
    }

    fn set_aside(&mut self, _: &AccountId) -> Result<(), StoreError> {
        no("set_aside")
    }

    fn unlock(&mut self) -> Result<(), StoreError> {
        no("unlock")
    }
}

/// What it says to each question.
fn asked(store: &mut dyn SessionStore) -> Vec<StoreError> {
    let results = [
        store.load(&account()).map(drop),
        store.save(&account(), Some(write_id(1)), &record(2, 10)),
        store.delete(&account()),
        store.erase(&account()),
        store.set_aside(&account()),
        store.settle(),
        store.unlock(),
    ];
    results.into_iter().map(|result| result.expect_err("refused")).collect()
}

const ALL: [&str; 7] = ["load", "save", "delete", "erase", "set_aside", "settle", "unlock"];

#[test]
fn f63_a_store_that_is_not_known_yet_promises_nothing_and_then_does_what_it_is_asked() {
    let (mut store, naming) = Awaited::new();
    for said in asked(&mut store) {
        assert!(matches!(said, StoreError::Absent(_)), "{said:?}");
    }
    naming.is(Box::new(Refusing));
    assert_eq!(asked(&mut store), ALL.map(|what| StoreError::Denied(what.to_owned())));
}

#[tokio::test]
async fn f39_the_thread_of_a_store_asks_it_everything_and_says_what_it_says() {
    let (thread, _late) = StoreThread::start(Box::new(Refusing)).expect("a thread");
    let results = [
        thread.load(&account()).await.map(drop),
        thread.save(&account(), None, record(2, 10)).await,
        thread.delete(&account()).await,
        thread.erase(&account()).await,
        thread.set_aside(&account()).await,
        thread.unlock().await,
    ];
    let all = ALL.into_iter().filter(|what| *what != "settle").map(no);
    assert_eq!(results.to_vec(), all.collect::<Vec<_>>());
}
