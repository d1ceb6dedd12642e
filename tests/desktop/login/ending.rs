//! How a login window ends: with its parent, by its close button, by a crash, without a display.

use lamplighter_core::login::{Command, Event, OTHER_VERSION};
use testkit::wait;

use super::child::{Login, SOON, desktop, host, plan, site};

#[test]
fn a_login_window_whose_parent_is_gone_goes_too() {
    let (desktop, site) = (desktop(), site());
    let mut login = Login::start(&desktop, &plan(&site, "/login"));
    login.shows(host(site.base()));
    let pages = children(login.pid());
    assert!(!pages.is_empty());
    login.abandon();
    login.ended(SOON);
    for pid in pages {
        let is_gone = || !std::path::Path::new(&format!("/proc/{pid}/exe")).exists();
        assert!(wait::until_true(SOON, is_gone), "a process of the webview stayed");
    }
}

#[test]
fn f61_closing_the_window_is_reported_and_ends_the_child() {
    let (desktop, site) = (desktop(), site());
    let mut login = Login::start(&desktop, &plan(&site, "/login"));
    login.shows(host(site.base()));
    let window = desktop.window(host(site.base()), SOON).expect("a window");
    desktop.close(&window).expect("the window's button closes it");
    login.event(|event| matches!(event, Event::Closed).then_some(()));
    assert!(login.ended(SOON).success());
}

#[test]
fn a_page_process_that_dies_is_reported() {
    let (desktop, site) = (desktop(), site());
    let mut login = Login::start(&desktop, &plan(&site, "/login"));
    login.shows(host(site.base()));
    let page = children(login.pid()).into_iter().find(|pid| name(*pid).starts_with("WebKitWebProces"));
    let page = page.expect("the page has a process of its own");
    let killed = std::process::Command::new("kill").args(["-9", &page.to_string()]).status();
    assert!(killed.expect("kill").success());
    let why = login.event(|event| match event {
        Event::Failed { why } => Some(why),
        _ => None,
    });
    assert_eq!(why, "the page’s process ended");
    assert!(!login.ended(SOON).success());
}

#[test]
fn without_a_display_it_says_so_at_once() {
    let site = site();
    let folder = tempfile::tempdir().expect("a folder");
    for display in [None, Some(":4711")] {
        let mut command = std::process::Command::new(testkit::program("lamplighter"));
        command.env_clear().env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
        command.envs(display.map(|display| ("DISPLAY", display)));
        let mut login = Login::start_by(&mut command, &plan(&site, "/login"));
        let why = login.event(|event| match event {
            Event::Failed { why } => Some(why),
            _ => None,
        });
        assert_eq!(why, "no display", "{display:?}");
        assert!(!login.ended(SOON).success());
    }
}

#[test]
fn f53_a_plan_of_another_version_is_not_carried_out() {
    let site = site();
    let folder = tempfile::tempdir().expect("a folder");
    let line = String::from_utf8(plan(&site, "/login").to_line().to_vec()).expect("text");
    let ours = format!(r#""version":"{}""#, env!("CARGO_PKG_VERSION"));
    assert!(line.contains(&ours), "{line}");
    // One from before plans named their version, and one with members that came later.
    let older = line.replace(&format!("{ours},"), "");
    let newer = line.replace(&ours, r#""version":"99.0.0","of_tomorrow":[1]"#);
    for line in [older, newer] {
        assert!(!line.contains(&ours), "{line}");
        let mut command = std::process::Command::new(testkit::program("lamplighter"));
        command.env_clear().env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
        let mut login = Login::told(&mut command, line.as_bytes());
        let why = login.event(|event| match event {
            Event::Failed { why } => Some(why),
            _ => None,
        });
        assert_eq!(why, OTHER_VERSION);
        assert!(!login.ended(SOON).success());
    }
}

#[test]
fn a_cancelled_login_is_gone_and_a_raised_one_stays() {
    let (desktop, site) = (desktop(), site());
    let mut login = Login::start(&desktop, &plan(&site, "/login"));
    login.shows(host(site.base()));
    login.order(Command::Raise);
    assert!(desktop.window(host(site.base()), SOON).is_some());
    login.order(Command::Cancel);
    assert!(login.ended(SOON).success());
    assert!(desktop.window_gone(host(site.base()), SOON));
}

/// All processes below `pid`.
fn children(pid: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids: Vec<u32> = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let direct = pids.iter().copied().filter(|child| parent(*child) == Some(pid));
    direct.flat_map(|child| std::iter::once(child).chain(children(child))).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn name(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
}
