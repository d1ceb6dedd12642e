//! `cargo xtask test package`: the package in a Debian that has nothing else, installed, started, replaced by a newer
//! one under the running app, and removed again.

use std::fs;
use std::path::Path;

use super::clean_root::{self, CleanRoot};
use super::{pack, size};
use crate::release::Build;
use crate::shell::{Done, target};
use crate::stages::Stages;

/// What is done there as root.
const INSIDE: &str = include_str!("inside.sh");
/// What is done there as somebody.
const VISITOR: &str = include_str!("visitor.sh");
/// What the scripts print before each thing that they saw.
const SEEN: &str = "seen: ";

/// Builds the package and proves that it does what it should. With `--debug` of what is built anyway.
///
/// # Errors
/// If anything does not hold.
pub fn test(words: &[String]) -> Done {
    let mut stages = Stages::new();
    self::stages(&mut stages, Build::of(words));
    stages.finish()
}

/// The same as part of a longer run.
pub fn stages(stages: &mut Stages, build: Build) {
    let mut package = None;
    stages.stage("package", || {
        if let Some(why) = super::unavailable() {
            return Ok(vec![format!("skipped: {why}")]);
        }
        let path = pack(build)?;
        let closing = same_again(&path, build);
        package = Some(path);
        closing
    });
    if let Some(package) = package {
        stages.stage("package in a clean root", || match clean_root::unavailable() {
            Some(why) => Ok(vec![format!("skipped: {why}")]),
            None => installed(&package),
        });
    }
}

/// Packed once more, it is the same, byte by byte.
fn same_again(path: &Path, build: Build) -> Done<Vec<String>> {
    let bytes = || fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let before = bytes()?;
    pack(build)?;
    if bytes()? != before {
        return Err("packed twice, it is not the same".to_owned());
    }
    let mut lines: Vec<String> = size(path, build)?.lines().map(str::to_owned).collect();
    lines.push("packed twice, it is the same".to_owned());
    Ok(lines)
}

fn installed(package: &Path) -> Done<Vec<String>> {
    let clean = CleanRoot::new()?;
    clean.share("inside.sh", INSIDE.as_bytes())?;
    clean.share("visitor.sh", VISITOR.as_bytes())?;
    let copy = clean.shared().join("lamplighter.deb");
    fs::copy(package, copy).map_err(|error| format!("the package: {error}"))?;
    let text = clean.enter("inside.sh");
    // What the window looked like, for whoever wants to see it; there is none if it did not come so far.
    _ = fs::copy(clean.shared().join("visitor/window.png"), target().join("package/window.png"));
    let text = text?;
    let seen: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix(SEEN)).map(str::to_owned).collect();
    if seen.is_empty() { Err(format!("it ended, and saw nothing:\n{text}")) } else { Ok(seen) }
}
