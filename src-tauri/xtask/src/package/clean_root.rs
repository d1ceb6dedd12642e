//! A Debian with nothing but what every one has, made of the sources of packages that this machine has, and gone
//! afterwards.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::setup;
use crate::shell::{Done, as_root, command, has, read, run};

/// What makes it: mmdebstrap, which has apt do all the work, and so gets at whatever apt gets at.
const MAKER: &str = "mmdebstrap";
/// Makes it and goes into it for good: what was mounted for it goes with the namespace.
const ENTER: &str = include_str!("enter.sh");
/// What can be reached in it is in this folder, and stays after it.
const SHARED: &str = "proof";
/// What the scripts print before what they do not put up with.
const WRONG: &str = "WRONG: ";
/// The authorities of this machine, if apt is not told others.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Proxies, without which a machine may get at nothing. Everything else of the environment stays outside.
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy"];

/// Why there can be none here, for people; none if there can.
pub fn unavailable() -> Option<String> {
    if !has("dpkg-query") {
        return Some("needs Debian or Ubuntu".to_owned());
    }
    let quiet = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !quiet(&mut as_root("true")) {
        return Some("needs root, or sudo that asks for no password".to_owned());
    }
    if !quiet(namespace().arg("true")) {
        return Some("needs root that may mount".to_owned());
    }
    let list = read(&mut command("apt-get", &["update", "--print-uris"])).unwrap_or_default();
    // Each line is a quoted address, a name, a size.
    let Some(first) = list.lines().find_map(|line| line.strip_prefix('\'')?.split('\'').next()) else {
        return Some("apt has no source of packages".to_owned());
    };
    (!quiet(&mut fetching(first))).then(|| format!("{first} cannot be reached"))
}

/// Fetches a file in apt's way, and keeps nothing.
fn fetching(address: &str) -> Command {
    // Apt puts a file of its own in the place of what it is to write to.
    let script = "folder=$(mktemp -d) && trap 'rm -r \"$folder\"' EXIT && /usr/lib/apt/apt-helper \
        -o Acquire::Retries=0 -o Acquire::http::Timeout=60 download-file \"$1\" \"$folder/file\"";
    command("sh", &["-c", script, "sh", address])
}

/// The folder that all of it is in. Removed on drop.
pub struct CleanRoot {
    folder: PathBuf,
}

impl CleanRoot {
    /// Installs what makes it, and hands in everything that [`Self::enter`] takes there.
    ///
    /// # Errors
    /// If something cannot be had or written.
    pub fn new() -> Done<Self> {
        setup::install([MAKER])?;
        // Not below /tmp, which may be closed to programs.
        let folder = read(&mut command("mktemp", &["-d", "/var/tmp/lamplighter-package-XXXXXX"]))?;
        let clean = Self { folder: PathBuf::from(folder.trim()) };
        let shared = clean.shared();
        fs::create_dir(&shared).map_err(|error| format!("{}: {error}", shared.display()))?;
        let settings = read(&mut command("apt-config", &["dump", "Acquire"]))?;
        clean.share("settings", apt_settings(&settings).as_bytes())?;
        let own = read(&mut command("apt-config", &["dump", "--format", "%v", "Acquire::https::CaInfo"]))?;
        let authorities = if own.trim().is_empty() { AUTHORITIES } else { own.trim() };
        if let Ok(bytes) = fs::read(authorities) {
            clean.share("authorities.crt", &bytes)?;
        }
        Ok(clean)
    }

    /// Puts a file where both sides find it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn share(&self, name: &str, bytes: &[u8]) -> Done {
        let path = self.shared().join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What both sides find: `/proof` over there.
    pub fn shared(&self) -> PathBuf {
        self.folder.join(SHARED)
    }

    /// Makes it and runs one of the shared scripts in it, as if there were nothing else; what that printed is shown,
    /// and returned.
    ///
    /// # Errors
    /// The last that was said to be wrong.
    pub fn enter(&self, script: &str) -> Done<String> {
        let log = self.folder.join("log");
        let file = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let both = file.try_clone().map_err(|error| format!("{}: {error}", log.display()))?;
        let suite = suite()?;
        let mut inside = namespace();
        inside.arg("env").args(proxies());
        inside
            .args(["sh", "-c", ENTER, "sh"])
            .arg(&self.folder)
            .arg(script)
            .arg(&suite)
            .args(sources(&suite)?);
        let status = inside.stdin(Stdio::null()).stdout(file).stderr(both).status();
        let status = status.map_err(|error| format!("unshare: {error}"))?;
        let text = fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        println!("{}", text.trim_end());
        if status.success() { Ok(text) } else { Err(wrong(&text).to_owned()) }
    }
}

