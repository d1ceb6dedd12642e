//! What is printed: text for people or JSON for programs, and nothing that a terminal would obey.

use std::cell::LazyCell;
use std::io::{self, Write as _};

use jiff::tz::TimeZone;
use lamplighter_core::api::ErrorBody;
use lamplighter_core::id::AccountName;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Clock;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use serde::Serialize;

/// How to print, and when "now" is.
pub struct Screen {
    /// Language of texts.
    pub lang: Lang,
    /// JSON instead of text.
    pub json: bool,
    /// The present, by the wall clock. Read when first asked for: `lamp token` needs no time.
    pub now: LazyCell<Timestamp>,
    /// The person's time zone.
    pub tz: LazyCell<TimeZone>,
}

/// Why a command ends early.
pub enum Failure {
    /// What to tell the person.
    Notice(Box<Notice>),
    /// The output cannot be written; a reader that left is no error.
    Output(io::Error),
    /// The person pressed Ctrl-C.
    Interrupted,
}

/// Exit code, or why it came to none.
pub type Outcome = Result<u8, Failure>;

impl From<Notice> for Failure {
    fn from(notice: Notice) -> Self {
        Self::Notice(Box::new(notice))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Screen {
    /// The one of two texts that is in the person's language.
    pub fn pick<'a>(&self, en: &'a str, fr: &'a str) -> &'a str {
        self.lang.pick(en, fr)
    }

    /// For texts about times.
    pub fn clock(&self) -> Clock<'_> {
        Clock { now: *self.now, tz: &self.tz }
    }

    /// A line on standard output.
    pub fn line(&self, text: &str) -> io::Result<()> {
        out(format!("{}\n", harmless(text)).as_bytes())
    }

    /// JSON on standard output, one line.
    pub fn json(&self, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(value)?;
        text.push(b'\n');
        out(&text)
    }

    /// A remark beside the result, on standard error; never in JSON mode, where the result says it.
    pub fn remark(&self, text: &str) {
        if !self.json {
            err(&format!("{}\n", harmless(text)));
        }
    }

    /// An error, in its five parts: JSON on standard output, text on standard error.
    pub fn error(&self, notice: &Notice) -> io::Result<()> {
        if self.json {
            return self.json(&ErrorBody { error: notice.clone() });
        }
        err(&with_command(notice));
        Ok(())
    }

    /// Something that is wrong beside what was asked for, in its parts, on standard error.
    pub fn beside(&self, notice: &Notice) {
        if !self.json {
            err(&five_parts(notice));
        }
    }

    /// The same from a service, for which standard error is the log, in JSON mode too.
    pub fn beside_always(&self, notice: &Notice) {
        err(&with_command(notice));
    }

    /// A line in a service's log.
    pub fn aside(&self, text: &str) {
        err(&format!("lamp: {}\n", harmless(text)));
    }
}

/// Account and what happened first, then one line each: is the login safe, what happens next, what to do.
fn five_parts(notice: &Notice) -> String {
    let what = match &notice.account {
        Some(account) if !notice.what.contains(account.as_str()) => format!("{account}: {}", notice.what),
        _ => notice.what.clone(),
    };
    let mut text = format!("lamp: {}\n", harmless(&what));
    for part in [&notice.safe, &notice.next, &notice.cure].into_iter().flatten() {
        text.push_str(&format!("      {}\n", harmless(part)));
    }
    text
}

/// The five parts, and the command that does the cure.
fn with_command(notice: &Notice) -> String {
    let mut text = five_parts(notice);
    if let Some(command) = command_for(notice) {
        text.push_str(&format!("      → {}\n", harmless(&command)));
    }
    text
}

/// The command that does the cure, where there is one.
fn command_for(notice: &Notice) -> Option<String> {
    // Some name it themselves.
    notice.cure.as_ref().filter(|cure| !cure.contains("lamp "))?;
    let account = notice.account.as_deref().filter(|name| name.parse::<AccountName>().is_ok())?;
    match notice.code {
        Code::NeedsLogin | Code::Ended => Some(format!("lamp login {account}")),
        Code::Paused => Some(format!("lamp resume {account}")),
        _ => None,
    }
}

/// Writes bytes to standard output at once.
///
/// # Errors
/// If it cannot be written.
pub fn out(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn err(text: &str) {
    // With nowhere to complain to, the exit code still tells.
    _ = io::stderr().lock().write_all(text.as_bytes());
}

/// The text without anything that a terminal obeys: control characters and those that turn writing around
/// (T13). Line ends stay.
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => c,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Columns, two spaces apart; the last one is not padded.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|text| width(text)).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|text| harmless(text).replace('\n', " ")).collect()).collect();
    for row in &rows {
        for (width_so_far, text) in widths.iter_mut().zip(row) {
            *width_so_far = (*width_so_far).max(width(text));
        }
    }
    let mut lines = vec![head.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()];
    lines.extend(rows);
    lines.iter().map(|row| padded(row, &widths)).collect::<Vec<_>>().join("\n")
}

fn padded(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (text, column) in row.iter().zip(widths) {
        line.push_str(text);
        line.extend(std::iter::repeat_n(' ', column - width(text) + 2));
    }
    line.trim_end().to_owned()
}

/// Columns that a text takes: near enough for names and times, which are Latin here.
fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_nothing_that_a_terminal_obeys_is_printed() {
        for byte in (0..0x20).chain(0x7f..0xa0) {
            let text = format!("a{}b", char::from(byte));
            let shown = harmless(&text);
            assert!(shown == "a\u{fffd}b" || byte == b'\n', "{byte:#x}");
        }
        assert_eq!(harmless("a\u{202e}b"), "a\u{fffd}b");
        assert_eq!(harmless("connecté"), "connecté");
    }

    #[test]
    fn columns_stand_under_each_other_and_lines_have_no_blank_ends() {
        let text =
            table(&["NAME", "STATE"], &[vec!["é".into(), "x".into()], vec!["longer".into(), String::new()]]);
        assert_eq!(text, "NAME    STATE\né       x\nlonger");
    }
}
