//! A person's machine in small: a home, a session bus, a keyring daemon, a service.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use testkit::practice::{JSON_PROVIDER, OAUTH_PROVIDER, PROVIDER, Settings, Site};
use testkit::wait;

use super::ended::{finished, finished_all};
use crate::world::{PATIENCE, Ran, start};

const PASSWORD: &str = "an old lamp";

const BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"#;

/// Types what its standard input says, a line for each question, on a terminal of its own; then prints what the
/// screen showed and ends with the program's exit code.
const AT_A_TERMINAL: &str = r#"
import fcntl, os, pty, select, subprocess, sys, termios
os.umask(0)  # a person whose system hides nothing
lines = sys.stdin.read().splitlines()
screen, keyboard = pty.openpty()
own = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
lamp = subprocess.Popen(sys.argv[1:], stdin=keyboard, stdout=keyboard, stderr=keyboard,
                        start_new_session=True, preexec_fn=own)
os.close(keyboard)
shown, seen = b'', 0
while True:
    if not select.select([screen], [], [], 180)[0]:
        lamp.kill()
        sys.exit('it hangs: ' + shown.decode())
    try:
        shown += os.read(screen, 4096)
    except OSError:
        break
    if lines and shown[seen:].rstrip(b' ').endswith(b':'):
        seen = len(shown)
        os.write(screen, lines.pop(0).encode() + b'\n')
sys.stdout.write(shown.decode().replace('\r', ''))
sys.exit(lamp.wait())
"#;

/// A token's life that a test sees the end of, and in which a login on a busy machine is proven all the same.
pub const SHORT: Duration = Duration::from_secs(12);

/// A process of ours; ends with this.
pub struct Ours(pub Child);

impl Drop for Ours {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Home, bus, keyring, service.
pub struct Rig {
    home: tempfile::TempDir,
    address: String,
    keyring: Option<Ours>,
    _bus: Ours,
    pub site: Site,
}

impl Rig {
    /// With an open keyring and a service whose tokens live for an hour.
    pub fn new() -> Self {
        Self::with(Duration::from_secs(3600))
    }

    /// With tokens of this life.
    pub fn with(token_life: Duration) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join("bus.conf"), BUS).expect("written");
        std::fs::create_dir_all(home.path().join("lamp/config/providers")).expect("a folder");
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", home.path().join("bus.conf").display()))
            .args(["--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus is installed");
        let mut address = String::new();
        let said = bus.stdout.take().expect("piped");
        BufReader::new(said).read_line(&mut address).expect("it says where it is");
        let site = Site::start(Settings { token_life, ..Settings::default() });
        let address = address.trim().to_owned();
        let mut rig = Self { home, address, keyring: None, _bus: Ours(bus), site };
        for (name, text) in
            [("practice", PROVIDER), ("practice-json", JSON_PROVIDER), ("practice-oauth", OAUTH_PROVIDER)]
        {
            rig.provider(name, text);
        }
        rig.keyring(true);
        rig
    }

    /// A provider file.
    pub fn provider(&self, name: &str, text: &str) {
        std::fs::write(self.path(&format!("config/providers/{name}.toml")), text).expect("written");
    }

