//! Chrome refuses to run as root with its sandbox on. Run by root, a test therefore runs itself again as an
//! unprivileged user and passes if that run passes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::places::place;

const USER: &str = "lamplighter-test";

/// Whether the calling test may go on. If not, it has been run as another user already, and passed.
pub fn is_unprivileged() -> bool {
    if !rustix::process::geteuid().is_root() {
        return true;
    }
    run_again(|_| Vec::new());
    false
}

/// As [`is_unprivileged`]; the test also finds `variable` in its environment, pointing at what `prepare` makes in
/// a home of its own.
pub fn is_prepared(variable: &'static str, prepare: impl FnOnce(&Path) -> PathBuf) -> bool {
    const MARK: &str = "LT_PREPARED";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    run_again(|home| vec![(variable, prepare(home)), (MARK, home.to_owned())]);
    false
}

/// Runs the calling test as an unprivileged user, in a new home and with a bare environment.
fn run_again(prepare: impl FnOnce(&Path) -> Vec<(&'static str, PathBuf)>) {
    let _place = place();
    let name = std::thread::current().name().expect("the test's thread has its name").to_owned();
    let home = tempfile::Builder::new().prefix("lt-").tempdir().expect("folder");
    let binary = std::env::current_exe().expect("own path");
    let mut command = if rustix::process::geteuid().is_root() {
        let (uid, gid) = user();
        std::os::unix::fs::chown(home.path(), Some(uid), Some(gid)).expect("chown");
        let mut command = Command::new("setpriv");
        command
            .args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()])
            .arg(reachable(&binary, home.path()));
        command
    } else {
        Command::new(binary)
    };
    let status = command
        .args(["--exact", &name, "--nocapture", "--test-threads=1"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .envs(prepare(home.path()))
        .current_dir("/")
        .status()
        .expect("the test runs again");
    assert!(status.success(), "{name} failed in a home of its own");
}

/// Ids of the user, who is created if need be.
fn user() -> (u32, u32) {
    let look = || {
        let passwd = std::fs::read_to_string("/etc/passwd").expect("passwd");
        let line = passwd.lines().find(|line| line.starts_with(&format!("{USER}:")))?.to_owned();
        let mut fields = line.split(':').skip(2).map(|field| field.parse().expect("an id"));
        Some((fields.next()?, fields.next()?))
    };
    look().unwrap_or_else(|| {
        // Another test may be creating it at the same moment: what counts is that it is there.
        Command::new("useradd").args(["-m", "-s", "/bin/bash", USER]).status().expect("useradd");
        look().expect("the user was created")
    })
}

/// The test binary itself, or a copy where root's home is closed to others.
fn reachable(binary: &Path, folder: &Path) -> PathBuf {
    let is_open = |path: &Path| path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0);
    if binary.ancestors().all(is_open) {
        return binary.to_owned();
    }
    let copy = folder.join("tests");
    std::fs::copy(binary, &copy).expect("copy");
    copy
}
