//! A native notification tells that a login needs the person, and its button opens that login.

use lamplighter_core::api::{Request, Response, Standing};
use testkit::desktop::{Options, Role};
use testkit::wait;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;

use super::world::{SOON, World, json_provider, options};

/// The JSON interface with a login window in front of the form.
fn with_window() -> String {
    let window = "[[login]]\nkind = \"webview\"\nurl = \"{{base}}/\"\n\
                  done = [{ local_storage = \"access_token\" }]\n\
                  save = { \"token.access\" = \"local_storage:access_token\", \"refresh.main\" = \"local_storage:refresh_token\" }\n\n";
    json_provider().replacen("[[login]]", &format!("{window}[[login]]"), 1)
}

#[test]
fn m5_a_notification_tells_that_a_login_needs_the_person_and_its_button_opens_that_login() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    let account = world.log_in("work-json");
    world.write_provider("practice-json", &with_window());
    let is_read = || world.ways("practice-json").first().is_some_and(|kind| kind == "webview");
    assert!(wait::until_true(SOON, is_read), "the changed file is not taken over: {}", world.log());
    world.end_session("work-json");

    let shown = || !world.desktop.notification_windows().is_empty();
    assert!(wait::until_true(SOON, shown), "{}", world.desktop.notification_log());
    let log = world.desktop.notification_log();
    for part in ["work-json needs you.", "Reconnect", "Later"] {
        assert!(log.contains(part), "no {part:?} in {log}");
    }
    assert_eq!(world.desktop.notification_windows().len(), 1, "one matter, one notification");
    world.picture("notification-en");
    assert!(!world.shows_window());

    world.desktop.press(Role::Button, "Reconnect", SOON).expect("a button");
    let host = world.site.base().split_once("://").expect("an address").1;
    assert!(world.desktop.window(host, SOON).is_some(), "a login window names the host: {}", world.log());
    assert!(!world.shows_window(), "the app's own window has nothing to say");
    assert_eq!(world.account("work-json").id, account.id);
    world.picture("reconnect-window-en");

    // The menu offers the same, and a second click brings the same window up.
    world.choose("work-json: needs you. Reconnect…");
    let windows = || world.desktop.windows().iter().filter(|window| window.title.contains(host)).count();
    assert!(wait::until_true(SOON, || windows() == 1));
    assert_eq!(world.account("work-json").standing, Standing::NeedsYou);
}

#[test]
fn m5_open_shows_the_window_at_that_account() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    world.log_in("first");
    world.log_in("second");
    world.end_session("second");
    assert!(wait::until_true(SOON, || !world.desktop.notification_windows().is_empty()));
    world.desktop.press(Role::Button, "Open", SOON).expect("a button");
    world.await_window();
    assert!(
        world.desktop.element(Role::Button, "Reconnect", SOON).is_some(),
        "it is at the account that needs it"
    );
}

/// An app with an account that needs the person, and a notification that says so; killed.
fn killed_with_a_notification() -> World {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    world.log_in("work-json");
    world.write_provider("practice-json", &with_window());
    world.end_session("work-json");
    let noted = || world.home().join("runtime/notifications.json").is_file();
    assert!(wait::until_true(SOON, || !world.desktop.notification_windows().is_empty() && noted()));
    world.app().kill();
    assert_eq!(world.desktop.notification_windows().len(), 1, "it outlives the app");
    world
}

#[test]
fn i8_after_a_kill_the_notification_has_buttons_again_and_there_is_still_one() {
    let mut world = killed_with_a_notification();
    let sent = || world.desktop.notification_log().matches("member=Notify").count();
    let before = sent();
    world.start(&["--autostarted"]);
    let sent = || world.desktop.notification_log().matches("member=Notify").count();
    assert!(wait::until_true(SOON, || sent() > before), "{}", world.desktop.notification_log());
    assert_eq!(world.desktop.notification_windows().len(), 1, "in the place of the dead one");
    world.desktop.press(Role::Button, "Reconnect", SOON).expect("a button");
    let host = world.site.base().split_once("://").expect("an address").1;
    assert!(world.desktop.window(host, SOON).is_some(), "it opens the login: {}", world.log());
    assert_eq!(sent(), before + 1, "shown once more, not twice");
}

#[test]
fn i8_after_a_kill_a_notification_whose_matter_is_settled_is_taken_away() {
    let mut world = killed_with_a_notification();
    let path = world.home().join("config/config.toml");
    let text = std::fs::read_to_string(&path).expect("a file");
    let paused = text.replace("[accounts.work-json]\n", "[accounts.work-json]\npaused = true\n");
    assert_ne!(text, paused);
    std::fs::write(&path, paused).expect("written");
    world.start(&["--autostarted"]);
    let gone = || world.desktop.notification_windows().is_empty();
    assert!(wait::until_true(SOON, gone), "{}", world.desktop.notification_log());
}

