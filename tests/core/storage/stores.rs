//! What every store has in common.

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, StoreKind};

#[test]
fn only_the_kernels_keyring_forgets() {
    assert!(StoreKind::Keyutils.forgets());
    assert!(!StoreKind::Keyring.forgets());
}

/// A store that cannot move anything.
struct Fixed;

impl SessionStore for Fixed {
    fn load(&mut self, _: &AccountId) -> Result<Option<Record>, StoreError> {
        Ok(None)
    }

    fn save(&mut self, _: &AccountId, _: Option<WriteId>, _: &Record) -> Result<(), StoreError> {
        Ok(())
    }

    fn delete(&mut self, _: &AccountId) -> Result<(), StoreError> {
        Ok(())
    }
}

#[test]
fn f42_a_store_that_cannot_set_aside_says_so() {
    let account = AccountId::from_random([7; 16]);
    assert!(matches!(Fixed.set_aside(&account), Err(StoreError::Corrupt(_))));
}
