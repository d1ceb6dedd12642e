//! Who may read what `lamp` makes (T8, T18), where the system itself hides nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::rig::Rig;

/// Everything below `folder`, itself included, links not followed.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.symlink_metadata().expect("there").is_dir() {
            let entries = std::fs::read_dir(&path).expect("ours");
            found.extend(entries.map(|entry| entry.expect("an entry").path()));
        }
    }
    found
}

#[test]
fn t18_without_a_umask_nothing_that_is_made_can_be_opened_by_others() {
    let rig = Rig::logged_in();
    let ran = rig.lamp_without_umask(&["refresh", "--force", "work"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    // A damaged journal is kept beside the new one, and a damaged database, too.
    let journals = std::fs::read_dir(rig.path("data/journals")).expect("a folder");
    let journal = journals.map(|entry| entry.expect("an entry").path()).next().expect("one");
    for path in [journal, rig.path("data/state.db")] {
        std::fs::write(path, [0x55; 8192]).expect("ours");
    }
    let ran = rig.lamp_without_umask(&["refresh", "--force", "work"]);
    assert_eq!(ran.exit, 0, "{ran:?}");

    let mut seen = Vec::new();
    for part in ["data", "runtime", "logs", "config"] {
        for path in all_below(&rig.path(part)) {
            let mode = path.symlink_metadata().expect("there").permissions().mode() & 0o777;
            let inside = path.strip_prefix(rig.path("")).expect("below it");
            // Made by the rig before `lamp` ever ran, below a folder that `lamp` has closed.
            if !inside.starts_with("config/providers") {
                assert_eq!(mode & 0o077, 0, "{} is open to others: {mode:o}", path.display());
                seen.push(inside.display().to_string());
            }
        }
    }
    for name in [".journal", ".damaged", "state.db", "config.toml", "lock", "log"] {
        assert!(seen.iter().any(|path| path.contains(name)), "{name} was not looked at: {seen:?}");
    }
}
