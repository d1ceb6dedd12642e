//! Logs: one file, ours alone to read, or for `lamp serve` standard error; redacted by construction, because secrets
//! cannot be printed.
//!
//! Libraries may print what they handle when they trace. Their levels are therefore fixed; only our own can be
//! raised with `LAMPLIGHTER_LOG` (`error`, `warn`, `info`, `debug`, `trace`).

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// A log larger than this is set aside at the next start; one older file is kept.
const LARGEST: u64 = 5 * 1024 * 1024;

/// Opens the log in `folder` and sends everything that is traced there.
///
/// # Errors
/// If the file cannot be opened. The program goes on without a log then.
pub fn start(folder: &Path, level: Option<&str>) -> io::Result<()> {
    let file = open(folder)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(level))
        .with_ansi(false)
        .with_target(true)
        // A disk that is full must not end the engine: what cannot be written is not complained of on standard error.
        .log_internal_errors(false)
        .with_writer(Mutex::new(file))
        .finish();
    // Refused if there is a subscriber already, as in tests: that one then has the log.
    _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Sends everything that is traced to standard error, a line each: whoever runs a service keeps what is said there.
pub fn start_on_stderr(level: Option<&str>) {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter(level))
        .with_ansi(false)
        .with_target(true)
        .log_internal_errors(false)
        .with_writer(io::stderr);
    // Refused if there is a subscriber already, as in tests: that one then has the log.
    _ = if is_journal() {
        tracing::subscriber::set_global_default(lines.without_time().finish())
    } else {
        tracing::subscriber::set_global_default(lines.finish())
    };
}

/// Whether standard error leads to systemd's journal, which puts a time to each line by itself. What a terminal's own
/// service was told about its standard error is inherited, too, so it is compared (systemd.exec(5), `JOURNAL_STREAM`).
#[cfg(unix)]
fn is_journal() -> bool {
    let told = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    rustix::fs::fstat(io::stderr()).is_ok_and(|stderr| told == format!("{}:{}", stderr.st_dev, stderr.st_ino))
}

#[cfg(not(unix))]
fn is_journal() -> bool {
    false
}

/// Path of the log in `folder`.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("lamplighter.log")
}

fn open(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let path = path(folder);
    if std::fs::metadata(&path).is_ok_and(|log| log.len() > LARGEST) {
        std::fs::rename(&path, folder.join("lamplighter.log.1"))?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn filter(level: Option<&str>) -> EnvFilter {
    const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
    let level = level.filter(|level| LEVELS.contains(level)).unwrap_or("info");
    let mut directives = format!(
        "warn,lamplighter={level},lamp={level},lamplighter_core={level},lamplighter_engine={level},lamplighter_sys={level}"
    );
    for target in crate::browser::SILENCED_LOG_TARGETS {
        directives.push_str(&format!(",{target}=off"));
    }
    EnvFilter::new(directives)
}
