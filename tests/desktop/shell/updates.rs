//! The app is replaced while it runs; another one is started while it ends, hangs, or is somebody else's.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use lamplighter_core::api::{LoginAnswer, Request, Response};
use lamplighter_core::text::Lang;
use lamplighter_engine::api::Client;
use testkit::desktop::Proc;
use testkit::{processes, wait};

use super::world::{SOON, World, options};

fn pid_of_engine(world: &World) -> Option<u32> {
    match world.client(Lang::En).call(&Request::Engine) {
        Ok(Response::Engine { engine }) => Some(engine.pid),
        _ => None,
    }
}

/// What a package manager does: another file under the same name.
fn replace(program: &Path) {
    let new = program.with_extension("new");
    fs::copy(testkit::program("lamplighter"), &new).expect("copied");
    fs::rename(new, program).expect("replaced");
}

#[test]
fn m6_replaced_on_the_disk_it_opens_its_own_login_windows_and_offers_to_restart() {
    let mut world = World::new(&options());
    let program = world.desktop.home().join("lamplighter-of-today/lamplighter");
    fs::create_dir(program.parent().expect("a folder")).expect("a folder");
    fs::copy(testkit::program("lamplighter"), &program).expect("copied");
    let mut command = world.command_of(&program);
    world.start_by(command.arg("--autostarted"));
    let pid = world.app().pid();
    replace(&program);

    let login = world.new_login("practice", "new");
    let host = world.site.base().split_once("://").expect("an address").1.to_owned();
    assert!(world.desktop.window(&host, SOON).is_some(), "a login window: {}", world.log());
    let own = |pid: &u32| processes::name(*pid).is_some_and(|name| name == "lamplighter (deleted)");
    assert_eq!(
        processes::descendants(pid).iter().filter(|pid| own(pid)).count(),
        1,
        "by the program that runs"
    );
    world.ask(&Request::LoginAnswer { login: login.id, answer: LoginAnswer::Cancel });
    assert!(world.desktop.window_gone(&host, SOON));

    world.choose("Restart: Lamplighter was updated");
    let is_new =
        || processes::name(pid).is_some_and(|name| name == "lamplighter") && pid_of_engine(&world).is_some();
    assert!(wait::until_true(SOON, is_new), "{}", world.log());
    // It says that it is there.
    world.await_window();
    world.await_entry("Quit");
    assert!(!world.menu().iter().any(|text| text.contains("Restart")), "{:?}", world.menu());
    assert!(world.quit().success());
}

#[test]
fn m6_one_that_is_started_while_the_first_is_quit_takes_its_place() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    world.log_in("work-json");
    let gate = world.hold_refresh("work-json");
    world.signal("TERM");
    // It waits for the answer, and its socket is gone.
    assert!(wait::until_true(SOON, || pid_of_engine(&world).is_none()));
    let second = Proc::spawn(world.command().arg("--autostarted")).expect("it starts");
    gate.send_replace(true);
    assert!(world.app().wait(SOON).expect("it ends").success(), "{}", world.log());
    assert!(wait::until_true(SOON, || pid_of_engine(&world) == Some(second.pid())), "{}", world.log());
}

#[test]
fn m6_a_first_that_stands_still_is_named_with_what_to_do_and_another_profile_does_not_care() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    let pid = world.app().pid();
    world.signal("STOP");
    let output = world.command().stderr(Stdio::piped()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("is stopped") && said.contains(&format!("kill -CONT {pid}")), "{said}");
    // Who started it from a menu has no terminal: they are told on the desktop.
    let told = || world.desktop.notification_log();
    assert!(wait::until_true(SOON, || told().contains(&format!("process {pid}"))), "{}", told());
    assert!(told().contains(&format!("kill -CONT {pid}")), "{}", told());
    assert!(wait::until_true(SOON, || !world.desktop.notification_windows().is_empty()), "{}", told());

    let other = world.desktop.home().join("other");
    let mut second =
        Proc::spawn(world.command().env("LAMPLIGHTER_HOME", &other).arg("--autostarted")).expect("it starts");
    let client = Client::new(other.join("runtime/api.sock"), Lang::En);
    assert!(wait::until_true(SOON, || client.call(&Request::Engine).is_ok()), "{}", world.log());
    world.signal("CONT");
    assert!(world.start_again(&[]).success());
    world.await_window();
    let icons = || world.desktop.tray().is_ok_and(|items| items.len() == 2);
    assert!(wait::until_true(SOON, icons), "each has its icon: {:?}", world.desktop.tray());
    second.kill();
    assert!(pid_of_engine(&world).is_some());
}
