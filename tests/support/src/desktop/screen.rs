//! Screen, mouse and keyboard.

use std::io::{self, Write as _};
use std::process::Stdio;
use std::time::Duration;

use super::VirtualDesktop;
use crate::wait;

/// The locale in which xdotool reads titles and types: there on every system, unlike those with a language.
const UTF8: &str = "C.UTF-8";

/// How often a window is asked to close, and how long it is given each time.
const CLOSING: u32 = 30;
const ANSWER: Duration = Duration::from_secs(6);

/// A window on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// X window id.
    pub id: u64,
    /// Title.
    pub title: String,
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl VirtualDesktop {
    /// All windows that are shown and have a title.
    pub fn windows(&self) -> Vec<Window> {
        // By class, which every program has: a search by name reads WM_NAME alone, and GTK cannot write that one
        // where the locale is not installed and the title is not ASCII. Its title is then in _NET_WM_NAME.
        let found = self.xdotool(&["search", "--onlyvisible", "--class", "."]).unwrap_or_default();
        let all = found.lines().filter_map(|id| self.describe(id.parse().ok()?));
        all.filter(|window| !window.title.is_empty()).collect()
    }

    /// The first shown window whose title contains `part`, waited for.
    pub fn window(&self, part: &str, at_most: Duration) -> Option<Window> {
        wait::until(at_most, || self.windows().into_iter().find(|window| window.title.contains(part)))
    }

    /// Waits until no shown window's title contains `part`.
    pub fn window_gone(&self, part: &str, at_most: Duration) -> bool {
        wait::until_true(at_most, || !self.windows().iter().any(|window| window.title.contains(part)))
    }

    /// The window in front.
    pub fn front(&self) -> Option<Window> {
        self.describe(self.xdotool(&["getactivewindow"]).ok()?.trim().parse().ok()?)
    }

    /// Notifications on the screen.
    pub fn notification_windows(&self) -> Vec<Window> {
        let found = self.xdotool(&["search", "--onlyvisible", "--class", "notifyd"]).unwrap_or_default();
        found.lines().filter_map(|id| self.describe(id.parse().ok()?)).collect()
    }

    /// Moves the mouse to a place on the screen and clicks.
    ///
    /// # Errors
    /// If xdotool fails.
    pub fn click(&self, x: i32, y: i32) -> io::Result<()> {
        self.xdotool(&["mousemove", "--sync", &x.to_string(), &y.to_string(), "click", "1"]).map(drop)
    }

    /// Types text as a person would. It does not appear in any command line.
    ///
    /// # Errors
    /// If xdotool fails.
    pub fn type_text(&self, text: &str) -> io::Result<()> {
        let mut command = self.command("xdotool");
        let mut child = command
            .env("LC_ALL", UTF8)
            .args(["type", "--delay", "15", "--file", "-"])
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(text.as_bytes())?;
        }
        let status = child.wait()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("xdotool type: {status}"))) }
    }

    /// Presses a key or combination by its X name: `Return`, `Tab`, `ctrl+a`.
    ///
    /// # Errors
    /// If xdotool fails.
    pub fn key(&self, name: &str) -> io::Result<()> {
        self.xdotool(&["key", name]).map(drop)
    }

    /// Brings a window to the front and gives it the keyboard.
    ///
    /// # Errors
    /// If xdotool fails.
    pub fn focus(&self, window: &Window) -> io::Result<()> {
        self.xdotool(&["windowactivate", "--sync", &window.id.to_string()]).map(drop)
    }

    /// Closes a window as its close button does, and waits until it is gone. A key can go nowhere while the window
    /// manager is busy, so it is pressed again.
    ///
    /// # Errors
    /// If xdotool fails though the window is there, or the window stays.
    pub fn close(&self, window: &Window) -> io::Result<()> {
        let is_gone = || !self.windows().iter().any(|other| other.id == window.id);
        for _ in 0..CLOSING {
            // Openbox's own key for closing, so that the program sees WM_DELETE_WINDOW and not a kill.
            let pressed = self.focus(window).and_then(|()| self.key("alt+F4"));
            if wait::until_true(ANSWER, is_gone) {
                return Ok(());
            }
            pressed?;
        }
        Err(io::Error::other("the window stays"))
    }

    fn describe(&self, id: u64) -> Option<Window> {
        let title = self.xdotool(&["getwindowname", &id.to_string()]).ok()?.trim().to_owned();
        let shape = self.xdotool(&["getwindowgeometry", "--shell", &id.to_string()]).ok()?;
        let value = |name: &str| {
            let line = shape.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|text| text.parse::<i32>().ok())
        };
        Some(Window {
            id,
            title,
            x: value("X")?,
            y: value("Y")?,
            width: value("WIDTH")?,
            height: value("HEIGHT")?,
        })
    }

    fn xdotool(&self, words: &[&str]) -> io::Result<String> {
        let output =
            self.command("xdotool").env("LC_ALL", UTF8).args(words).stdout(Stdio::piped()).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(io::Error::other(format!("xdotool {}: {}", words.first().unwrap_or(&""), output.status)))
    }
}
