//! The Linux kernel's keyring of the user (`@u`) as slots, for servers: memory that is never swapped out, is written to
//! a disk only by a machine that hibernates, and is gone with the next restart.
//!
//! Not the "persistent" keyring, which forgets what nobody touched for three days, and not the session's, which ends
//! with it: a login of which the token is good for a week would be lost in either.

use lamplighter_core::record::StoreError;
use zeroize::Zeroizing;

use super::Slots;

/// The kernel's keyring of this user.
pub struct Keyutils {
    service: String,
}

impl Keyutils {
    /// Keys of this service. Asks the kernel for nothing yet.
    pub fn new(service: &str) -> Self {
        Self { service: service.to_owned() }
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use linux_keyutils::{Key, KeyError, KeyPermissions, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier};
    use linux_keyutils::{KeyRingIdentifier as Id, Permission};

    use super::{Keyutils, Slots, StoreError, Zeroizing};

    /// The kernel takes 32,767 bytes as one key; a multiple of four keeps base64 whole.
    const LONGEST: usize = 32_000;
    /// What a user other than root gets where the kernel does not say.
    const USUAL_MOST: usize = 20_000;

    impl Keyutils {
        fn name(&self, slot: &str) -> String {
            format!("{}/{slot}", self.service)
        }

        fn find(&self, slot: &str) -> Result<Option<Key>, StoreError> {
            match ring()?.search(&self.name(slot)) {
                Ok(key) => Ok(Some(key)),
                Err(error) if is_gone(error) => Ok(None),
                Err(error) => Err(told(error)),
            }
        }
    }

    impl Slots for Keyutils {
        fn get(&mut self, name: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError> {
            let Some(key) = self.find(name)? else { return Ok(Vec::new()) };
            let mut text = Zeroizing::new(vec![0; usize::from(u16::MAX)]);
            match key.read(&mut *text) {
                Ok(length) => text.truncate(length),
                Err(error) if is_gone(error) => return Ok(Vec::new()),
                Err(error) => return Err(told(error)),
            }
            Ok(vec![text])
        }

        /// A key of that name gets the new text in one step; what does not fit leaves the old one as it is.
        fn set(&mut self, name: &str, text: &[u8]) -> Result<(), StoreError> {
            let key = ring()?.add_key(&self.name(name), text).map_err(|error| match error {
                KeyError::QuotaExceeded => StoreError::Quota { bytes: text.len(), most: most() },
                other => told(other),
            })?;
            // Until now only who has the key in a keyring of their own may read it; a service has none.
            key.set_perms(ours()).map_err(told)
        }

        fn remove(&mut self, name: &str) -> Result<(), StoreError> {
            let Some(key) = self.find(name)? else { return Ok(()) };
            // Its bytes count against the user until it is revoked, and a while longer if it is only unlinked.
            match key.revoke().and_then(|()| ring_of_user()?.unlink_key(key)) {
                Err(error) if !is_gone(error) => Err(told(error)),
                _ => Ok(()),
            }
        }

        fn limit(&self) -> Option<usize> {
            Some(LONGEST)
        }
    }

    /// The user's keyring. What is in it may be changed only by who possesses it: a service of systemd does not
    /// until it links it to the process.
    fn ring() -> Result<KeyRing, StoreError> {
        KeyRing::from_special_id(Id::Process, true)
            .and_then(|process| process.link_keyring_id(KeyRingIdentifier::User))
            .and_then(|()| ring_of_user())
            .map_err(told)
    }

    fn ring_of_user() -> Result<KeyRing, KeyError> {
        KeyRing::from_special_id(Id::User, true)
    }

    /// This user's processes, and nobody else's.
    fn ours() -> KeyPermissions {
        KeyPermissionsBuilder::builder().posessor(Permission::ALL).user(Permission::ALL).build()
    }

    fn is_gone(error: KeyError) -> bool {
        matches!(error, KeyError::KeyDoesNotExist | KeyError::KeyRevoked | KeyError::KeyExpired)
    }

    /// Most bytes of all keys of this user; the administrator sets it.
    fn most() -> usize {
        let file = if rustix::process::geteuid().is_root() { "root_maxbytes" } else { "maxbytes" };
        let said = std::fs::read_to_string(format!("/proc/sys/kernel/keys/{file}"));
        said.ok().and_then(|said| said.trim().parse().ok()).unwrap_or(USUAL_MOST)
    }

    fn told(error: KeyError) -> StoreError {
        let number = match error {
            KeyError::PermissionDenied => 1,
            KeyError::AccessDenied => 13,
            KeyError::OutOfMemory => 12,
            KeyError::Unknown(number) => number,
            other => return StoreError::NoKernel(format!("{other:?}")),
        };
        StoreError::NoKernel(std::io::Error::from_raw_os_error(number).to_string())
    }
}

#[cfg(not(target_os = "linux"))]
impl Slots for Keyutils {
    fn get(&mut self, _name: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError> {
        Err(self.nowhere())
    }

    fn set(&mut self, _name: &str, _text: &[u8]) -> Result<(), StoreError> {
        Err(self.nowhere())
    }

    fn remove(&mut self, _name: &str) -> Result<(), StoreError> {
        Err(self.nowhere())
    }
}

#[cfg(not(target_os = "linux"))]
impl Keyutils {
    fn nowhere(&self) -> StoreError {
        StoreError::NoKernel(format!("{}: not Linux", self.service))
    }
}
