//! The real gnome-keyring asks for its password, and the person closes the question: a prompter of our own, which
//! closes everything, has the place of the desktop's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_engine::store::Keychain;
use zbus::blocking::{MessageIterator, connection};
use zbus::message::{Message, Type};
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::keychain::{account, generation, record, write_id};
use super::keyring_daemon::{Daemon, inside_a_session, unlock_from_outside};

const CALLBACK: &str = "org.gnome.keyring.internal.Prompter.Callback";
/// Far longer than a bus needs to tell that somebody left it.
const PATIENCE: Duration = Duration::from_secs(100);

#[test]
fn f39_a_refused_prompt_is_no_storm_and_loses_nothing() {
    inside_a_session("storage::prompt::a_prompt_is_refused");
}

#[test]
fn f39_a_keyring_that_ends_while_it_asks_does_not_keep_the_next_one_from_being_used() {
    inside_a_session("storage::prompt::a_daemon_ends_while_it_asks");
}

/// Counts the questions, and closes each, or lets it stay open.
struct Prompter(Arc<AtomicUsize>);

impl Prompter {
    fn start(closes: bool) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let bus = connection::Builder::session()
            .and_then(|builder| builder.name("org.gnome.keyring.SystemPrompter"))
            .and_then(connection::Builder::build)
            .expect("the name is free");
        let messages = MessageIterator::from(&bus);
        // Ends with the session's bus.
        std::thread::spawn(move || {
            for message in messages {
                let Ok(message) = message else { return };
                let is_question = message.header().member().is_some_and(|name| name == "PerformPrompt");
                if is_question && !closes {
                    counter.fetch_add(1, Ordering::SeqCst);
                } else if message.message_type() == Type::MethodCall {
                    answer(&bus, &message, &counter);
                }
            }
        });
        Self(asked)
    }

    fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A question has three calls: it begins, it is shown, it ends. Each is told back as a call.
fn answer(bus: &zbus::blocking::Connection, message: &Message, asked: &AtomicUsize) {
    let header = message.header();
    let (Some(member), Some(sender)) = (header.member(), header.sender()) else { return };
    let told = match member.as_str() {
        "BeginPrompting" => ("PromptReady", Some("")),
        "PerformPrompt" => {
            asked.fetch_add(1, Ordering::SeqCst);
            ("PromptReady", Some("no"))
        }
        "StopPrompting" => ("PromptDone", None),
        _ => return,
    };
    let callback: OwnedObjectPath = match member.as_str() {
        "PerformPrompt" => {
            type Shown = (OwnedObjectPath, String, HashMap<String, OwnedValue>, String);
            message.body().deserialize::<Shown>().expect("as it is documented").0
        }
        _ => message.body().deserialize().expect("as it is documented"),
    };
    bus.reply(&header, &()).expect("sent");
    let call = Message::method_call(callback, told.0)
        .and_then(|call| call.destination(sender.to_owned()))
        .and_then(|call| call.interface(CALLBACK))
        .expect("valid");
    let call = match told.1 {
        Some(reply) => call.build(&(reply, HashMap::<&str, Value<'_>>::new(), "")),
        None => call.build(&()),
    };
    bus.send(&call.expect("valid")).expect("sent");
}

#[test]
#[ignore = "runs inside a session bus of its own, started by the test above"]
fn a_prompt_is_refused() {
    let prompter = Prompter::start(true);
    let mut store = Keychain::platform("lamplighter@test");

    let daemon = Daemon::start(false);
    assert_eq!(store.load(&account()).err(), Some(StoreError::Locked), "there is no keyring to look into");
    assert_eq!(store.unlock(), Err(StoreError::Declined), "nobody chose a password for a new one");
    assert_eq!(prompter.asked(), 1);
    drop(daemon);

    let daemon = Daemon::start(true);
    assert!(store.load(&account()).expect("open").is_none());
    store.save(&account(), None, &record(1, 30_000)).expect("saved");
    drop(daemon);

    let daemon = Daemon::start(false);
    for _ in 0..3 {
        assert_eq!(store.load(&account()).err(), Some(StoreError::Locked), "another lock, another question");
    }
    assert_eq!(prompter.asked(), 1, "nothing is asked by itself");
    assert_eq!(store.unlock(), Err(StoreError::Declined));
    assert_eq!(prompter.asked(), 2);
    for _ in 0..3 {
        assert_eq!(store.load(&account()).err(), Some(StoreError::Declined));
        let refused = store.save(&account(), Some(write_id(1)), &record(2, 10));
        assert_eq!(refused, Err(StoreError::Declined));
        assert_eq!(store.delete(&account()), Err(StoreError::Declined));
    }
    assert_eq!(prompter.asked(), 2, "nor again and again");
    assert_eq!(store.unlock(), Err(StoreError::Declined), "who presses the button is asked");
    assert_eq!(prompter.asked(), 3);

    unlock_from_outside();
    assert_eq!(generation(store.load(&account()).expect("open")), Some(1), "nothing was lost");
    store.save(&account(), Some(write_id(1)), &record(2, 10)).expect("saved");
    store.unlock().expect("open already");
    assert_eq!(prompter.asked(), 3);
    drop(daemon);
}

#[test]
#[ignore = "runs inside a session bus of its own, started by the test above"]
fn a_daemon_ends_while_it_asks() {
    let prompter = Prompter::start(false);
    let daemon = Daemon::start(true);
    Keychain::platform("lamplighter@test").save(&account(), None, &record(1, 10)).expect("saved");
    drop(daemon);

    let daemon = Daemon::start(false);
    let (told, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let mut store = Keychain::platform("lamplighter@test");
        let unlocked = store.unlock();
        _ = told.send((store, unlocked));
    });
    while prompter.asked() == 0 {
        std::thread::yield_now();
    }
    drop(daemon);
    let (mut store, unlocked) = ended.recv_timeout(PATIENCE).expect("the question is gone with who asked it");
    assert!(matches!(unlocked, Err(StoreError::Absent(_))), "{unlocked:?}");

    let daemon = Daemon::start(true);
    assert_eq!(generation(store.load(&account()).expect("another one")), Some(1));
    drop(daemon);
}
