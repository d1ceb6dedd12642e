//! Who connects in the very moment in which an engine ends.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Limits, Server};

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
