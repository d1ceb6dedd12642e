//! The buses of the desktop: what is done about one that goes.

use std::time::Duration;

use lamplighter_engine::clock::{Clock as _, SystemClock};

/// How often a bus that is gone is looked for.
const AGAIN: Duration = Duration::from_secs(5);

/// Waits before a bus that is gone is looked for again. For threads, not for async tasks.
pub fn pause() {
    // Made inside the runtime, whose clock it uses.
    tauri::async_runtime::block_on(async { SystemClock::new().sleep(AGAIN).await });
}

/// GTK's own connection to the session bus ends the process when that bus goes, unless it is told not to. Held as long as
/// the app lives, so that it stays the one that everybody in the process uses.
#[cfg(target_os = "linux")]
pub fn outlive() -> Option<gtk::gio::DBusConnection> {
    use gtk::gio;
    let bus = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE);
    let bus = bus.inspect_err(|error| tracing::info!(%error, "no session bus for GTK")).ok()?;
    bus.set_exit_on_close(false);
    Some(bus)
}
