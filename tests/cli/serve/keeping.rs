//! What it keeps and says, and who asks it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::server::{ASKED_AT, Served};
use crate::bad_input::rig::{Rig, until};

/// The lines after the one that begins so, up to the next one that begins anew.
fn parts<'a>(said: &'a str, first: &str) -> Vec<&'a str> {
    let from = said.lines().skip_while(|line| !line.starts_with(first));
    let mut part = 0;
    from.take_while(|line| {
        part += 1;
        part == 1 || line.starts_with("      ")
    })
    .map(str::trim)
    .collect()
}

#[test]
fn s0_10_serve_says_what_it_keeps_where_and_how_it_is_asked() {
    let rig = Rig::logged_in();
    let served = Served::start(&rig);
    served.await_said("Configuration and services:");
    let socket = rig.path("runtime/api.sock").display().to_string();
    let config = rig.path("config").display().to_string();
    let said = served.said();
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("lamp: ")).collect();
    assert_eq!(
        lines,
        [
            "lamp: Keeping 1 login alive.",
            "lamp: Logins are kept in your system’s keyring.",
            &format!("lamp: Asked at: {socket}"),
            &format!("lamp: Configuration and services: {config}"),
        ],
        "{said}"
    );
    assert_eq!(served.terminated().0, Some(0));

    let mut french = rig.command(&["serve"]);
    french.env("LANG", "fr_FR.UTF-8");
    let served = Served::spawn(french);
    served.await_said("lamp: 1 connexion maintenue en vie.");
    served.await_said("lamp: Interrogé à l’adresse\u{a0}: ");
    assert_eq!(served.terminated().0, Some(0));
}

#[test]
fn s0_10_login_token_status_and_refresh_of_another_shell_go_to_it() {
    let rig = Rig::new();
    let served = Served::start(&rig);
    served.await_said("No logins yet. Add one with: lamp login SERVICE");
    let login = rig.log_in("practice-json", "work");
    assert_eq!(login.exit, 0, "{login:?}");
    let status = rig.lamp(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status.out).expect("JSON");
    assert_eq!(status["engine"]["holder"], "serve");
    assert_eq!(status["engine"]["pid"], served.pid());
    let token = rig.lamp(&["token", "work"]).out;
    assert!(rig.site.owner_of(token.trim()).is_some());
    assert_eq!(rig.lamp(&["refresh", "--force"]).exit, 0);
    assert_ne!(rig.lamp(&["token", "work"]).out, token);
    let secrets = rig.site.secrets();
    let (code, said) = served.terminated();
    assert_eq!(code, Some(0), "{said}");
    let found = testkit::scan::Scan::new(&secrets).bytes("standard error", said.as_bytes());
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn s0_10_whoever_needs_a_person_is_said_once_in_five_parts_and_again_when_it_is_over() {
    let rig = Rig::logged_in();
    let served = Served::start(&rig);
    assert!(!served.said().contains("lamp: work"), "{}", served.said());
    // Its service's file is broken by hand: nobody knows any more how this login is refreshed.
    rig.provider("practice-json", "format = 1\nname = 3\n");
    assert_ne!(rig.lamp(&["status", "work"]).exit, 0);
    served.await_said("practice-json.toml");
    assert_ne!(rig.lamp(&["status", "work"]).exit, 0);
    rig.provider("practice-json", testkit::practice::JSON_PROVIDER);
    assert_eq!(rig.lamp(&["status", "work"]).exit, 0);
    served.await_said("lamp: work: does not need you any more.");
    let (_, said) = served.terminated();
    let matters: Vec<_> = said.lines().filter(|line| line.starts_with("lamp: work: ")).collect();
    assert_eq!(matters.len(), 2, "each once: {said}");
    let parts = parts(&said, matters[0]);
    assert!(parts.len() >= 4, "what happened, is it safe, what comes next, what to do: {parts:?}");
}

#[test]
fn s0_10_without_a_keyring_serve_runs_and_says_which_store_is_for_servers() {
    let mut rig = Rig::logged_in();
    rig.no_keyring();
    let served = Served::start(&rig);
    served.await_said("No keyring is running.");
    served.await_said("store = \"sealed\"");
    // It is the same engine that goes on once there is one.
    rig.keyring(true);
    until("the login is there", || rig.lamp(&["token", "work"]).exit == 0);
    assert_eq!(served.terminated().0, Some(0));
}

#[test]
fn s0_10_a_login_in_a_window_says_what_to_do_on_a_server() {
    let rig = Rig::new();
    let served = Served::start(&rig);
    let base = format!("base={}", rig.site.base());
    let ran = rig.lamp(&["login", "practice", "--as", "web", "--set", &base]);
    assert_eq!(ran.exit, 6, "{ran:?}");
    assert!(ran.err.contains("On a server"), "{ran:?}");
    assert_eq!(rig.lamp(&["list"]).out, "", "no account is left behind: {:?}", rig.lamp(&["list"]));
    assert_eq!(served.terminated().0, Some(0));
}

#[test]
fn s0_10_what_serve_makes_is_nobody_elses_to_read_whatever_the_umask() {
    let rig = Rig::new();
    let mut shell = std::process::Command::new("sh");
    let lamp = rig.command(&[]);
    shell.args(["-c", "umask 000; exec \"$0\" serve", env!("CARGO_BIN_EXE_lamp")]);
    shell.env_clear().envs(lamp.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let served = Served::spawn(shell);
    served.await_said(ASKED_AT);
    assert_eq!(rig.log_in("practice-json", "work").exit, 0);
    let mut seen = 0;
    for folder in ["data", "runtime", "logs"] {
        look(&rig.path(folder), &mut seen);
    }
    assert!(seen > 5, "{seen} files");
    assert_eq!(served.terminated().0, Some(0));
}

fn look(path: &Path, seen: &mut usize) {
    let data = path.symlink_metadata().expect("it is there");
    assert_eq!(data.permissions().mode() & 0o077, 0, "{}", path.display());
    *seen += 1;
    if data.is_dir() {
        std::fs::read_dir(path).expect("ours").flatten().for_each(|entry| look(&entry.path(), seen));
    }
}
