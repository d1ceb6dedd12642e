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
fn a_key_that_cannot_be_made_says_why_and_what_helps() {
    let home = tempfile::tempdir().expect("a folder");
    let key = |path: &str| run(home.path(), &["store", "key", path]);
    let no_folder = home.path().join("nowhere/lamp.key");
    let said = key(no_folder.to_str().expect("text"));
    assert!(said.exit == 6 && said.err.contains("Make its folder first"), "{said:?}");
    let there = home.path().join("there");
    fs::write(&there, "mine").expect("written");
    let said = key(there.to_str().expect("text"));
    assert!(said.exit == 6 && said.err.contains("that is not there yet"), "{said:?}");
    assert_eq!(fs::read_to_string(&there).expect("text"), "mine");
    // What would be refused later is not made in the first place.
    let sealed = home.path().join("data/sealed");
    fs::create_dir_all(&sealed).expect("a folder");
    let beside = sealed.join("key");
    let said = key(beside.to_str().expect("text"));
    assert!(said.exit == 5 && said.err.contains("lies beside the files that it seals"), "{said:?}");
    assert!(!beside.exists() && !said.err.contains("Next: store_key"), "{said:?}");
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
