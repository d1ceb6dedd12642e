//! Starting with the desktop: an entry of the platform's own kind, written by the plugin.

use tauri::{AppHandle, Wry, plugin::TauriPlugin};
use tauri_plugin_autostart::ManagerExt as _;

/// The flag by which the app knows that it was started with the desktop: no window then.
pub const FLAG: &str = "--autostarted";

/// The plugin, with our flag and a name without spaces (it becomes a file name).
pub fn plugin() -> TauriPlugin<Wry> {
    tauri_plugin_autostart::Builder::new().app_name("lamplighter").arg(FLAG).build()
}

/// Makes the entry say what the settings say. An entry that is wanted is written anew at each start, because
/// it holds the program's path, which may have moved.
///
/// # Errors
/// If the entry cannot be written or removed; the text says why.
pub fn apply(app: &AppHandle, wanted: bool) -> Result<(), tauri_plugin_autostart::Error> {
    let entry = app.autolaunch();
    match (wanted, entry.is_enabled()?) {
        (true, _) => entry.enable(),
        (false, true) => entry.disable(),
        (false, false) => Ok(()),
    }
}
