//! A home for processes that come and go in it, with what keeps the login: that outlives them all.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lamplighter_core::record::{SessionStore, StoreKind};
use lamplighter_core::text::Lang;
use lamplighter_engine::lock::{EngineLock, Holder};
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::store::sealed::key::make_key_file;
use lamplighter_engine::store::{KeySource, Places};
use serde::{Deserialize, Serialize};
use testkit::practice::JSON_PROVIDER;
use testkit::wait;

/// Longer than a busy machine takes to start two small programs.
const PATIENCE: Duration = Duration::from_secs(180);

const BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"#;

/// Where the login is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Store {
    /// A real gnome-keyring on a session bus of its own.
    Keychain,
    /// The sealed files.
    Sealed,
}

/// Where everything of a home lies.
pub fn env(home: &Path) -> Env {
    Env { root: Some(home.to_owned()), ..Env::default() }
}

/// The store of a home, asked by itself: not by an engine.
pub fn store(store: Store, home: &Path) -> Box<dyn SessionStore> {
    let places = Places::of(&Paths::resolve(&env(home), Lang::En).expect("a home"));
    match store {
        Store::Keychain => places.store(StoreKind::Keyring, KeySource::Unnamed),
        Store::Sealed => places.store(StoreKind::Sealed, KeySource::File(key(home))),
    }
}

/// Where the key of its sealed files is.
fn key(home: &Path) -> PathBuf {
    home.join("key")
}

/// A process of ours; ends with this.
struct Ours(Child);

impl Drop for Ours {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A home and, for a keychain, a session bus and a keyring of its own.
pub struct Home {
    folder: tempfile::TempDir,
    session: Vec<(&'static str, String)>,
    /// The keyring, and before it the session bus that it needs.
    keyring: Option<Ours>,
    _bus: Option<Ours>,
}

impl Home {
    /// A new one that knows the practice site's provider file.
    pub fn new(store: Store) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display().to_string();
        let names = ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "LAMPLIGHTER_HOME"];
        let session = names.map(|name| (name, path.clone())).into();
        let mut home = Self { folder, session, keyring: None, _bus: None };
        let providers = home.path().join("config/providers");
        std::fs::create_dir_all(&providers).expect("a folder");
        std::fs::write(providers.join("practice-json.toml"), JSON_PROVIDER).expect("a file");
        match store {
            Store::Keychain => {
                home.open_bus();
                home.open_keyring();
            }
            Store::Sealed => home.make_key(),
        }
        home
    }

    /// `LAMPLIGHTER_HOME`.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What its engines write into their log.
    pub fn log(&self) -> PathBuf {
        Paths::resolve(&env(self.path()), Lang::En).expect("a home").logs.join("lamplighter.log")
    }

    /// What its processes find in their environment.
    pub fn session(&self) -> &[(&'static str, String)] {
        &self.session
    }

    /// Whether nobody holds the engine's lock: taken at once, and given back.
    pub fn lock_is_free(&self) -> bool {
        let paths = Paths::resolve(&env(self.path()), Lang::En).expect("a home");
        !paths.lock().exists() || EngineLock::acquire(&paths, Holder::OneShot).is_ok()
    }

    fn make_key(&mut self) {
        let key = key(self.path());
        make_key_file(&key).expect("a file");
        let settings = format!("[settings]\nstore = \"sealed\"\nstore_key = \"{}\"\n", key.display());
        std::fs::write(self.path().join("config/config.toml"), settings).expect("a file");
    }

    /// How the keyring has ended by itself, if it has, and the last that it said. The campaigns never end it.
    pub fn keyring_ended(&mut self) -> Option<String> {
        let status = self.keyring.as_mut()?.0.try_wait().ok()??;
        let said = std::fs::read_to_string(self.keyring_said()).unwrap_or_default();
        Some(format!("{status}: {}", said.trim().lines().last().unwrap_or_default()))
    }

    fn keyring_said(&self) -> PathBuf {
        self.path().join("keyring.log")
    }

    fn open_bus(&mut self) {
        let config = self.path().join("bus.conf");
        std::fs::write(&config, BUS).expect("a file");
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus is installed");
        let mut address = String::new();
        let said = bus.stdout.take().expect("piped");
        BufReader::new(said).read_line(&mut address).expect("it says where it is");
        self.session.push(("DBUS_SESSION_BUS_ADDRESS", address.trim().to_owned()));
        self._bus = Some(Ours(bus));
    }

    /// Starts the keyring and unlocks it, as a sign-in does.
    pub fn open_keyring(&mut self) {
        let mut daemon = self.command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--components=secrets", "--unlock"]);
        daemon.arg(format!("--control-directory={}", self.path().join("control").display()));
        let said = std::fs::File::create(self.keyring_said()).expect("a file");
        let mut daemon =
            daemon.stdin(Stdio::piped()).stderr(said).spawn().expect("gnome-keyring is installed");
        daemon.stdin.take().expect("piped").write_all(b"an old lamp").expect("it reads");
        self.keyring = Some(Ours(daemon));
        let mut ping = self.command("dbus-send");
        ping.args(["--session", "--print-reply=literal", "--reply-timeout=1000"]);
        ping.args(["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"]);
        ping.arg("org.freedesktop.DBus.Peer.Ping");
        let is_up = || ping.status().is_ok_and(|status| status.success());
        assert!(wait::until_true(PATIENCE, is_up), "the keyring does not come up");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
        command.envs(self.session.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}
