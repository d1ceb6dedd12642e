//! `lamp store`: a key, and a move, with the real program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::world::{Ran, lamp, start};

fn run(home: &Path, args: &[&str]) -> Ran {
    Ran::from(start(lamp(home, args)).wait_with_output().expect("it was started"))
}

#[test]
fn a_key_is_made_for_its_owner_alone_never_shown_and_never_over_another() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("lamp.key");
    let path = file.to_str().expect("text");
    let made = run(home.path(), &["store", "key", path]);
    assert_eq!(made.exit, 0, "{made:?}");
    let key = fs::read(&file).expect("a key");
    assert_eq!((key.len(), fs::metadata(&file).expect("there").permissions().mode() & 0o7777), (32, 0o600));
    assert!(made.out.is_empty() && made.err.contains(path), "{made:?}");
    let again = run(home.path(), &["store", "key", path]);
    assert_eq!(again.exit, 6, "{again:?}");
    assert_eq!(fs::read(&file).expect("a key"), key);
}

#[test]
fn a_move_switches_the_setting_and_shows_what_is_used_then() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("lamp.key");
    assert_eq!(run(home.path(), &["store", "key", file.to_str().expect("text")]).exit, 0);
    fs::create_dir_all(home.path().join("config")).expect("a folder");
    let config = home.path().join("config/config.toml");
    fs::write(&config, format!("[settings]\nstore_key = \"{}\"\n", file.display())).expect("written");
    let shown = run(home.path(), &["store"]);
    assert!(shown.exit == 0 && shown.out.contains("your system’s keyring"), "{shown:?}");
    let moved = run(home.path(), &["store", "move", "sealed"]);
    assert_eq!(moved.exit, 0, "{moved:?}");
    let shown = run(home.path(), &["store", "show", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&shown.out).expect("JSON");
    assert_eq!((told["store"].as_str(), told["key"].as_str()), (Some("sealed"), file.to_str()));
    assert!(fs::read_to_string(&config).expect("the file").contains("store = \"sealed\""));
    // An engine of one command works with it.
    assert_eq!(run(home.path(), &["list"]).exit, 0);
    assert_eq!(run(home.path(), &["store", "move", "keyring"]).exit, 0);
    assert!(!fs::read_to_string(&config).expect("the file").contains("store = "));
}
