//! What the package puts where.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{PROGRAMS, third_party};
use crate::release::Build;
use crate::shell::{Done, command, read, root};

/// The entry in the menu.
const ENTRY: &str = include_str!("lamplighter.desktop");
/// Our pictures, by the size of hicolor's folders.
const ICONS: [(&str, &str); 5] = [
    ("32x32", "32x32.png"),
    ("128x128", "128x128.png"),
    ("256x256", "128x128@2x.png"),
    ("512x512", "icon.png"),
    ("scalable", "lamplighter.svg"),
];
/// Where shells look for completions of `lamp`.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/lamp"),
    ("zsh", "usr/share/zsh/vendor-completions/_lamp"),
    ("fish", "usr/share/fish/vendor_completions.d/lamp.fish"),
];
/// Pages for people, at the paths by which they name each other.
const PAGES: [&str; 6] = [
    "README.md",
    "SECURITY.md",
    "docs/providers.md",
    "docs/cookies.md",
    "docs/packages.md",
    "docs/platforms.md",
];
/// Where they go.
const DOC: &str = "usr/share/doc/lamplighter";

/// Lays all files out below `tree`.
///
/// # Errors
/// If one is missing or cannot be written.
pub fn lay_out(tree: &Path, build: Build) -> Done {
    for name in PROGRAMS {
        let bytes = contents_of(&build.built(name))?;
        let path = tree.join("usr/bin").join(name);
        put(&path, &bytes, 0o755)?;
        let mut strip = command("strip", &["--strip-all", "--remove-section=.comment"]);
        read(strip.arg(&path))?;
    }
    put(&tree.join("usr/share/applications/lamplighter.desktop"), ENTRY.as_bytes(), 0o644)?;
    for (size, name) in ICONS {
        let end = name.rsplit('.').next().unwrap_or_default();
        let path = format!("usr/share/icons/hicolor/{size}/apps/lamplighter.{end}");
        put(&tree.join(path), &contents_of(&root().join("icons").join(name))?, 0o644)?;
    }
    for (shell, path) in COMPLETIONS {
        // In English: files of the package are everybody's.
        let mut lamp = Command::new(build.built("lamp"));
        let script = read(lamp.args(["completions", shell]).env("LC_ALL", "C"))?;
        put(&tree.join(path), script.as_bytes(), 0o644)?;
    }
    let doc = tree.join(DOC);
    for page in PAGES {
        put(&doc.join(page), &contents_of(&root().join(page))?, 0o644)?;
    }
    put(&doc.join("copyright"), copyright()?.as_bytes(), 0o644)?;
    put(&doc.join("third-party.txt"), third_party::notices()?.as_bytes(), 0o644)
}

/// In Debian's form, with the whole of both licences.
fn copyright() -> Done<String> {
    let text =
        |name: &str| contents_of(&root().join(name)).map(|bytes| field(&String::from_utf8_lossy(&bytes)));
    let (mit, apache) = (text("LICENSE-MIT")?, text("LICENSE-APACHE")?);
    Ok(format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: Lamplighter\n\
         Comment: What it is built with has licences of its own: see third-party.txt.\n\n\
         Files: *\n\
         Copyright: 2026 The Lamplighter developers\n\
         License: Expat or Apache-2.0\n\n\
         License: Expat\n{mit}\n\
         License: Apache-2.0\n{apache}"
    ))
}

/// A text as a field of several lines: indented, with a dot on empty ones.
fn field(text: &str) -> String {
    let lines = text.trim_matches('\n').lines().map(str::trim_end);
    lines.map(|line| if line.is_empty() { " .\n".to_owned() } else { format!(" {line}\n") }).collect()
}

fn contents_of(path: &Path) -> Done<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file, and gives it and the folders above the rights that all files of a system have, whatever ours are.
pub fn put(path: &Path, bytes: &[u8], mode: u32) -> Done {
    let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(wrong)?;
    fs::write(path, bytes).map_err(wrong)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(wrong)?;
        for folder in folder.ancestors().take_while(|folder| !folder.ends_with("package")) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(wrong)?;
        }
    }
    #[cfg(not(unix))]
    let _unknown_here = mode;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ENTRY, field};

    #[test]
    fn a_licence_becomes_one_field_of_a_control_file() {
        assert_eq!(field("\nOne\n\n  two \n\n"), " One\n .\n   two\n");
    }

    #[test]
    fn the_menus_entry_has_every_text_for_people_in_french_too() {
        for key in ["GenericName", "Comment", "Keywords"] {
            for name in [format!("\n{key}="), format!("\n{key}[fr]=")] {
                assert_eq!(ENTRY.matches(&name).count(), 1, "{name}");
            }
        }
    }
}
