//! Starting, asking and ending the app.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use testkit::desktop::{Proc, VirtualDesktop};
use testkit::{processes, program, wait};

use crate::world::{ACCOUNT, World};

/// Longest that the app may take until it answers.
const STARTS: Duration = Duration::from_secs(30);

/// What `lamp` said.
pub struct Said {
    /// Its exit code.
    pub exit: i32,
    /// Its output as JSON; `Null` if it is none.
    pub json: Value,
    /// What it said to the person.
    pub error: String,
}

impl World {
    /// A command with the demo's environment and profile.
    pub fn command(&self, name: &str) -> Command {
        let path = program(name);
        let mut command = match &self.desktop {
            Some(desktop) => desktop.command(path),
            None => Command::new(path),
        };
        command.env("LAMPLIGHTER_HOME", &self.home).env("LAMPLIGHTER_LOG", "trace");
        command.env("LAMPLIGHTER_PRACTICE", self.site.base());
        command
    }

    /// Starts the app, and waits until it answers.
    ///
    /// # Errors
    /// If it ends or does not answer in time.
    pub fn start_app(&mut self) -> Result<(), String> {
        self.told_before = self.notifications_sent();
        let mut app = Proc::spawn(&mut self.command("lamplighter")).map_err(|error| error.to_string())?;
        let answers = wait::until(STARTS, || {
            if !app.is_alive() {
                return Some(false);
            }
            // Asked earlier, `lamp` would start an engine of its own.
            (self.engine_is_the_apps(&app) && self.lamp(&["list"]).exit == 0).then_some(true)
        });
        match answers {
            Some(true) => {
                self.app = Some(app);
                Ok(())
            }
            Some(false) => Err(format!("the app ended by itself: {}", self.app_log())),
            None => {
                let said = self.lamp(&["list"]);
                Err(format!(
                    "the app does not answer within {} s: {}; lamp list: exit code {} {}; lock: {}",
                    STARTS.as_secs(),
                    self.app_log(),
                    said.exit,
                    said.error,
                    self.lock_file().trim()
                ))
            }
        }
    }

    /// Whether the app that runs has sent a notification.
    pub fn was_told_by_this_app(&self) -> bool {
        self.notifications_sent() > self.told_before
    }

    /// Notifications sent since the demo began, by whichever app.
    fn notifications_sent(&self) -> usize {
        let log = self.desktop.as_ref().map(VirtualDesktop::notification_log).unwrap_or_default();
        log.matches("member=Notify\n").count()
    }

    /// Whether it is the app that holds the engine's lock.
    fn engine_is_the_apps(&self, app: &Proc) -> bool {
        self.lock_file().contains(&app.pid().to_string())
    }

    fn lock_file(&self) -> String {
        std::fs::read_to_string(self.home.join("data/lock.holder")).unwrap_or_default()
    }

    /// Runs `lamp --json …` and returns what it says.
    pub fn lamp(&self, words: &[&str]) -> Said {
        self.lamp_with(words, "")
    }

    /// The same with something on its standard input.
    pub fn lamp_with(&self, words: &[&str], input: &str) -> Said {
        let mut lamp = self.command("lamp");
        lamp.arg("--json").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match lamp.spawn().and_then(|mut child| {
            if let Some(mut stdin) = child.stdin.take() {
                // `lamp` may end without reading it, which its exit code then explains.
                _ = stdin.write_all(input.as_bytes());
            }
            child.wait_with_output()
        }) {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let json = serde_json::from_str(text.trim()).unwrap_or(Value::Null);
                let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Said { exit: output.status.code().unwrap_or(-1), json, error }
            }
            Err(error) => Said { exit: -1, json: Value::Null, error: error.to_string() },
        }
    }

    /// The account's state as one word, such as `fine` or `needs_you`.
    pub fn standing(&self) -> String {
        let said = self.lamp(&["status", ACCOUNT]);
        find(&said.json, "standing").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Waits until the account's state is `wanted`.
    pub fn becomes(&self, wanted: &str, at_most: Duration) -> bool {
        // Asking starts a program: not more often than a person would look.
        let look = || (self.standing() == wanted).then_some(());
        wait::until_every(Duration::from_millis(300), at_most, look).is_some()
    }

    /// A fresh token by `lamp token`, as a program would ask for it; else what it said instead.
    pub fn token(&self) -> Result<String, String> {
        let said = self.lamp(&["token", ACCOUNT]);
        said.json["token"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("lamp token: exit code {} {}", said.exit, said.error))
    }

    /// Ways of past refreshes that succeeded, newest first: `http`, `browser`.
    pub fn ways(&self) -> Vec<String> {
        let said = self.lamp(&["history", ACCOUNT]);
        let rows = find(&said.json, "rows").and_then(Value::as_array).cloned().unwrap_or_default();
        let good = rows.iter().filter(|row| row["outcome"] == "renewed");
        good.filter_map(|row| row["way"].as_str().map(str::to_owned)).collect()
    }

    /// All processes of the app, whoever started them: they all have the profile in their environment.
    pub fn app_processes(&self) -> BTreeSet<u32> {
        let mut all = processes::with_environment("LAMPLIGHTER_HOME", &self.home.to_string_lossy());
        // Chrome is started with a clean environment.
        let own: Vec<u32> = all.iter().copied().collect();
        all.extend(own.into_iter().flat_map(processes::descendants));
        all
    }

    /// The login window's process.
    pub fn login_child(&self) -> Option<u32> {
        let app = self.app.as_ref()?.pid();
        let is_child = |pid: &u32| {
            let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            words.split(|byte| *byte == 0).nth(1) == Some(b"login")
        };
        processes::descendants(app).into_iter().find(is_child)
    }

    /// What `lamp login` said so far.
    pub fn login_words(&self) -> String {
        let text = std::fs::read_to_string(self.home.with_file_name("login.json")).unwrap_or_default();
        text.trim().chars().take(2000).collect()
    }

    /// Last words of the app.
    pub fn app_log(&self) -> String {
        let Some(desktop) = &self.desktop else { return "see its window".to_owned() };
        let mut text = String::new();
        for path in [desktop.logs().join("lamplighter.log"), self.home.join("logs/lamplighter.log")] {
            // No log, no last words.
            _ = std::fs::File::open(path).map(|mut file| file.read_to_string(&mut text));
        }
        text.lines().rev().take(3).collect::<Vec<_>>().join(" / ")
    }
}

/// The first value under `key`, however deep.
pub fn find<'a>(json: &'a Value, key: &str) -> Option<&'a Value> {
    match json {
        Value::Object(map) => map.get(key).or_else(|| map.values().find_map(|value| find(value, key))),
        Value::Array(list) => list.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}
