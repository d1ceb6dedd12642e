//! What the service manager hears: a real socket in its place, by path and by name, as sd_notify(3) has it.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;

use super::server::{ASKED_AT, Served};
use crate::bad_input::rig::Rig;
use crate::world::PATIENCE;

/// A manager's socket, and what `NOTIFY_SOCKET` says of it.
pub fn listening(path: PathBuf) -> (UnixDatagram, OsString) {
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    (socket, path.into_os_string())
}

/// The next thing that it hears.
pub fn heard(manager: &UnixDatagram) -> String {
    let mut text = [0; 4096];
    let length = manager.recv(&mut text).expect("it hears something");
    String::from_utf8(text[..length].to_vec()).expect("UTF-8")
}

/// Everything that it has heard, the end of the process included.
fn all(manager: &UnixDatagram) -> Vec<String> {
    manager.set_nonblocking(true).expect("switched");
    let mut text = [0; 4096];
    let next =
        || manager.recv(&mut text).ok().map(|length| String::from_utf8_lossy(&text[..length]).into_owned());
    std::iter::from_fn(next).collect()
}

#[test]
fn s0_10_the_service_manager_hears_when_it_is_ready_how_it_is_and_that_it_ends() {
    let rig = Rig::logged_in();
    let named = format!("lamplighter-test-{}", std::process::id());
    let by_name = SocketAddr::from_abstract_name(&named).expect("a name");
    let by_name = UnixDatagram::bind_addr(&by_name).expect("a socket");
    by_name.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    for (manager, address) in [listening(rig.path("notify")), (by_name, format!("@{named}").into())] {
        let mut command = rig.command(&["serve"]);
        command.env("NOTIFY_SOCKET", address);
        let served = Served::spawn(command);
        assert_eq!(heard(&manager), "STATUS=Starting");
        assert_eq!(heard(&manager), "READY=1");
        assert_eq!(rig.lamp(&["token", "work"]).exit, 0, "whoever is ready answers");
        assert_eq!(heard(&manager), "STATUS=Logins: 1, needing you: 0");
        served.await_said(ASKED_AT);
        assert_eq!(served.terminated().0, Some(0));
        assert_eq!(all(&manager), ["STOPPING=1"], "and nobody asked whether it lives");
    }
}

#[test]
fn s0_10_a_watchdog_hears_it_again_and_again_while_the_engine_answers() {
    let rig = Rig::new();
    let (manager, address) = listening(rig.path("notify"));
    let mut command = rig.command(&["serve"]);
    command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "400000");
    let served = Served::spawn(command);
    let mut lives = 0;
    while lives < 3 {
        lives += usize::from(heard(&manager) == "WATCHDOG=1");
    }
    assert_eq!(served.terminated().0, Some(0));

    // What was meant for another process, as a shell that a service started inherits it.
    let mut command = rig.command(&["serve"]);
    command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "1000").env("WATCHDOG_PID", "1");
    all(&manager);
    let served = Served::spawn(command);
    served.await_said(ASKED_AT);
    assert_eq!(served.terminated().0, Some(0));
    assert!(!all(&manager).contains(&"WATCHDOG=1".to_owned()));
}

#[test]
fn s0_10_a_service_manager_that_is_gone_or_nonsense_is_in_nobodys_way() {
    let rig = Rig::new();
    for address in ["", "/nowhere/at/all", "@nobody-listens-here", "vsock:2:1234", "relative"] {
        let mut command = rig.command(&["serve"]);
        command.env("NOTIFY_SOCKET", address).env("WATCHDOG_USEC", "much");
        let served = Served::spawn(command);
        served.await_said(ASKED_AT);
        assert_eq!(served.terminated().0, Some(0), "{address}");
    }
}
