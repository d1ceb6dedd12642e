//! Locked, gone, empty keyrings: told apart, nothing lost.

use super::ended::finished;
use super::rig::{Rig, lines};

#[test]
fn f39_a_locked_keyring_is_told_by_every_command_and_nothing_hangs_or_is_lost() {
    let mut rig = Rig::logged_in();
    let (config, token) = (rig.config(), rig.lamp(&["token", "work"]).out);
    let before = rig.refreshes();
    rig.keyring(false);
    for args in [
        &["token", "work"][..],
        &["check", "work"],
        &["logout", "work"],
        &["secret", "list", "work"],
        &["login", "work"],
    ] {
        let ran = rig.lamp(args);
        assert_eq!((ran.exit, ran.out.as_str()), (5, ""), "{args:?}: {ran:?}");
        assert_eq!(lines(&ran)[0], "lamp: work: Your keyring is locked.", "{args:?}: {ran:?}");
        assert_eq!(lines(&ran)[1], "Your login is safe.", "{args:?}: {ran:?}");
        assert_eq!(rig.code(args), "store_locked", "{args:?}");
    }
    for args in [&["status"][..], &["status", "work"], &["refresh"], &["refresh", "work"]] {
        let ran = rig.lamp(args);
        assert!(ran.exit == 5 && ran.out.contains("Your keyring is locked."), "{args:?}: {ran:?}");
    }
    let list = rig.lamp(&["list"]);
    assert!(list.out.contains("Waiting") && list.err.contains("keyring is locked"), "{list:?}");
    let french = rig.french(&["token", "work"]);
    assert_eq!(
        lines(&french),
        [
            "lamp: work: Votre trousseau est verrouillé.",
            "Votre connexion n’est pas perdue.",
            "Il est redemandé chaque minute tant que Lamplighter tourne, et tout reprend dès qu’il s’ouvre.",
            "Déverrouillez-le et tout reprend.",
        ]
    );
    rig.keyring(true);
    assert_eq!(rig.lamp(&["token", "work"]).out, token, "the very token from before");
    assert_eq!((rig.config(), rig.refreshes()), (config, before), "nothing was written or sent meanwhile");
}

#[test]
fn f39_no_keyring_and_no_bus_end_with_5_and_nothing_is_lost() {
    let mut rig = Rig::logged_in();
    let (config, token) = (rig.config(), rig.lamp(&["token", "work"]).out);
    rig.no_keyring();
    for args in [&["token", "work"][..], &["check", "work"], &["logout", "work"], &["login", "work"]] {
        let ran = rig.lamp(args);
        assert!(ran.exit == 5 && lines(&ran)[0] == "lamp: work: No keyring is running.", "{args:?}: {ran:?}");
        assert_eq!(rig.code(args), "store_absent");
    }
    for bus in [None, Some("unix:path=/nonexistent")] {
        let mut command = rig.command(&["token", "work"]);
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("LANG", "fr_FR.UTF-8");
        if let Some(bus) = bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        let ran = finished(command);
        assert_eq!(
            (ran.exit, lines(&ran)[0]),
            (5, "lamp: work: Aucun trousseau n’est en service."),
            "{ran:?}"
        );
        assert!(ran.err.contains("cron"), "{ran:?}");
    }
    rig.keyring(true);
    assert_eq!((rig.lamp(&["token", "work"]).out, rig.config()), (token, config));
}

#[test]
fn f42_an_empty_keyring_needs_a_login_and_the_old_one_still_has_everything() {
    let mut rig = Rig::logged_in();
    let (config, token) = (rig.config(), rig.lamp(&["token", "work"]).out);
    rig.swap_keyrings();
    for args in [&["token", "work"][..], &["check", "work"]] {
        let ran = rig.lamp(args);
        assert_eq!(ran.exit, 3, "{args:?}: {ran:?}");
        assert_eq!(
            lines(&ran),
            [
                "lamp: work: The login of Practice JSON is not where logins are kept any more.",
                "Lamplighter deleted nothing; the account and its settings are still here.",
                "Your programs have no valid token now. It goes on as soon as the login is there again.",
                "Open what held it, or reconnect; it takes a minute.",
                "→ lamp login work",
            ]
        );
        assert_eq!(rig.code(args), "needs_login");
    }
    assert!(rig.lamp(&["list"]).out.contains("Needs you"));
    assert_eq!(rig.lamp(&["refresh"]).exit, 3);
    let french = rig.french(&["token", "work"]);
    assert!(french.err.contains("n’est plus là où les connexions sont gardées"), "{french:?}");
    assert_eq!(rig.config(), config);
    rig.swap_keyrings();
    assert_eq!(rig.lamp(&["token", "work"]).out, token);
}
