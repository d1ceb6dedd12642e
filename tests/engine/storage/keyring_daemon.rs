//! The real gnome-keyring, on a session bus of its own: absent, unlocked, locked, stopped, restarted, all seen
//! by one process that never restarts.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_engine::store::{Keychain, StoreThread};
use rustix::process::{Pid, Signal, kill_process};

use super::keychain::{account, generation, record, write_id};

const PASSWORD: &str = "an old lamp";

/// Starts this test binary again, inside a session bus that starts no services by itself.
pub(super) fn inside_a_session(test: &str) {
    inside_a_session_that("", test);
}

/// The same on a bus with further rules of what may be sent.
pub(super) fn inside_a_session_that(rules: &str, test: &str) {
    let home = tempfile::tempdir().expect("a folder");
    let config = home.path().join("bus.conf");
    let text = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
        <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
        <allow own="*"/>"#;
    std::fs::write(&config, format!("{text}{rules}</policy></busconfig>")).expect("written");
    let status = Command::new("timeout")
        .args(["240", "dbus-run-session"])
        .arg(format!("--config-file={}", config.display()))
        .arg("--")
        .arg(std::env::current_exe().expect("this binary"))
        .args(["--exact", "--ignored", "--nocapture", test])
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .status()
        .expect("dbus is installed");
    assert!(status.success(), "see above");
}

#[test]
fn f39_every_state_of_a_real_keyring_is_told_from_the_others() {
    inside_a_session("storage::keyring_daemon::states_of_one_keyring");
}

/// A daemon of our own; ends with this.
pub(super) struct Daemon(Child);

impl Daemon {
    /// `unlocked` opens the login keyring with the password, and makes it if there is none.
    pub(super) fn start(unlocked: bool) -> Self {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]).arg(control_folder());
        if unlocked {
            command.arg("--unlock");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring is installed");
        // Closing it ends the password.
        child.stdin.take().expect("piped").write_all(PASSWORD.as_bytes()).expect("it reads");
        let daemon = Self(child);
        daemon.wait_until_there();
        daemon
    }

    fn wait_until_there(&self) {
        let owned = || {
            Command::new("dbus-send")
                .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets"])
                .args(["/org/freedesktop/secrets", "org.freedesktop.DBus.Peer.Ping"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("dbus is installed")
                .success()
        };
        assert!((0..2_000).any(|_| owned()), "the daemon does not come up");
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("ours");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().expect("ours to kill");
        self.0.wait().expect("it ends");
    }
}

fn control_folder() -> String {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).expect("set by the outer test");
    format!("--control-directory={}", Path::new(&runtime).join("keyring").display())
}

#[test]
#[ignore = "runs inside a session bus of its own, started by the test above"]
fn states_of_one_keyring() {
    let mut store = Keychain::platform("lamplighter@test");

    let absent = store.load(&account()).err();
    assert!(matches!(absent, Some(StoreError::Absent(_))), "nobody is there yet: {absent:?}");

    let daemon = Daemon::start(true);
    assert!(store.load(&account()).expect("it came up later").is_none());
    store.save(&account(), None, &record(1, 30_000)).expect("saved");
    store.save(&account(), Some(write_id(1)), &record(2, 40_000)).expect("saved again");
    assert_eq!(generation(store.load(&account()).expect("answers")), Some(2));
    assert_eq!(store.save(&account(), Some(write_id(1)), &record(3, 10)), Err(StoreError::Conflict));
    drop(daemon);

    let gone = store.load(&account()).err();
    assert!(matches!(gone, Some(StoreError::Absent(_))), "killed: {gone:?}");

    let daemon = Daemon::start(false);
    assert_eq!(store.load(&account()).err(), Some(StoreError::Locked), "told, and not hanging in a prompt");
    assert_eq!(store.save(&account(), Some(write_id(2)), &record(3, 10)), Err(StoreError::Locked));
    assert_eq!(store.delete(&account()), Err(StoreError::Locked));
    unlock_from_outside();
    assert_eq!(generation(store.load(&account()).expect("unlocked meanwhile")), Some(2));
    store.save(&account(), Some(write_id(2)), &record(3, 10)).expect("saved");
    drop(daemon);

    let daemon = Daemon::start(true);
    assert_eq!(generation(store.load(&account()).expect("another daemon, the same process")), Some(3));
    a_stopped_daemon_is_slow(&daemon);

    assert_eq!(generation(store.load(&account()).expect("answers")), Some(3));
    store.delete(&account()).expect("deleted");
    assert!(store.load(&account()).expect("answers").is_none());
}

/// F39: it hangs, nobody else does, and when it goes on everything does.
fn a_stopped_daemon_is_slow(daemon: &Daemon) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let store = Box::new(Keychain::platform("lamplighter@test"));
        let limit = Duration::from_millis(300);
        let (thread, mut late) = StoreThread::start_with_limit(store, limit).expect("a thread");
        daemon.signal(Signal::STOP);
        assert_eq!(thread.load(&account()).await.err(), Some(StoreError::Slow));
        daemon.signal(Signal::CONT);
        assert_eq!(late.recv().await.expect("told").result, Ok(()));
        assert_eq!(generation(thread.load(&account()).await.expect("answers")), Some(3));
    });
}

/// What the desktop's own prompt does once the person has typed the password.
pub(super) fn unlock_from_outside() {
    use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
    let bus = zbus::blocking::Connection::session().expect("the session's bus");
    let service = |interface: &'static str| {
        zbus::blocking::Proxy::new(&bus, "org.freedesktop.secrets", "/org/freedesktop/secrets", interface)
            .expect("a proxy")
    };
    let (_, session): (OwnedValue, OwnedObjectPath) = service("org.freedesktop.Secret.Service")
        .call("OpenSession", &("plain", Value::from("")))
        .expect("a session");
    let login: OwnedObjectPath =
        service("org.freedesktop.Secret.Service").call("ReadAlias", &("default",)).expect("a collection");
    let secret = (session, Vec::<u8>::new(), PASSWORD.as_bytes().to_vec(), "text/plain");
    service("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")
        .call::<_, _, ()>("UnlockWithMasterPassword", &(login, secret))
        .expect("the right password");
}
