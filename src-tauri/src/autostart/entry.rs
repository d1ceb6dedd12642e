//! The autostart entry as the desktop-entry specification wants it. The plugin writes the program's path
//! unquoted, so one with a space would not start.

use std::io;
use std::path::{Path, PathBuf};

/// Writes the entry `name` in place of the plugin's.
///
/// # Errors
/// If it cannot be written, or the program's own path is not known.
pub fn write(name: &str, flag: &str) -> io::Result<()> {
    let program = match std::env::var_os("APPIMAGE").filter(|path| !path.is_empty()) {
        // The program itself lies in a folder that is there only while it runs.
        Some(image) => PathBuf::from(image),
        None => std::env::current_exe()?,
    };
    std::fs::write(path(name)?, text(&program, flag))
}

/// Whether the desktop's own settings have switched the entry off.
pub fn is_switched_off(name: &str) -> bool {
    let text = path(name).and_then(std::fs::read_to_string).unwrap_or_default();
    text.lines().any(|line| {
        let line = line.replace(' ', "");
        line.eq_ignore_ascii_case("Hidden=true")
            || line.eq_ignore_ascii_case("X-GNOME-Autostart-enabled=false")
    })
}

/// Where the plugin puts it, whatever `XDG_CONFIG_HOME` says.
fn path(name: &str) -> io::Result<PathBuf> {
    let home = std::env::home_dir().ok_or_else(|| io::Error::other("no home folder"))?;
    Ok(home.join(".config/autostart").join(format!("{name}.desktop")))
}

fn text(program: &Path, flag: &str) -> String {
    let exec = quoted(&program.to_string_lossy());
    format!(
        "[Desktop Entry]\nType=Application\nVersion=1.0\nName=Lamplighter\nIcon=lamplighter\n\
         Comment=Keeps your logins alive\nComment[fr]=Maintient vos connexions en vie\nExec={exec} {flag}\n\
         StartupNotify=false\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    )
}

/// An argument of `Exec` (Desktop Entry Specification, "The Exec key"): quoted, then escaped once more because
/// the value is a string, in which a backslash is two.
fn quoted(argument: &str) -> String {
    let mut quoted = String::from("\"");
    for character in argument.chars() {
        match character {
            '\\' => quoted.push_str(r"\\\\"),
            '"' | '`' | '$' => {
                quoted.push_str(r"\\");
                quoted.push(character);
            }
            '%' => quoted.push_str("%%"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_anything_in_it_is_one_argument() {
        assert_eq!(quoted("/usr/bin/lamplighter"), r#""/usr/bin/lamplighter""#);
        assert_eq!(quoted("/home/ana/my apps/100%/l"), r#""/home/ana/my apps/100%%/l""#);
        assert_eq!(quoted(r#"/a"b`c$d\e"#), r#""/a\\"b\\`c\\$d\\\\e""#);
    }

    #[test]
    fn the_entry_starts_the_program_with_the_flag() {
        let text = text(Path::new("/opt/my apps/lamplighter"), "--autostarted");
        assert!(text.contains("\nExec=\"/opt/my apps/lamplighter\" --autostarted\n"), "{text}");
    }
}
