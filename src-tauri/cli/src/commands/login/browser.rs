//! Opens an address in the person's browser.

use std::process::{Command, Stdio};

/// Asks the desktop to open `url`; `false` if there is none. Whether a browser came up cannot be known.
///
/// Only http and https: anything else could start another program.
pub fn open(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    if !web || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return false;
    }
    let Some(mut command) = opener() else { return false };
    let command = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(mut child) => {
            // Waited for, so that no zombie is left; it may take as long as the browser lives.
            _ = std::thread::Builder::new().name("browser".into()).spawn(move || child.wait());
            true
        }
        Err(_) => false,
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn opener() -> Option<Command> {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"];
    display.iter().any(|name| std::env::var_os(name).is_some()).then(|| Command::new("xdg-open"))
}

#[cfg(target_os = "macos")]
#[allow(clippy::unnecessary_wraps, reason = "other systems may have no desktop")]
fn opener() -> Option<Command> {
    Some(Command::new("open"))
}

#[cfg(windows)]
#[allow(clippy::unnecessary_wraps, reason = "other systems may have no desktop")]
fn opener() -> Option<Command> {
    let mut command = Command::new("rundll32");
    command.arg("url.dll,FileProtocolHandler");
    Some(command)
}
