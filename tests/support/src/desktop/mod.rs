//! A whole desktop of its own: X server, window manager, session bus, keyring, notifications, a panel with a tray.
//!
//! Everything is the real program, under a home and a runtime folder that are thrown away. It is driven as a person
//! would: by mouse and keyboard, and it is looked at by screenshots and by what a screen reader would be told.

mod accessible;
mod bus;
mod config;
mod picture;
mod process;
mod screen;
#[cfg(test)]
mod tests;
mod tray;

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

pub use accessible::{Element, Role};
pub use process::Proc;
pub use screen::Window;
pub use tray::{MenuEntry, TrayItem};

use crate::wait;

/// Longest that any part of the desktop may take to be ready. They need about a second.
const READY: Duration = Duration::from_secs(120);

/// The keyring as it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// Unlocked at login.
    Unlocked,
    /// There, with a login collection, and locked.
    Locked,
    /// No Secret Service at all.
    Absent,
}

/// What the desktop is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// Width and height of its screen.
    pub size: (u32, u32),
    /// The keyring.
    pub keyring: Keyring,
    /// Whether there is a notification daemon.
    pub notifications: bool,
    /// Whether there is a panel with a tray.
    pub panel: bool,
    /// Whether a dark theme is set.
    pub dark: bool,
    /// `LANG`.
    pub lang: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            size: (1280, 900),
            keyring: Keyring::Unlocked,
            notifications: true,
            panel: true,
            dark: false,
            lang: "C.UTF-8".to_owned(),
        }
    }
}

/// A running desktop. Dropping it kills all of it and removes its folders.
pub struct VirtualDesktop {
    // Dropped in this order: programs before their display and bus, folders last.
    programs: Vec<Proc>,
    server: Proc,
    session: bus::Session,
    env: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl VirtualDesktop {
    /// Starts a desktop and returns once every part of it is ready.
    ///
    /// # Errors
    /// If a program is missing or not ready in time; the message says which.
    pub fn start(options: &Options) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("desktop-").tempdir()?;
        let mut env = folders(folder.path(), options)?;
        config::write(&folder.path().join("home"), options.dark)?;
        let (server, display) = start_x(&env, options.size)?;
        env.push(("DISPLAY".to_owned(), display));
        let (bus_daemon, address) = start_bus(&env, folder.path())?;
        env.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), address.clone()));
        let session = bus::Session::connect(&address)?;
        let mut desktop = Self { programs: vec![bus_daemon], server, session, env, folder };
        desktop.watch_notifications()?;
        desktop.start_keyring(options.keyring)?;
        desktop.start_program(&mut desktop.command("openbox"))?;
        if options.notifications {
            desktop.start_program(&mut desktop.command(config::notification_daemon()?))?;
            desktop.await_name("org.freedesktop.Notifications")?;
        }
        if options.panel {
            desktop.start_program(desktop.command("xfce4-panel").arg("--disable-wm-check"))?;
            desktop.await_name("org.kde.StatusNotifierWatcher")?;
        }
        Ok(desktop)
    }

    /// Environment of everything on this desktop.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// A command that will run on this desktop, with its environment and nothing of ours but `PATH`. Its output
    /// goes to a file in [`Self::logs`].
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(&program);
        command.env_clear().envs(self.env.iter().cloned()).current_dir(self.home()).stdin(Stdio::null());
        let name = Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.logs().join(name + ".log"));
        if let Ok((out, err)) = log.and_then(|log| Ok((log.try_clone()?, log))) {
            command.stdout(out).stderr(err);
        }
        command
    }

    /// Starts a program that belongs to the desktop: it ends with it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_program(&mut self, command: &mut Command) -> io::Result<u32> {
        let program = Proc::spawn(command)?;
        let pid = program.pid();
        self.programs.push(program);
        Ok(pid)
    }

    /// `HOME`.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// `XDG_RUNTIME_DIR`.
    pub fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// Where the output of the desktop's programs goes.
    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// Process ids of the desktop's own programs; the first is the session bus.
    pub fn pids(&self) -> Vec<u32> {
        self.programs.iter().map(Proc::pid).chain([self.server.pid()]).collect()
    }

    /// Everything that was ever sent to the notification daemon, as `dbus-monitor` prints it.
    pub fn notification_log(&self) -> String {
        std::fs::read_to_string(self.logs().join("dbus-monitor.log")).unwrap_or_default()
    }

    /// Labels of all items in the keyring, whether it is locked or not. Values are not asked for.
    ///
    /// # Errors
    /// If there is no Secret Service.
    pub fn keyring_labels(&self) -> io::Result<Vec<String>> {
        self.session.keyring_labels()
    }

    /// Locks the keyring, as a screen saver or its own timer does.
    ///
    /// # Errors
    /// If there is no Secret Service.
    pub fn lock_keyring(&self) -> io::Result<()> {
        self.session.lock_keyring()
    }

    /// Ends the notification daemon, the keyring daemon or another program of the desktop, as a crash would.
    pub fn kill_program(&mut self, name: &str) -> bool {
        let found = self.programs.iter().position(|program| program.name().ends_with(name));
        found.map(|index| drop(self.programs.remove(index))).is_some()
    }

    /// Starts the keyring daemon: at the start, or again after it was ended.
    ///
    /// # Errors
    /// If it is not ready in time.
    pub fn start_keyring(&mut self, keyring: Keyring) -> io::Result<()> {
        if keyring == Keyring::Absent {
            return Ok(());
        }
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets", "--unlock"]).stdin(Stdio::piped());
        let mut daemon = Proc::spawn(&mut command)?;
        if let Some(mut stdin) = daemon.child().stdin.take() {
            stdin.write_all(b"the keyring's password of a virtual desktop")?;
        }
        self.programs.push(daemon);
        self.await_name("org.freedesktop.secrets")?;
        let open = || self.session.default_collection_is_open();
        if !wait::until_true(READY, open) {
            return Err(late("the keyring's login collection"));
        }
        if keyring == Keyring::Locked {
            self.session.lock_keyring()?;
        }
        Ok(())
    }

    /// Starts the session bus anew, at its old address, after it was ended.
    ///
    /// # Errors
    /// If it is not ready in time.
    pub fn start_bus(&mut self) -> io::Result<()> {
        let (bus_daemon, address) = start_bus(&self.env, self.folder.path())?;
        self.programs.insert(0, bus_daemon);
        self.session = bus::Session::connect(&address)?;
        Ok(())
    }

    /// Ends the X server, as the end of a session or its crash does.
    pub fn kill_display(&mut self) {
        self.server.kill();
    }

    /// Another X server in place of one that was ended; what is started from now on is shown there.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_display(&mut self, size: (u32, u32)) -> io::Result<()> {
        let (server, display) = start_x(&self.env, size)?;
        self.server = server;
        self.env.retain(|(name, _)| name != "DISPLAY");
        self.env.push(("DISPLAY".to_owned(), display));
        self.start_program(&mut self.command("openbox")).map(drop)
    }

    fn await_name(&self, name: &str) -> io::Result<()> {
        if wait::until_true(READY, || self.session.has_owner(name)) { Ok(()) } else { Err(late(name)) }
    }

    fn watch_notifications(&mut self) -> io::Result<()> {
        let mut command = self.command("dbus-monitor");
        command.args(["--session", "interface='org.freedesktop.Notifications'"]);
        self.start_program(&mut command)?;
        // It prints its own "name acquired" first: from then on it sees everything.
        if wait::until_true(READY, || !self.notification_log().is_empty()) {
            Ok(())
        } else {
            Err(late("dbus-monitor"))
        }
    }
}

