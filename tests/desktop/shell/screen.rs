//! A locked screen is left alone, and told once when it is unlocked.

use std::collections::HashMap;
use std::time::Duration;

use lamplighter_core::api::Standing;
use testkit::wait;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;
use zbus::zvariant::Value;

use super::world::{SOON, World, options};

/// What nobody should see is waited for this long.
const A_WHILE: Duration = Duration::from_secs(3);
const SAVER: &str = "org.freedesktop.ScreenSaver";
const SAVER_PATH: &str = "/org/freedesktop/ScreenSaver";
const SESSION: &str = "org.freedesktop.login1.Session";
const SESSION_PATH: &str = "/org/freedesktop/login1/session/auto";

/// A desktop's screen saver.
struct Saver(bool);

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    fn get_active(&self) -> bool {
        self.0
    }
}

/// logind's object of our session.
struct Session(bool);

#[zbus::interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        self.0
    }
}

fn address(world: &World) -> &str {
    let is_it = |(name, _): &&(String, String)| name == "DBUS_SESSION_BUS_ADDRESS";
    &world.desktop.env().iter().find(is_it).expect("a bus").1
}

fn on_the_bus(world: &World) -> Builder<'_> {
    Builder::address(address(world)).expect("an address")
}

fn saver(world: &World, active: bool) -> Connection {
    let bus = on_the_bus(world).serve_at(SAVER_PATH, Saver(active)).and_then(|bus| bus.name(SAVER));
    bus.and_then(Builder::build).expect("a screen saver")
}

fn change(saver: &Connection, active: bool) {
    let object = saver.object_server().interface::<_, Saver>(SAVER_PATH).expect("it is served");
    object.get_mut().0 = active;
    saver.emit_signal(None::<&str>, SAVER_PATH, SAVER, "ActiveChanged", &(active,)).expect("sent");
}

/// How often the app has heard this.
fn heard(world: &World, what: &str) -> usize {
    world.log().matches(&format!("the screen is {what}")).count()
}

fn await_heard(world: &World, what: &str, times: usize) {
    let has = || heard(world, what) == times;
    assert!(wait::until_true(SOON, has), "not heard {times} times that it is {what}: {}", world.log());
}

/// Notifications that anybody was asked to show about this account.
fn prompts(world: &World, account: &str) -> usize {
    world.desktop.notification_log().matches(&format!("{account} needs you.")).count()
}

fn assert_quiet(world: &World, account: &str) {
    assert_eq!(world.account(account).standing, Standing::NeedsYou);
    assert!(!wait::until_true(A_WHILE, || prompts(world, account) > 0), "the screen is locked");
    assert!(world.desktop.notification_windows().is_empty());
}

fn assert_told_once(world: &World, account: &str) {
    assert!(wait::until_true(SOON, || !world.desktop.notification_windows().is_empty()), "{}", world.log());
    assert!(!wait::until_true(A_WHILE, || prompts(world, account) > 1), "one matter, one notification");
    assert_eq!(prompts(world, account), 1);
}

#[test]
fn i8_a_login_that_ends_at_the_locked_screen_is_told_once_when_it_is_unlocked() {
    let mut world = World::new(&options());
    let saver = saver(&world, false);
    world.start(&["--autostarted"]);
    world.log_in("work-json");
    change(&saver, true);
    await_heard(&world, "locked", 1);
    world.end_session("work-json");
    assert_quiet(&world, "work-json");

    change(&saver, false);
    await_heard(&world, "unlocked", 1);
    assert_told_once(&world, "work-json");
}

#[test]
fn i8_a_screen_saver_that_comes_later_goes_and_comes_again_is_heard_and_a_stranger_is_not() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    let first = saver(&world, true);
    await_heard(&world, "locked", 1);
    // It crashes: whether the screen is locked is not known any more.
    first.close().expect("closed");
    await_heard(&world, "unlocked", 1);

    let second = saver(&world, false);
    let stranger = on_the_bus(&world).build().expect("a connection");
    let everybody = DBusProxy::new(&stranger).and_then(|driver| Ok(driver.list_names()?)).expect("names");
    let ids = everybody.iter().map(|name| name.as_str()).filter(|name| name.starts_with(':'));
    for to in ids.map(Some).chain([None]) {
        stranger.emit_signal(to, SAVER_PATH, SAVER, "ActiveChanged", &(true,)).expect("sent");
    }
    assert!(!wait::until_true(A_WHILE, || heard(&world, "locked") > 1), "a stranger is believed");
    change(&second, true);
    await_heard(&world, "locked", 2);
}

#[test]
fn i8_the_lock_of_the_login_session_counts_too() {
    let mut world = World::new(&options());
    let bus = on_the_bus(&world)
        .serve_at(SESSION_PATH, Session(false))
        .and_then(|bus| bus.name("org.freedesktop.login1"));
    let logind = bus.and_then(Builder::build).expect("a session");
    let mut command = world.command();
    // Where there is no system bus of its own, the other one plays it.
    command.env("DBUS_SYSTEM_BUS_ADDRESS", address(&world)).arg("--autostarted");
    world.start_by(&mut command);
    world.log_in("work-json");
    let change = |locked: bool| {
        let object = logind.object_server().interface::<_, Session>(SESSION_PATH).expect("it is served");
        object.get_mut().0 = locked;
        let changed = HashMap::from([("LockedHint", Value::from(locked))]);
        let body = (SESSION, changed, Vec::<&str>::new());
        let properties = "org.freedesktop.DBus.Properties";
        let path = "/org/freedesktop/login1/session/_31";
        logind.emit_signal(None::<&str>, path, properties, "PropertiesChanged", &body).expect("sent");
    };
    change(true);
    await_heard(&world, "locked", 1);
    world.end_session("work-json");
    assert_quiet(&world, "work-json");
    change(false);
    assert_told_once(&world, "work-json");
}

/// A screen saver that answers when somebody has sent everybody a flood of signals.
struct Flooded(Connection);

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl Flooded {
    fn get_active(&self) -> zbus::fdo::Result<bool> {
        let everybody = DBusProxy::new(&self.0).and_then(|driver| Ok(driver.list_names()?))?;
        for to in everybody.iter().map(|name| name.as_str()).filter(|name| name.starts_with(':')) {
            for _ in 0..200 {
                self.0.emit_signal(Some(to), SAVER_PATH, SAVER, "ActiveChanged", &(false,))?;
            }
        }
        Ok(true)
    }
}

#[test]
fn i8_a_flood_does_not_keep_the_answer_of_a_screen_saver_away() {
    let mut world = World::new(&options());
    world.start(&["--autostarted"]);
    let stranger = on_the_bus(&world).build().expect("a connection");
    let saver = on_the_bus(&world).serve_at(SAVER_PATH, Flooded(stranger)).and_then(|bus| bus.name(SAVER));
    let _saver = saver.and_then(Builder::build).expect("a screen saver");
    await_heard(&world, "locked", 1);
}
