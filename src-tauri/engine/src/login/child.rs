//! The process that owns the login window, seen from the engine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use lamplighter_core::login::{BadMessage, Command, Event, Plan};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use zeroize::Zeroizing;

/// Longest line that a child may send: a capture of all cookies and two storages, as base64.
const LONGEST_LINE: u64 = 24 * 1024 * 1024;

/// How long the last words of a window that has ended may take through the pipe.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(250);

/// Why there is no login window.
pub enum NoWindow {
    /// Its program is not there.
    NoApp,
    /// It did not start.
    NotStarted(std::io::ErrorKind),
}

/// What came from the child.
pub enum Heard {
    /// It reports.
    Event(Event),
    /// It said something that is not of the protocol.
    Nonsense(BadMessage),
    /// It is gone; how it ended, for people and the log.
    Gone(String),
}

/// A running login window. Dropping it ends the process.
pub struct LoginWindow {
    process: Child,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
    line: Zeroizing<Vec<u8>>,
}

/// The desktop app's executable: `$LAMPLIGHTER_APP`, else beside the one that runs (which it may be itself).
pub fn find_app(from_environment: Option<OsString>, running: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = from_environment.filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let name = format!("lamplighter{}", std::env::consts::EXE_SUFFIX);
    let beside = running?.parent()?.join(name);
    beside.is_file().then_some(beside)
}

/// How to start the app: as itself, if it is the one that runs. What lies at its path by now may be a newer version.
fn command(app: Option<&Path>) -> Result<tokio::process::Command, NoWindow> {
    if let Some(app) = app {
        return Ok(tokio::process::Command::new(app));
    }
    let named = std::env::var_os("LAMPLIGHTER_APP");
    let running = std::env::current_exe().ok();
    #[cfg(target_os = "linux")]
    if named.as_ref().is_none_or(|path| path.is_empty())
        && let Some(own) = running.as_deref().filter(|running| is_app(running))
    {
        // The link leads to the file that runs, even if that has no name any more.
        let mut command = tokio::process::Command::new("/proc/self/exe");
        command.arg0(own);
        return Ok(command);
    }
    find_app(named, running.as_deref()).map(tokio::process::Command::new).ok_or(NoWindow::NoApp)
}

/// Whether this is the app's executable; the system marks one that was replaced.
#[cfg(target_os = "linux")]
fn is_app(running: &Path) -> bool {
    let name = running.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(" (deleted)").unwrap_or(&name) == "lamplighter"
}

impl LoginWindow {
    /// Starts the child and hands it its plan.
    ///
    /// # Errors
    /// If the program is not there or does not start.
    pub async fn open(app: Option<&Path>, plan: &Plan) -> Result<Self, NoWindow> {
        let mut process = command(app)?
            .arg("login")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| not_started(&error))?;
        // Both were asked for as pipes just above.
        let (Some(mut orders), Some(reports)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(NoWindow::NotStarted(std::io::ErrorKind::BrokenPipe));
        };
        orders.write_all(&plan.to_line()).await.map_err(|error| not_started(&error))?;
        let line = Zeroizing::new(Vec::with_capacity(256 * 1024));
        Ok(Self { process, orders, reports: BufReader::with_capacity(64 * 1024, reports), line })
    }

    /// The next report. Safe to cancel: a line that is half read is read on.
    pub async fn hear(&mut self) -> Heard {
        let left = LONGEST_LINE.saturating_sub(u64::try_from(self.line.len()).unwrap_or(u64::MAX));
        let mut reports = (&mut self.reports).take(left);
        let reading = reports.read_until(b'\n', &mut self.line);
        tokio::pin!(reading);
        let read = tokio::select! {
            biased;
            read = &mut reading => read,
            // A killed window leaves page processes behind that hold the pipe for seconds. What it said last is
            // still on its way when it ends by itself.
            _ = self.process.wait() => {
                let rest = tokio::time::timeout(LAST_WORDS, reading).await;
                rest.unwrap_or_else(|_| Err(std::io::ErrorKind::UnexpectedEof.into()))
            }
        };
        if read.is_err() || !self.line.ends_with(b"\n") {
            return Heard::Gone(self.ending().await);
        }
        let line = std::mem::take(&mut self.line);
        match Event::from_line(&line) {
            Ok(event) => Heard::Event(event),
            Err(error) => Heard::Nonsense(error),
        }
    }

    /// Says something to the child; one that does not listen any more is heard as [`Heard::Gone`].
    pub async fn order(&mut self, command: Command) {
        if self.orders.write_all(&command.to_line()).await.is_err() {
            tracing::debug!("the login window does not listen any more");
        }
    }

    async fn ending(&mut self) -> String {
        // Only the pipe may be closed: a process that is still there is of no use any more.
        _ = self.process.start_kill();
        match self.process.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.kind().to_string(),
        }
    }
}

fn not_started(error: &std::io::Error) -> NoWindow {
    match error.kind() {
        std::io::ErrorKind::NotFound => NoWindow::NoApp,
        kind => NoWindow::NotStarted(kind),
    }
}
