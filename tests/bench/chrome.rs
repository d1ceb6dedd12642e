//! What refreshing through Chrome needs: a login without a person, and the same job as a script for Selenium.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use lamplighter_core::login::{Capture, Event};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::secret::Secret;
use serde_json::json;

use super::Done;
use super::world::World;

/// The cookies of that login, for the script.
const COOKIES: &str = "LAMPLIGHTER_BENCH_COOKIES";
/// The script.
const SCRIPT: &str = include_str!("selenium_job.py");

/// A login window that is a script: it reports what a person's login would have left there. The path of it.
///
/// # Errors
/// If it cannot be written.
pub fn window(world: &World) -> Done<PathBuf> {
    let words = |error: std::io::Error| format!("window: {error}");
    let opened = world.site.open_session(&world.site.person().email);
    let item = StorageItem {
        origin: world.site.base().to_owned(),
        area: StorageArea::Local,
        key: "access_token".to_owned(),
        value: Secret::from(opened.access.as_str()),
    };
    let cookies: Vec<_> = opened
        .cookies
        .iter()
        .map(|cookie| {
            let value = cookie.value.expose_str().unwrap_or_default();
            json!({ "name": cookie.name, "value": value, "domain": cookie.domain, "path": cookie.path })
        })
        .collect();
    let capture = Capture {
        by_person: false,
        cookies: opened.cookies,
        storage: vec![item],
        user_agent: None,
        languages: Some("en-GB".to_owned()),
        url: Some(world.site.base().parse().map_err(|_| "no address".to_owned())?),
    };
    let folder = world.desktop.home();
    let line = Event::Captured(Box::new(capture)).to_line();
    std::fs::write(folder.join("captured"), &*line).map_err(words)?;
    std::fs::write(folder.join("cookies.json"), json!(cookies).to_string()).map_err(words)?;
    std::fs::write(folder.join("selenium_job.py"), SCRIPT).map_err(words)?;
    let window = folder.join("window");
    let script =
        "#!/bin/sh\nread -r plan\necho '{\"event\":\"shown\"}'\ncat \"${0%/*}/captured\"\nread -r told\n";
    std::fs::write(&window, script).map_err(words)?;
    std::fs::set_permissions(&window, PermissionsExt::from_mode(0o755)).map_err(words)?;
    Ok(window)
}

/// The script, started once: its own start and its imports do not count.
pub struct Selenium {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Selenium {
    /// By the Python that `LAMPLIGHTER_BENCH_SELENIUM` names; `None` without it.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(site: &str) -> Done<Option<Self>> {
        let Some(python) = std::env::var_os("LAMPLIGHTER_BENCH_SELENIUM") else { return Ok(None) };
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let mut command = Command::new(python);
        command.arg(home.join("selenium_job.py")).arg(site).env(COOKIES, home.join("cookies.json"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("selenium: {error}"))?;
        let (orders, answers) = (child.stdin.take(), child.stdout.take());
        let (Some(orders), Some(answers)) = (orders, answers) else { return Err("no pipes".to_owned()) };
        Ok(Some(Self { child, orders, answers: BufReader::new(answers) }))
    }

    /// Does the job once, and tells how long it took.
    ///
    /// # Errors
    /// If it fails.
    pub fn once(&mut self) -> Done<Duration> {
        let words = |error: std::io::Error| format!("selenium: {error}");
        writeln!(self.orders, "go").map_err(words)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(words)?;
        let seconds = line.trim().parse().map_err(|_| format!("selenium: it says “{}”", line.trim()))?;
        Ok(Duration::from_secs_f64(seconds))
    }
}

impl Drop for Selenium {
    fn drop(&mut self) {
        // It ends with its orders; a script that hangs is ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
