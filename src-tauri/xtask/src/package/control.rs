//! What the package says of itself, and what it needs.

use std::fs;
use std::path::Path;

use super::{PROGRAMS, architecture, contents};
use crate::shell::{Done, command, read};

/// Needed, but not found by looking at what the programs link: what Tauri opens at run time, and the system's authorities,
/// without which not even `lamp list` starts.
const OPENED: [&str; 2] = ["libayatana-appindicator3-1", "ca-certificates"];
/// Without these something is missing, and Lamplighter says what: somewhere to keep secrets, a Chrome for services that
/// need one, notifications, a session bus, what opens a page in the person's browser.
const RECOMMENDED: [&str; 5] = [
    "gnome-keyring | kwalletmanager | keepassxc",
    "chromium | google-chrome-stable",
    "notification-daemon",
    "dbus-user-session | default-dbus-session-bus",
    "xdg-utils",
];

/// Writes `DEBIAN/control` and `DEBIAN/md5sums`. There are no scripts: dpkg's triggers see to menus and icons.
///
/// # Errors
/// If a library is of no package, or a file cannot be written.
pub fn write(tree: &Path) -> Done {
    let files = files(tree)?;
    let text = control(&architecture()?, &libraries(tree)?, kibibytes(&files)?);
    contents::put(&tree.join("DEBIAN/control"), text.as_bytes(), 0o644)?;
    let mut sums = command("md5sum", &["--"]);
    sums.current_dir(tree).args(files.iter().filter_map(|path| path.strip_prefix(tree).ok()));
    contents::put(&tree.join("DEBIAN/md5sums"), read(&mut sums)?.as_bytes(), 0o644)
}

fn control(architecture: &str, libraries: &str, size: u64) -> String {
    format!(
        "Package: lamplighter\n\
         Version: {}\n\
         Architecture: {architecture}\n\
         Maintainer: The Lamplighter developers\n\
         Installed-Size: {size}\n\
         Depends: {libraries}, {}\n\
         Recommends: {}\n\
         Section: utils\n\
         Priority: optional\n\
         Description: keeps your logins alive\n \
         Log in once, by hand, in a window that shows the service’s own page. Lamplighter\n \
         keeps the session or token alive from then on, hands fresh ones to your programs,\n \
         and tells you the moment a login needs you.\n \
         .\n \
         The app lives in the tray; lamp is its command line, and works without it, too.\n",
        env!("CARGO_PKG_VERSION"),
        OPENED.join(", "),
        RECOMMENDED.join(", ")
    )
}

/// The packages of what the programs link, at the versions that have what they call.
fn libraries(tree: &Path) -> Done<String> {
    let scratch = tree.with_file_name("shlibdeps");
    // It wants the sources of a package around it, and looks at no more than the names.
    let source = "Source: lamplighter\n\nPackage: lamplighter\nArchitecture: any\n";
    contents::put(&scratch.join("debian/control"), source.as_bytes(), 0o644)?;
    let mut shlibdeps = command("dpkg-shlibdeps", &["-O"]);
    shlibdeps.current_dir(&scratch).args(PROGRAMS.map(|name| tree.join("usr/bin").join(name)));
    let text = read(&mut shlibdeps)?;
    let found = text.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    found.map(str::to_owned).ok_or_else(|| format!("dpkg-shlibdeps found nothing:\n{text}"))
}

/// All files, in an order that does not depend on the disk.
fn files(folder: &Path) -> Done<Vec<std::path::PathBuf>> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

/// What they take, each rounded up, as dpkg counts.
fn kibibytes(files: &[std::path::PathBuf]) -> Done<u64> {
    let one = |path: &std::path::PathBuf| {
        path.metadata()
            .map(|data| data.len().div_ceil(1024))
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    files.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::control;

    #[test]
    fn what_the_package_says_is_one_paragraph() {
        let text = control("amd64", "libc6 (>= 2.36)", 7);
        assert!(
            text.contains("\nDepends: libc6 (>= 2.36), libayatana-appindicator3-1, ca-certificates\n"),
            "{text}"
        );
        for line in text.lines() {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let is_field = !name.contains(' ') && value.starts_with(' ');
            // The description goes on in lines that begin with one space.
            let goes_on = line.starts_with(' ') && line.len() > 1;
            assert!(is_field || goes_on, "{line}");
        }
    }
}
