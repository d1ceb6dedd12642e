//! Walls between the parts that no compiler enforces.

use crate::shell::{Done, built, cargo, command, has, read};

/// Who must not depend on whom (design 3).
const WALLS: [(&str, &str); 8] = [
    ("lamplighter-engine", "tauri"),
    ("lamplighter-engine", "wry"),
    ("lamplighter-engine", "gtk"),
    ("lamplighter-cli", "tauri"),
    ("lamplighter-cli", "gtk"),
    ("lamplighter-core", "tokio"),
    ("lamplighter-core", "reqwest"),
    ("lamplighter-core", "lamplighter-engine"),
];

/// The walls hold.
pub fn dependencies() -> Done<Vec<String>> {
    for (from, to) in WALLS {
        let words = ["tree", "--quiet", "--package", from, "--invert", to, "--edges", "normal"];
        // Cargo fails when nothing in the whole workspace is called so, and prints nothing when it is out of reach.
        let found = read(&mut cargo(&words)).unwrap_or_default();
        if !found.trim().is_empty() {
            return Err(format!("{from} must not depend on {to}:\n{found}"));
        }
    }
    Ok(vec![format!("{} walls hold", WALLS.len())])
}

/// `lamp` starts where there is no desktop at all.
pub fn links() -> Done<Vec<String>> {
    if !cfg!(target_os = "linux") || !has("ldd") {
        return Ok(vec!["not checked here".to_owned()]);
    }
    let lamp = built("lamp");
    let libraries = read(command("ldd", &[]).arg(&lamp))?;
    let desktop = ["gtk", "webkit", "gdk", "soup", "libX11"];
    let wrong: Vec<&str> =
        libraries.lines().filter(|line| desktop.iter().any(|name| line.contains(name))).collect();
    if wrong.is_empty() {
        let count = libraries.lines().count();
        return Ok(vec![format!("lamp: {count} libraries, neither GTK nor WebKit")]);
    }
    Err(format!("lamp links a desktop:\n{}", wrong.join("\n")))
}
