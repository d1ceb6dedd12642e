//! Running a program as tests are run: when root, as an unprivileged user with a home of its own, and with nothing of
//! it left over afterwards.
//!
//! The product never switches Chrome's sandbox off, and Chrome does not start as root with its sandbox on. So cargo
//! builds as root, and what was built runs as somebody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::reach::{Reach, reach, shown};
use crate::shell::{Done, is_root};

/// The unprivileged user that `cargo xtask setup` creates.
pub const USER: &str = "lamplighter-test";

/// What is handed on from our environment; everything else stays here.
const HANDED_ON: [&str; 10] = [
    "PATH",
    "LANG",
    "TERM",
    "CI",
    "NO_COLOR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "SSL_CERT_FILE",
    "DBUS_SESSION_BUS_ADDRESS",
];

/// User and group id of the test user, if there is one.
pub fn test_user() -> Option<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields =
        passwd.lines().find_map(|line| line.strip_prefix(USER)?.strip_prefix(':'))?.split(':').skip(1);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// `cargo xtask runner PROGRAM WORDS…`; also what CARGO_TARGET_…_RUNNER may be set to.
pub fn main(words: &[String]) -> ExitCode {
    let Some((program, words)) = words.split_first() else {
        eprintln!("xtask: runner needs a program");
        return ExitCode::from(2);
    };
    let ended = Place::new().and_then(|place| {
        let mut command = place.command(Path::new(program), None)?;
        command.args(words);
        let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
        child.wait().map_err(|error| format!("{program}: {error}"))
    });
    match ended {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(101)),
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::from(101)
        }
    }
}

/// A home, a folder for temporary files and, where needed, copies of the programs, for one run. Removed on drop.
pub struct Place {
    folder: PathBuf,
    user: Option<(u32, u32)>,
}

impl Place {
    /// Makes one. When root it belongs to the test user.
    ///
    /// # Errors
    /// If it cannot be made, or we are root and there is no test user.
    pub fn new() -> Done<Self> {
        let user = if is_root() {
            let missing = || format!("there is no user {USER}: cargo xtask setup creates one");
            Some(test_user().ok_or_else(missing)?)
        } else {
            None
        };
        Self::of(user)
    }

