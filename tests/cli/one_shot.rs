//! `lamp` with nothing running: the real engine, in its own process, for one command.

use std::path::Path;

use crate::world::{Ran, lamp, socket, start};

fn run(home: &Path, args: &[&str]) -> Ran {
    Ran::from(start(lamp(home, args)).wait_with_output().expect("it was started"))
}

#[test]
fn without_an_engine_lamp_does_it_by_itself_and_leaves_no_socket() {
    let home = tempfile::tempdir().unwrap();
    let list = run(home.path(), &["list", "--json"]);
    assert_eq!(
        (list.exit, list.out.as_str()),
        (0, "{\"answer\":\"accounts\",\"accounts\":[]}\n"),
        "{list:?}"
    );
    let providers = run(home.path(), &["provider", "list"]);
    assert!(providers.exit == 0 && providers.out.contains("twitch"), "{providers:?}");
    assert!(!socket(home.path()).exists());
}

#[test]
fn unknown_accounts_end_with_4_whoever_is_asked() {
    let home = tempfile::tempdir().unwrap();
    for args in [
        &["token", "nope"][..],
        &["status", "nope"],
        &["check", "nope"],
        &["refresh", "nope"],
        &["logout", "nope"],
    ] {
        let ran = run(home.path(), args);
        assert!(ran.exit == 4 && ran.out.is_empty() && ran.err.contains("nope"), "{args:?}: {ran:?}");
    }
}

#[test]
fn i1_many_at_once_share_one_engine_or_take_turns() {
    let home = tempfile::tempdir().unwrap();
    let all: Vec<_> = (0..8).map(|_| start(lamp(home.path(), &["list", "--json"]))).collect();
    for child in all {
        let ran = Ran::from(child.wait_with_output().expect("it was started"));
        assert_eq!(
            (ran.exit, ran.out.as_str()),
            (0, "{\"answer\":\"accounts\",\"accounts\":[]}\n"),
            "{ran:?}"
        );
    }
}

/// Engines that go as soon as somebody has connected, as a one-shot's may that ends just then.
#[cfg(unix)]
#[test]
fn i1_an_engine_that_ends_between_knock_and_call_is_not_the_callers_failure() {
    use std::os::unix::fs::DirBuilderExt as _;
    use std::os::unix::net::UnixListener;
    for args in [&["list", "--json"][..], &["provider", "list", "--json"], &["token", "nobody", "--json"]] {
        let home = tempfile::tempdir().unwrap();
        let socket = socket(home.path());
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(&socket).unwrap();
        let child = start(lamp(home.path(), args));
        drop(listener.accept().unwrap());
        drop(listener);
        let ran = Ran::from(child.wait_with_output().expect("it was started"));
        let expected = if args[0] == "token" { 4 } else { 0 };
        assert_eq!(ran.exit, expected, "{args:?}: {ran:?}");
    }
}

#[test]
fn a_home_that_cannot_be_used_is_an_error_and_no_crash() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let ran = run(&file, &["list"]);
    assert!(matches!(ran.exit, 6 | 7) && ran.err.starts_with("lamp: "), "{ran:?}");
}

#[test]
fn a_broken_own_service_says_where_and_the_others_still_work() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(home.path(), &["list"]).exit, 0);
    let folder = home.path().join("config").join("providers");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("mine.toml"), "format = 1\nname = 3\n").unwrap();
    let list = run(home.path(), &["provider", "list"]);
    assert!(list.exit == 0 && list.out.contains("mine") && list.out.contains("twitch"), "{list:?}");
    let show = run(home.path(), &["provider", "show", "mine"]);
    assert!(show.exit == 2 && show.err.contains('2'), "{show:?}");
    assert_eq!(run(home.path(), &["login", "mine"]).exit, 2);
}