fn late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("{what} was not ready within {} s", READY.as_secs()))
}

fn folders(root: &Path, options: &Options) -> io::Result<Vec<(String, String)>> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o700))?;
    let mut env: Vec<(String, String)> = ["PATH", "RUST_BACKTRACE", "SSL_CERT_FILE"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    for (name, path) in [
        ("HOME", "home"),
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_CONFIG_HOME", "home/.config"),
        ("XDG_DATA_HOME", "home/.local/share"),
        ("XDG_STATE_HOME", "home/.local/state"),
        ("XDG_CACHE_HOME", "home/.cache"),
        ("TMPDIR", "tmp"),
    ] {
        let path = root.join(path);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        env.push((name.to_owned(), path.to_string_lossy().into_owned()));
    }
    std::fs::create_dir(root.join("logs"))?;
    let theme = if options.dark { "Adwaita:dark" } else { "Adwaita" };
    for (name, value) in [
        ("LANG", options.lang.as_str()),
        ("XDG_SESSION_TYPE", "x11"),
        ("XDG_CURRENT_DESKTOP", "XFCE"),
        ("GDK_BACKEND", "x11"),
        ("GTK_THEME", theme),
        // There is no graphics card behind Xvfb.
        ("LIBGL_ALWAYS_SOFTWARE", "1"),
        // What screen readers see is how buttons are found.
        ("GTK_MODULES", "gail:atk-bridge"),
        ("ACCESSIBILITY_ENABLED", "1"),
    ] {
        env.push((name.to_owned(), value.to_owned()));
    }
    Ok(env)
}

/// Xvfb looks for a free display itself and says which it took once it listens.
fn start_x(env: &[(String, String)], (width, height): (u32, u32)) -> io::Result<(Proc, String)> {
    let mut command = Command::new("Xvfb");
    command
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            &format!("{width}x{height}x24"),
            "-nolisten",
            "tcp",
            "-noreset",
        ])
        .env_clear()
        .envs(env.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = Proc::spawn(&mut command)?;
    let mut line = String::new();
    if let Some(stdout) = server.child().stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    match line.trim() {
        "" => Err(io::Error::other("Xvfb ended before it had a display")),
        number => Ok((server, format!(":{number}"))),
    }
}

/// The session bus; it prints its address once it listens.
fn start_bus(env: &[(String, String)], root: &Path) -> io::Result<(Proc, String)> {
    let address = format!("unix:path={}/run/bus", root.display());
    let mut command = Command::new("dbus-daemon");
    command
        .args(["--session", "--nofork", "--print-address=1", &format!("--address={address}")])
        .env_clear()
        .envs(env.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(root.join("logs/dbus-daemon.log"))?);
    let mut daemon = Proc::spawn(&mut command)?;
    let mut line = String::new();
    if let Some(stdout) = daemon.child().stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    if line.trim().is_empty() {
        return Err(io::Error::other("dbus-daemon ended before it listened"));
    }
    Ok((daemon, address))
}