impl Drop for CleanRoot {
    fn drop(&mut self) {
        // All was mounted in a namespace that is gone. Were anything left, it would be the machine's own.
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        if mounts.contains(&*self.folder.to_string_lossy()) {
            eprintln!("Something is mounted in {}: it is left as it is.", self.folder.display());
            return;
        }
        let mut remove = as_root("rm");
        if let Err(why) = run(remove.args(["-rf", "--one-file-system"]).arg(&self.folder)) {
            eprintln!("{why}");
        }
    }
}

/// Mounts and processes of its own, which end with it.
fn namespace() -> Command {
    let mut unshare = as_root("unshare");
    unshare.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]);
    unshare
}

/// What the scripts say is wrong, or the last that they say at all.
fn wrong(text: &str) -> &str {
    let said = text.lines().rev().find(|line| line.starts_with(WRONG));
    said.or(text.lines().next_back()).unwrap_or("nothing was printed")
}

/// The release of this machine: a package that is built here is meant for it.
fn suite() -> Done<String> {
    let text = fs::read_to_string("/etc/os-release").map_err(|error| format!("/etc/os-release: {error}"))?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    name.map(|name| name.trim_matches('"').to_owned())
        .ok_or_else(|| "/etc/os-release names no release".to_owned())
}

/// The files of apt's sources that speak of this release, its updates included. Those of other makers often do not.
fn sources(suite: &str) -> Done<Vec<PathBuf>> {
    let mut all = vec![PathBuf::from("/etc/apt/sources.list")];
    let entries = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    all.extend(entries.map(|entry| entry.path()));
    all.retain(|path| path.extension().is_some_and(|end| end == "list" || end == "sources"));
    all.retain(|path| fs::read_to_string(path).is_ok_and(|text| speaks_of(&text, suite)));
    all.sort();
    if all.is_empty() { Err(format!("no source of apt's speaks of {suite}")) } else { Ok(all) }
}

fn speaks_of(source: &str, suite: &str) -> bool {
    let said = source.lines().filter(|line| !line.trim_start().starts_with('#'));
    said.flat_map(str::split_whitespace).any(|word| word.split('-').next() == Some(suite))
}

/// Of apt's settings those of how packages are fetched; not which other things are, and no program that is not there.
fn apt_settings(dump: &str) -> String {
    let others = ["Acquire::IndexTargets", "Acquire::Changelogs", "Acquire::cdrom", "Acquire::Languages"];
    let wanted = |line: &&str| {
        line.starts_with("Acquire::")
            && !others.iter().any(|other| line.starts_with(other))
            && !line.contains("Proxy-Auto-Detect")
    };
    let kept = dump.lines().filter(wanted).map(|line| format!("{line}\n"));
    kept.chain(["Acquire::Languages \"none\";\n".to_owned()]).collect()
}

fn proxies() -> impl Iterator<Item = String> {
    PROXIES.into_iter().filter_map(|name| std::env::var(name).ok().map(|value| format!("{name}={value}")))
}

#[cfg(test)]
mod tests {
    use super::{apt_settings, speaks_of, wrong};

    #[test]
    fn only_sources_of_the_release_are_taken_its_updates_too() {
        assert!(speaks_of("deb http://deb.debian.org/debian bookworm main", "bookworm"));
        assert!(speaks_of("Types: deb\nSuites: bookworm-security\n", "bookworm"));
        assert!(!speaks_of("# deb http://deb.debian.org/debian bookworm main", "bookworm"));
        assert!(!speaks_of("deb https://deb.nodesource.com/node_20.x nodistro main", "bookworm"));
    }

    #[test]
    fn of_apts_settings_proxies_go_along_and_what_is_fetched_besides_packages_does_not() {
        let dump = "Acquire \"\";\nAcquire::http::Proxy \"http://proxy:3142\";\n\
                    Acquire::http::Proxy-Auto-Detect \"/usr/bin/auto-apt-proxy\";\n\
                    Acquire::IndexTargets::deb::DEP-11::MetaKey \"x\";\n";
        let kept = apt_settings(dump);
        assert_eq!(kept, "Acquire::http::Proxy \"http://proxy:3142\";\nAcquire::Languages \"none\";\n");
    }

    #[test]
    fn what_is_wrong_is_said_even_if_something_was_printed_after_it() {
        assert_eq!(wrong("seen: this\nWRONG: that\nits log"), "WRONG: that");
        assert_eq!(wrong("seen: this\nkilled"), "killed");
    }
}
