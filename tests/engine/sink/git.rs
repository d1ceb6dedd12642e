//! A file that git would take along is not written (T20).

use std::path::Path;
use std::process::Command;

use lamplighter_core::secret::Secret;
use lamplighter_engine::sink::{EnvFile, SinkError, Written};

use super::write;

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().expect("git");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn t20_a_tracked_or_unignored_file_is_refused_unless_allowed() {
    let repo = tempfile::tempdir().expect("folder");
    git(repo.path(), &["init", "-q"]);
    let bot = repo.path().join("bot");
    std::fs::create_dir(&bot).expect("folder");
    let path = bot.join(".env");
    assert_eq!(write(&path, &[("T", "new")]), Err(SinkError::NotIgnored), "not even created");
    assert!(!path.exists());

    std::fs::write(repo.path().join(".gitignore"), ".env\n").expect("ignore");
    assert_eq!(write(&path, &[("T", "new")]), Ok(Written { changed: true }));

    git(repo.path(), &["add", "-f", "bot/.env"]);
    assert_eq!(write(&path, &[("T", "newer")]), Err(SinkError::Tracked), "ignored, but tracked all the same");
    assert_eq!(std::fs::read_to_string(&path).expect("file"), "T=new\n");

    let value = Secret::from("newer");
    let allowed = EnvFile::write(&path, &[("T".to_owned(), &value)], true);
    assert_eq!(allowed, Ok(Written { changed: true }));
}

#[test]
fn t20_a_repository_that_git_cannot_read_counts_as_one() {
    let repo = tempfile::tempdir().expect("folder");
    std::fs::write(repo.path().join(".git"), "gitdir: /nonexistent\n").expect("file");
    assert_eq!(write(&repo.path().join(".env"), &[("T", "new")]), Err(SinkError::GitUnknown));
}

#[cfg(unix)]
#[test]
fn t19_a_repositorys_settings_run_nothing() {
    let repo = tempfile::tempdir().expect("folder");
    git(repo.path(), &["init", "-q"]);
    let trap = repo.path().join("trap");
    std::fs::write(&trap, "#!/bin/sh\ntouch \"$(dirname \"$0\")/sprung\"\n").expect("trap");
    std::fs::set_permissions(&trap, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("chmod");
    git(repo.path(), &["config", "core.fsmonitor", trap.to_str().expect("text")]);
    // The trap works where nobody looks out for it.
    git(repo.path(), &["status"]);
    assert!(repo.path().join("sprung").exists());
    std::fs::remove_file(repo.path().join("sprung")).expect("remove");
    assert_eq!(write(&repo.path().join(".env"), &[("T", "new")]), Err(SinkError::NotIgnored));
    assert!(!repo.path().join("sprung").exists());
}
