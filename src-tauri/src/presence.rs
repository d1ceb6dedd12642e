//! Whether somebody on the session bus offers a service, and when that changes: panels and notification servers come
//! later than we do, end, and are started again. So does, rarely, the bus itself.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::names::BusName;

use crate::bus;

/// Longest wait for a bus that does not answer; the app starts all the same.
const BUS_WITHIN: Duration = Duration::from_secs(3);

/// Which buses count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buses {
    /// The one of the start. When that is gone so is the service, for as long as we live.
    First,
    /// Any that comes in its place.
    All,
}

/// Tells `changed` whether `name` is there: before this returns, and whenever it changes. One that takes another's
/// place at once is told as one that went and one that came. `false`: there is no session bus now.
pub fn follow(name: &'static str, buses: Buses, changed: impl Fn(bool) + Send + 'static) -> bool {
    let (first, answer) = channel();
    let mut first = Some(first);
    let watching = std::thread::Builder::new().name("presence".to_owned()).spawn(move || {
        let mut is_there = false;
        for times in 0.. {
            let watched = watch(name, &mut first, &mut |there| {
                is_there = there;
                changed(there);
            });
            if std::mem::take(&mut is_there) {
                changed(false);
            }
            // Whoever waits learns that there is no bus.
            let was_first = first.take().is_some();
            if was_first || times == 0 {
                tracing::info!(error = ?watched.err(), name, "no session bus to look for it on");
            }
            if buses == Buses::First {
                return;
            }
            bus::pause();
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

/// Whether the bus starts somebody for `name` as soon as that is called.
pub fn can_be_started(name: &str) -> bool {
    let names = Connection::session().and_then(|bus| Ok(DBusProxy::new(&bus)?.list_activatable_names()?));
    names.is_ok_and(|names| names.iter().any(|known| known.as_str() == name))
}

fn watch(
    name: &'static str,
    first: &mut Option<Sender<()>>,
    changed: &mut impl FnMut(bool),
) -> zbus::Result<()> {
    let bus = Connection::session()?;
    let driver = DBusProxy::new(&bus)?;
    // Listened to before the question, so that no change falls between.
    let changes = driver.receive_name_owner_changed_with_args(&[(0, name)])?;
    changed(driver.name_has_owner(BusName::try_from(name)?)?);
    if let Some(first) = first.take() {
        // Nobody waits any more if the bus was slow.
        _ = first.send(());
    }
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
