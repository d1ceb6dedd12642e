//! The autostart entry of Windows, a value of the registry's `Run` key. The plugin writes the program's path unquoted,
//! so that one with a space could start another program, and for all users where it may.

use std::io;

use lamplighter_sys::windows::StartupEntry;

/// Writes the entry `name` in place of the plugin's.
///
/// # Errors
/// If it cannot be written, or the program's own path is not known.
pub fn write(name: &str, flag: &str) -> io::Result<()> {
    StartupEntry(name).write(&std::env::current_exe()?, &[flag])
}

/// Removes the entry `name`.
///
/// # Errors
/// If one is there and cannot be removed.
pub fn remove(name: &str) -> io::Result<()> {
    StartupEntry(name).remove()
}

/// Whether the person has switched the entry off in the task manager.
pub fn is_switched_off(name: &str) -> bool {
    StartupEntry(name).is_switched_off()
}
