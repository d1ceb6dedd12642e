//! What the tests look at: our Chrome, its processes, sockets and files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::exchange::{BrowserCondition, BrowserVisit};
use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::secret::Secret;
use lamplighter_engine::browser::{Chrome, ChromeSettings};
use lamplighter_engine::clock::SystemClock;

use super::places::{Place, place};
use super::site::Site;

/// A Chrome with a folder of its own.
pub struct World {
    pub chrome: Arc<Chrome>,
    pub temp: tempfile::TempDir,
    _place: Option<Place>,
}

impl World {
    pub fn new() -> Self {
        Self { _place: Some(place()), ..Self::with(None) }
    }

    /// One that takes nobody's place: this is no Chrome.
    pub fn with(executable: Option<PathBuf>) -> Self {
        let temp = tempfile::tempdir().expect("folder");
        let settings = ChromeSettings { executable, without_sandbox: false, temp: temp.path().to_owned() };
        Self { chrome: Arc::new(Chrome::new(settings, Arc::new(SystemClock::new()))), temp, _place: None }
    }

    /// Processes that belong to the Chrome of this world, zombies not counted.
    pub fn processes(&self) -> Vec<u32> {
        let marks = [
            format!("--user-data-dir={}", self.temp.path().display()),
            self.temp.path().display().to_string(),
        ];
        let all = pids();
        let named = |pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            *pid != std::process::id() && marks.iter().any(|mark| line.contains(mark))
        };
        let groups: Vec<String> =
            all.iter().filter(|pid| named(pid)).filter_map(|pid| stat(*pid, 5)).collect();
        let is_alive = |pid: &u32| stat(*pid, 3).is_some_and(|state| state != "Z");
        all.into_iter()
            .filter(|pid| named(pid) || stat(*pid, 5).is_some_and(|group| groups.contains(&group)))
            .filter(is_alive)
            .collect()
    }

    /// The process that was started by us.
    pub fn leader(&self) -> u32 {
        let processes = self.processes();
        *processes.iter().find(|pid| stat(**pid, 5) == Some(pid.to_string())).expect("a leader")
    }

    /// Nothing of Chrome is left.
    pub fn assert_gone(&self) {
        assert_eq!(self.processes(), Vec::<u32>::new(), "processes are left");
        let left: Vec<_> = std::fs::read_dir(self.temp.path()).expect("readable").flatten().collect();
        assert!(left.is_empty(), "files are left: {left:?}");
    }
}

pub fn pids() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// A field of `/proc/PID/stat`, counted as in proc(5).
pub fn stat(pid: u32, number: usize) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_ascii_whitespace().nth(number - 3)?.to_owned())
}

/// All files below `folder` that hold `canary`.
pub fn files_with(folder: &Path, canary: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    let bytes = std::fs::read(entry.path()).unwrap_or_default();
                    if bytes.windows(canary.len()).any(|window| window == canary) {
                        found.push(entry.path());
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// A visit to `path` that is ready when a token is there, and dead at the login page.
pub fn visit(site: &Site, path: &str) -> BrowserVisit {
    BrowserVisit {
        url: site.url(path).parse().expect("url"),
        hosts: vec![site.url("")],
        cookies: vec![session_cookie()],
        storage: Vec::new(),
        user_agent: None,
        languages: None,
        ready: vec![BrowserCondition::Storage {
            origin: None,
            area: StorageArea::Local,
            key: "access_token".to_owned(),
            not: None,
        }],
        dead: vec![BrowserCondition::Url("*/login*".to_owned())],
        // A page that is there in a second here may take a minute on a machine that is slow and busy.
        deadline: Duration::from_secs(240),
    }
}

pub fn cookie(name: &str, value: &str, domain: &str) -> Cookie {
    Cookie {
        name: name.to_owned(),
        value: Secret::from(value),
        domain: domain.to_owned(),
        host_only: true,
        path: "/".to_owned(),
        secure: false,
        http_only: false,
        same_site: SameSite::Unspecified,
        expires: None,
        partitioned: false,
    }
}

pub fn session_cookie() -> Cookie {
    Cookie { http_only: true, ..cookie("sid", super::site::SESSION, "127.0.0.1") }
}

pub fn item(site: &Site, area: StorageArea, key: &str, value: &str) -> StorageItem {
    StorageItem { origin: site.url(""), area, key: key.to_owned(), value: Secret::from(value) }
}

/// The value of an item of localStorage.
pub fn local<'a>(storage: &'a [StorageItem], key: &str) -> Option<&'a str> {
    let found = storage.iter().find(|item| item.area == StorageArea::Local && item.key == key);
    found.and_then(|item| item.value.expose_str())
}
