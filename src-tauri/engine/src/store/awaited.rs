//! A store of which it is not known yet which one it is: until then nothing is read, written or asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError};

type Slot = Arc<Mutex<Option<Box<dyn SessionStore>>>>;

/// Stands for the store until it is named; from then on it is that one.
pub struct Awaited(Slot);

/// The one who names it, once.
pub struct Naming(Slot);

impl Awaited {
    /// Nothing is known yet.
    pub fn new() -> (Self, Naming) {
        let slot = Slot::default();
        (Self(slot.clone()), Naming(slot))
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut dyn SessionStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match lock(&self.0).as_mut() {
            Some(store) => work(&mut **store),
            None => Err(StoreError::Absent("it is not known yet where logins are kept".to_owned())),
        }
    }
}

impl Naming {
    /// It is this one.
    pub fn is(self, store: Box<dyn SessionStore>) {
        *lock(&self.0) = Some(store);
    }
}

fn lock(slot: &Slot) -> MutexGuard<'_, Option<Box<dyn SessionStore>>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SessionStore for Awaited {
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        self.with(|store| store.load(account))
    }

    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError> {
        self.with(|store| store.save(account, expected, record))
    }

    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.with(|store| store.delete(account))
    }

    fn set_aside(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.with(|store| store.set_aside(account))
    }

    fn erase(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.with(|store| store.erase(account))
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        self.with(|store| store.settle())
    }

    fn unlock(&mut self) -> Result<(), StoreError> {
        self.with(|store| store.unlock())
    }
}
