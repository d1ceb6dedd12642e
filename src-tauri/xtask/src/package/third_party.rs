//! The licences of what is built in: most ask that their text comes along.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::shell::{Done, cargo, read, root};

/// Packages of npm of which the window is built; the others only build it.
const WINDOW: [&str; 4] = ["@tauri-apps/api", "svelte", "clsx", "esm-env"];
/// How the files begin that hold a licence, or what one wants to be told.
const NAMES: [&str; 6] = ["licen", "copying", "notice", "unlicense", "copyright", "authors"];

/// One text with all packages that it is for, each text once.
///
/// # Errors
/// If cargo or npm do not say what is built in.
pub fn notices() -> Done<String> {
    let mut all = Notices::default();
    crates(&mut all)?;
    for name in WINDOW {
        let folder = root().join("ui/node_modules").join(name);
        let path = folder.join("package.json");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let package: Value =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        all.add(&package, &folder)?;
    }
    Ok(all.text())
}

/// Those that the programs link where they run, on this system.
fn crates(all: &mut Notices) -> Done {
    let tree = ["tree", "--quiet", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let linked = read(cargo(&tree).args(["--package", "lamplighter", "--package", "lamplighter-cli"]))?;
    // "name v1.2.3 (where from)"
    let name = |line: &str| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    let linked: BTreeSet<String> = linked.lines().filter(|line| !line.is_empty()).map(name).collect();
    let text = read(&mut cargo(&["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        // Our own have no source.
        if package["source"].is_null() || !linked.contains(&format!("{} v{}", text("name"), text("version")))
        {
            continue;
        }
        let folder = Path::new(text("manifest_path")).parent().unwrap_or(Path::new("."));
        all.add(package, folder)?;
    }
    Ok(())
}

#[derive(Default)]
struct Notices {
    /// Name, version and licence of each.
    packages: BTreeSet<String>,
    /// A text without its spaces: as it stands, and whose it is.
    texts: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl Notices {
    fn add(&mut self, package: &Value, folder: &Path) -> Done {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let name = format!("{} {}", text("name"), text("version"));
        self.packages.insert(format!("{name}: {}", text("license")));
        let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let file = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if !path.is_file() || !NAMES.iter().any(|start| file.starts_with(start)) {
                continue;
            }
            // A file that is no text is no licence.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            self.text_of(&name, &text);
        }
        Ok(())
    }

    fn text_of(&mut self, name: &str, text: &str) {
        let key: String = text.split_whitespace().collect();
        let lines: Vec<&str> = text.trim_matches('\n').lines().map(str::trim_end).collect();
        let (_, names) = self.texts.entry(key).or_insert_with(|| (lines.join("\n"), BTreeSet::new()));
        names.insert(name.to_owned());
    }

    fn text(&self) -> String {
        let mut text = "What is built into Lamplighter, and the licence of each.\n\n".to_owned();
        for package in &self.packages {
            // Writing to a String cannot fail.
            _ = writeln!(text, "  {package}");
        }
        for (licence, names) in self.texts.values() {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            _ = writeln!(text, "\n{}\n{}\n\n{licence}", "-".repeat(80), names.join(", "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Notices;

    #[test]
    fn a_text_that_many_have_comes_once_with_all_their_names() {
        let mut all = Notices::default();
        all.text_of("b 1.0.0", "Do as\nyou like.\n");
        all.text_of("a 2.0.0", "Do as you  like.");
        all.text_of("c 3.0.0", "Name me.");
        let text = all.text();
        assert_eq!(text.matches("you like").count(), 1, "{text}");
        assert!(text.contains("\na 2.0.0, b 1.0.0\n\nDo as\nyou like.\n"), "{text}");
        assert!(text.contains("\nc 3.0.0\n\nName me.\n"), "{text}");
    }
}
