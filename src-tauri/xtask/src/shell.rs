//! Running other programs from the project's root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What everything here ends with: nothing, or a sentence for the person.
pub type Done<T = ()> = Result<T, String>;

/// The project's root.
pub fn root() -> PathBuf {
    // Two folders above this crate's manifest; `cargo xtask` always sets it.
    let manifest =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&manifest).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program of the debug build.
pub fn built(name: &str) -> PathBuf {
    target().join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Whether a service builds this, and not a person.
pub fn on_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Whether we are root, so that tests have to run as somebody else.
pub fn is_root() -> bool {
    #[cfg(target_os = "linux")]
    return rustix::process::getuid().is_root();
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// A command that runs in the project's root, without colours where nobody would see them.
pub fn command(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).current_dir(root());
    if on_ci() {
        command.env("CARGO_TERM_COLOR", "never").env("NO_COLOR", "1");
    }
    command
}

/// A command that runs as root: by way of sudo where we are not, which then must not ask for anything.
pub fn as_root(program: &str) -> Command {
    if is_root() { command(program, &[]) } else { command("sudo", &["-n", program]) }
}

/// Cargo, the same one that runs us.
pub fn cargo(words: &[&str]) -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), words)
}

/// npm, in the folder of the window's sources.
pub fn npm(words: &[&str]) -> Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, words);
    npm.current_dir(root().join("ui"));
    npm
}

/// Runs it and lets it print; an error if it fails.
pub fn run(command: &mut Command) -> Done {
    let name = describe(command);
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}

/// Runs it and returns what it prints; an error with its last words if it fails.
pub fn read(command: &mut Command) -> Done<String> {
    let name = describe(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end()))
}

/// Whether a program is to be found in `PATH`.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn describe(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy());
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}
