//! The test programs that cargo builds, each run in a place of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

use crate::again::{self, Closed};
use crate::runner::{self, Place};
use crate::shell::{Done, cargo, root};

/// Longest that a test program may be silent: on a slow machine one of its tests takes minutes. A test that hangs is
/// named by what it printed last.
const SILENCE: Duration = Duration::from_secs(1200);

/// A program of tests.
pub struct Suite {
    /// Package that it tests.
    pub package: String,
    /// Its target: `engine` for an integration test, the crate's name for unit tests.
    pub target: String,
    /// Whether it holds integration tests.
    pub integration: bool,
    program: PathBuf,
    manifest: PathBuf,
}

/// Builds all tests, always of the whole workspace: a part alone would get other features, and be built twice.
pub fn build() -> Done<Vec<Suite>> {
    let words = ["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"];
    built(cargo(&words))
}

/// The test programs that this cargo builds; it has to be told to print what it builds as JSON.
///
/// # Errors
/// If they do not build.
pub fn built(mut cargo: Command) -> Done<Vec<Suite>> {
    let output = cargo
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err("the tests do not build".to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut suites: Vec<Suite> =
        text.lines().filter_map(|line| suite(&serde_json::from_str(line).ok()?)).collect();
    suites
        .sort_by(|a, b| (a.integration, &a.package, &a.target).cmp(&(b.integration, &b.package, &b.target)));
    Ok(suites)
}

fn suite(message: &Value) -> Option<Suite> {
    let program = message["executable"].as_str()?;
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let manifest = PathBuf::from(message["manifest_path"].as_str()?);
    let target = &message["target"];
    Some(Suite {
        package: package(message["package_id"].as_str()?),
        target: target["name"].as_str()?.to_owned(),
        integration: target["kind"].as_array()?.iter().any(|kind| kind == "test"),
        program: PathBuf::from(program),
        manifest: manifest.parent()?.to_owned(),
    })
}

/// `path+file:///…/src-tauri/core#lamplighter-core@0.1.0`, or `…/core#0.1.0` where folder and name are the same.
fn package(id: &str) -> String {
    let (path, tail) = id.rsplit_once('#').unwrap_or(("", id));
    match tail.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => path.rsplit('/').next().unwrap_or(tail).to_owned(),
    }
}

impl Suite {
    /// Runs it, lets it print, and returns its closing line.
    ///
    /// # Errors
    /// If a test fails, or it says nothing for twenty minutes.
    pub fn run(&self, filter: &[String]) -> Done<String> {
        if self.target == "desktop" {
            return again::once_more(&self.name(), |names| {
                let exact: Vec<String> = names.iter().chain([&"--exact".to_owned()]).cloned().collect();
                self.closed_at(&Place::new()?, if names.is_empty() { filter } else { &exact }, |_, _| {
                    Ok(None)
                })
            });
        }
        self.run_in(filter, |_, _| Ok(None))
    }

    /// The same by another command, which `around` makes of the place and the usual one.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_in(
        &self,
        filter: &[String],
        around: impl FnOnce(&Place, &Command) -> Done<Option<Command>>,
    ) -> Done<String> {
        self.run_at(&Place::new()?, filter, around)
    }

    /// As [`Self::run`], but as root.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_as_root(&self, filter: &[String]) -> Done<String> {
        self.run_at(&Place::of_root()?, filter, |_, _| Ok(None))
    }

    fn run_at(
        &self,
        place: &Place,
        filter: &[String],
        around: impl FnOnce(&Place, &Command) -> Done<Option<Command>>,
    ) -> Done<String> {
        self.closed_at(place, filter, around)?.done(&self.name())
    }

    fn closed_at(
        &self,
        place: &Place,
        filter: &[String],
        around: impl FnOnce(&Place, &Command) -> Done<Option<Command>>,
    ) -> Done<Closed> {
        let mut command = place.command(&self.program, Some(&self.manifest))?;
        command.args(filter).env("CARGO_MANIFEST_DIR", &self.manifest);
        if self.target == "desktop" {
            // Each has a whole desktop and a browser engine: side by side they starve each other of the two cores
            // that a machine may have, and what a person types comes too early.
            command.arg("--test-threads=1");
        }
        if self.target == "peers" {
            // They wait for hours that pass, most of the time, and say each.
            command.args(["--nocapture", "--test-threads=3"]);
        }
        self.closed(around(place, &command)?.unwrap_or(command))
    }

    /// Runs this command, which is of the suite in some way, lets it print, and returns its closing line.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn follow(&self, command: Command) -> Done<String> {
        self.closed(command)?.done(&self.name())
    }

    fn closed(&self, mut command: Command) -> Done<Closed> {
        command.stdout(Stdio::piped());
        let name = self.name();
        let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let said = follow(&mut child).map_err(|why| format!("{name}: {why}"));
        let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
        let Said { closing, last, failed } = said?;
        // A campaign has no harness: its last line is its closing one.
        Ok(Closed { line: closing.unwrap_or(last), status, failed })
    }

    /// Its executable.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The folder of its crate.
    pub fn folder(&self) -> &Path {
        &self.manifest
    }

    /// For the table.
    pub fn name(&self) -> String {
        if self.integration { format!("tests/{}", self.target) } else { format!("{} (unit)", self.target) }
    }
}

/// What a program of tests said.
#[derive(Default)]
struct Said {
    /// Its `test result` line without the words that say nothing.
    closing: Option<String>,
    /// Its last line that is not empty.
    last: String,
    /// The tests that failed.
    failed: Vec<String>,
}

/// Prints what it prints.
fn follow(child: &mut Child) -> Done<Said> {
    let (send, lines) = channel();
    let stdout = child.stdout.take().ok_or("no output to follow")?;
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    let mut said = Said::default();
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => {
                println!("{line}");
                said.hear(&line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // It may have ended by itself this very moment.
                _ = child.kill();
                runner::end_orphans();
                return Err(format!("silent for {} s: ended", SILENCE.as_secs()));
            }
        }
    }
    // The channel is closed, so the reader is at its end; a panic in it has nothing to say.
    _ = reader.join();
    Ok(said)
}

impl Said {
    fn hear(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            let words = [" 0 ignored;", " 0 measured;", " 0 filtered out;"];
            self.closing = Some(words.iter().fold(result.to_owned(), |line, words| line.replace(words, "")));
        }
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failed.push(name.to_owned());
        }
        if !line.trim().is_empty() {
            line.trim().clone_into(&mut self.last);
        }
    }
}

/// Doc tests, which only cargo can run. They read nothing and write nothing.
pub fn doc_tests() -> Done<Vec<String>> {
    let output = cargo(&["test", "--quiet", "--workspace", "--doc"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("doc tests failed\n{text}"));
    }
    let passed: u32 = text
        .lines()
        .filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<u32>().ok())
        .sum();
    Ok(vec![format!("{passed} passed")])
}
