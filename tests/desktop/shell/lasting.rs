//! What the app stands on goes while it runs: session bus, display, terminal.

use std::time::Duration;

use lamplighter_core::api::{Request, Response, Standing, TokenRequest};
use lamplighter_core::text::Lang;
use testkit::desktop::Keyring;
use testkit::wait;
use zbus::blocking::connection::Builder;

use super::notifications::{is_on_screen, says_so, start_server};
use super::world::{REFRESH, SOON, World, options};

const SAVER: &str = "org.freedesktop.ScreenSaver";

/// A screen saver that is active.
struct Saver;

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    fn get_active(&self) -> bool {
        true
    }
}

#[test]
fn f39_the_session_bus_goes_and_logins_live_on_and_what_comes_in_its_place_is_used() {
    let mut world = World::new(&options());
    world.start(&[]);
    world.log_in("needy");
    // One that needs the person, with a notification that is on the screen.
    world.end_session("needy");
    assert!(wait::until_true(SOON, || is_on_screen(&world)), "{}", world.log());
    world.log_in("work-json");

    for daemon in ["gnome-keyring-daemon", "notifyd", "xfce4-panel", "dbus-daemon"] {
        assert!(world.desktop.kill_program(daemon), "{daemon}");
    }
    // Said to who looks for the icon.
    let has_no_tray = |answer| matches!(answer, Response::Engine { engine } if engine.tray == Some(false));
    assert!(wait::until_true(SOON, || has_no_tray(world.ask(&Request::Engine))), "{}", world.log());
    // And to who waits for a notification.
    assert!(wait::until_true(SOON, || says_so(&world)), "{}", world.log());
    let refreshes = world.site.count_good(REFRESH);
    let accounts = vec!["work-json".to_owned()];
    world.ask(&Request::Refresh { accounts, force: true, dry_run: false });
    assert_eq!(world.site.count_good(REFRESH), refreshes + 1, "{}", world.log());
    assert!(
        world.client(Lang::En).token("work-json", &TokenRequest::default()).is_ok(),
        "what is served is new"
    );

    world.desktop.start_bus().expect("a bus");
    world.desktop.start_keyring(Keyring::Unlocked).expect("a keyring");
    start_server(&mut world);
    assert!(wait::until_true(SOON, || is_on_screen(&world)), "shown anew: {}", world.log());
    assert!(wait::until_true(SOON, || !says_so(&world)), "{}", world.log());
    let bus = world.desktop.env().iter().find(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS");
    let saver = Builder::address(bus.expect("a bus").1.as_str())
        .and_then(|bus| bus.serve_at("/org/freedesktop/ScreenSaver", Saver))
        .and_then(|bus| bus.name(SAVER))
        .and_then(Builder::build);
    let _saver = saver.expect("a screen saver");
    assert!(wait::until_true(SOON, || world.log().contains("the screen is locked")), "{}", world.log());
    // The keychain, too: what could not be saved meanwhile is saved now.
    let saved = || !world.account("work-json").unsaved;
    assert!(wait::until_true(3 * SOON, saved), "{:?}", world.account("work-json"));
    world.log_in("later");
    assert_eq!(world.account("later").standing, Standing::Fine);
    assert!(!world.account("later").unsaved);
    assert!(!world.log().contains("panicked"), "{}", world.log());
    world.signal("TERM");
    assert!(world.app().wait(SOON).expect("it ends").success());
}

#[test]
fn f64_the_display_goes_during_a_refresh_which_is_finished_and_kept() {
    let mut world = World::new(&options());
    world.start(&[]);
    world.await_window();
    let before = world.log_in("work-json").generation;
    let gate = world.hold_refresh("work-json");
    world.desktop.kill_display();
    assert!(wait::until_true(SOON, || world.log().contains("the display is gone")), "{}", world.log());
    gate.send_replace(true);
    let ended = world.app().wait(SOON).expect("it ends");
    assert_eq!(ended.code(), Some(6), "{}", world.log());
    let sent = world.site.arrived(REFRESH);

    world.desktop.start_display((1280, 900)).expect("another display");
    world.start(&[]);
    let fine = || world.account("work-json").standing == Standing::Fine;
    assert!(wait::until_true(SOON, fine), "{:?}", world.account("work-json"));
    let is_read = || world.account("work-json").generation.0 == before.0 + 1;
    assert!(wait::until_true(SOON, is_read), "what came is there: {:?}", world.account("work-json"));
    // Nothing was asked of the site again: what the first process kept is what the second one reads.
    assert_eq!(world.site.arrived(REFRESH), sent, "{}", world.log());
}

#[test]
fn f64_the_terminals_end_ends_it_in_order_and_with_nohup_it_stays() {
    let mut world = World::new(&options());
    // As from a terminal, even where these tests themselves are run by nohup: what is ignored is inherited.
    let mut command = world.command_of("env".as_ref());
    command.arg("--default-signal=HUP").arg(testkit::program("lamplighter")).arg("--autostarted");
    world.start_by(&mut command);
    world.signal("HUP");
    let ended = world.app().wait(SOON).expect("it ends");
    assert!(ended.success(), "in order: {ended} {}", world.log());

    let mut command = world.command_of("nohup".as_ref());
    command.arg(testkit::program("lamplighter")).arg("--autostarted");
    world.start_by(&mut command);
    world.signal("HUP");
    world.ask(&Request::Engine);
    assert!(!wait::until_true(Duration::from_secs(1), || !world.app().is_alive()), "{}", world.log());
    world.signal("TERM");
    assert!(world.app().wait(SOON).expect("it ends").success());
}
