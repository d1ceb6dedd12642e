//! How the app starts and ends.

use std::time::Duration;

use lamplighter_core::api::Request;
use lamplighter_core::text::Lang;
use testkit::desktop::{Keyring, Options, Role};
use testkit::wait;

use super::world::{SOON, World, options};

#[test]
fn m6_a_second_start_shows_the_window_of_the_first_which_lives_on_when_it_closes() {
    let mut world = World::running();
    let window = world.await_window();
    assert!(world.desktop.element(Role::Any, "Settings", SOON).is_some(), "the page is there");
    world.picture("empty-en");
    world.desktop.close(&window).expect("closed");
    world.await_no_window();
    let page = |pid: u32| testkit::processes::name(pid).is_some_and(|name| name.contains("WebKitWebProcess"));
    let pid = world.app().pid();
    let no_page = || !testkit::processes::descendants(pid).into_iter().any(page);
    assert!(wait::until_true(SOON, no_page), "the window is destroyed, not hidden");
    world.ask(&Request::Engine);
    assert!(world.app().is_alive());

    assert!(world.start_again(&[]).success());
    world.await_window();
    assert!(world.app().is_alive());
    // One that comes while the window is there raises it.
    assert!(world.start_again(&["--autostarted"]).success());
    assert_eq!(world.desktop.windows().iter().filter(|window| window.title == "Lamplighter").count(), 1);
}

#[test]
fn m6_started_with_the_desktop_it_shows_no_window() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    world.await_entry("Open Lamplighter");
    assert!(!world.shows_window());
    world.choose("Open Lamplighter");
    world.await_window();
}

#[test]
fn f64_quit_ends_it_and_so_does_the_end_of_the_session() {
    let mut world = World::running();
    world.await_window();
    assert!(world.quit().success(), "{}", world.log());

    world.start(&[]);
    end_session(&mut world);
    let ended = world.app().wait(SOON).expect("it ends");
    assert!(ended.success(), "{}", world.log());
    assert!(world.client(Lang::En).call(&Request::Engine).is_err());
}

#[test]
fn m1_without_a_panel_the_window_is_shown_and_says_so_and_the_icon_comes_with_the_panel() {
    let mut world = World::new(&Options { panel: false, ..options() });
    world.start(&["--autostarted"]);
    world.await_window();
    let said = "Your desktop shows no tray icon";
    world.await_text(said);
    world.picture("no-tray-en");

    let mut panel = world.desktop.command("xfce4-panel");
    world.desktop.start_program(panel.arg("--disable-wm-check")).expect("a panel");
    world.await_entry("Quit");
    let gone = || world.desktop.element(Role::Any, said, Duration::ZERO).is_none();
    assert!(wait::until_true(SOON, gone), "the window knows of the tray");

    assert!(world.desktop.kill_program("xfce4-panel"));
    assert!(world.desktop.element(Role::Any, said, SOON).is_some());
    let mut panel = world.desktop.command("xfce4-panel");
    world.desktop.start_program(panel.arg("--disable-wm-check")).expect("a panel");
    world.await_entry("Quit");
}

#[test]
fn m6_without_a_display_it_says_what_works_and_ends() {
    let world =
        World::new(&Options { panel: false, notifications: false, keyring: Keyring::Absent, ..options() });
    for (display, lang, says) in [
        (None, "C.UTF-8", "There is no display here"),
        (Some(":4711"), "C.UTF-8", "The display does not answer"),
        (None, "fr_FR.UTF-8", "Il n’y a pas d’écran ici"),
    ] {
        let mut command = world.command();
        command.env_remove("DISPLAY").env("LANG", lang).envs(display.map(|display| ("DISPLAY", display)));
        let output = command.stderr(std::process::Stdio::piped()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains(says) && said.contains("lamp status"), "{said}");
    }
}

#[test]
fn f39_without_a_session_bus_there_is_a_window_and_no_crash() {
    let mut world =
        World::new(&Options { panel: false, notifications: false, keyring: Keyring::Absent, ..options() });
    let mut command = world.command();
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus").arg("--autostarted");
    world.start_by(&mut command);
    world.await_window();
    assert!(world.app().is_alive());
    assert!(!world.log().contains("panicked"), "{}", world.log());
    assert!(world.log().contains("no session bus"), "{}", world.log());
    end_session(&mut world);
    assert!(world.app().wait(SOON).expect("it ends").success());
}

/// What the system sends to every program when the person logs off.
fn end_session(world: &mut World) {
    let pid = world.app().pid().to_string();
    let sent = std::process::Command::new("kill").args(["-TERM", &pid]).status();
    assert!(sent.expect("kill").success());
}
