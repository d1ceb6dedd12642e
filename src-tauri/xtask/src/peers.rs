//! Services that nobody here wrote, for `tests/peers`: their pinned packages, and the place where their tests run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::runner::Place;
use crate::setup;
use crate::shell::{Done, built, command, has, is_root, read, root, run, target};
use crate::suites::{self, Suite};

/// In a mount namespace, lays a folder's files over the system's. Arguments: the folder, the command.
const BIND: &str = r#"
set -e
folder=$1; shift
mount --bind "$folder/hosts" /etc/hosts
mount --bind "$folder/bundle.pem" /etc/ssl/certs/ca-certificates.crt
exec "$@"
"#;

/// Whose user has a mount namespace: root by right, others by a user namespace where the system allows it.
const NEITHER: &str =
    "skipped, needs root or user namespaces (unshare --user --mount), which this system refuses";

/// Installs what `tests/peers` pins, below the target folder. Quick when it is there.
///
/// # Errors
/// If a package cannot be fetched, or is not what was pinned.
pub fn set_up() -> Done {
    if has("dpkg-query") {
        setup::install(["python3-venv"])?;
    }
    let from = root().join("tests/peers");
    let to = folder();
    fs::create_dir_all(&to).map_err(|error| format!("{}: {error}", to.display()))?;
    python_with(&from.join("requirements.txt"), &to.join("venv"))?;
    once(&from.join("package-lock.json"), &to.join("node"), |node| {
        fs::create_dir_all(node).map_err(|error| format!("{}: {error}", node.display()))?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(from.join(name), node.join(name)).map_err(|error| format!("{name}: {error}"))?;
        }
        let mut npm =
            command("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"]);
        run(npm.current_dir(node))
    })
}

/// A Python of its own with these packages. Quick when it is there.
///
/// # Errors
/// If a package cannot be fetched, or is not what was pinned.
pub fn python_with(requirements: &Path, venv: &Path) -> Done {
    once(requirements, venv, |venv| {
        run(command(&python(), &["-m", "venv", "--clear"]).arg(venv))?;
        let mut pip = command(&venv.join("bin/pip").display().to_string(), &["install", "--quiet"]);
        pip.args(["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:", "--requirement"]);
        run(pip.arg(requirements))
    })
}

fn folder() -> PathBuf {
    target().join("peers")
}

/// Does it if what is pinned is not what was installed last.
fn once(pinned: &Path, into: &Path, install: impl FnOnce(&Path) -> Done) -> Done {
    let wanted = fs::read(pinned).map_err(|error| format!("{}: {error}", pinned.display()))?;
    let seen = into.join("installed");
    if fs::read(&seen).ok().as_ref() != Some(&wanted) {
        install(into)?;
        fs::write(&seen, wanted).map_err(|error| format!("{}: {error}", seen.display()))?;
    }
    Ok(())
}

/// The system's own: another in `PATH` may lie where the test user cannot reach it.
fn python() -> String {
    let own = Path::new("/usr/bin/python3");
    if own.is_file() { own.display().to_string() } else { "python3".to_owned() }
}

/// These tests alone.
///
/// # Errors
/// If one fails.
pub fn only(filter: &[String]) -> Done {
    setup::everything()?;
    setup::programs()?;
    let suites = suites::build()?;
    let peers = suites.iter().find(|suite| suite.target == "peers").ok_or("tests/peers was not built")?;
    test(peers, filter).map(drop)
}

/// Runs the tests where names and certificates of their own are believed.
///
/// # Errors
/// If a test fails.
pub fn test(suite: &Suite, filter: &[String]) -> Done<Vec<String>> {
    let mut probe = namespace();
    let allowed =
        has("unshare") && probe.args(["true"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    if !allowed {
        println!("{NEITHER}");
        return Ok(vec![NEITHER.to_owned()]);
    }
    set_up()?;
    suite.run_in(filter, |place, inner| believed(place, inner).map(Some)).map(|line| vec![line])
}

/// The command in a namespace where the names of the testkit lead here, and its authority is one of the system's.
fn believed(place: &Place, inner: &Command) -> Done<Command> {
    let hosts = place.out();
    read(place.command(&built("hosts"), None)?.arg(&hosts))?;
    let mut outer = namespace();
    outer.args(["sh", "-c", BIND, "sh"]).arg(&hosts);
    if !is_root() {
        // Root of the namespace may mount; the tests and Chrome run as whom they would run anyway.
        let ids = read(&mut command("sh", &["-c", "echo $(id -u) $(id -g)"]))?;
        let (user, group) = ids.trim().split_once(' ').ok_or("id says nothing")?;
        outer.args(["unshare", "--user", &format!("--map-user={user}"), &format!("--map-group={group}")]);
    }
    outer.arg(inner.get_program()).args(inner.get_args());
    if let Some(start) = inner.get_current_dir() {
        outer.current_dir(start);
    }
    outer.env_clear().stdin(Stdio::null());
    outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer.env("TESTKIT_HOSTS", hosts).env("TESTKIT_PEERS", folder());
    Ok(outer)
}

fn namespace() -> Command {
    let mut unshare = Command::new("unshare");
    if !is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--mount", "--propagation", "private"]);
    unshare
}
