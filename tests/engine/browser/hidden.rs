//! Nobody else gets at the session while Chrome runs (T10, T16).

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use lamplighter_core::exchange::BrowserEnd;
use lamplighter_core::record::StorageArea;

use super::site::{SESSION, Site};
use super::user::is_unprivileged;
use super::world::{World, files_with, item, visit};

const STORED: &str = "canary-storage-77a0";

#[tokio::test]
async fn t16_while_chrome_runs_it_listens_nowhere_and_nothing_secret_is_on_disk_or_in_proc() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let mut plan = visit(&site, "/gate");
    plan.storage = vec![item(&site, StorageArea::Local, "kept", STORED)];
    let chrome = world.chrome.clone();
    let task = tokio::spawn(async move { chrome.visit(plan).await });
    site.until_asked("/open").await;

    let processes = world.processes();
    assert!(processes.len() >= 3, "browser, network service, renderer: {processes:?}");
    let sockets: BTreeSet<String> = processes.iter().flat_map(|pid| sockets(*pid)).collect();
    assert!(!sockets.is_empty(), "their sockets can be seen");
    let listening = listening();
    assert!(!listening.is_empty(), "the site itself listens");
    assert_eq!(sockets.intersection(&listening).collect::<Vec<_>>(), Vec::<&String>::new(), "Chrome listens");

    for folder in std::fs::read_dir(world.temp.path()).expect("readable").flatten() {
        let mode = folder.metadata().expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "only we can enter {folder:?}");
    }
    for canary in [SESSION, STORED] {
        assert_eq!(files_with(world.temp.path(), canary.as_bytes()), Vec::<std::path::PathBuf>::new());
        for pid in &processes {
            for file in ["cmdline", "environ"] {
                let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
                let shows = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
                assert!(!shows, "{file} of {pid} shows a secret");
            }
        }
    }

    site.open_gate();
    let result = task.await.expect("visit");
    assert_eq!(result.end, BrowserEnd::Ready);
    assert!(result.storage.expect("storage").iter().any(|item| item.value.expose_str() == Some(STORED)));
    world.assert_gone();
    let home = std::env::var_os("HOME").expect("home");
    for canary in [SESSION, STORED] {
        assert_eq!(
            files_with(home.as_ref(), canary.as_bytes()),
            Vec::<std::path::PathBuf>::new(),
            "left at home"
        );
    }
}

/// Inodes of the sockets that the process has open, as far as we may see them.
fn sockets(pid: u32) -> Vec<String> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    targets
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect()
}

/// Inodes of all sockets that listen on TCP.
fn listening() -> BTreeSet<String> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let fields = lines.map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    fields
        .filter(|fields| fields.get(3) == Some(&"0A"))
        .filter_map(|f| f.get(9).map(ToString::to_string))
        .collect()
}
