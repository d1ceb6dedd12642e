//! Which Chrome to start.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Names on PATH, most like what people browse with first; a snap's Chromium cannot see our folders and comes last.
const NAMES: &[&str] = &[
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "chromium",
    "chromium-browser",
    "microsoft-edge-stable",
    "microsoft-edge",
    "brave-browser",
];

/// The executable to use: the setting, else the environment's `CHROME`, else one on PATH, else one in the usual
/// folders of the platform. A setting that points nowhere is an answer (`None`), not a reason to look elsewhere.
pub fn find_chrome(setting: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = setting {
        return is_program(path).then(|| path.to_owned());
    }
    let named = std::env::var_os("CHROME").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = named {
        return is_program(&path).then_some(path);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> =
        on_path(&path).chain(usual_places()).filter(|path| is_program(path)).collect();
    found.sort_by_key(|path| is_snap(path));
    found.into_iter().next()
}

fn on_path(path: &OsString) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect();
    NAMES.iter().flat_map(move |name| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        folders.iter().map(|folder| folder.join(&file)).collect::<Vec<_>>()
    })
}

#[cfg(target_os = "macos")]
fn usual_places() -> impl Iterator<Item = PathBuf> {
    const APPS: &[&str] = &[
        "Google Chrome.app/Contents/MacOS/Google Chrome",
        "Chromium.app/Contents/MacOS/Chromium",
        "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "Brave Browser.app/Contents/MacOS/Brave Browser",
    ];
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("Applications"));
    let folders: Vec<PathBuf> = [Some(PathBuf::from("/Applications")), home].into_iter().flatten().collect();
    APPS.iter().flat_map(move |app| folders.iter().map(|folder| folder.join(app)).collect::<Vec<_>>())
}

#[cfg(windows)]
fn usual_places() -> impl Iterator<Item = PathBuf> {
    const APPS: &[&str] = &[
        r"Google\Chrome\Application\chrome.exe",
        r"Chromium\Application\chrome.exe",
        r"Microsoft\Edge\Application\msedge.exe",
        r"BraveSoftware\Brave-Browser\Application\brave.exe",
    ];
    let folders: Vec<PathBuf> = ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"]
        .iter()
        .filter_map(|name| std::env::var_os(name).map(PathBuf::from))
        .collect();
    APPS.iter().flat_map(move |app| folders.iter().map(|folder| folder.join(app)).collect::<Vec<_>>())
}

#[cfg(not(any(target_os = "macos", windows)))]
fn usual_places() -> impl Iterator<Item = PathBuf> {
    // cron and systemd give a PATH without these.
    ["/opt/google/chrome/chrome", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/local/bin/chromium"]
        .into_iter()
        .map(PathBuf::from)
}

/// The one folder where a snap's Chromium can have a profile.
pub(in crate::browser) fn snaps_folder() -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    Some(PathBuf::from(std::env::var_os("HOME")?).join("snap/chromium/common/lamplighter"))
}

/// Whether this is a snap's: confined to folders of its own.
pub(in crate::browser) fn is_snap(path: &Path) -> bool {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.starts_with("/snap") || real.starts_with("/snap") || real == Path::new("/usr/bin/snap")
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
