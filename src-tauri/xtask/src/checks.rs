//! What must hold and no compiler enforces: walls between the parts, and pictures that are current.

use crate::shell::{Done, built, cargo, command, has, npm, read};

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

/// A wall that does not exist: were this not found, nothing would be.
const GATE: (&str, &str) = ("lamplighter", "tauri");

/// The walls hold.
pub fn dependencies() -> Done<Vec<String>> {
    let (from, to) = GATE;
    if way(&["--package", from], to)?.is_empty() {
        return Err(format!("{from} depends on {to}, and that is not found: what else is not?"));
    }
    for (from, to) in WALLS {
        let found = way(&["--package", from], to)?;
        if !found.is_empty() {
            return Err(format!("{from} must not depend on {to}:\n{found}"));
        }
    }
    Ok(vec![format!("{} walls hold", WALLS.len())])
}

/// How the packages that `from` chooses depend on `to` where they run; empty if they do not.
pub fn way(from: &[&str], to: &str) -> Done<String> {
    let words = ["tree", "--quiet", "--invert", to, "--edges", "normal"];
    judged(read(cargo(&words).args(from)))
}

/// Cargo prints nothing if the package is there and out of reach, and fails if it is not there at all. Whatever
/// else makes it fail says nothing about dependencies.
fn judged(answer: Done<String>) -> Done<String> {
    match answer {
        Ok(found) => Ok(found.trim().to_owned()),
        Err(why) if why.contains("did not match any packages") => Ok(String::new()),
        Err(why) => Err(why),
    }
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

/// The pictures of the docs show the window as it is.
pub fn pictures() -> Done<Vec<String>> {
    read(&mut npm(&["run", "--silent", "pictures:check"])).map(|said| vec![said.trim().to_owned()])
}

#[cfg(test)]
mod tests {
    use super::judged;

    #[test]
    fn a_wall_holds_only_if_cargo_says_so() {
        assert_eq!(judged(Ok(" \n".to_owned())), Ok(String::new()));
        assert_eq!(judged(Ok("tauri v2\n".to_owned())), Ok("tauri v2".to_owned()));
        let absent =
            "cargo tree: exit status: 101\nerror: package ID specification `gtk` did not match any packages";
        assert_eq!(judged(Err(absent.to_owned())), Ok(String::new()));
        for failure in ["error: failed to parse manifest", "cargo tree: No such file or directory"] {
            assert_eq!(judged(Err(failure.to_owned())), Err(failure.to_owned()));
        }
    }
}
