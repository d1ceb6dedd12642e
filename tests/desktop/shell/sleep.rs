//! The machine goes to sleep and wakes, as logind tells it.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};

use testkit::wait;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant;

use super::world::{REFRESH, SOON, World, options};

const LOGIND: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// logind, as far as it has to do with sleep. Whom it waits for holds one end of a pair; the test has the others.
struct Manager(Sender<UnixStream>);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn inhibit(
        &self,
        what: &str,
        _who: &str,
        _why: &str,
        mode: &str,
    ) -> zbus::fdo::Result<zvariant::OwnedFd> {
        assert_eq!((what, mode), ("sleep", "delay"));
        let (ours, theirs) =
            UnixStream::pair().map_err(|error| zbus::fdo::Error::IOError(error.to_string()))?;
        // The test may be over.
        _ = self.0.send(ours);
        Ok(OwnedFd::from(theirs).into())
    }
}

fn logind(world: &World) -> (Connection, String, Receiver<UnixStream>) {
    let is_it = |(name, _): &&(String, String)| name == "DBUS_SESSION_BUS_ADDRESS";
    // Where there is no system bus of its own, the other one plays it.
    let address = world.desktop.env().iter().find(is_it).expect("a bus").1.clone();
    let (held, holds) = channel();
    let bus = Builder::address(address.as_str()).and_then(|bus| bus.serve_at(PATH, Manager(held)));
    let bus = bus.and_then(|bus| bus.name(LOGIND)).and_then(Builder::build).expect("logind");
    (bus, address, holds)
}

fn tell(logind: &Connection, sleeps: bool) {
    logind.emit_signal(None::<&str>, PATH, MANAGER, "PrepareForSleep", &(sleeps,)).expect("sent");
}

/// Whether nobody holds the machine awake any more.
fn lets_go(hold: &mut UnixStream) -> bool {
    hold.set_nonblocking(true).expect("a socket");
    matches!(hold.read(&mut [0]), Ok(0))
}

#[test]
fn f45_the_machine_sleeps_when_the_answer_in_flight_is_kept_and_awake_it_goes_on() {
    let mut world = World::new(&options());
    let (logind, address, holds) = logind(&world);
    let mut command = world.command();
    command.env("DBUS_SYSTEM_BUS_ADDRESS", address).arg("--autostarted");
    world.start_by(&mut command);
    world.log_in("work-json");
    let mut hold = holds.recv_timeout(SOON).expect("it asks logind to wait");
    let gate = world.hold_refresh("work-json");
    tell(&logind, true);
    let heard = || world.log().contains("the machine is about to sleep");
    assert!(wait::until_true(SOON, heard), "{}", world.log());
    assert!(!lets_go(&mut hold), "an answer is on its way");
    gate.send_replace(true);
    assert!(wait::until_true(SOON, || lets_go(&mut hold)), "{}", world.log());
    assert!(!world.account("work-json").unsaved, "it is kept");

    let refreshes = world.site.arrived(REFRESH);
    let client = world.client(lamplighter_core::text::Lang::En);
    let asked = std::thread::spawn(move || {
        let accounts = vec!["work-json".to_owned()];
        client
            .call(&lamplighter_core::api::Request::Refresh { accounts, force: true, dry_run: false })
            .is_ok()
    });
    tell(&logind, false);
    let heard = || world.log().contains("the machine woke");
    assert!(wait::until_true(SOON, heard), "{}", world.log());
    assert!(asked.join().expect("no panic"), "what was asked for meanwhile is done");
    assert_eq!(world.site.arrived(REFRESH), refreshes + 1);
    assert!(!lets_go(&mut holds.recv_timeout(SOON).expect("it asks logind to wait the next time, too")));
}
