//! Whether somebody on the session bus offers a service, and when that changes: panels and notification servers come
//! later than we do, end, and are started again.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::names::BusName;

/// Longest wait for a bus that does not answer; the app starts all the same.
const BUS_WITHIN: Duration = Duration::from_secs(3);

/// Tells `changed` whether `name` is there: before this returns, and whenever it changes. One that takes another's
/// place at once is told as one that went and one that came. `false`: there is no session bus, so nobody ever comes.
pub fn follow(name: &'static str, changed: impl Fn(bool) + Send + 'static) -> bool {
    let (first, answer) = channel();
    let watching = std::thread::Builder::new().name("presence".to_owned()).spawn(move || {
        if let Err(error) = watch(name, &first, &changed) {
            tracing::info!(%error, name, "no session bus to look for it on");
        }
    });
    if let Err(error) = watching {
        tracing::warn!(%error, name, "no thread to look for it");
    }
    match answer.recv_timeout(BUS_WITHIN) {
        // A bus that is slow to answer may still do so.
        Ok(()) | Err(RecvTimeoutError::Timeout) => true,
        Err(RecvTimeoutError::Disconnected) => false,
    }
}

fn watch(name: &'static str, first: &Sender<()>, changed: &impl Fn(bool)) -> zbus::Result<()> {
    let bus = Connection::session()?;
    let driver = DBusProxy::new(&bus)?;
    // Listened to before the question, so that no change falls between.
    let changes = driver.receive_name_owner_changed_with_args(&[(0, name)])?;
    changed(driver.name_has_owner(BusName::try_from(name)?)?);
    // Nobody waits any more if the bus was slow.
    _ = first.send(());
    for change in changes {
        let change = change.args()?;
        if change.old_owner().is_some() {
            changed(false);
        }
        if change.new_owner().is_some() {
            changed(true);
        }
    }
    Ok(())
}