    /// Makes one that belongs to root, for what only root can do.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn of_root() -> Done<Self> {
        Self::of(None)
    }

    fn of(user: Option<(u32, u32)>) -> Done<Self> {
        adopt_orphans();
        let folder = std::env::temp_dir().join(format!("lamplighter-run-{}-{}", std::process::id(), count()));
        let place = Self { folder, user };
        for name in ["", "home", "tmp", "run", "out"] {
            let path = place.folder.join(name);
            fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            place.hand_over(&path)?;
        }
        Ok(place)
    }

    /// A folder that the program can write to, for what it makes.
    pub fn out(&self) -> PathBuf {
        self.folder.join("out")
    }

    /// Its home.
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// A command that will run `program` here, with a clean environment. `folder` is where it starts, if it can be
    /// reached; else that is its home.
    ///
    /// # Errors
    /// If the program can neither be reached nor copied.
    pub fn command(&self, program: &Path, folder: Option<&Path>) -> Done<Command> {
        self.prepared(None, program, folder)
    }

    /// The same by way of another program that everybody can reach, and which gets it as its first word.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub fn through(&self, way: &Path, program: &Path, folder: Option<&Path>) -> Done<Command> {
        self.prepared(Some(way), program, folder)
    }

    fn prepared(&self, through: Option<&Path>, program: &Path, folder: Option<&Path>) -> Done<Command> {
        let program =
            std::path::absolute(program).map_err(|error| format!("{}: {error}", program.display()))?;
        let way = if self.user.is_some() { reach(&program) } else { Reach::Direct };
        let own = |name: &str| self.folder.join(name);
        let program = if way == Reach::Copy { self.copy(&program)? } else { program };
        let start = folder.filter(|_| way != Reach::Copy).map_or_else(|| own("home"), Path::to_owned);
        // What is run first, with all others as its words.
        let mut chain: Vec<&Path> = through.into_iter().chain([program.as_path()]).collect();
        let mut command = match (&way, self.user) {
            (Reach::Namespace(closed), _) => shown(closed, &own("aside")),
            (_, None) => Command::new(chain.remove(0)),
            (_, Some(_)) => Command::new("env"),
        };
        if let Some((uid, gid)) = self.user {
            // The folder is gone to last: what shows it has to have been done.
            command.arg(format!("--chdir={}", start.display())).arg("setpriv");
            command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--init-groups");
            command.arg("--");
        } else {
            command.current_dir(start);
        }
        command.args(chain);
        self.environment(&mut command);
        Ok(command)
    }

    fn environment(&self, command: &mut Command) {
        let own = |name: &str| self.folder.join(name);
        let prefixes = ["RUST_", "LAMPLIGHTER_", "TESTKIT_", "PROPTEST_", "CARGO_MANIFEST"];
        let keep =
            |name: &str| HANDED_ON.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix));
        command.env_clear().stdin(Stdio::null());
        command.envs(std::env::vars().filter(|(name, _)| keep(name)));
        command.env("HOME", own("home")).env("TMPDIR", own("tmp")).env("XDG_RUNTIME_DIR", own("run"));
        if self.user.is_some() {
            // Programs that look up who they are by name must not find root.
            command.env("USER", USER).env("LOGNAME", USER);
        }
    }

    /// Copies the program and those that it may start, in the layout of cargo's target folder.
    fn copy(&self, program: &Path) -> Done<PathBuf> {
        let folder = self.folder.join("target");
        let deps = folder.join("deps");
        fs::create_dir_all(&deps).map_err(|error| format!("{}: {error}", deps.display()))?;
        let inner = program.parent().is_some_and(|parent| parent.ends_with("deps"));
        let beside = program.ancestors().nth(if inner { 2 } else { 1 }).unwrap_or(Path::new("."));
        for name in ["lamp", "lamplighter", "practice", "lamp.exe", "bcryptprimitives.dll"] {
            if beside.join(name).is_file() {
                copy(&beside.join(name), &folder.join(name))?;
            }
        }
        let to = if inner { &deps } else { &folder }.join(program.file_name().unwrap_or_default());
        copy(program, &to)?;
        Ok(to)
    }

    fn hand_over(&self, path: &Path) -> Done {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt as _, chown};
            let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
            // What root runs plays another user too, who has to get as far as what the test gives away.
            let mode = if self.user.is_some() { 0o700 } else { 0o711 };
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(wrong)?;
            if let Some((uid, gid)) = self.user {
                chown(path, Some(uid), Some(gid)).map_err(wrong)?;
            }
        }
        #[cfg(not(unix))]
        let _nobody_else = path;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        end_orphans();
        // What cannot be removed is a temporary file too many, and no reason to fail.
        _ = fs::remove_dir_all(&self.folder);
    }
}

fn copy(from: &Path, to: &Path) -> Done {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", to.display()))
}

fn count() -> usize {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// From now on whatever a program leaves behind becomes our child, so that it can be found and ended.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        // Where the kernel refuses, leftovers stay with init: untidy, not wrong.
        _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// Ends what is left of programs that we ran: all our children. By id, and again until there is none. Programs run
/// one after the other, so that nobody else's can be among them.
pub fn end_orphans() {
    #[cfg(target_os = "linux")]
    for _ in 0..100 {
        // Orphans become children of the main thread.
        let list = format!("/proc/self/task/{}/children", std::process::id());
        let children = fs::read_to_string(list).unwrap_or_default();
        let pids: Vec<i32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        if pids.is_empty() {
            return;
        }
        for pid in pids.into_iter().filter_map(rustix::process::Pid::from_raw) {
            // Gone already is as good.
            _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
        }
    }
}
