//! Questions to the person at the terminal. They go to standard error, so that standard output stays clean.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use lamplighter_core::secret::Secret;
use zeroize::Zeroizing;

/// Longest answer that is read, in bytes: a pasted address or key.
const LONGEST: u64 = 256 * 1024;

/// Whether a person can be asked.
pub fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a line that may be seen; `None` at the end of input.
///
/// # Errors
/// If the terminal cannot be read.
pub fn line(question: &str) -> io::Result<Option<String>> {
    ask(question)?;
    let mut answer = String::new();
    let read = io::stdin().lock().take(LONGEST).read_line(&mut answer)?;
    Ok((read > 0).then(|| answer.trim().to_owned()))
}

/// Asks for a line that must not be seen; without a terminal the next line of standard input is taken.
///
/// # Errors
/// If the terminal cannot be read, or goes on showing what is typed.
pub fn hidden(question: &str) -> io::Result<Option<Secret>> {
    if is_possible() { echo::hidden(question) } else { next_line() }
}

fn next_line() -> io::Result<Option<Secret>> {
    let mut answer = Zeroizing::new(Vec::with_capacity(4096));
    let read = io::stdin().lock().take(LONGEST).read_until(b'\n', &mut answer)?;
    trim_line_end(&mut answer);
    Ok((read > 0).then(|| Secret::new(answer.to_vec())))
}

/// All of standard input as a secret, without its last line end.
///
/// # Errors
/// If it cannot be read.
pub fn piped() -> io::Result<Secret> {
    let mut all = Zeroizing::new(Vec::with_capacity(64 * 1024));
    io::stdin().lock().take(LONGEST).read_to_end(&mut all)?;
    trim_line_end(&mut all);
    Ok(Secret::new(all.to_vec()))
}

fn ask(question: &str) -> io::Result<()> {
    if is_possible() {
        let mut screen = io::stderr().lock();
        write!(screen, "{question} ")?;
        screen.flush()?;
    }
    Ok(())
}

/// Says something between two questions.
pub fn say(text: &str) {
    // A closed standard error needs none.
    _ = writeln!(io::stderr(), "{text}");
}

fn trim_line_end(bytes: &mut Vec<u8>) {
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
}

pub use echo::show_again;

#[cfg(unix)]
mod echo {
    use std::io::{self, Write as _};
    use std::sync::{Mutex, PoisonError};

    use lamplighter_core::secret::Secret;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The terminal as it was, while it shows nothing. Kept here because Ctrl-C ends the process from another
    /// thread than the one that reads.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    pub(super) fn hidden(question: &str) -> io::Result<Option<Secret>> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let answer = tcsetattr(io::stdin(), OptionalActions::Flush, &silent)
            .map_err(io::Error::from)
            .and_then(|()| super::ask(question))
            .and_then(|()| super::next_line());
        show_again();
        // The person's own line end was not shown; a closed standard error needs none.
        _ = writeln!(io::stderr());
        answer
    }

    /// Makes the terminal show again what is typed, if it does not.
    pub fn show_again() {
        let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(before) = before {
            // A terminal that is gone needs nothing.
            _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
    }
}

#[cfg(not(unix))]
mod echo {
    use std::io;

    use lamplighter_core::secret::Secret;

    pub(super) fn hidden(question: &str) -> io::Result<Option<Secret>> {
        rpassword::prompt_password(format!("{question} ")).map(|text| Some(Secret::from(text)))
    }

    /// The console restores itself.
    pub fn show_again() {}
}
