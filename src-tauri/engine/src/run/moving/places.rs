//! In which stores the logins lie, for who wants to look.

use std::path::Path;

use lamplighter_core::id::AccountName;
use lamplighter_core::record::{StoreError, StoreKind};
use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;

use super::super::configuration::Configuration;
use super::unseen::is_to_be_told;
use crate::store::OfKind;

/// Where one account's login lies.
#[derive(Debug)]
pub struct Place {
    /// Whose it is.
    pub account: AccountName,
    /// Stores that hold it, readable or not. More than one after a move that was interrupted.
    pub stores: Vec<StoreKind>,
    /// Stores that did not say whether they hold it.
    pub unseen: Vec<(StoreKind, StoreError)>,
}

/// Where the logins of all accounts lie.
///
/// # Errors
/// If the configuration cannot be used.
pub fn places(config: &Path, stores: &mut [OfKind], lang: Lang) -> Result<Vec<Place>, Notice> {
    let configuration = Configuration::read(config.to_owned(), lang)?;
    if let Some(broken) = configuration.notice(lang) {
        return Err(broken);
    }
    let mut places = Vec::new();
    for (account, settings) in &configuration.config.accounts {
        let mut place = Place { account: account.clone(), stores: Vec::new(), unseen: Vec::new() };
        for (kind, store) in &mut *stores {
            match store.load(&settings.id) {
                // Sealed files are asked for their key only if there is one of the account.
                Ok(Some(_))
                | Err(StoreError::Corrupt(_) | StoreError::NewerFormat(_) | StoreError::Key(_)) => {
                    place.stores.push(*kind);
                }
                Ok(None) => {}
                Err(error) => place.unseen.extend(is_to_be_told(&error).then_some((*kind, error))),
            }
        }
        places.push(place);
    }
    Ok(places)
}
