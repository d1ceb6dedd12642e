//! `--json` is stable: what is printed is compared with plain files, byte by byte.

use std::path::Path;

use lamplighter_core::api::{HistoryRow, RefreshReport, RefreshRow, Request, Response};
use lamplighter_core::time::Timestamp;

use crate::fake::{Fake, account, needs_login, usual};
use crate::world::World;

/// Compares with `tests/cli/json/NAME.json`. With `UPDATE_JSON=1` the file is written instead.
pub fn same_as_file(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cli/json").join(name);
    if std::env::var_os("UPDATE_JSON").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(printed, kept, "{name} has changed: programs of users read this");
}

fn world() -> World {
    World::new(Fake::new().on_call(|request| {
        Ok(match request {
            Request::Accounts => {
                Response::Accounts { accounts: vec![needs_login("oneflex"), account("work-slack")] }
            }
            Request::Refresh { .. } => Response::Refresh {
                report: RefreshReport {
                    total: 1,
                    success: 1,
                    failed: 0,
                    skipped: 0,
                    rows: vec![RefreshRow {
                        account: "work-slack".parse().unwrap(),
                        result: "success".into(),
                        notice: None,
                        ends: Some(Timestamp(1_900_000_000_000)),
                    }],
                },
            },
            Request::History { .. } => Response::History {
                rows: vec![HistoryRow {
                    at: Timestamp(1_900_000_000_000),
                    kind: "refresh".into(),
                    way: Some("http".into()),
                    outcome: "renewed".into(),
                    words: "Refreshed.".into(),
                    took_ms: 340,
                }],
            },
            other => usual(&other),
        })
    }))
}

#[test]
fn json_of_every_command_is_what_it_always_was() {
    let world = world();
    for (name, args) in [
        ("list.json", &["list"][..]),
        ("status.json", &["status"]),
        ("account.json", &["status", "work-slack"]),
        ("check.json", &["check", "work-slack"]),
        ("pause.json", &["pause", "work-slack"]),
        ("resume_all.json", &["resume", "--all"]),
        ("refresh.json", &["refresh"]),
        ("history.json", &["history", "work-slack"]),
        ("logout.json", &["logout", "work-slack"]),
        ("secrets.json", &["secret", "list", "work-slack"]),
        ("secret_rm.json", &["secret", "rm", "work-slack", "client_secret"]),
        ("providers.json", &["provider", "list"]),
    ] {
        let ran = world.lamp(&[args, &["--json"]].concat());
        serde_json::from_str::<serde_json::Value>(&ran.out).expect("JSON");
        assert_eq!((ran.err.as_str(), ran.out.lines().count()), ("", 1), "{name}");
        same_as_file(name, &ran.out);
    }
}
