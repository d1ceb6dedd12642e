//! The real KWallet of KDE, as a Secret Service: it takes only text, and counts a wallet that was opened at login as
//! locked until somebody unlocks it by this interface, too.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_engine::store::Keychain;
use testkit::wait;
use zbus::zvariant::OwnedObjectPath;

use super::keychain::{account, generation, record, write_id};
use super::keyring_daemon::inside_a_session;

/// On a slow machine that does other things, too.
const HANGS: Duration = Duration::from_secs(60);
const SETTINGS: &str = "[Wallet]\nFirst Use=false\nEnabled=true\nDefault Wallet=kdewallet\nUse One Wallet=true\n\
                        Close When Idle=false\nLeave Open=true\nLaunch Manager=false\n\
                        [org.freedesktop.secrets]\napiEnabled=true\n";
/// What PAM makes of the password that the person logs in with.
const HASH: [u8; 56] = [7; 56];

#[test]
fn f39_f40_a_record_in_kwallet_comes_back_as_it_was() {
    inside_a_session("storage::kwallet::a_record_in_kwallet");
}

/// KDE's daemon, without a display.
struct KWallet {
    daemon: Child,
    bus: zbus::blocking::Connection,
}

impl KWallet {
    fn start() -> Self {
        let daemon = Command::new("kwalletd5")
            .env("QT_QPA_PLATFORM", "offscreen")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("libkf5wallet-bin is installed");
        let bus = zbus::blocking::Connection::session().expect("the session's bus");
        let names = zbus::blocking::fdo::DBusProxy::new(&bus).expect("the bus");
        let is_there = || {
            let name = "org.freedesktop.secrets".try_into().expect("a name");
            names.name_has_owner(name).expect("the bus answers")
        };
        assert!(wait::until_true(HANGS, is_there), "kwalletd5 does not come up");
        drop(names);
        Self { daemon, bus }
    }

    /// What `pam_kwallet` does at login: opens the wallet, and makes it if there is none.
    fn open_as_pam_does(&self) {
        self.bus
            .call_method(
                Some("org.kde.kwalletd5"),
                "/modules/kwalletd5",
                Some("org.kde.KWallet"),
                "pamOpen",
                &("kdewallet", HASH.as_slice(), 0_i32),
            )
            .expect("opened");
    }
}

impl Drop for KWallet {
    fn drop(&mut self) {
        self.daemon.kill().expect("ours to kill");
        self.daemon.wait().expect("it ends");
    }
}

fn home() -> PathBuf {
    std::env::var_os("HOME").map(PathBuf::from).expect("set by the outer test")
}

fn wallet_file() -> Vec<u8> {
    std::fs::read(home().join("kwalletd/kdewallet.kwl")).unwrap_or_default()
}

/// KWallet answers from its memory, and writes its file some seconds later.
fn wait_until_written(before: &[u8]) {
    assert!(wait::until_true(HANGS, || wallet_file() != before), "the wallet's file stays as it was");
}

fn settings(home: &Path) {
    let folder = home.join(".config");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("kwalletrc"), SETTINGS).expect("written");
}

#[test]
#[ignore = "runs inside a session bus of its own, started by the test above"]
fn a_record_in_kwallet() {
    settings(&home());
    let mut store = Keychain::platform("lamplighter@test");

    let wallet = KWallet::start();
    assert_eq!(store.load(&account()).err(), Some(StoreError::Locked), "there is no wallet yet");
    wallet.open_as_pam_does();
    assert!(wait::until_true(HANGS, || !wallet_file().is_empty()), "it makes one");
    drop(wallet);

    let wallet = KWallet::start();
    assert_eq!(store.load(&account()).err(), Some(StoreError::Locked), "told, and not hanging in a prompt");
    wallet.open_as_pam_does();
    let nothing = store.load(&account()).expect("opened at login: nobody has to unlock it once more");
    assert!(nothing.is_none());
    store.save(&account(), None, &record(1, 30_000)).expect("saved");
    store.save(&account(), Some(write_id(1)), &record(2, 64 * 1024)).expect("saved again");
    assert_eq!(store.save(&account(), Some(write_id(1)), &record(3, 10)), Err(StoreError::Conflict));
    let before = wallet_file();
    it_takes_only_text(&wallet);
    assert_eq!(generation(Keychain::platform("lamplighter@test").load(&account()).expect("read")), Some(2));
    wait_until_written(&before);
    let before = wallet_file();
    store.save(&account(), Some(write_id(2)), &record(3, 40_000)).expect("saved");
    wait_until_written(&before);
    drop(wallet);

    let gone = store.load(&account()).err();
    assert!(matches!(gone, Some(StoreError::Absent(_))), "killed: {gone:?}");
    let wallet = KWallet::start();
    wallet.open_as_pam_does();
    assert_eq!(generation(store.load(&account()).expect("another daemon, the same process")), Some(3));
    store.delete(&account()).expect("deleted");
    assert!(store.load(&account()).expect("read").is_none());
}

/// Why records are base64: of what another program stored as text, such as an export that is put back, KWallet keeps
/// only what is UTF-8, and nobody says so.
fn it_takes_only_text(wallet: &KWallet) {
    let tool = |words: &[&str]| {
        let mut tool = Command::new("secret-tool");
        tool.args(words).args(["service", "lamplighter@test", "username", "bytes"]);
        tool.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("libsecret-tools is installed")
    };
    let mut stored = tool(&["store", "--label=bytes"]);
    // Closing it ends the secret.
    stored.stdin.take().expect("piped").write_all(b"a\xff\xfeb").expect("it reads");
    assert!(stored.wait().expect("it ends").success());
    // On a busy machine it is not found at once.
    let looks =
        || Some(tool(&["lookup"]).wait_with_output().expect("it ends").stdout).filter(|it| !it.is_empty());
    let found = wait::until(HANGS, looks).expect("it is found");
    assert_eq!(found, "a\u{fffd}\u{fffd}b".as_bytes());
    let default: OwnedObjectPath = wallet
        .bus
        .call_method(
            Some("org.freedesktop.secrets"),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.Secret.Service"),
            "ReadAlias",
            &("default",),
        )
        .and_then(|answer| answer.body().deserialize())
        .expect("answered");
    assert_eq!(default.as_str(), "/org/freedesktop/secrets/collection/kdewallet");
}
