//! A site, a desktop without windows to look at, the app, and one account.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use testkit::desktop::{Options, Proc, VirtualDesktop};
use testkit::practice::{self, Settings, Site};
use testkit::{program, wait};

/// The account's name.
pub const ACCOUNT: &str = "bench";

/// Everything that is measured.
pub struct World {
    /// The service.
    pub site: Site,
    /// The app.
    pub app: Proc,
    /// `LAMPLIGHTER_HOME`.
    pub home: PathBuf,
    /// Where it runs; dropped last.
    pub desktop: VirtualDesktop,
}

impl World {
    /// Starts everything and logs in.
    ///
    /// # Errors
    /// If a part does not start; says which.
    pub fn build() -> Result<Self, String> {
        let words = |error: std::io::Error| error.to_string();
        // Rotation off: curl and the app then refresh with tokens of their own, again and again.
        let site = Site::start(Settings { rotation: false, ..Settings::default() });
        let desktop = VirtualDesktop::start(&Options::default()).map_err(words)?;
        let home = desktop.home().join("lamplighter");
        let providers = home.join("config/providers");
        fs::create_dir_all(&providers).map_err(words)?;
        fs::write(providers.join("practice-json.toml"), practice::JSON_PROVIDER).map_err(words)?;
        let mut start = desktop.command(program("lamplighter"));
        let app = Proc::spawn(start.env("LAMPLIGHTER_HOME", &home).arg("--autostarted")).map_err(words)?;
        let world = Self { site, app, home, desktop };
        let socket = world.socket();
        if !wait::until_true(Duration::from_secs(30), || socket.exists()) {
            return Err("the app does not answer".to_owned());
        }
        world.log_in()?;
        Ok(world)
    }

    /// The local API's socket.
    pub fn socket(&self) -> PathBuf {
        self.home.join("runtime/api.sock")
    }

    /// `lamp` with these words.
    pub fn lamp(&self, words: &[&str]) -> Command {
        let mut lamp = self.desktop.command(program("lamp"));
        lamp.env("LAMPLIGHTER_HOME", &self.home).args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        lamp
    }

    /// The form's fields are read from standard input, one a line.
    fn log_in(&self) -> Result<(), String> {
        let base = format!("base={}", self.site.base());
        let mut lamp = self.lamp(&["login", "practice-json", "--as", ACCOUNT, "--set", &base]);
        let mut child = lamp.stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let ana = self.site.person();
        let answers = format!("{}\n{}\n{}\n", ana.email, ana.password, self.site.totp_code(&ana.email));
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(answers.as_bytes()).map_err(|error| error.to_string())?;
        }
        succeeded(&child.wait_with_output().map_err(|error| error.to_string())?)
    }
}

/// An error with its last words unless it succeeded.
pub fn succeeded(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}
