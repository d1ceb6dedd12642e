//! How a program of tests closed, and the second try that tests of a whole desktop get.
//!
//! A window manager, a panel, a notification server and a browser engine that nobody here wrote share two cores with
//! the tests; on a busy machine one of them may take a key or a click to be meant for what is not there any more. A
//! test that fails twice has failed. One that passes the second time passes, and is named in the closing line, so that
//! its cause is looked for. Tests of everything else get one try: there a race would be ours.

use std::process::ExitStatus;

use crate::shell::Done;

/// More failures than this are no chance, and are not tried again.
const FEW: usize = 3;

/// How a program of tests ended.
pub struct Closed {
    /// Its closing line.
    pub line: String,
    /// Its status.
    pub status: ExitStatus,
    /// Its tests that failed.
    pub failed: Vec<String>,
}

impl Closed {
    /// The closing line behind the program's name; an error if it failed.
    pub fn done(self, name: &str) -> Done<String> {
        let Self { line, status, .. } = self;
        if status.success() { Ok(format!("{name}: {line}")) } else { Err(format!("{name}: {status} {line}")) }
    }
}

/// Runs all tests (no names), and those that failed once more if they are few.
pub fn once_more(name: &str, mut run: impl FnMut(&[String]) -> Done<Closed>) -> Done<String> {
    let first = run(&[])?;
    if first.status.success() || first.failed.is_empty() || first.failed.len() > FEW {
        return first.done(name);
    }
    println!("\n── {name}: once more, {} ──", first.failed.join(", "));
    let second = run(&first.failed)?;
    if !second.status.success() {
        return first.done(name);
    }
    Ok(format!("{name}: {} Passed only at the second try: {}.", first.line, first.failed.join(", ")))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn closed(failed: &[&str]) -> Closed {
        let failed: Vec<String> = failed.iter().map(|&name| name.to_owned()).collect();
        let status = ExitStatus::from_raw(if failed.is_empty() { 0 } else { 101 << 8 });
        Closed { line: format!("{} failed;", failed.len()), status, failed }
    }

    /// Runs that end as told, one after the other; what was asked of each comes back.
    fn runs(ends: &[&[&str]]) -> (Done<String>, Vec<Vec<String>>) {
        let mut asked = Vec::new();
        let done = once_more("tests/desktop", |names| {
            let end = ends.get(asked.len()).ok_or("one run too many")?;
            asked.push(names.to_vec());
            Ok(closed(end))
        });
        (done, asked)
    }

    #[test]
    fn what_passes_is_run_once() {
        let (done, asked) = runs(&[&[]]);
        assert_eq!((done, asked.len()), (Ok("tests/desktop: 0 failed;".to_owned()), 1));
    }

    #[test]
    fn what_passes_only_the_second_time_is_named() {
        let (done, asked) = runs(&[&["a", "b"], &[]]);
        assert_eq!(asked, [vec![], vec!["a".to_owned(), "b".to_owned()]]);
        let line = done.expect("it passes");
        assert!(line.contains("Passed only at the second try: a, b."), "{line}");
    }

    #[test]
    fn what_fails_twice_has_failed() {
        assert!(runs(&[&["a", "b"], &["b"]]).0.is_err());
    }

    #[test]
    fn many_failures_are_no_chance() {
        let (done, asked) = runs(&[&["a", "b", "c", "d"]]);
        assert!(done.is_err() && asked.len() == 1);
    }
}
