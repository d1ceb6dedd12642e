//! Chrome refuses to run as root with its sandbox on. Run by root, a test therefore runs itself again as an
//! unprivileged user and passes if that run passes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const USER: &str = "lamplighter-test";

/// Whether the calling test may go on. If not, it has been run as another user already, and passed.
pub fn is_unprivileged() -> bool {
    if !rustix::process::geteuid().is_root() {
        return true;
    }
    let name = std::thread::current().name().expect("the test's thread has its name").to_owned();
    let (uid, gid) = user();
    let home = tempfile::Builder::new().prefix("lt-").tempdir().expect("folder");
    std::os::unix::fs::chown(home.path(), Some(uid), Some(gid)).expect("chown");
    let status = Command::new("setpriv")
        .args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()])
        .arg(reachable(&std::env::current_exe().expect("own path"), home.path()))
        .args(["--exact", &name, "--nocapture", "--test-threads=1"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .current_dir("/")
        .status()
        .expect("setpriv");
    assert!(status.success(), "{name} failed as {USER}");
    false
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
