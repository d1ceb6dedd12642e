//! The virtual desktop is a desktop: its keyring keeps, its notifications can be pressed, its fields typed into.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

use super::*;

const SOON: Duration = Duration::from_secs(120);

#[test]
fn keyring_keeps_and_a_notification_can_be_pressed() {
    let desktop = VirtualDesktop::start(&Options::default()).expect("a desktop");
    let mut store = desktop.command("secret-tool");
    let store = store.args(["store", "--label=A label of ours", "app", "testkit"]).stdin(Stdio::piped());
    let mut store = store.spawn().expect("secret-tool is installed");
    store.stdin.take().expect("piped").write_all(b"value").expect("it reads");
    assert!(store.wait().expect("it ends").success());
    assert!(desktop.keyring_labels().expect("a keyring").contains(&"A label of ours".to_owned()));

    notify(&desktop);
    assert!(wait::until_true(SOON, || !desktop.notification_windows().is_empty()), "it is on the screen");
    picture(&desktop, "notification.png");
    desktop.press(Role::Button, "Reconnect", SOON).expect("a button");
    let pressed = || desktop.notification_log().contains("member=ActionInvoked");
    assert!(wait::until_true(SOON, pressed), "{}", desktop.notification_log());
    assert!(desktop.notification_log().contains("string \"reconnect\""));
    assert!(wait::until_true(SOON, || desktop.notification_windows().is_empty()), "it is gone");
}

#[test]
fn locked_keyring_stays_locked_until_somebody_unlocks_it() {
    let options =
        Options { keyring: Keyring::Locked, panel: false, notifications: false, ..Options::default() };
    let desktop = VirtualDesktop::start(&options).expect("a desktop");
    assert!(!desktop.session.default_collection_is_open());
}

#[test]
fn everything_is_gone_with_the_desktop() {
    let desktop = VirtualDesktop::start(&Options::default()).expect("a desktop");
    let pids = desktop.pids();
    let folder = desktop.home();
    drop(desktop);
    assert!(!folder.exists());
    for pid in pids {
        let gone = || !Path::new(&format!("/proc/{pid}/exe")).exists();
        assert!(wait::until_true(SOON, gone), "{pid} is alive");
    }
}

fn notify(desktop: &VirtualDesktop) {
    let mut call = desktop.command("gdbus");
    let name = "org.freedesktop.Notifications";
    call.args(["call", "--session", "--dest", name, "--object-path", "/org/freedesktop/Notifications"]);
    call.args([
        "--method",
        "org.freedesktop.Notifications.Notify",
        "Lamplighter",
        "0",
        "",
        "practice needs you.",
    ]);
    call.args([
        "Practice ended the session.",
        "['reconnect', 'Reconnect', 'later', 'Later']",
        "{}",
        "--",
        "0",
    ]);
    let mut child = call.stdout(Stdio::piped()).spawn().expect("gdbus is installed");
    let mut answer = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut answer).expect("text");
    assert!(child.wait().expect("it ends").success(), "{answer}");
}

#[test]
fn person_can_sign_in_at_the_practice_site() {
    use crate::practice::{Settings, Site};
    let site = Site::start(Settings::default());
    let mut desktop = VirtualDesktop::start(&Options::default()).expect("a desktop");
    let folders = std::fs::read_dir("/usr/lib").expect("it is there").flatten();
    let mut browsers = folders.map(|entry| entry.path().join("webkit2gtk-4.1/MiniBrowser"));
    let browser = browsers.find(|path| path.is_file()).expect("WebKitGTK brings a small browser");
    let mut command = desktop.command(browser);
    desktop.start_program(command.arg("--private").arg(site.base())).expect("it starts");
    let ana = site.person().clone();

    desktop.press(Role::Field, "E-mail", SOON).expect("a field");
    desktop.type_text(&ana.email).expect("typed");
    desktop.press(Role::Field, "Password", SOON).expect("a field");
    desktop.type_text(&ana.password).expect("typed");
    picture(&desktop, "password.png");
    desktop.key("Return").expect("pressed");
    desktop.press(Role::Field, "Code", SOON).expect("a field");
    desktop.type_text(&site.totp_code(&ana.email)).expect("typed");
    desktop.key("Return").expect("pressed");
    assert!(site.wait_for("POST /app/mint", 1, SOON), "{:?}", site.requests());
    assert!(site.wait_for("GET /api/me", 1, SOON), "the page uses its token");
    picture(&desktop, "front.png");
    assert_eq!(site.sessions(), 1);
}

fn picture(desktop: &VirtualDesktop, name: &str) {
    if let Ok(folder) = std::env::var("TESTKIT_PICTURES") {
        desktop.screenshot(&Path::new(&folder).join(name)).expect("a picture");
    }
}
