//! Whether anything on the session bus shows tray icons, and when that changes: a panel can come later than we
//! do, or be started again.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::names::BusName;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// Longest wait for a bus that does not answer; the app starts all the same.
const BUS_WITHIN: Duration = Duration::from_secs(3);

/// Tells `changed` whether tray icons are shown: before this returns, and whenever it changes. `false`: there is
/// no session bus, so they never will be.
pub fn follow(changed: impl Fn(bool) + Send + 'static) -> bool {
    let (first, answer) = channel();
    let watching = std::thread::Builder::new().name("tray watcher".to_owned()).spawn(move || {
        if let Err(error) = watch(&first, &changed) {
            tracing::info!(%error, "no session bus to look for a tray on");
        }
    });
    if let Err(error) = watching {
        tracing::warn!(%error, "no thread to look for a tray");
    }
    match answer.recv_timeout(BUS_WITHIN) {
        // A bus that is slow to answer may still do so.
        Ok(()) | Err(RecvTimeoutError::Timeout) => true,
        Err(RecvTimeoutError::Disconnected) => false,
    }
}

fn watch(first: &Sender<()>, changed: &impl Fn(bool)) -> zbus::Result<()> {
    let bus = Connection::session()?;
    let driver = DBusProxy::new(&bus)?;
    // Listened to before the question, so that no change falls between.
    let changes = driver.receive_name_owner_changed_with_args(&[(0, WATCHER)])?;
    changed(driver.name_has_owner(BusName::try_from(WATCHER)?)?);
    // Nobody waits any more if the bus was slow.
    _ = first.send(());
    for change in changes {
        changed(change.args()?.new_owner().is_some());
    }
    Ok(())
}
