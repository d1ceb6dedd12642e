//! Starting with the desktop.

use std::fs;
use std::path::PathBuf;

use lamplighter_core::api::{Request, Response, Settings};
use testkit::wait;

use super::world::{SOON, World, options};

fn entry(world: &World) -> PathBuf {
    world.desktop.home().join(".config/autostart/lamplighter.desktop")
}

fn settings(world: &World) -> Settings {
    match world.ask(&Request::Settings) {
        Response::Settings { settings } => settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn m6_the_switch_writes_an_entry_that_starts_the_app_without_a_window_and_takes_it_away_again() {
    let mut world = World::new(&options());
    // The person keeps programs in a folder whose name is not easy.
    let folder = world.desktop.home().join("My $ \"50% \\ `été`=\" 'apps'; %f");
    fs::create_dir(&folder).expect("a folder");
    let program = folder.join("lamplighter");
    fs::copy(testkit::program("lamplighter"), &program).expect("copied");
    let mut command = world.command_of(&program);
    world.start_by(command.arg("--autostarted"));
    world.await_entry("Start at login");
    assert!(!entry(&world).exists());

    world.choose("Start at login");
    world.await_entry("✓ Start at login");
    assert!(settings(&world).start_at_login);
    let path = entry(&world);
    assert!(wait::until_true(SOON, || path.exists()));
    let mut check = world.desktop.command("desktop-file-validate");
    // Not on every machine; where it is, it has the last word on the form.
    if let Ok(status) = check.arg(&path).status() {
        assert!(status.success(), "{}", fs::read_to_string(&path).expect("an entry"));
    }
    assert!(world.quit().success());

    // What the desktop does at login, by GLib's reading of the entry.
    let mut launch = world.command_of("gio".as_ref());
    assert!(launch.arg("launch").arg(&path).status().expect("gio is installed").success());
    world.await_entry("✓ Start at login");
    assert!(!world.shows_window());

    world.choose("Start at login");
    assert!(wait::until_true(SOON, || !path.exists()));
    let is_off = || world.menu().contains(&"Start at login".to_owned());
    assert!(wait::until_true(SOON, is_off), "{:?}", world.menu());
    assert!(!settings(&world).start_at_login);
    let home = world.home();
    let launched = || testkit::processes::with_environment("LAMPLIGHTER_HOME", &home.to_string_lossy());
    assert!(!launched().is_empty());
    // Nothing of ours started it, so it is told to end: it may be gone before it has answered the panel.
    _ = world.desktop.tray_choose(&world.item(), "Quit");
    assert!(wait::until_true(SOON, || launched().is_empty()));
}

#[test]
fn m6_an_entry_that_the_desktop_switched_off_stays_off_and_one_with_an_old_path_is_renewed() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    world.choose("Start at login");
    let path = entry(&world);
    assert!(wait::until_true(SOON, || path.exists()));
    let good = fs::read_to_string(&path).expect("an entry");
    let program = testkit::program("lamplighter");
    assert!(good.contains(&format!("Exec=\"{}\" --autostarted", program.display())), "{good}");
    let restart = |world: &mut World| {
        assert!(world.quit().success());
        world.start(&["--autostarted"]);
        world.await_entry("Start at login");
    };

    fs::write(&path, good.replace(&*program.to_string_lossy(), "/old/place/lamplighter")).expect("written");
    restart(&mut world);
    let renewed = || fs::read_to_string(&path).is_ok_and(|text| text == good);
    assert!(wait::until_true(SOON, renewed), "{:?}", fs::read_to_string(&path));

    let off = good.replace("enabled=true", "enabled=false");
    fs::write(&path, &off).expect("written");
    restart(&mut world);
    assert_eq!(fs::read_to_string(&path).expect("an entry"), off);
}
