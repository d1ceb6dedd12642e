//! A bus that does not let us ask the keyring, and a keyring that does not answer: the real ones, asked directly.

use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_engine::store::Keychain;
use rustix::process::Signal;

use super::keychain::account;
use super::keyring_daemon::{Daemon, inside_a_session, inside_a_session_that};

/// What a confined program meets: the bus says no to the questions, and not that nobody is there.
const DENIES: &str = r#"<deny send_interface="org.freedesktop.Secret.Service"/>"#;

#[test]
fn f39_a_bus_that_does_not_let_us_ask_is_told_as_that() {
    inside_a_session_that(DENIES, "storage::denied::a_bus_that_denies");
}

#[test]
#[ignore = "runs inside a session bus of its own, started by the test above"]
fn a_bus_that_denies() {
    let _daemon = Daemon::start(true);
    let denied = Keychain::platform("lamplighter@test").load(&account()).err();
    assert!(matches!(denied, Some(StoreError::Denied(_))), "{denied:?}");
}

#[test]
fn f39_a_keyring_that_does_not_answer_is_slow_and_not_absent() {
    inside_a_session("storage::denied::a_keyring_that_is_stopped");
}

#[test]
#[ignore = "runs inside a session bus of its own, started by the test above"]
fn a_keyring_that_is_stopped() {
    let daemon = Daemon::start(true);
    let mut store = Keychain::platform("lamplighter@test");
    assert!(store.load(&account()).expect("answers").is_none());
    daemon.signal(Signal::STOP);
    assert_eq!(store.load(&account()).err(), Some(StoreError::Slow), "its person can do something about it");
    daemon.signal(Signal::CONT);
    assert!(store.load(&account()).expect("answers again").is_none());
}
