//! Starting with the desktop: an entry of the platform's own kind, written by the plugin.

#[cfg(target_os = "linux")]
mod entry;
#[cfg(windows)]
#[path = "autostart/run_key.rs"]
mod entry;
#[cfg(any(target_os = "macos", test))]
mod launch_agent;

use tauri::{AppHandle, Wry, plugin::TauriPlugin};
use tauri_plugin_autostart::{Error, ManagerExt as _};

/// The flag by which the app knows that it was started with the desktop: no window then.
pub const FLAG: &str = "--autostarted";

/// The entry's name; without spaces, because it becomes a file name.
const NAME: &str = "lamplighter";

/// The plugin, with our flag and name.
pub fn plugin() -> TauriPlugin<Wry> {
    tauri_plugin_autostart::Builder::new().app_name(NAME).arg(FLAG).build()
}

/// The person switched it on or off.
///
/// # Errors
/// If the entry cannot be written or removed; the text says why.
pub fn set(app: &AppHandle, wanted: bool) -> Result<(), Error> {
    let plugin = app.autolaunch();
    if !wanted {
        #[cfg(any(target_os = "linux", windows))]
        entry::remove(NAME)?;
        return plugin.disable();
    }
    plugin.enable()?;
    #[cfg(any(target_os = "linux", windows))]
    entry::write(NAME, FLAG)?;
    #[cfg(target_os = "macos")]
    launch_agent::write(NAME, FLAG)?;
    Ok(())
}

/// At each start: an entry that is wanted is written anew, because it holds the program's path, which may have
/// moved. Nothing is removed here: the entry may belong to another profile of the same person.
///
/// # Errors
/// As [`set`].
pub fn renew(app: &AppHandle, wanted: bool) -> Result<(), Error> {
    // Switched off in the desktop's own settings: that is the person's word, too.
    #[cfg(any(target_os = "linux", windows))]
    let wanted = wanted && !entry::is_switched_off(NAME);
    if wanted { set(app, true) } else { Ok(()) }
}
