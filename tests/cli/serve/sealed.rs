//! With sealed files, as on a server: no keyring, no session; the key from a file, a credential, a passphrase.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::server::{ASKED_AT, Served};
use crate::bad_input::ended::finished_all;
use crate::bad_input::rig::{Rig, until};
use crate::world::Ran;

/// A server: sealed files, and `store_key` as it stands in the settings.
fn server(store_key: Option<&str>) -> Rig {
    let mut rig = Rig::new();
    rig.no_keyring();
    let key = store_key.map(|key| format!("store_key = \"{key}\"\n")).unwrap_or_default();
    rig.set_config(&format!("[settings]\nstore = \"sealed\"\n{key}"));
    rig
}

/// A file beside what is Lamplighter's.
fn beside(rig: &Rig, name: &str) -> PathBuf {
    rig.path("").parent().expect("a home").join(name)
}

fn secret_file(path: &Path, text: &[u8]) {
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("ours");
}

/// A login from another shell, with nothing but standard input to be asked at.
fn log_in(rig: &Rig) {
    let base = format!("base={}", rig.site.base());
    let login = rig.command(&["login", "practice-json", "--as", "work", "--set", &base]);
    let ran = finished_all(login, &rig.answers());
    assert_eq!(ran.exit, 0, "{ran:?}");
}

/// From the login to a refresh after a kill -9: all of it from other shells of the same user.
fn a_whole_life(rig: &Rig, start: impl Fn() -> Served) {
    let served = start();
    log_in(rig);
    let env = beside(rig, ".env");
    let sink = format!(
        "\n[[accounts.work.sinks]]\nkind = \"env\"\npath = \"{}\"\nset = {{ BOT = \"{{{{token.access}}}}\" }}\n",
        env.display()
    );
    rig.set_config(&(rig.config() + &sink));
    assert_eq!(rig.lamp(&["refresh", "work", "--force"]).exit, 0);
    let token = rig.lamp(&["token", "work"]).out;
    let delivered = format!("BOT={}", token.trim());
    until("it is delivered", || std::fs::read_to_string(&env).is_ok_and(|text| text.contains(&delivered)));

    served.signal(Signal::KILL);
    assert_eq!(served.ended().0, None);
    let served = start();
    assert_eq!(rig.lamp(&["token", "work"]).out, token, "the same as before");
    assert!(rig.site.owner_of(token.trim()).is_some(), "and still good");
    assert_eq!(rig.lamp(&["refresh", "work", "--force"]).exit, 0);
    let token = rig.lamp(&["token", "work"]).out;
    assert!(rig.site.owner_of(token.trim()).is_some());
    assert_eq!(rig.site.presented(&rig.site.person().email).again, 0, "no reuse alarm");
    let (code, said) = served.terminated();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("sealed"), "it says which store: {said}");
}

#[test]
fn s0_10_with_a_key_file_a_login_outlives_kill_9() {
    let rig = server(None);
    let key = beside(&rig, "key");
    secret_file(&key, &[7; 32]);
    rig.set_config(&format!("[settings]\nstore = \"sealed\"\nstore_key = \"{}\"\n", key.display()));
    a_whole_life(&rig, || Served::start(&rig));
}

/// It said sealed files: no keyring is opened or named instead, and no login of them is called none.
#[test]
fn f63_serve_on_a_broken_configuration_guesses_no_store_and_goes_on_once_it_is_mended() {
    let rig = server(None);
    let key = beside(&rig, "key");
    secret_file(&key, &[7; 32]);
    rig.set_config(&format!("[settings]\nstore = \"sealed\"\nstore_key = \"{}\"\n", key.display()));
    let served = Served::start(&rig);
    log_in(&rig);
    let token = rig.lamp(&["token", "work"]).out;
    assert_eq!(served.terminated().0, Some(0));

    let good = rig.config();
    let broken = format!("{good}\n[accounts.two]\nprovider = \"slack\"\nid = 3\n");
    rig.set_config(&broken);
    let served = Served::start(&rig);
    served.await_said(&format!("config.toml:{}:", broken.lines().count()));
    served.await_said("Your logins are safe.");
    let said = served.said();
    assert!(said.contains("lamp: Where logins are kept is not known"), "{said}");
    assert!(!said.contains("No logins yet") && !said.contains("keyring"), "{said}");
    for args in
        [&["token", "work"][..], &["alert", "list"], &["alert", "test"], &["secret", "list", "alerts"]]
    {
        let ran = rig.lamp(args);
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
        assert!(ran.err.contains("config.toml:") && !ran.err.contains("Nobody is told"), "{args:?}: {ran:?}");
    }
    rig.set_config(&good);
    assert_eq!(rig.lamp(&["token", "work"]).out, token, "without a restart");
    served.await_said("lamp: Keeping 1 login alive.");
    served.await_said("lamp: Logins are kept in sealed files");
    // Broken once more, what was in force goes on: whoever asks who is told reads both.
    rig.set_config(&broken);
    let ran = rig.lamp(&["alert", "list"]);
    assert!(ran.exit == 0 && ran.err.contains("What was in force before stays in force."), "{ran:?}");
    assert_eq!(served.terminated().0, Some(0));
}

