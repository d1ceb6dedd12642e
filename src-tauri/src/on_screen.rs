//! Which notifications are on the screen, noted in a file for the next process: if this one is killed, their
//! buttons do nothing any more. The next one shows them anew in their place, or takes them away.
//!
//! A note is the server's number of a notification, and which server that was: another one's numbers are other
//! people's notifications.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest wait for a bus that does not answer; the app starts all the same.
const BUS_WITHIN: Duration = Duration::from_secs(3);

/// The notes.
pub struct OnScreen {
    path: PathBuf,
    noted: Mutex<Noted>,
}

#[derive(Default, Serialize, Deserialize)]
struct Noted {
    /// The server that gave the numbers.
    server: String,
    /// Its numbers, by our keys.
    numbers: BTreeMap<String, u32>,
}

impl OnScreen {
    /// What an earlier process noted in this file, if that is still on the screen.
    pub async fn read(path: PathBuf) -> Self {
        let text = std::fs::read(&path).unwrap_or_default();
        let mut noted: Noted = serde_json::from_slice(&text).unwrap_or_default();
        // The bus is asked only where there is something to ask for.
        if !noted.numbers.is_empty() {
            let server = tokio::time::timeout(BUS_WITHIN, bus::server()).await;
            if server.ok().flatten().as_ref() != Some(&noted.server) {
                noted = Noted::default();
            }
        }
        Self { path, noted: Mutex::new(noted) }
    }

    /// Keys of what is on the screen.
    pub fn keys(&self) -> BTreeSet<String> {
        self.noted().numbers.keys().cloned().collect()
    }

    /// The server's number.
    pub fn number(&self, key: &str) -> Option<u32> {
        self.noted().numbers.get(key).copied()
    }

    /// It is on the screen.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub async fn note(&self, key: &str, number: u32) {
        let Some(server) = bus::server().await else { return };
        let mut noted = self.noted();
        if noted.server != server {
            *noted = Noted { server, ..Noted::default() };
        }
        noted.numbers.insert(key.to_owned(), number);
        self.write(&noted);
    }

    /// It is on the screen no more.
    pub fn forget(&self, key: &str) {
        let mut noted = self.noted();
        if noted.numbers.remove(key).is_some() {
            self.write(&noted);
        }
    }

    /// The server is gone, and its numbers with it: another one gives them to other people's notifications.
    #[cfg(any(test, all(unix, not(target_os = "macos"))))]
    pub fn forget_all(&self) {
        let mut noted = self.noted();
        noted.numbers.clear();
        self.write(&noted);
    }

    /// Takes away what an earlier process left there.
    pub async fn close(&self, key: &str) {
        let number = self.number(key);
        self.forget(key);
        if let Some(number) = number {
            bus::close(number).await;
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, noted: &Noted) {
        let written = serde_json::to_vec(noted).map_err(std::io::Error::from);
        if let Err(error) = written.and_then(|text| std::fs::write(&self.path, text)) {
            tracing::debug!(%error, "what is on the screen is not noted");
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod bus {
    //! Desktop Notifications Specification, on the session bus.

    use zbus::{Connection, Proxy, fdo::DBusProxy};

    const NAME: &str = "org.freedesktop.Notifications";
    const PATH: &str = "/org/freedesktop/Notifications";

    /// Which server there is, if one runs: its bus, and its name there, which no other will ever have.
    pub async fn server() -> Option<String> {
        let bus = Connection::session().await.ok()?;
        let driver = DBusProxy::new(&bus).await.ok()?;
        let owner = driver.get_name_owner(NAME.try_into().ok()?).await.ok()?;
        Some(format!("{} {owner}", driver.get_id().await.ok()?))
    }

    /// Takes a notification away.
    pub async fn close(number: u32) {
        let closed = async {
            let bus = Connection::session().await?;
            Proxy::new(&bus, NAME, PATH, NAME).await?.call::<_, _, ()>("CloseNotification", &(number,)).await
        };
        if let Err(error) = closed.await {
            // Gone already is as good.
            tracing::debug!(%error, "a notification of an earlier process could not be taken away");
        }
    }
}

/// Elsewhere nothing is replaced or taken away.
#[cfg(not(all(unix, not(target_os = "macos"))))]
mod bus {
    pub async fn server() -> Option<String> {
        None
    }

    pub async fn close(_number: u32) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: PathBuf) -> OnScreen {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(OnScreen::read(path))
    }

    #[test]
    fn t22_the_numbers_of_a_server_that_is_gone_are_nobodys() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notifications.json");
        std::fs::write(&path, r#"{"server":"another bus :1.7","numbers":{"a:needs-you":3}}"#)
            .expect("written");
        assert_eq!(read(path.clone()).number("a:needs-you"), None);
        std::fs::write(&path, "half a fi").expect("written");
        assert!(read(path).keys().is_empty());
    }

    #[test]
    fn t22_with_its_server_all_that_is_noted_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notifications.json");
        let numbers = BTreeMap::from([("a:needs-you".to_owned(), 3), ("b:needs-you".to_owned(), 4)]);
        let noted = Mutex::new(Noted { server: "bus :1.7".to_owned(), numbers });
        let on_screen = OnScreen { path: path.clone(), noted };
        assert_eq!(on_screen.number("b:needs-you"), Some(4));
        on_screen.forget_all();
        assert_eq!((on_screen.number("a:needs-you"), on_screen.keys().len()), (None, 0));
        assert!(!std::fs::read_to_string(path).expect("written").contains("needs-you"));
    }
}