    /// Something in `LAMPLIGHTER_HOME`.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.home.path().join("lamp").join(inside)
    }

    /// The bytes of `config.toml`.
    pub fn config(&self) -> String {
        std::fs::read_to_string(self.path("config/config.toml")).unwrap_or_default()
    }

    /// Replaces `config.toml`.
    pub fn set_config(&self, text: &str) {
        std::fs::write(self.path("config/config.toml"), text).expect("written");
    }

    /// Starts the keyring anew, open or locked.
    pub fn keyring(&mut self, open: bool) {
        self.no_keyring();
        let mut command = self.in_session("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        command.arg(format!("--control-directory={}", self.home.path().join("control").display()));
        if open {
            command.arg("--unlock");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut daemon = command.spawn().expect("gnome-keyring is installed");
        daemon.stdin.take().expect("piped").write_all(PASSWORD.as_bytes()).expect("it reads");
        self.keyring = Some(Ours(daemon));
        let mut ping = self.in_session("dbus-send");
        ping.args([
            "--session",
            "--print-reply=literal",
            "--reply-timeout=1000",
            "--dest=org.freedesktop.secrets",
        ]);
        ping.args(["/org/freedesktop/secrets", "org.freedesktop.DBus.Peer.Ping"]);
        ping.stdout(Stdio::null()).stderr(Stdio::null());
        until("the keyring comes up", || ping.status().expect("dbus is installed").success());
    }

    /// The keyring's process.
    pub fn keyring_process(&self) -> u32 {
        self.keyring.as_ref().expect("it runs").0.id()
    }

    /// Ends the keyring.
    pub fn no_keyring(&mut self) {
        self.keyring = None;
    }

    /// Another keyring, which is empty; gives back how to return to the first one.
    pub fn swap_keyrings(&mut self) {
        self.no_keyring();
        let (one, other) = (self.home.path().join("keyrings"), self.home.path().join("keyrings.other"));
        let aside = self.home.path().join("keyrings.aside");
        std::fs::rename(&one, &aside).expect("it is there");
        if other.exists() {
            std::fs::rename(&other, &one).expect("free");
        }
        std::fs::rename(&aside, &other).expect("free");
        self.keyring(true);
    }

    fn in_session(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let home = self.home.path();
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home).env("XDG_DATA_HOME", home);
        command.env("XDG_RUNTIME_DIR", home).env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command.env("LAMPLIGHTER_HOME", home.join("lamp")).env("TZ", "UTC").env("LANG", "C.UTF-8");
        command
    }

    /// `lamp`, of this build, in this session.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.in_session(env!("CARGO_BIN_EXE_lamp"));
        command.args(args);
        command
    }

    /// The same for a person whose system hides nothing: whatever is made without a mode is open to all.
    pub fn lamp_without_umask(&self, args: &[&str]) -> Ran {
        let mut command = self.in_session("sh");
        command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_lamp")]).args(args);
        finished(command)
    }

    /// `lamp` to its end, with nobody at the keyboard.
    pub fn lamp(&self, args: &[&str]) -> Ran {
        finished(self.command(args))
    }

    /// The same for a French person.
    pub fn french(&self, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        command.env("LANG", "fr_FR.UTF-8");
        finished(command)
    }

    /// The stable code of an error.
    pub fn code(&self, args: &[&str]) -> String {
        let ran = self.lamp(&[args, &["--json"]].concat());
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        json["error"]["code"].as_str().unwrap_or_else(|| panic!("no error: {ran:?}")).to_owned()
    }

    /// What the first person would type at the service now.
    pub fn answers(&self) -> String {
        let person = self.site.person();
        format!("{}\n{}\n{}\n", person.email, person.password, self.site.totp_code(&person.email))
    }

    /// Logs in at a terminal, as a person does.
    pub fn log_in(&self, provider: &str, name: &str) -> Ran {
        let base = format!("base={}", self.site.base());
        let command = self.at_a_terminal(&["login", provider, "--as", name, "--set", &base]);
        finished_all(command, &self.answers())
    }

    /// `lamp` at a terminal, where a line of standard input is typed for each question.
    pub fn at_a_terminal(&self, args: &[&str]) -> Command {
        let lamp = self.command(&[]);
        let mut command = Command::new("python3");
        command.args(["-c", AT_A_TERMINAL, env!("CARGO_BIN_EXE_lamp")]).args(args);
        command.env_clear().envs(lamp.get_envs().filter_map(|(key, value)| Some((key, value?))));
        command
    }

    /// A rig with one login, `work`.
    pub fn logged_in() -> Self {
        let rig = Self::new();
        let ran = rig.log_in("practice-json", "work");
        assert_eq!(ran.exit, 0, "{ran:?}");
        rig
    }

    /// An engine that runs as long as this is held: a login whose questions nobody answers.
    pub fn engine(&self) -> Ours {
        let base = format!("base={}", self.site.base());
        let child = start(self.command(&["login", "practice-json", "--as", "later", "--set", &base]));
        let engine = Ours(child);
        until("it listens", || self.path("runtime/api.sock").exists());
        engine
    }

    /// The same with an account that exists.
    pub fn engine_at(&self, account: &str) -> Ours {
        let engine = Ours(start(self.command(&["login", account])));
        until("the login runs", || {
            self.path("runtime/api.sock").exists()
                && self.lamp(&["status", account, "--json"]).out.contains("\"login\":\"")
        });
        engine
    }

    /// Runs the rest of a test in a mount namespace of its own: there `script` prepares and runs `$LAMP`, and nobody
    /// else sees any of it. Needs root.
    pub fn in_namespace(&self, script: &str) -> Ran {
        let mut command = self.in_session("unshare");
        command.args(["-m", "sh", "-ec", script]).env("LAMP", env!("CARGO_BIN_EXE_lamp"));
        command.current_dir(self.path(""));
        finished_all(command, "")
    }

    /// How often the service was asked for new tokens.
    pub fn refreshes(&self) -> usize {
        self.site.count("POST /api/auth/refresh")
    }
}

/// Looks until it is so.
pub fn until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(wait::until_true(PATIENCE, is_so), "never: {what}");
}

/// The error's lines: account and what happened, then safe, next, cure, and a command.
pub fn lines(ran: &Ran) -> Vec<&str> {
    ran.err.lines().map(str::trim).collect()
}
