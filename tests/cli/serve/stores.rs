//! `lamp store` beside a `lamp serve` that runs, and what logouts have left.

use super::server::Served;
use crate::bad_input::rig::Rig;

const ID: &str = "00112233445566778899aabbccddeeff";

fn shown(rig: &Rig) -> serde_json::Value {
    serde_json::from_str(&rig.lamp(&["store", "--json"]).out).expect("JSON")
}

#[test]
fn a_store_that_the_settings_name_and_the_engine_does_not_use_yet_is_told_from_the_one_in_force() {
    let rig = Rig::new();
    rig.set_config("");
    let served = Served::start(&rig);
    assert!(shown(&rig).get("in_force").is_none(), "they agree");
    rig.set_config("[settings]\nstore = \"keyutils\"\n");
    let told = shown(&rig);
    assert_eq!((told["store"].as_str(), told["in_force"].as_str()), (Some("keyutils"), Some("keyring")));
    let said = rig.lamp(&["store"]);
    for words in [
        "Logins are kept in your system’s keyring. So it is in the Lamplighter that runs now.",
        "config.toml names the kernel’s keyring: that counts from its next start on",
    ] {
        assert!(said.exit == 0 && said.out.contains(words), "{words}: {said:?}");
    }
    assert!(rig.french(&["store"]).out.contains("config.toml indique le trousseau du noyau"));
    assert_eq!(served.terminated().0, Some(0));
    // Nobody runs: what the settings say is all there is.
    assert!(shown(&rig).get("in_force").is_none());
    let said = rig.lamp(&["store"]);
    assert!(said.out.starts_with("Logins are kept in the kernel’s keyring;"), "{said:?}");
}

#[test]
fn i2_what_a_logout_could_not_erase_is_named_by_store_and_status_until_it_is_gone() {
    let mut rig = Rig::new();
    rig.set_config("[settings]\nstore = \"keyutils\"\n");
    assert_eq!(rig.lamp(&["list"]).exit, 0, "its folders are made");
    rig.keyring(false);
    std::fs::write(rig.path("data/to-erase.json"), format!("{{\"{ID}\":[\"keyring\"]}}")).expect("a file");
    let told = shown(&rig);
    assert_eq!(told["to_erase"], serde_json::json!({ ID: ["keyring"] }), "{told}");
    let named = format!("Still to be erased after a logout, from your system’s keyring: {ID}.");
    let said = rig.lamp(&["store"]);
    assert!(said.out.contains(&named) && said.out.contains("erases it once that opens"), "{said:?}");
    let status = rig.lamp(&["status"]);
    assert!(format!("{}{}", status.out, status.err).contains(&named), "{status:?}");

    rig.keyring(true);
    assert_eq!(rig.lamp(&["list"]).exit, 0, "an engine of one command does it, too");
    assert!(!rig.path("data/to-erase.json").exists());
    assert!(shown(&rig).get("to_erase").is_none());
}

#[test]
fn a_logout_by_an_id_that_is_nowhere_says_so() {
    let rig = Rig::new();
    let out = rig.lamp(&["logout", ID]);
    assert_eq!((out.exit, rig.code(&["logout", ID]).as_str()), (4, "unknown_account"), "{out:?}");
    assert!(out.err.contains("nothing of one was found in any store"), "{out:?}");
    assert!(out.err.contains("Nothing was erased") && out.err.contains("lamp list"), "{out:?}");
}
