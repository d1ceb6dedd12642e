//! The platform's keychain as slots: `keyring::Entry` over a store that we open, and open again after every
//! failure. The crate's own way opens it once per process and keeps a failed start for ever: a keychain that is
//! not up yet when the desktop starts, or restarts, would stay lost.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Error};
use lamplighter_core::record::StoreError;
use zeroize::Zeroizing;

use super::Slots;
#[cfg(all(unix, not(target_os = "macos")))]
use super::secret_service::SecretService;

/// The platform's keychain.
pub struct Platform {
    service: String,
    open: Option<Arc<CredentialStore>>,
    #[cfg(all(unix, not(target_os = "macos")))]
    gate: SecretService,
}

impl Platform {
    /// Entries of this service. Opens nothing yet.
    pub fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            open: None,
            #[cfg(all(unix, not(target_os = "macos")))]
            gate: SecretService::default(),
        }
    }

    /// Does `work` on the entry of `name`. If a store that was opened earlier fails, its service may only have
    /// been restarted: then it is opened again and asked once more. All that is done here can be done twice.
    fn with<T>(
        &mut self,
        name: &str,
        mut work: impl FnMut(&keyring::Entry) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.refuse_if_locked(name)?;
        loop {
            // Elsewhere there is no service to restart, and asking again could prompt again.
            let was_open = self.open.is_some() && cfg!(all(unix, not(target_os = "macos")));
            match self.entry(name).and_then(|entry| work(&entry)) {
                Ok(done) => return Ok(done),
                Err(error) => {
                    self.open = None;
                    if !was_open || !matches!(error, Error::PlatformFailure(_)) {
                        return Err(told(error));
                    }
                }
            }
        }
    }

    fn entry(&mut self, name: &str) -> Result<keyring::Entry, Error> {
        let store = match &self.open {
            Some(store) => store,
            None => self.open.insert(open()?),
        };
        let label = format!("Lamplighter ({name})");
        let modifiers = modifiers(&label);
        Ok(keyring::Entry { inner: store.build(&self.service, name, Some(&modifiers))? })
    }

    /// A locked keychain answers with a prompt and blocks for ever; so it is asked first, where it can be.
    fn refuse_if_locked(&mut self, name: &str) -> Result<(), StoreError> {
        #[cfg(all(unix, not(target_os = "macos")))]
        self.gate.refuse_if_locked(&[("service", &self.service), ("username", name)])?;
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        let _ = name;
        Ok(())
    }
}

impl Slots for Platform {
    fn get(&mut self, name: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError> {
        self.with(name, |entry| match entry.get_secret() {
            Ok(text) => Ok(vec![Zeroizing::new(text)]),
            Err(Error::NoEntry) => Ok(Vec::new()),
            Err(Error::Ambiguous(several)) => {
                several.iter().map(|one| one.get_secret().map(Zeroizing::new)).collect()
            }
            Err(error) => Err(error),
        })
    }

    fn set(&mut self, name: &str, text: &[u8]) -> Result<(), StoreError> {
        self.with(name, |entry| match entry.set_secret(text) {
            Err(Error::Ambiguous(several)) => {
                let (first, others) = several.split_first().ok_or(Error::NoEntry)?;
                first.set_secret(text)?;
                others.iter().try_for_each(keyring_core::Entry::delete_credential)
            }
            other => other,
        })
        .map_err(|error| match error {
            StoreError::TooLarge { .. } => StoreError::TooLarge { bytes: text.len() },
            other => other,
        })
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        self.with(name, |entry| match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(Error::Ambiguous(several)) => {
                several.iter().try_for_each(keyring_core::Entry::delete_credential)
            }
            Err(error) => Err(error),
        })
    }

    fn limit(&self) -> Option<usize> {
        // CRED_MAX_CREDENTIAL_BLOB_SIZE is 2,560 bytes; a multiple of four keeps base64 whole.
        cfg!(windows).then_some(2_400)
    }

    /// A keyring of Linux is a file that its service syncs; the name of it, in its folder, that service does not.
    fn settle(&mut self) -> Result<(), StoreError> {
        #[cfg(target_os = "linux")]
        rustix::fs::sync();
        Ok(())
    }

    fn unlock(&mut self) -> Result<(), StoreError> {
        #[cfg(all(unix, not(target_os = "macos")))]
        self.gate.unlock()?;
        self.open = None;
        Ok(())
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn modifiers(label: &str) -> HashMap<&str, &str> {
    HashMap::from([("label", label)])
}

#[cfg(target_os = "macos")]
fn modifiers(_label: &str) -> HashMap<&str, &str> {
    HashMap::new()
}

/// Windows would let an entry roam to other machines, where it could be spent a second time.
#[cfg(windows)]
fn modifiers(_label: &str) -> HashMap<&str, &str> {
    HashMap::from([("persistence", "Local")])
}

/// What the store said, as one of our states. Never prints what an entry holds.
fn told(error: Error) -> StoreError {
    #[cfg(target_os = "macos")]
    if let Some(known) = keychain_code(&error) {
        return known;
    }
    match error {
        // On Linux: locked meanwhile, or the person dismissed the prompt.
        Error::NoStorageAccess(_) if cfg!(all(unix, not(target_os = "macos"))) => StoreError::Locked,
        Error::NoStorageAccess(why) => StoreError::Denied(why.to_string()),
        Error::PlatformFailure(why) => StoreError::Absent(why.to_string()),
        Error::TooLong(_, most) => StoreError::TooLarge { bytes: most as usize },
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => {
            StoreError::Corrupt("the keychain cannot read its own entry".to_owned())
        }
        other => StoreError::Denied(other.to_string()),
    }
}

/// Codes of macOS's keychain that mean one of our states.
#[cfg(target_os = "macos")]
fn keychain_code(error: &Error) -> Option<StoreError> {
    let (Error::PlatformFailure(why) | Error::NoStorageAccess(why)) = error else { return None };
    match why.downcast_ref::<security_framework::base::Error>()?.code() {
        // errSecInteractionNotAllowed: locked, and nobody to ask.
        -25308 => Some(StoreError::Locked),
        // errSecAuthFailed, errSecUserCanceled
        -25293 | -128 => Some(StoreError::Denied(why.to_string())),
        // errSecNotAvailable, errSecNoSuchKeychain, errSecInvalidKeychain
        -25291 | -25294 | -25295 => Some(StoreError::Absent(why.to_string())),
        _ => None,
    }
}
