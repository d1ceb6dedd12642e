//! The measurements.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{ACCOUNT, World, succeeded};

/// Runs of a whole process.
const PROCESSES: usize = 200;
/// Refreshes.
const REFRESHES: usize = 20;

/// All of them, printed as they come.
///
/// # Errors
/// If a program fails that should not.
pub fn all(world: &World) -> Result<(), String> {
    println!("{:44} {:>10} {:>10}", "", "median", "p95");
    tokens(world)?;
    refreshes(world)?;
    memory(world);
    Ok(())
}

/// `lamp token` as a whole process, beside the same call by curl and a process that does nothing.
fn tokens(world: &World) -> Result<(), String> {
    row("a process that does nothing (true)", &runs(|| world.desktop.command("true"))?);
    row("lamp token", &runs(|| world.lamp(&["token", ACCOUNT]))?);
    let socket = world.socket();
    let url = format!("http://lamplighter/v1/accounts/{ACCOUNT}/token");
    let curl = || {
        let mut curl = world.desktop.command("curl");
        curl.args(["--silent", "--fail", "--unix-socket"]).arg(&socket);
        curl.args(["--header", "Content-Type: application/json", "--data", "{}", &url]);
        curl
    };
    row("the same call by curl", &runs(curl)?);
    for (name, words) in [("pizauth", ["show", ACCOUNT]), ("oidc-token", [ACCOUNT, "--time=0"])] {
        let is_there =
            Command::new("which").arg(name).stdout(Stdio::null()).status().is_ok_and(|s| s.success());
        if !is_there {
            println!("{name:44} not installed");
        } else if let Ok(times) = runs(|| with(world.desktop.command(name), &words)) {
            row(name, &times);
        } else {
            println!("{name:44} has no account called {ACCOUNT}");
        }
    }
    Ok(())
}

fn with(mut command: Command, words: &[&str]) -> Command {
    command.args(words);
    command
}

/// A forced refresh: the whole transaction as the history tells it, beside the bare request by curl.
fn refreshes(world: &World) -> Result<(), String> {
    let opened = world.site.open_session("ana@example.com");
    let body = format!("{{\"refresh\":\"{}\"}}", opened.refresh);
    let url = format!("{}/api/auth/refresh", world.site.base());
    let mut bare = Vec::new();
    for _ in 0..REFRESHES {
        let mut curl = world.desktop.command("curl");
        curl.args(["--silent", "--fail", "--output", "/dev/null", "--write-out", "%{time_total}"]);
        curl.args(["--header", "Content-Type: application/json", "--data", &body, &url]);
        let output = curl.stdout(Stdio::piped()).output().map_err(|error| error.to_string())?;
        succeeded(&output)?;
        let seconds: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0.0);
        bare.push(Duration::from_secs_f64(seconds));
    }
    row("one exchange by curl", &bare);
    for _ in 0..REFRESHES {
        succeeded(
            &world.lamp(&["refresh", ACCOUNT, "--force"]).output().map_err(|error| error.to_string())?,
        )?;
    }
    let limit = REFRESHES.to_string();
    let history = world.lamp(&["--json", "history", ACCOUNT, "--limit", &limit]).output();
    let history = history.map_err(|error| error.to_string())?;
    let history: Value = serde_json::from_slice(&history.stdout).unwrap_or_default();
    let rows = history["rows"].as_array().into_iter().flatten().filter(|row| row["way"] == "http");
    let took: Vec<Duration> =
        rows.filter_map(|row| row["took_ms"].as_u64().map(Duration::from_millis)).collect();
    row("a refresh over HTTP, probe included", &took);
    row("lamp refresh --force, all of it saved", &runs(|| world.lamp(&["refresh", ACCOUNT, "--force"]))?);
    Ok(())
}

/// The tray app, without a window.
fn memory(world: &World) {
    let rollup =
        std::fs::read_to_string(format!("/proc/{}/smaps_rollup", world.app.pid())).unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let private = kilobytes("Private_Clean:") + kilobytes("Private_Dirty:");
    println!(
        "{:44} {:>7} MB {:>7} MB",
        "tray app: resident, private",
        kilobytes("Rss:") / 1024,
        private / 1024
    );
}

/// How long each of some runs took.
#[allow(clippy::disallowed_methods, reason = "this is what measuring is")]
fn runs(command: impl Fn() -> Command) -> Result<Vec<Duration>, String> {
    let mut times = Vec::with_capacity(PROCESSES);
    for _ in 0..PROCESSES {
        let mut command = command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let begun = Instant::now();
        let output = command.output().map_err(|error| error.to_string())?;
        times.push(begun.elapsed());
        succeeded(&output)?;
    }
    Ok(times)
}

fn row(name: &str, times: &[Duration]) {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| {
        sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
    };
    println!("{name:44} {:>7.2} ms {:>7.2} ms", millis(at(50)), millis(at(95)));
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
