//! The tray: its picture tells the state, its menu every action.

use std::path::Path;
use std::process::Stdio;

use lamplighter_core::api::Standing;
use testkit::desktop::Role;
use testkit::wait;

use super::world::{SOON, World, options};

#[test]
fn m1_icon_and_menu_tell_the_state_and_the_menu_does_everything() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    world.await_entry("Open Lamplighter");
    assert_eq!(world.menu(), ["Open Lamplighter", "Start at login", "Quit"]);
    assert_icon(&world, "fine");

    world.log_in("work-json");
    world.await_entry("work-json: fine, ");
    let menu = world.menu();
    assert!(menu[0].ends_with(" min left"), "{menu:?}");
    assert_eq!(menu[1..], ["Refresh now", "Pause all", "Open Lamplighter", "Start at login", "Quit"]);
    world.picture("tray-fine");

    let refreshes = world.site.count_good("POST /api/auth/refresh");
    world.choose("Refresh now");
    assert!(world.site.wait_for("POST /api/auth/refresh", refreshes + 1, SOON));
    world.await_entry("work-json: fine, ");

    world.choose("Pause all");
    world.await_entry("work-json: paused");
    assert_eq!(world.account("work-json").standing, Standing::Paused);
    assert_icon(&world, "paused");
    world.choose("Resume all");
    world.await_entry("work-json: fine");
    assert_icon(&world, "fine");

    assert!(!world.shows_window());
    world.choose("work-json: fine");
    world.await_window();
    world.await_text("Practice JSON");
    world.picture("account-en");

    world.end_session("work-json");
    world.await_entry("work-json: needs you. Reconnect…");
    assert_icon(&world, "needs-you");
    world.picture("tray-needs-you");
    let window = world.await_window();
    world.desktop.close(&window).expect("closed");
    world.await_no_window();
    // A form asks in our own window: there the person goes on.
    world.choose("needs you. Reconnect…");
    world.await_window();
    assert!(world.desktop.element(Role::Field, "E-mail", SOON).is_some(), "the login's fields are asked for");
    world.picture("reconnect-form-en");
}

#[test]
fn t08_the_icons_files_lie_in_our_own_folder() {
    let world = World::running();
    let item = world.item();
    let folder = world.home().join("runtime/tray");
    assert!(Path::new(&item.icon).starts_with(&folder), "{}", item.icon);
    assert!(!world.desktop.runtime().join("tray-icon").exists());
}

/// Waits until the icon on the panel is the one of this state.
fn assert_icon(world: &World, state: &str) {
    let picture: &[u8] = match state {
        "fine" => include_bytes!("../../../icons/tray/fine-any-44.png"),
        "paused" => include_bytes!("../../../icons/tray/paused-any-44.png"),
        "needs-you" => include_bytes!("../../../icons/tray/needs-you-any-44.png"),
        _ => panic!("no picture of {state}"),
    };
    let path = world.desktop.home().join(format!("{state}.png"));
    std::fs::write(&path, picture).expect("written");
    let wanted = dots(world, &path);
    let is_it = || dots(world, Path::new(&world.item().icon)) == wanted;
    assert!(wait::until_true(SOON, is_it), "the icon is not that of {state}: {}", world.log());
}

/// A picture as plain dots, however its file was written.
fn dots(world: &World, path: &Path) -> Vec<u8> {
    let mut convert = world.desktop.command("convert");
    convert.arg(path).args(["-depth", "8", "rgba:-"]).stdout(Stdio::piped());
    let dots = convert.output().expect("ImageMagick").stdout;
    // What is not seen has no colour.
    dots.chunks(4)
        .flat_map(|dot| if dot.get(3) == Some(&0) { [0; 4].to_vec() } else { dot.to_vec() })
        .collect()
}
