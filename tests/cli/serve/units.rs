//! The examples of units are what systemd takes, and name programs, options and files that exist.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bad_input::ended::finished;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples")
}

fn unit(name: &str) -> String {
    std::fs::read_to_string(examples().join("systemd").join(name)).expect("an example")
}

#[test]
fn s0_10_the_units_are_taken_by_systemd() {
    let folder = tempfile::tempdir().expect("a folder");
    let analyze = Path::new("/usr/bin/systemd-analyze");
    for (name, manager) in [("lamplighter.service", "--system"), ("lamplighter.user.service", "--user")] {
        let text = unit(name);
        assert!(text.contains("ExecStart=/usr/bin/lamp serve\n"), "{name}");
        if !analyze.exists() {
            // `cargo xtask setup` installs it: only who tests without that goes on, and reads it.
            assert!(std::env::var_os("CI").is_none(), "{} is not installed", analyze.display());
            eprintln!("NOT SHOWN: whether systemd takes {name}; {} is not installed", analyze.display());
            continue;
        }
        // As it will be installed, with a program that is there.
        let text = text.replace("/usr/bin/lamp ", &format!("{} ", env!("CARGO_BIN_EXE_lamp")));
        let path = folder.path().join(manager).join("lamplighter.service");
        std::fs::create_dir(folder.path().join(manager)).expect("a folder");
        std::fs::write(&path, text).expect("written");
        let mut verify = Command::new(analyze);
        verify.args([manager, "--man=no", "verify"]).arg(&path).env("XDG_RUNTIME_DIR", folder.path());
        let ran = finished(verify);
        assert!(ran.exit == 0 && !ran.err.contains("lamplighter.service:"), "{name}: {ran:?}");
    }
}

#[test]
fn s0_10_both_units_give_it_the_time_that_it_takes_and_hear_how_it_is() {
    for name in ["lamplighter.service", "lamplighter.user.service"] {
        let text = unit(name);
        for line in ["Type=notify", "NotifyAccess=main", "Restart=on-failure", "UMask=0077", "LimitCORE=0"] {
            assert!(text.lines().any(|is| is == line), "{name}: {line}");
        }
        let seconds = |key: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.and_then(|value| value.parse::<u64>().ok()).unwrap_or_else(|| panic!("{name}: {key}"))
        };
        assert!(seconds("TimeoutStartSec") > 150, "a one-shot is waited for");
        assert!(seconds("TimeoutStopSec") > 7, "what has begun is finished");
        assert!(text.contains("lamplighter-key:"), "{name}: the credential's name");
        // A key alone makes no sealed files; how the user's one is set is in `docs/server.md`.
        assert!(name.contains("user") || text.contains("store = \"sealed\""), "{name}: the store");
    }
}
