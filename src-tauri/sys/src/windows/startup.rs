//! What the registry knows of the app: that it starts with the desktop, and what its notifications are called.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

use super::child::quoted;

const RUN: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Run";
/// Where the task manager notes what the person switched off.
const APPROVED: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
const NOTIFIERS: &str = r"SOFTWARE\Classes\AppUserModelId";
/// HRESULT of ERROR_FILE_NOT_FOUND.
const MISSING: u32 = 0x8007_0002;

/// A program that starts when this user signs in.
pub struct StartupEntry<'a>(pub &'a str);

impl StartupEntry<'_> {
    /// The entry starts `program` with `words`. The path is quoted: unquoted, one with spaces would start another
    /// program if there is one at its first half.
    ///
    /// # Errors
    /// What Windows answered.
    pub fn write(&self, program: &Path, words: &[&str]) -> io::Result<()> {
        let mut command = quoted(program.as_os_str());
        for word in words {
            command.push(" ");
            command.push(quoted(OsStr::new(word)));
        }
        // Only UTF-16 without halves can be written as text, and paths nearly always are.
        let command = command.into_string().map_err(|_| io::ErrorKind::InvalidData)?;
        CURRENT_USER.create(RUN)?.set_string(self.0, command)?;
        // The same for all users of the machine, which an elevated process may have written, would start a second one.
        match remove(LOCAL_MACHINE, RUN, self.0) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            other => other,
        }
    }

    /// Removes the entry, and what the task manager noted of it.
    ///
    /// # Errors
    /// What Windows answered.
    pub fn remove(&self) -> io::Result<()> {
        remove(CURRENT_USER, RUN, self.0)?;
        remove(CURRENT_USER, APPROVED, self.0)
    }

    /// What is started, as it was written.
    pub fn command(&self) -> Option<String> {
        CURRENT_USER.open(RUN).ok()?.get_string(self.0).ok()
    }

    /// Whether the person switched the entry off in the task manager or in the settings.
    pub fn is_switched_off(&self) -> bool {
        let noted = CURRENT_USER.open(APPROVED).and_then(|key| key.get_value(self.0));
        // The first byte is even while it is on; the last eight are when it was switched off.
        noted.is_ok_and(|noted| noted.first().is_some_and(|first| first % 2 == 1))
    }

    /// What the task manager writes.
    #[cfg(test)]
    fn switch(&self, off: bool) -> io::Result<()> {
        let noted = [if off { 3 } else { 2 }, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Ok(CURRENT_USER.create(APPROVED)?.set_bytes(self.0, windows_registry::Type::Bytes, &noted)?)
    }
}

fn remove(root: &Key, path: &str, name: &str) -> io::Result<()> {
    let removed = root.options().write().open(path).and_then(|key| key.remove_value(name));
    match removed {
        Err(error) if error.code().0.cast_unsigned() == MISSING => Ok(()),
        other => Ok(other?),
    }
}

/// Notifications of the application `id` are titled `name`, with the picture `icon`. Without this, or a shortcut that
/// an installer made, Windows shows none.
///
/// # Errors
/// What Windows answered.
pub fn name_notifications(id: &str, name: &str, icon: Option<&Path>) -> io::Result<()> {
    let key = CURRENT_USER.create(format!(r"{NOTIFIERS}\{id}"))?;
    key.set_string("DisplayName", name)?;
    if let Some(icon) = icon.and_then(Path::to_str) {
        key.set_string("IconUri", icon)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m6_a_program_in_a_folder_with_spaces_is_one_word_of_the_run_key() {
        let entry = StartupEntry("lamplighter-test");
        entry
            .write(Path::new(r"C:\Program Files\Lamp lighter\lamplighter.exe"), &["--autostarted"])
            .expect("written");
        let command = entry.command().expect("there");
        assert_eq!(command, r#""C:\Program Files\Lamp lighter\lamplighter.exe" --autostarted"#);
        assert!(!entry.is_switched_off());
        entry.switch(true).expect("written");
        assert!(entry.is_switched_off(), "the person's word in the task manager counts");
        entry.switch(false).expect("written");
        assert!(!entry.is_switched_off());
        entry.remove().expect("removed");
        assert_eq!(entry.command(), None);
        entry.remove().expect("done if there is none");
    }
}
