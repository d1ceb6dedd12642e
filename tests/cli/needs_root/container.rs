//! The steps of `docs/examples/container/Containerfile` without a container's tools: a root that holds what it copies,
//! its user by number, `lamp serve` as the first process of a process namespace.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use testkit::practice::{JSON_PROVIDER, Settings, Site};
use testkit::processes;

use crate::bad_input::ended::{finished, finished_all};
use crate::serve::server::{ASKED_AT, Served};
use crate::world::Ran;

/// The user of the Containerfile.
const USER: u32 = 10_001;
/// Where it keeps its state.
const STATE: &str = "var/lib/lamplighter";

/// A root with `lamp`, the libraries that it links, and nothing else.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().expect("a folder"));
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).expect("ours");
        let lamp = Path::new(env!("CARGO_BIN_EXE_lamp"));
        root.copy(lamp, "usr/bin/lamp");
        let libraries = finished({
            let mut ldd = Command::new("ldd");
            ldd.arg(lamp);
            ldd
        });
        for library in libraries.out.split_whitespace().filter(|word| word.starts_with('/')) {
            root.copy(Path::new(library), library.trim_start_matches('/'));
        }
        // What the package ca-certificates brings.
        let authorities = "/etc/ssl/certs/ca-certificates.crt";
        root.copy(Path::new(authorities), authorities.trim_start_matches('/'));
        for folder in ["proc", "tmp", "run/secrets"] {
            fs::create_dir_all(root.path().join(folder)).expect("a folder");
        }
        let state = root.state();
        for folder in ["config/providers", "runtime"] {
            fs::create_dir_all(state.join(folder)).expect("a folder");
        }
        fs::write(state.join("config/providers/practice-json.toml"), JSON_PROVIDER).expect("written");
        let config = "[settings]\nstore = \"sealed\"\nstore_key = \"/run/secrets/lamplighter-key\"\n";
        fs::write(state.join("config/config.toml"), config).expect("written");
        let key = root.path().join("run/secrets/lamplighter-key");
        fs::write(&key, [7; 32]).expect("written");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).expect("ours");
        for path in [
            key,
            state.clone(),
            state.join("config"),
            state.join("config/config.toml"),
            state.join("runtime"),
        ] {
            chown(&path, Some(USER), Some(USER)).expect("given away");
        }
        for path in [state.clone(), state.join("runtime")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("ours");
        }
        root
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn state(&self) -> PathBuf {
        self.path().join(STATE)
    }

    fn copy(&self, from: &Path, to: &str) {
        let to = self.path().join(to);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(from, &to).expect("copied");
    }

    /// `lamp` in it, as the container's user, in namespaces of its own; the network is everybody's.
    fn lamp(&self, args: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--ipc", "--fork", "--kill-child", "sh", "-ec"]);
        command.arg("mount -t proc proc \"$0/proc\"; exec chroot --userspec=10001:10001 \"$@\"");
        command.arg(self.path()).arg(self.path()).arg("/usr/bin/lamp").args(args);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("LAMPLIGHTER_HOME", format!("/{STATE}"));
        command
    }

    fn ran(&self, args: &[&str]) -> Ran {
        finished(self.lamp(args))
    }
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn s0_10_what_the_containerfile_copies_is_all_that_serve_needs() {
    let site = Site::start(Settings::default());
    let root = Root::new();
    let start = || {
        let served = Served::spawn(root.lamp(&["serve"]));
        served.await_said(ASKED_AT);
        served
    };
    let served = start();
    let base = format!("base={}", site.base());
    let person = site.person();
    let answers = format!("{}\n{}\n{}\n", person.email, person.password, site.totp_code(&person.email));
    let login = root.lamp(&["login", "practice-json", "--as", "work", "--set", &base]);
    let login = finished_all(login, &answers);
    assert_eq!(login.exit, 0, "{login:?}");
    let token = root.ran(&["token", "work"]);
    assert!(site.owner_of(token.out.trim()).is_some(), "{token:?}");
    assert_eq!(root.ran(&["refresh", "work", "--force"]).exit, 0);
    assert_eq!(
        crate::world::raw(
            &root.state().join("runtime/api.sock"),
            b"GET /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n"
        ),
        "",
        "root is another user"
    );

    assert_eq!(stopped(served), Some(0));

    let served = start();
    let again = root.ran(&["token", "work"]);
    assert!(again.exit == 0 && site.owner_of(again.out.trim()).is_some(), "{again:?}");
    assert_eq!(site.presented(&person.email).again, 0);
    assert_eq!(stopped(served), Some(0));
}

/// As `podman stop` ends it: the first process of a namespace gets only signals that it listens to.
fn stopped(served: Served) -> Option<i32> {
    let all = processes::descendants(served.pid());
    let lamp = all.into_iter().find(|pid| processes::name(*pid).as_deref() == Some("lamp")).expect("it runs");
    let lamp = Pid::from_raw(i32::try_from(lamp).expect("a pid")).expect("not 0");
    kill_process(lamp, Signal::TERM).expect("root may");
    let (code, said) = served.ended();
    assert!(said.contains("Ending: "), "{said}");
    code
}
