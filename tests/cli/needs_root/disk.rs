//! Full disks and read-only homes, in a mount namespace of the test's own.

use crate::bad_input::rig::Rig;

/// `say WORDS…` runs `lamp` and prints its exit code before what it said.
const SAY: &str = r#"
say() { out=$(timeout 180 "$LAMP" "$@" 2>&1) && code=0 || code=$?; echo "$code $out"; }
"#;

fn in_namespace(rig: &Rig, script: &str) -> Vec<String> {
    let ran = rig.in_namespace(&format!("{SAY}{script}"));
    assert!(ran.exit == 0 && ran.err.is_empty(), "{ran:?}");
    ran.out.split("----\n").map(|part| part.trim().to_owned()).collect()
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn f38_on_a_full_disk_valid_tokens_are_served_and_a_refresh_has_its_room_already() {
    let rig = Rig::logged_in();
    let (config, token) = (rig.config(), rig.lamp(&["token", "work"]).out);
    let before = rig.refreshes();
    let script = r"
mkdir kept; cp -a data/. kept/
mount -t tmpfs -o size=3m,mode=700 none data; cp -a kept/. data/
dd if=/dev/zero of=data/fill bs=4k 2>/dev/null || true
say token work; echo ----
say refresh --force work; echo ----
rm data/fill
say token work; echo ----
say check work
cp -a data/. kept/; umount data; cp -a kept/. data/
";
    let said = in_namespace(&rig, script);
    assert_eq!(said[0], format!("0 {}", token.trim()));
    assert!(said[1].starts_with("0 ") && said[1].contains("refreshed"), "{said:?}");
    assert!(said[2].starts_with("0 ") && said[3].starts_with("0 work works."), "{said:?}");
    assert_eq!(rig.refreshes(), before + 1);
    assert_eq!(rig.config(), config);
    assert_eq!(rig.lamp(&["check", "work"]).exit, 0);
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn i3_what_cannot_be_marked_is_not_sent_and_goes_on_when_it_can() {
    let rig = Rig::logged_in();
    let (config, before) = (rig.config(), rig.refreshes());
    let script = r"
mount --bind data/journals data/journals; mount -o remount,ro,bind data/journals
say refresh --force work; echo ----
say status work; echo ----
say check work --json; echo ----
export LANG=fr_FR.UTF-8; say check work; echo ----
umount data/journals
say check work
";
    let said = in_namespace(&rig, script);
    assert!(
        said[0].starts_with("6 ") && said[0].contains("Nothing can be written to the disk: it is read-only.")
    );
    assert!(said[1].starts_with("6 ") && said[1].contains("Nothing is sent until"), "{said:?}");
    assert!(said[2].starts_with("6 ") && said[2].contains("\"code\":\"disk\""), "{said:?}");
    assert!(said[3].contains("Impossible d’écrire sur le disque\u{a0}: c’est en lecture seule."), "{said:?}");
    assert!(said[4].starts_with("0 work fonctionne."), "{said:?}");
    assert_eq!((rig.refreshes(), rig.config()), (before, config), "nothing was sent");
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn a_read_only_home_is_said_and_nothing_is_lost() {
    let rig = Rig::logged_in();
    let (config, token, before) = (rig.config(), rig.lamp(&["token", "work"]).out, rig.refreshes());
    let script = r#"
mount --bind . . ; cd "$PWD"; mount -o remount,ro,bind .
say token work; echo ----
say logout work --json; echo ----
export LANG=fr_FR.UTF-8; say token work; echo ----
mount -o remount,rw,bind .
say token work
"#;
    let said = in_namespace(&rig, script);
    assert!(
        said[0].starts_with("6 lamp: The lock file ") && said[0].contains("it is read-only."),
        "{said:?}"
    );
    assert!(
        said[0].contains("Your logins are safe.") && said[0].contains("Make the folder writable"),
        "{said:?}"
    );
    assert!(said[1].starts_with("6 ") && said[1].contains("\"code\":\"disk\""), "{said:?}");
    assert!(said[2].contains("c’est en lecture seule") && !said[2].contains("Read-only"), "{said:?}");
    assert_eq!(said[3], format!("0 {}", token.trim()));
    assert_eq!((rig.refreshes(), rig.config()), (before, config));
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn a_read_only_configuration_refuses_before_anybody_signs_in() {
    let rig = Rig::logged_in();
    let config = rig.config();
    let base = rig.site.base().to_owned();
    let script = format!(
        r"
mount --bind config config; mount -o remount,ro,bind config
say token work; echo ----
say pause work; echo ----
say login practice-json --as other --set base={base}; echo ----
export LANG=fr_FR.UTF-8; say pause work
"
    );
    let said = in_namespace(&rig, &script);
    assert!(said[0].starts_with("0 "), "{said:?}");
    assert!(said[1].starts_with("6 ") && said[1].contains("cannot be written: it is read-only."), "{said:?}");
    assert!(
        said[2].starts_with("6 ") && said[2].contains("other: ") && !said[2].contains("E-mail"),
        "{said:?}"
    );
    assert!(said[3].contains("n’a pas pu être écrit\u{a0}: c’est en lecture seule."), "{said:?}");
    assert_eq!(rig.config(), config);
}
