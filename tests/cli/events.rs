//! The stream of events: snapshot first, ids, `lagged`.

use lamplighter_core::api::Event;
use lamplighter_core::id::Generation;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Caller, Client, Remote, Service as _};

use crate::fake::Fake;
use crate::world::World;

#[test]
fn s4_2_a_listener_gets_a_snapshot_and_then_what_changes_with_rising_ids() {
    let world = World::new(Fake::new());
    let mut frames = Client::new(world.socket(), Lang::En).events().expect("it listens");
    let mut next = || frames.next().expect("a frame").expect("it can be read");
    let snapshot = next();
    let data: serde_json::Value = serde_json::from_str(&snapshot.data).expect("JSON");
    assert_eq!(snapshot.event, "snapshot");
    assert_eq!(data["accounts"]["accounts"][0]["name"], "work-slack");
    assert_eq!(data["engine"]["engine"]["holder"], "desktop");

    let id = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let refreshed = Event::Refreshed { id, name: "work-slack".parse().unwrap(), generation: Generation(4) };
    world.fake.events.send(refreshed.clone()).expect("somebody listens");
    world.fake.events.send(Event::Engine).expect("somebody listens");
    let (first, second) = (next(), next());
    assert_eq!((first.event.as_str(), second.event.as_str()), ("refreshed", "engine"));
    assert_eq!(serde_json::from_str::<Event>(&first.data).expect("an event"), refreshed);
    let epoch = snapshot.id.expect("an id").strip_suffix("-0").expect("it starts with 0").to_owned();
    assert_eq!((first.id, second.id), (Some(format!("{epoch}-1")), Some(format!("{epoch}-2"))));
}

#[test]
fn a_listener_that_is_too_slow_is_told_that_it_lagged() {
    let world = World::new(Fake::new());
    let mut frames = Client::new(world.socket(), Lang::En).events().expect("it listens");
    assert_eq!(frames.next().expect("a frame").expect("read").event, "snapshot");
    let account = "a".repeat(60_000);
    // More than the socket's buffers and the queue hold, without anybody reading. The fake's own queue is
    // short, so the sender waits until the server has taken what is there.
    for _ in 0..600 {
        world.fake.events.send(Event::Login { id: account.clone() }).expect("the server listens");
        let deadline = std::iter::repeat_n((), 100_000);
        deadline
            .into_iter()
            .take_while(|()| !world.fake.events.is_empty())
            .for_each(|()| std::thread::yield_now());
    }
    let told = frames.take(700).find(|frame| frame.as_ref().expect("read").event == "lagged");
    assert!(told.is_some());
}

#[test]
fn a_remote_service_passes_events_on_and_ends_with_the_engine() {
    let mut world = World::new(Fake::new());
    let remote = Remote::new(Client::new(world.socket(), Lang::En));
    let mut events = remote.events();
    assert_eq!(world.block_on(events.recv()), Ok(Event::Lagged), "the snapshot: all may have changed");
    world.fake.events.send(Event::Engine).expect("the server listens");
    assert_eq!(world.block_on(events.recv()), Ok(Event::Engine));
    let answer =
        world.block_on(remote.call(Caller::window(1), lamplighter_core::api::Request::Show, Lang::Fr));
    assert!(answer.is_ok());
    assert_eq!(world.fake.asked.lock().unwrap().last(), Some(&("show".to_owned(), Lang::Fr)));
    let stopped = world.stop(crate::world::PATIENCE);
    world.block_on(stopped).expect("it stops");
    assert!(world.block_on(events.recv()).is_err(), "closed");
}
