//! `cargo xtask test package`: the package in a Debian that has nothing else, installed, started and removed again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{pack, size};
use crate::reach;
use crate::release::Build;
use crate::setup;
use crate::shell::{Done, command, is_root, read, run, target};
use crate::stages::Stages;

/// The system that it is installed in, and where it comes from.
const SUITE: &str = "bookworm";
const MIRROR: &str = "http://deb.debian.org/debian";
/// Gone into for good: what was mounted for it goes with the namespace.
const ENTER: &str = include_str!("enter.sh");
/// What is done there as root.
const INSIDE: &str = include_str!("inside.sh");
/// What is done there as somebody.
const VISITOR: &str = include_str!("visitor.sh");
/// Where both find each other there.
const PROOF: &str = "proof";
/// What the scripts print before each thing that they saw.
const SEEN: &str = "seen: ";
/// And before what they do not put up with.
const WRONG: &str = "WRONG: ";

/// Builds the package and proves that it does what it should. With `--debug` of what is built anyway.
///
/// # Errors
/// If anything does not hold.
pub fn test(words: &[String]) -> Done {
    let build = Build::of(words);
    let mut stages = Stages::new();
    let mut package = None;
    stages.stage("package", || {
        let path = pack(build)?;
        let closing = same_again(&path, build);
        package = Some(path);
        closing
    });
    if let Some(package) = package {
        stages.stage("package in a clean root", || installed(&package));
    }
    stages.finish()
}

/// Packed once more, it is the same, byte by byte.
fn same_again(path: &Path, build: Build) -> Done<Vec<String>> {
    let bytes = || fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let before = bytes()?;
    pack(build)?;
    if bytes()? != before {
        return Err("packed twice, it is not the same".to_owned());
    }
    let mut lines: Vec<String> = size(path, build)?.lines().map(str::to_owned).collect();
    lines.push("packed twice, it is the same".to_owned());
    Ok(lines)
}

fn installed(package: &Path) -> Done<Vec<String>> {
    if !is_root() || !reach::may_mount() {
        return Ok(vec!["skipped: needs root (that may mount)".to_owned()]);
    }
    setup::install(["debootstrap", "debian-archive-keyring"])?;
    let clean = CleanRoot::new()?;
    let proof = clean.root().join(PROOF);
    let put = |name: &str, bytes: &[u8]| {
        fs::write(proof.join(name), bytes).map_err(|error| format!("{}: {error}", proof.join(name).display()))
    };
    fs::create_dir_all(&proof).map_err(|error| format!("{}: {error}", proof.display()))?;
    put("inside.sh", INSIDE.as_bytes())?;
    put("visitor.sh", VISITOR.as_bytes())?;
    fs::copy(package, proof.join("lamplighter.deb")).map_err(|error| format!("the package: {error}"))?;
    let text = clean.enter(&["sh", &format!("/{PROOF}/inside.sh")]);
    keep_picture(&proof.join("window.png"));
    let text = text?;
    let seen: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix(SEEN)).map(str::to_owned).collect();
    if seen.is_empty() { Err(format!("it ended, and saw nothing:\n{text}")) } else { Ok(seen) }
}

/// What the window looked like, for whoever wants to see it; there is none if it did not come so far.
fn keep_picture(path: &Path) {
    _ = fs::copy(path, target().join("package/window.png"));
}

/// A Debian with nothing but what every one has. Removed on drop.
struct CleanRoot {
    folder: PathBuf,
}

impl CleanRoot {
    /// Fetches and unpacks it.
    fn new() -> Done<Self> {
        // Not below /tmp, which may be memory, or closed to programs.
        let folder = read(&mut command("mktemp", &["-d", "/var/tmp/lamplighter-package-XXXXXX"]))?;
        let clean = Self { folder: PathBuf::from(folder.trim()) };
        let mut debootstrap = namespace();
        debootstrap.args(["debootstrap", "--variant=minbase", SUITE]).arg(clean.root()).arg(MIRROR);
        read(&mut debootstrap)?;
        Ok(clean)
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// Runs a command in it, as if there were nothing else; what it printed is shown, and returned.
    fn enter(&self, words: &[&str]) -> Done<String> {
        let log = self.folder.join("log");
        let file = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let both = file.try_clone().map_err(|error| format!("{}: {error}", log.display()))?;
        let mut inside = namespace();
        inside.args(["sh", "-c", ENTER, "sh"]).arg(self.root()).args(words);
        let status = inside.stdin(Stdio::null()).stdout(file).stderr(both).status();
        let status = status.map_err(|error| format!("unshare: {error}"))?;
        let text = fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        println!("{}", text.trim_end());
        if status.success() { Ok(text) } else { Err(wrong(&text).to_owned()) }
    }
}

/// What the scripts say is wrong, or the last that they say at all.
fn wrong(text: &str) -> &str {
    let said = text.lines().rev().find(|line| line.starts_with(WRONG));
    said.or(text.lines().next_back()).unwrap_or("nothing was printed")
}

impl Drop for CleanRoot {
    fn drop(&mut self) {
        // All was mounted in namespaces that are gone. Were anything left, it would be the machine's own.
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        if mounts.contains(&*self.folder.to_string_lossy()) {
            eprintln!("Something is mounted in {}: it is left as it is.", self.folder.display());
            return;
        }
        let mut remove = command("rm", &["-rf", "--one-file-system"]);
        if let Err(why) = run(remove.arg(&self.folder)) {
            eprintln!("{why}");
        }
    }
}

/// Mounts and processes of its own, which end with it.
fn namespace() -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]);
    unshare
}
