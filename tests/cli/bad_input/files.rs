//! Files that people write: `config.toml` and provider files, broken or edited by hand.

use std::fmt::Write as _;

use testkit::practice::JSON_PROVIDER;

use super::rig::{Rig, lines};

#[test]
fn unknown_accounts_and_services_end_with_4_in_both_languages() {
    let rig = Rig::logged_in();
    for (args, code) in [
        (&["token", "nope"][..], "unknown_account"),
        (&["refresh", "work", "nope"], "unknown_account"),
        (&["login", "nope"], "unknown_provider"),
    ] {
        let ran = rig.lamp(args);
        assert!(ran.exit == 4 && ran.err.contains("nope") && lines(&ran).len() == 2, "{args:?}: {ran:?}");
        assert_eq!(rig.code(args), code);
        let french = rig.french(args);
        assert!(french.exit == 4 && french.err.contains("l n’y a "), "{french:?}");
    }
}

#[test]
fn f63_a_broken_configuration_at_the_start_tells_its_line_and_loses_nothing() {
    let rig = Rig::logged_in();
    let (config, token) = (rig.config(), rig.lamp(&["token", "work"]).out);
    let broken = format!("{config}\n[accounts.two]\nprovider = \"slack\"\nid = 3\n");
    rig.set_config(&broken);
    let line = broken.lines().count();
    for args in [&["list"][..], &["token", "work"], &["refresh"], &["pause", "work"], &["logout", "work"]] {
        let ran = rig.lamp(args);
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
        assert!(
            ran.err.contains(&format!("config.toml:{line}:6: This must be a text in quotes.")),
            "{ran:?}"
        );
        assert_eq!(lines(&ran)[1], "Your logins are safe.");
        assert!(lines(&ran)[2].starts_with("No account is kept alive until it is corrected"), "{ran:?}");
        assert_eq!(lines(&ran)[3], "Write a text in quotes.");
        assert_eq!(rig.code(args), "bad_file", "{args:?}");
    }
    let status = rig.french(&["status"]);
    assert!(
        status.exit == 2 && status.out.contains(":6: Il faut ici un texte entre guillemets."),
        "{status:?}"
    );
    let base = format!("base={}", rig.site.base());
    let login = rig.lamp(&["login", "practice-json", "--as", "x", "--set", &base]);
    assert!(login.exit == 2 && login.err.contains("config.toml"), "before anybody signs in: {login:?}");
    assert_eq!(rig.config(), broken, "not touched");
    rig.set_config(&config);
    assert_eq!(rig.lamp(&["token", "work"]).out, token);
}

#[test]
fn f63_a_configuration_that_breaks_while_an_engine_runs_leaves_the_old_one_in_force() {
    let rig = Rig::logged_in();
    let (config, token) = (rig.config(), rig.lamp(&["token", "work"]).out);
    let _engine = rig.engine_at("work");
    rig.set_config(&format!("{config}\n[accounts.two\n"));
    let list = rig.lamp(&["list"]);
    assert!(list.exit == 0 && list.out.contains("work") && list.err.contains("config.toml:"), "{list:?}");
    assert!(list.err.contains("What was in force before stays in force."), "{list:?}");
    assert_eq!(rig.lamp(&["status"]).exit, 2);
    assert_eq!(rig.lamp(&["token", "work"]).out, token);
    let french = rig.french(&["pause", "work"]);
    assert!(french.exit == 2 && french.err.contains("Ce qui était en vigueur le reste."), "{french:?}");
    rig.set_config(&config);
    let list = rig.lamp(&["list"]);
    assert!(list.err.is_empty() && list.out.contains("Fine"), "{list:?}");
}

#[test]
fn f63_a_broken_provider_file_names_its_mistake_and_the_others_still_work() {
    let rig = Rig::logged_in();
    let token = rig.lamp(&["token", "work"]).out;
    rig.provider("other", JSON_PROVIDER);
    assert_eq!(rig.log_in("other", "fine").exit, 0);
    rig.provider("practice-json", &JSON_PROVIDER.replace("name   = \"Practice JSON\"", "name   = 3"));
    for args in [&["token", "work"][..], &["check", "work"], &["login", "work"], &["login", "practice-json"]]
    {
        let ran = rig.lamp(args);
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
        assert!(lines(&ran)[0].contains("practice-json.toml:3:10: "), "{args:?}: {ran:?}");
        assert_eq!(lines(&ran).len(), 4, "{ran:?}");
        assert_eq!(rig.code(args), "bad_file");
    }
    let status = rig.french(&["status", "work"]);
    assert!(status.exit == 2 && status.out.contains("tous les autres continuent"), "{status:?}");
    assert_eq!(rig.lamp(&["token", "fine"]).exit, 0);
    assert_eq!(rig.lamp(&["refresh", "--force", "fine"]).exit, 0);
    rig.provider("practice-json", JSON_PROVIDER);
    assert_eq!(rig.lamp(&["token", "work"]).out, token, "corrected: everything is still there");
}

#[test]
fn an_account_written_by_hand_needs_a_login_at_once_and_in_a_running_engine_too() {
    let rig = Rig::logged_in();
    let _engine = rig.engine_at("work");
    let mut config = rig.config();
    let base = rig.site.base();
    write!(
        config,
        "\n# mine\n[accounts.hand]\nid = \"{:032x}\"\nprovider = \"practice-json\"\nvars = {{ base = \"{base}\" }}\n",
        7
    )
    .expect("memory");
    rig.set_config(&config);
    let ran = rig.lamp(&["token", "hand"]);
    assert_eq!(
        (ran.exit, lines(&ran)),
        (
            3,
            vec![
                "lamp: hand: Nobody has signed in yet.",
                "Nothing is stored that could be lost.",
                "It is kept alive from the first login on.",
                "Sign in; it takes a minute.",
                "→ lamp login hand",
            ]
        )
    );
    assert_eq!(rig.code(&["check", "hand"]), "needs_login");
    assert_eq!(rig.lamp(&["refresh", "hand"]).exit, 3);
    assert!(rig.french(&["token", "hand"]).err.contains("Personne ne s’est encore connecté."));
    assert_eq!(rig.config(), config);
}

#[test]
fn i2_an_account_removed_by_hand_leaves_its_record_and_comes_back_whole() {
    let rig = Rig::logged_in();
    let (config, token) = (rig.config(), rig.lamp(&["token", "work"]).out);
    rig.set_config("# empty\n");
    assert_eq!(rig.code(&["token", "work"]), "unknown_account");
    assert_eq!(rig.lamp(&["refresh"]).exit, 0);
    assert_eq!(rig.config(), "# empty\n");
    rig.set_config(&config);
    assert_eq!(rig.lamp(&["token", "work"]).out, token);
    assert_eq!(rig.site.count("POST /api/auth/logout"), 0);
}
