//! `lamp store` with a real keyring: one that is locked, settings that were changed by hand, passphrases that are typed.

use super::ended::finished_all;
use super::rig::Rig;
use crate::world::Ran;

/// A login in the keyring, and settings that name the sealed files by hand, with this key.
fn changed_by_hand(key: &str) -> Rig {
    let rig = Rig::logged_in();
    rig.set_config(&format!("[settings]\nstore = \"sealed\"\nstore_key = \"{key}\"\n\n{}", rig.config()));
    rig
}

fn typed(rig: &Rig, args: &[&str], answers: &str) -> Ran {
    finished_all(rig.at_a_terminal(args), answers)
}

#[test]
fn f39_a_locked_keyring_is_called_locked_and_a_login_that_may_be_in_it_is_no_finished_move() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key").display().to_string();
    let mut rig = changed_by_hand(&key);
    assert_eq!(rig.lamp(&["store", "key", &key]).exit, 0);
    rig.keyring(false);
    let shown = rig.lamp(&["store"]);
    assert!(shown.exit == 0 && shown.out.contains("not to be seen now"), "{shown:?}");
    assert!(shown.out.contains("keyring: Your keyring is locked. Unlock it"), "{shown:?}");
    let french = rig.french(&["store"]);
    assert!(
        french.out.contains("keyring\u{a0}: Votre trousseau est verrouillé. Déverrouillez-le"),
        "{french:?}"
    );
    let shown: serde_json::Value = serde_json::from_str(&rig.lamp(&["store", "--json"]).out).expect("JSON");
    assert_eq!(shown["accounts"][0]["unseen"], serde_json::json!(["keyring"]), "{shown}");
    assert_eq!(shown["unseen"][0]["notice"]["code"], "store_locked", "{shown}");

    let moved = rig.lamp(&["store", "move", "sealed"]);
    assert_eq!(moved.exit, 5, "{moved:?}");
    for words in [
        "work: This login was found nowhere",
        "keyring is locked",
        "Unlock it",
        "`lamp store move sealed` again",
    ] {
        assert!(moved.err.contains(words), "{words}: {moved:?}");
    }
    assert_eq!(rig.code(&["store", "move", "sealed"]), "store_locked");
    rig.keyring(true);
    let moved = rig.lamp(&["store", "move", "sealed"]);
    assert!(moved.exit == 0 && moved.err.contains("old ones removed: 1"), "{moved:?}");
    assert!(rig.lamp(&["store"]).out.contains("sealed"));
    assert_eq!(rig.lamp(&["token", "work"]).exit, 0);
}

#[test]
fn a_new_passphrase_is_typed_twice_the_same_and_one_that_there_is_only_once_even_if_the_check_is_lost() {
    let rig = changed_by_hand("ask");
    let moved = typed(&rig, &["store", "move", "sealed"], "slip\nslop\ncorrect horse\ncorrect horse\n");
    assert_eq!(moved.exit, 0, "{moved:?}");
    assert!(moved.out.contains("not the same") && moved.out.contains("New passphrase"), "{moved:?}");
    std::fs::remove_file(rig.path("data/sealed/key.check")).expect("lost");
    let wrong = typed(&rig, &["token", "work"], "wrong horse\n");
    assert!(wrong.exit == 5 && wrong.out.contains("another key"), "{wrong:?}");
    let right = typed(&rig, &["token", "work"], "correct horse\n");
    assert!(right.exit == 0 && !right.out.contains("New passphrase"), "{right:?}");
    let back = typed(&rig, &["store", "move", "keyring"], "correct horse\n");
    assert_eq!(back.exit, 0, "{back:?}");
    assert_eq!(rig.lamp(&["token", "work"]).exit, 0);
}

#[test]
fn i2_a_login_that_lies_in_two_stores_is_shown_as_that_and_a_logout_takes_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key").display().to_string();
    let rig = changed_by_hand(&key);
    assert_eq!(rig.lamp(&["store", "key", &key]).exit, 0);
    let again = typed(&rig, &["login", "work"], &rig.answers());
    assert_eq!(again.exit, 0, "{again:?}");
    let shown = rig.lamp(&["store"]);
    assert!(shown.out.contains("keyring, sealed") && shown.out.contains("in several stores"), "{shown:?}");
    let config = rig.config();
    let out = rig.lamp(&["logout", "work"]);
    assert_eq!(out.exit, 0, "{out:?}");
    // The account as it was: nothing of it is anywhere.
    rig.set_config(&config);
    let shown: serde_json::Value = serde_json::from_str(&rig.lamp(&["store", "--json"]).out).expect("JSON");
    assert_eq!(shown["accounts"][0], serde_json::json!({ "account": "work", "stores": [] }), "{shown}");
}
