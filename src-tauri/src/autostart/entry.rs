//! The autostart entry as the desktop-entry specification wants it. The plugin writes the program's path
//! unquoted, so one with a space would not start.

use std::io;
use std::path::{Path, PathBuf};

/// Writes the entry `name` in place of the plugin's, and where the desktop looks if that is elsewhere.
///
/// # Errors
/// If it cannot be written, or the program's own path is not known.
pub fn write(name: &str, flag: &str) -> io::Result<()> {
    let program = crate::replaced::own_path()?;
    // Entries are UTF-8; another name's bytes would start another program, or none.
    let text = text(program.to_str().ok_or(io::ErrorKind::InvalidFilename)?, flag);
    for path in paths(name)? {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, &text)?;
    }
    Ok(())
}

/// Removes the entry `name` wherever [`write()`] put it.
///
/// # Errors
/// If one is there and cannot be removed.
pub fn remove(name: &str) -> io::Result<()> {
    for path in paths(name)? {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Whether the desktop's own settings have switched the entry off.
pub fn is_switched_off(name: &str) -> bool {
    // The desktop's own place comes last.
    let text =
        paths(name).unwrap_or_default().iter().rev().find_map(|path| std::fs::read_to_string(path).ok());
    text.unwrap_or_default().lines().any(|line| {
        let line = line.replace(' ', "");
        line.eq_ignore_ascii_case("Hidden=true")
            || line.eq_ignore_ascii_case("X-GNOME-Autostart-enabled=false")
    })
}

fn paths(name: &str) -> io::Result<Vec<PathBuf>> {
    let home = std::env::home_dir().ok_or_else(|| io::Error::other("no home folder"))?;
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    Ok(folders(&home, config).into_iter().map(|folder| folder.join(format!("{name}.desktop"))).collect())
}

/// Where the plugin puts entries and looks for them, whatever `XDG_CONFIG_HOME` says; and where desktops look
/// (Desktop Application Autostart Specification), if that is another folder. One that is not absolute does not count
/// (XDG Base Directory Specification).
fn folders(home: &Path, config: Option<PathBuf>) -> Vec<PathBuf> {
    let plugin = home.join(".config/autostart");
    let desktop = config.filter(|path| path.is_absolute()).map(|path| path.join("autostart"));
    let other = desktop.filter(|desktop| *desktop != plugin);
    std::iter::once(plugin).chain(other).collect()
}

fn text(program: &str, flag: &str) -> String {
    let exec = if program.contains('%') { carried(program, flag) } else { started(program, flag) };
    format!(
        "[Desktop Entry]\nType=Application\nVersion=1.0\nName=Lamplighter\nIcon=lamplighter\n\
         Comment=Keeps your logins alive\nComment[fr]=Maintient vos connexions en vie\n{exec}\
         StartupNotify=false\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    )
}

fn started(program: &str, flag: &str) -> String {
    format!("Exec={} {flag}\n", quoted(program))
}

/// GLib and systemd look for the program before they make one `%` of two, and do not find it; further arguments they
/// read rightly. So another program starts it: `nice` without a change, because `env` would take a path with `=` in it
/// for a variable. `TryExec` keeps that the entry of a program that is gone counts as none.
fn carried(program: &str, flag: &str) -> String {
    format!("TryExec={}\nExec=nice -n 0 {} {flag}\n", escaped(program), quoted(program))
}

/// A value of the type string (Desktop Entry Specification, "Possible value types").
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r").replace('\t', r"\t")
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
            '\n' => quoted.push_str(r"\n"),
            '\r' => quoted.push_str(r"\r"),
            '\t' => quoted.push_str(r"\t"),
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
    fn a_line_end_in_a_path_begins_no_line_of_the_entry() {
        assert_eq!(quoted("/é\nHidden=true\t"), r#""/é\nHidden=true\t""#);
    }

    #[test]
    fn m6_the_entry_is_where_the_desktop_looks_and_where_the_plugin_does() {
        let home = Path::new("/home/ana");
        let plugin = PathBuf::from("/home/ana/.config/autostart");
        for same in [None, Some(""), Some("conf"), Some("/home/ana/.config"), Some("/home/ana/.config/")] {
            assert_eq!(folders(home, same.map(PathBuf::from)), std::slice::from_ref(&plugin), "{same:?}");
        }
        assert_eq!(folders(home, Some("/data/conf".into())), [plugin, "/data/conf/autostart".into()]);
    }

    #[test]
    fn the_entry_starts_the_program_with_the_flag() {
        let text = text("/opt/my apps/lamplighter", "--autostarted");
        assert!(text.contains("\nExec=\"/opt/my apps/lamplighter\" --autostarted\n"), "{text}");
    }

    #[test]
    fn m6_a_program_with_a_percent_sign_in_its_path_is_started_by_another_one() {
        let text = text("/é 50%f=\\/lamplighter", "--autostarted");
        assert!(text.contains("\nTryExec=/é 50%f=\\\\/lamplighter\n"), "{text}");
        let exec = r#"Exec=nice -n 0 "/é 50%%f=\\\\/lamplighter" --autostarted"#;
        assert!(text.contains(&format!("\n{exec}\n")), "{text}");
        assert!(text.contains("\nComment[fr]="), "{text}");
    }
}
