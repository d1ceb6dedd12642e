//! Tests that need root, run as root: everything else runs as somebody else.

use crate::campaign;
use crate::reach;
use crate::shell::{Done, is_root};
use crate::suites::Suite;

/// Modules whose tests need root; they are ignored everywhere else.
const NEEDS_ROOT: &str = "needs_root::";
/// Those of them that mount disks of their own, which root may not do in every container.
const MOUNTS: &str = "needs_root::disk::";

/// A campaign has none: it is one attack.
fn has_tests(suite: &Suite) -> bool {
    suite.integration && campaign::name_of(suite).is_none()
}

/// Runs exactly those, or says that they were not run.
///
/// # Errors
/// If one fails, or there are none: then the name above is not theirs any more.
pub fn run(suites: &[Suite]) -> Done<Vec<String>> {
    if !is_root() {
        return Ok(vec!["skipped: needs root".to_owned()]);
    }
    let may_mount = reach::may_mount();
    let mut words = vec!["--ignored".to_owned(), NEEDS_ROOT.to_owned()];
    if !may_mount {
        words.extend(["--skip".to_owned(), MOUNTS.to_owned()]);
    }
    let results: Vec<Done<String>> =
        suites.iter().filter(|suite| has_tests(suite)).map(|suite| suite.run_as_root(&words)).collect();
    let failed: Vec<&str> =
        results.iter().filter_map(|result| result.as_ref().err()).map(String::as_str).collect();
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    let mut lines: Vec<String> =
        results.into_iter().flatten().filter(|line| !line.contains(" 0 passed")).collect();
    if lines.is_empty() {
        return Err(format!("no test is in a module {NEEDS_ROOT}"));
    }
    if !may_mount {
        lines.push(format!("skipped: {MOUNTS} needs root that may mount"));
    }
    Ok(lines)
}
