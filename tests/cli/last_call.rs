//! Who connects in the very moment in which an engine ends.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use lamplighter_core::api::{Request, Response};
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Client, Limits, Server, Trouble};

use crate::fake::Fake;
use crate::world::{PATIENCE, socket};

#[tokio::test]
async fn i1_whoever_connected_before_the_socket_went_is_served() {
    let home = tempfile::tempdir().unwrap();
    let path = socket(home.path());
    let server = Server::start(&path, Arc::new(Fake::new()), Limits::default(), Lang::En).ok().unwrap();
    // It waits for connections from now on.
    tokio::task::yield_now().await;
    // The runtime has one thread, which is here: it cannot hear of them before it is told to stop.
    let mut callers: Vec<UnixStream> =
        (0..3).map(|_| UnixStream::connect(&path).expect("it listens")).collect();
    for caller in &mut callers {
        caller.write_all(b"GET /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n").expect("there is room");
    }
    server.stop(PATIENCE).await;
    for mut caller in callers {
        let mut reply = Vec::new();
        caller.read_to_end(&mut reply).expect("it was not cut off");
        assert!(reply.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&reply));
    }
    assert!(UnixStream::connect(&path).is_err(), "nobody is here any more");
}

/// The call of a client, beside the runtime that serves it.
async fn called(client: &Client) -> Result<Response, Trouble> {
    let client = client.clone();
    tokio::task::spawn_blocking(move || client.call(&Request::Accounts)).await.expect("no panic")
}

#[tokio::test]
async fn i1_whoever_has_been_let_in_makes_the_call_though_the_engine_ends_before_it() {
    let home = tempfile::tempdir().unwrap();
    let path = socket(home.path());
    let server = Server::start(&path, Arc::new(Fake::new()), Limits::default(), Lang::En).ok().unwrap();
    let (inside, outside) = (Client::new(&path, Lang::En), Client::new(&path, Lang::En));
    inside.hold().expect("it listens");
    outside.knock().expect("it listens");
    let stopped = tokio::spawn(server.stop(PATIENCE));
    while path.exists() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(called(&outside).await, Err(Trouble::Nobody)));
    assert!(matches!(called(&inside).await, Ok(Response::Accounts { .. })));
    stopped.await.expect("it ends");
}

#[tokio::test]
async fn whoever_was_let_in_and_shown_out_before_the_call_is_let_in_again() {
    let home = tempfile::tempdir().unwrap();
    let path = socket(home.path());
    // As after too long a silence, but without a clock: there is room for one.
    let limits = Limits { connections: 1, ..Limits::default() };
    let server = Server::start(&path, Arc::new(Fake::new()), limits, Lang::En).ok().unwrap();
    let client = Client::new(&path, Lang::En);
    client.hold().expect("it listens");
    // Came later, so when this one is closed, the other is, too.
    let mut silent = tokio::net::UnixStream::connect(&path).await.expect("it listens");
    let _next = tokio::net::UnixStream::connect(&path).await.expect("it listens");
    tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut Vec::new()).await.expect("it is closed");
    assert!(matches!(called(&client).await, Ok(Response::Accounts { .. })));
    server.stop(PATIENCE).await;
}