const SERVER: &str = "org.freedesktop.Notifications";

/// Answers every call by saying that there is nothing of that name.
struct Nobody;

#[zbus::interface(name = "test.Nobody")]
impl Nobody {}

fn bus(world: &World) -> Connection {
    let is_it = |(name, _): &&(String, String)| name == "DBUS_SESSION_BUS_ADDRESS";
    let address = &world.desktop.env().iter().find(is_it).expect("a bus").1;
    let bus = Builder::address(address.as_str()).and_then(|bus| bus.serve_at("/nobody", Nobody));
    bus.and_then(Builder::build).expect("a connection")
}

/// Starts the desktop's notification server: not by the bus, which may know of another one.
pub fn start_server(world: &mut World) {
    let arch = std::env::consts::ARCH;
    let path = format!("/usr/lib/{arch}-linux-gnu/xfce4/notifyd/xfce4-notifyd");
    let mut server = world.desktop.command(path);
    world.desktop.start_program(&mut server).expect("a notification server");
}

pub fn is_on_screen(world: &World) -> bool {
    world.desktop.notification_windows().len() == 1
}

#[test]
fn m5_a_notification_that_went_with_its_server_is_shown_by_the_next_one() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    world.log_in("work-json");
    world.end_session("work-json");
    assert!(wait::until_true(SOON, || is_on_screen(&world)), "{}", world.log());

    assert!(world.desktop.kill_program("notifyd"));
    assert!(wait::until_true(SOON, || world.desktop.notification_windows().is_empty()));
    start_server(&mut world);
    assert!(wait::until_true(SOON, || is_on_screen(&world)), "{}", world.log());
    // Its buttons are alive.
    world.desktop.press(Role::Button, "Open", SOON).expect("a button");
    world.await_window();
}

/// Whether the engine tells whoever asks that nothing shows notifications.
pub fn says_so(world: &World) -> bool {
    match world.ask(&Request::Engine) {
        Response::Engine { engine } => engine.no_notifications.is_some(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn m5_what_no_server_would_show_is_in_the_menu_and_shown_once_there_is_one() {
    let mut world = World::new(&Options { notifications: false, ..options() });
    // Has the name and shows nothing, so that the bus starts no other.
    let squatter = bus(&world);
    squatter.request_name(SERVER).expect("the name");
    world.start(&["--autostarted"]);
    world.log_in("work-json");
    world.end_session("work-json");
    world.await_entry("work-json: needs you.");
    let refused = || world.log().contains("a notification could not be shown");
    assert!(wait::until_true(SOON, refused), "{}", world.log());
    // The window says so to somebody new, and so does who asks.
    assert!(world.start_again(&[]).success());
    world.await_text("Your desktop shows no notifications");
    world.picture("no-notifications-en");
    assert!(says_so(&world));

    squatter.close().expect("closed");
    start_server(&mut world);
    assert!(wait::until_true(SOON, || is_on_screen(&world)), "{}", world.log());
    let sent = world.desktop.notification_log().matches("work-json needs you.").count();
    assert_eq!(sent, 2, "once to nobody, once to the server");
    assert!(!says_so(&world));
}

/// A session bus that starts nobody.
const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>ADDRESS</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

#[test]
fn m5_where_no_notification_server_is_and_none_can_be_started_that_is_said_until_one_comes() {
    let mut world = World::new(&options());
    let socket = world.desktop.home().join("bare-bus");
    let (address, config) = (format!("unix:path={}", socket.display()), socket.with_extension("conf"));
    std::fs::write(&config, BARE_BUS.replace("ADDRESS", &address)).expect("written");
    let mut daemon = world.desktop.command("dbus-daemon");
    daemon.arg("--nofork").arg(format!("--config-file={}", config.display()));
    world.desktop.start_program(&mut daemon).expect("a bus");
    assert!(wait::until_true(SOON, || socket.exists()));

    let mut command = world.command();
    world.start_by(command.env("DBUS_SESSION_BUS_ADDRESS", &address));
    assert!(wait::until_true(SOON, || says_so(&world)), "{}", world.log());
    let server = Builder::address(address.as_str()).and_then(|bus| bus.name(SERVER)).and_then(Builder::build);
    let server = server.expect("the name");
    assert!(wait::until_true(SOON, || !says_so(&world)), "{}", world.log());
    server.close().expect("closed");
    assert!(wait::until_true(SOON, || says_so(&world)), "{}", world.log());
}
