//! A store as named slots of text: all that keychains have in common.

use lamplighter_core::record::StoreError;
use zeroize::Zeroizing;

/// Named slots, each of which holds some text. Blocking.
pub trait Slots: Send {
    /// What the slot holds; `None` if there is no such slot. Several where the store has several slots of that
    /// name (F41), which is more than it should have.
    ///
    /// # Errors
    /// If the store cannot say.
    fn get(&mut self, name: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError>;

    /// Makes the slot hold `text` and nothing else; makes the slot if there is none.
    ///
    /// # Errors
    /// If it is not certain that it does.
    fn set(&mut self, name: &str, text: &[u8]) -> Result<(), StoreError>;

    /// Removes all slots of that name; done if there is none.
    ///
    /// # Errors
    /// If it is not certain that they are gone.
    fn remove(&mut self, name: &str) -> Result<(), StoreError>;

    /// Most bytes that a slot takes, where there is a limit.
    fn limit(&self) -> Option<usize> {
        None
    }

    /// Makes what was set survive a power loss, as far as that is ours to do.
    ///
    /// # Errors
    /// If that is not certain.
    fn settle(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Asks the person to unlock the store and waits for the answer.
    ///
    /// # Errors
    /// [`StoreError::Declined`] if the person does not.
    fn unlock(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}