/// The file is good again, and still nothing says what there is.
#[test]
fn f63_list_and_refresh_say_why_nothing_is_known_while_the_sealed_files_have_no_place() {
    let rig = server(None);
    let key = beside(&rig, "key");
    secret_file(&key, &[7; 32]);
    let good = format!("[settings]\nstore = \"sealed\"\nstore_key = \"{}\"\n", key.display());
    rig.set_config(&format!("{good}\n[accounts.two]\nprovider = \"slack\"\nid = 3\n"));
    std::fs::create_dir_all(rig.path("data")).expect("a folder");
    std::fs::write(rig.path("data/sealed"), "in the way").expect("written");
    let served = Served::start(&rig);
    served.await_said("lamp: Where logins are kept is not known");
    rig.set_config(&good);
    for args in [&["list"][..], &["list", "--json"], &["refresh"], &["refresh", "--json"]] {
        let ran = rig.lamp(args);
        assert_ne!(ran.exit, 0, "{args:?}: {ran:?}");
        assert!(format!("{}{}", ran.out, ran.err).contains("is not a folder"), "{args:?}: {ran:?}");
    }
    std::fs::remove_file(rig.path("data/sealed")).expect("out of the way");
    for args in [&["list"][..], &["list", "--json"], &["refresh"]] {
        let ran = rig.lamp(args);
        assert_eq!(ran.exit, 0, "now it is known that there is none: {args:?}: {ran:?}");
    }
    assert_eq!(served.terminated().0, Some(0));
}

#[test]
fn s0_10_with_a_credential_of_the_service_manager_a_login_outlives_kill_9() {
    let rig = server(None);
    let folder = beside(&rig, "credentials");
    std::fs::create_dir(&folder).expect("a folder");
    let key = folder.join("lamplighter-key");
    secret_file(&key, &[7; 32]);
    a_whole_life(&rig, || {
        let mut command = rig.command(&["serve"]);
        command.env("CREDENTIALS_DIRECTORY", &folder);
        let served = Served::spawn(command);
        served.await_said(ASKED_AT);
        served
    });
}

#[test]
fn s0_10_with_a_passphrase_from_a_descriptor_a_login_outlives_kill_9() {
    let rig = server(Some("passphrase:/dev/fd/3"));
    let passphrase = beside(&rig, "passphrase");
    secret_file(&passphrase, b"an old lamp in a harbour\n");
    a_whole_life(&rig, || {
        let lamp = rig.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" serve 3<\"$1\"", env!("CARGO_BIN_EXE_lamp")]).arg(&passphrase);
        shell.env_clear().envs(lamp.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let served = Served::spawn(shell);
        served.await_said(ASKED_AT);
        served
    });
}

/// Starts it at a terminal, where these lines are typed; returns what the screen showed once it has ended.
fn at_a_terminal(rig: &Rig, typed: &str, while_it_runs: impl FnOnce()) -> Ran {
    let mut command = rig.at_a_terminal(&["serve"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("python3");
    let mut keyboard = child.stdin.take().expect("piped");
    std::io::Write::write_all(&mut keyboard, typed.as_bytes()).expect("it reads");
    drop(keyboard);
    let mut pid = None;
    until("it serves", || {
        let answer = rig.path("runtime/api.sock").exists().then(|| rig.lamp(&["status", "--json"]).out);
        let status: Option<serde_json::Value> = answer.and_then(|out| serde_json::from_str(&out).ok());
        pid = status
            .filter(|status| status["engine"]["holder"] == "serve")
            .and_then(|status| status["engine"]["pid"].as_i64());
        pid.is_some()
    });
    while_it_runs();
    let pid = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a pid");
    kill_process(pid, Signal::TERM).expect("it is ours");
    Ran::from(child.wait_with_output().expect("python3"))
}

#[test]
fn s0_10_a_passphrase_is_asked_for_at_the_terminal_and_not_shown() {
    let rig = server(Some("ask"));
    let typed = "an old lamp in a harbour\n";
    let first = at_a_terminal(&rig, &typed.repeat(2), || log_in(&rig));
    assert!(first.exit == 0 && !first.out.contains("harbour"), "{first:?}");
    let again = at_a_terminal(&rig, typed, || {
        let token = rig.lamp(&["token", "work"]);
        assert!(rig.site.owner_of(token.out.trim()).is_some(), "{token:?}");
    });
    assert!(again.exit == 0 && again.out.contains("Keeping 1 login alive."), "{again:?}");
    let wrong = at_a_terminal(&rig, "another lamp\n", || assert_eq!(rig.lamp(&["token", "work"]).exit, 5));
    assert!(wrong.out.contains("sealed with another key"), "{wrong:?}");
}

/// Nobody is there to be asked: it runs, says so, and ends when it is told to.
#[test]
fn s0_10_without_its_passphrase_serve_says_so_and_goes_on() {
    let rig = server(None);
    let key = beside(&rig, "key");
    secret_file(&key, &[7; 32]);
    let settings =
        |key: &str| rig.config().replace("[settings]\n", &format!("[settings]\nstore_key = \"{key}\"\n"));
    let (with_key, asking) = (settings(key.to_str().expect("UTF-8")), settings("ask"));
    rig.set_config(&with_key);
    let served = Served::start(&rig);
    log_in(&rig);
    assert_eq!(served.terminated().0, Some(0));
    rig.set_config(&rig.config().replace(&key.display().to_string(), "ask"));
    assert!(rig.config().starts_with(&asking), "the account is in it: {}", rig.config());
    let served = Served::start(&rig);
    served.await_said("The sealed files need their passphrase, and it was not given.");
    assert_eq!(rig.lamp(&["token", "work"]).exit, 5);
    assert_eq!(served.terminated().0, Some(0));
}
