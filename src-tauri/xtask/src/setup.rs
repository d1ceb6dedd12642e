//! What the machine needs. Part of every other command, and quick when nothing is missing.

use std::collections::HashSet;
use std::path::Path;
use std::time::SystemTime;

use crate::runner;
use crate::shell::{Done, cargo, command, has, is_root, npm, read, root, run};

/// What building needs, by Debian's names.
const TO_BUILD: [&str; 8] = [
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libxdo-dev",
    "libssl-dev",
    "libdbus-1-dev",
];

/// What tests and demo need: a whole desktop, a browser, a keyring.
const TO_TEST: [&str; 29] = [
    "adwaita-icon-theme",
    "at-spi2-core",
    "ca-certificates",
    "chromium",
    "curl",
    "dbus",
    "dbus-bin",
    "dbus-x11",
    "fonts-dejavu-core",
    "git",
    "gnome-keyring",
    "imagemagick",
    "libglib2.0-bin",
    "libkf5wallet-bin",
    "libnss3-tools",
    "libqca-qt5-2-plugins",
    "librsvg2-bin",
    "libsecret-tools",
    "openbox",
    "procps",
    "systemd",
    "util-linux",
    "webkit2gtk-driver",
    "xclip",
    "xdotool",
    "xfce4-notifyd",
    "xfce4-panel",
    "xfconf",
    "xvfb",
];

/// Everything.
pub fn everything() -> Done {
    packages()?;
    test_user()?;
    ui()
}

/// What building needs, and nothing of what tests need.
///
/// # Errors
/// If it cannot be had.
pub fn to_build() -> Done {
    if has("dpkg-query") {
        install(TO_BUILD)?;
    }
    ui()
}

/// Packages of the system.
fn packages() -> Done {
    if !cfg!(target_os = "linux") {
        // macOS and Windows bring their own webview; Rust and Node are here, or nobody could have come so far.
        return Ok(());
    }
    if !has("dpkg-query") {
        return elsewhere();
    }
    let missing = missing_packages()?;
    if missing.is_empty() {
        return Ok(());
    }
    fetch(&missing)
}

/// Packages of Debian beyond those that everything needs, for one stage; quick if they are there.
///
/// # Errors
/// If they cannot be had.
pub fn install(packages: impl IntoIterator<Item = &'static str>) -> Done {
    let missing = missing_of(packages.into_iter().collect())?;
    if missing.is_empty() { Ok(()) } else { fetch(&missing) }
}

/// Has apt install them, newer ones in the place of old ones.
///
/// # Errors
/// If apt cannot.
pub fn fetch(missing: &[&str]) -> Done {
    println!("Installing: {}", missing.join(" "));
    apt(&["update", "-qq"])?;
    let mut words = vec!["install", "-y", "-qq", "--no-install-recommends"];
    words.extend(missing);
    apt(&words)
}

fn missing_packages() -> Done<Vec<&'static str>> {
    missing_of(TO_BUILD.into_iter().chain(TO_TEST).collect())
}

fn missing_of(wanted: Vec<&'static str>) -> Done<Vec<&'static str>> {
    let mut query = command("dpkg-query", &["-W", "-f", "${Package} ${db:Status-Status}\n"]);
    query.args(&wanted);
    // It fails when one is unknown, and still tells about the others: its words count, not its end.
    let output = query.output().map_err(|error| format!("dpkg-query: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let installed: HashSet<&str> = text.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Ok(wanted.into_iter().filter(|package| !installed.contains(package)).collect())
}

fn apt(words: &[&str]) -> Done {
    let mut apt = if is_root() { command("apt-get", words) } else { command("sudo", &["apt-get"]) };
    if !is_root() {
        apt.args(words);
    }
    run(apt.env("DEBIAN_FRONTEND", "noninteractive")).map_err(|why| {
        format!("{why}\nIf the package lists cannot be fetched, install by hand: {}", words.join(" "))
    })
}

/// Another Linux: nothing is installed for it, but what is missing is said.
fn elsewhere() -> Done {
    let needed =
        ["cc", "pkg-config", "Xvfb", "dbus-daemon", "openbox", "xfce4-panel", "gnome-keyring-daemon"];
    let missing: Vec<&str> = needed.into_iter().filter(|program| !has(program)).collect();
    let webkit = command("pkg-config", &["--exists", "webkit2gtk-4.1", "ayatana-appindicator3-0.1"]).status();
    if missing.is_empty() && webkit.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(format!(
        "This is not Debian or Ubuntu, so nothing was installed. Install what these packages of Debian hold, then run \
         this again.\n  to build: {}\n  to test and show: {}\n  not found: {}",
        TO_BUILD.join(" "),
        TO_TEST.join(" "),
        missing.join(" ")
    ))
}

/// When root: somebody who is not, to run tests, demo and Chrome as.
fn test_user() -> Done {
    if !is_root() || runner::test_user().is_some() {
        return Ok(());
    }
    run(&mut command("useradd", &["--create-home", "--shell", "/bin/bash", runner::USER]))
}

/// The window's packages and its built form, which the app embeds.
pub fn ui() -> Done {
    let folder = root().join("ui");
    let (lock, seen) = (folder.join("package-lock.json"), folder.join("node_modules/.installed-lock.json"));
    let wanted = std::fs::read(&lock).map_err(|error| format!("ui/package-lock.json: {error}"))?;
    if std::fs::read(&seen).ok().as_ref() != Some(&wanted) {
        if !has(if cfg!(windows) { "npm.cmd" } else { "npm" }) {
            return Err("npm is not installed: Node 20.19 or later is needed for the window".to_owned());
        }
        run(&mut npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
        std::fs::write(&seen, wanted).map_err(|error| format!("{}: {error}", seen.display()))?;
    }
    let built = modified(&folder.join("dist/index.html"));
    let sources = ["src", "index.html", "package-lock.json", "vite.config.ts"];
    let newest = sources.iter().filter_map(|name| newest(&folder.join(name))).max();
    if built.is_none() || built < newest {
        run(&mut npm(&["run", "--silent", "build"]))?;
    }
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|data| data.modified()).ok()
}

fn newest(path: &Path) -> Option<SystemTime> {
    let own = modified(path);
    let Ok(entries) = std::fs::read_dir(path) else { return own };
    entries.flatten().filter_map(|entry| newest(&entry.path())).chain(own).max()
}

/// Builds all programs: what run, demo and tests start.
pub fn programs() -> Done {
    run(&mut cargo(&["build", "--quiet", "--workspace", "--bins"]))
}

/// What the repository looks like: changed and unknown files.
pub fn tree() -> Done<String> {
    if !root().join(".git").exists() {
        return Ok(String::new());
    }
    read(&mut command("git", &["status", "--porcelain"]))
}
