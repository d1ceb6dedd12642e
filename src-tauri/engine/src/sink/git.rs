//! Whether git would take the file along (T20).

use std::path::Path;
use std::process::{Command, Stdio};

use super::SinkError;

/// Makes sure that the file is in no repository, or is ignored by it.
///
/// # Errors
/// [`SinkError::Tracked`], [`SinkError::NotIgnored`], or [`SinkError::GitUnknown`] where there is a repository and
/// git is missing or refuses to look.
pub(super) fn check(path: &Path) -> Result<(), SinkError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(SinkError::BadPath);
    };
    // Without a repository git is not needed, and without git nothing is refused.
    if !folder.ancestors().any(|folder| folder.join(".git").symlink_metadata().is_ok()) {
        return Ok(());
    }
    let ask = |arguments: &[&str]| {
        let mut git = Command::new("git");
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CEILING_DIRECTORIES"] {
            git.env_remove(variable);
        }
        // A repository's settings can name programs to run; this one would be run by looking.
        git.args(["-c", "core.fsmonitor=false", "-C"]).arg(folder);
        git.args(arguments).arg("--").arg(name).env("GIT_OPTIONAL_LOCKS", "0");
        git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        git.status().ok().and_then(|status| status.code())
    };
    match ask(&["--literal-pathspecs", "ls-files", "--error-unmatch"]) {
        Some(0) => return Err(SinkError::Tracked),
        Some(1) => {}
        _ => return Err(SinkError::GitUnknown),
    }
    match ask(&["check-ignore", "-q"]) {
        Some(0) => Ok(()),
        Some(1) => Err(SinkError::NotIgnored),
        _ => Err(SinkError::GitUnknown),
    }
}
