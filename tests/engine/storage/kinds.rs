//! Which stores a system has, what each takes, and what goes through the thread that owns one.

use std::sync::mpsc;

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, StoreKind};
use lamplighter_core::text::Lang;
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::store::{KeySource, Places, Slots, StoreThread, Stores, kinds};
use zeroize::Zeroizing;

use super::keychain::account;

#[test]
fn every_system_has_a_keyring_and_sealed_files_and_linux_has_the_kernels_too() {
    let all: Vec<StoreKind> = kinds().collect();
    for kind in [StoreKind::Keyring, StoreKind::Sealed] {
        assert!(all.contains(&kind), "{all:?}");
    }
    assert_eq!(all.contains(&StoreKind::Keyutils), cfg!(target_os = "linux"));
    assert_eq!(all.len(), if cfg!(target_os = "linux") { 3 } else { 2 }, "{all:?}");
}

#[test]
fn a_login_is_looked_for_in_every_store_but_the_one_that_is_used() {
    let root = tempfile::tempdir().expect("a folder");
    let env = Env { root: Some(root.path().to_owned()), ..Env::default() };
    let paths = Paths::resolve(&env, Lang::En).expect("a root is all it needs");
    for kind in kinds() {
        let stores = Stores::of(kind, &Places::of(&paths), KeySource::Unnamed);
        assert_eq!(stores.kind, kind);
        let elsewhere: Vec<StoreKind> = stores.elsewhere.iter().map(|(other, _)| *other).collect();
        assert_eq!(elsewhere, kinds().filter(|other| *other != kind).collect::<Vec<_>>());
    }
}

/// Slots that say nothing of themselves but what they have to.
struct Bare;

impl Slots for Bare {
    fn get(&mut self, _name: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError> {
        Ok(Vec::new())
    }

    fn set(&mut self, _name: &str, _text: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn remove(&mut self, _name: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

#[test]
fn slots_have_no_limit_and_no_lock_unless_they_say_so() {
    assert_eq!(Bare.limit(), None);
    assert_eq!(Bare.unlock(), Ok(()));
}

/// Tells what it was asked to set aside.
struct Told(mpsc::Sender<AccountId>);

impl SessionStore for Told {
    fn load(&mut self, _: &AccountId) -> Result<Option<Record>, StoreError> {
        Ok(None)
    }

    fn save(&mut self, _: &AccountId, _: Option<WriteId>, _: &Record) -> Result<(), StoreError> {
        Ok(())
    }

    fn delete(&mut self, _: &AccountId) -> Result<(), StoreError> {
        Ok(())
    }

    fn set_aside(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.0.send(account.clone()).expect("the test lives");
        Err(StoreError::Denied("not now".to_owned()))
    }
}

#[tokio::test]
async fn f42_what_is_set_aside_is_set_aside_by_the_store_itself_and_its_answer_comes_back() {
    let (told, asked) = mpsc::channel();
    let (thread, _late) = StoreThread::start(Box::new(Told(told))).expect("a thread");
    assert_eq!(thread.set_aside(&account()).await, Err(StoreError::Denied("not now".to_owned())));
    assert_eq!(asked.try_recv(), Ok(account()));
}
