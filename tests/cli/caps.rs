//! What one caller may take from the others, and what is no request at all (T25, T1–T4).

use std::io::{Read as _, Write as _};
use std::time::Duration;

use lamplighter_core::api::Request;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Client, Limits};

use crate::fake::Fake;
use crate::world::{PATIENCE, Stream, World, connect, is_closed, post};

fn tight() -> Limits {
    Limits { connections: 8, listeners: 2, headers: PATIENCE, body: PATIENCE, ..Limits::default() }
}

/// So short that nobody waits for it, and a busy caller may even come too late.
const A_MOMENT: Duration = Duration::from_millis(200);

fn open(world: &World, bytes: &[u8]) -> Stream {
    let mut stream = connect(&world.socket());
    if let Err(error) = stream.write_all(bytes) {
        assert!(is_closed(&error), "the server does not read: {error}");
    }
    stream
}

fn rest(mut stream: Stream) -> String {
    let mut reply = Vec::new();
    if let Err(error) = stream.read_to_end(&mut reply) {
        assert!(is_closed(&error), "it was neither answered nor closed: {error}");
    }
    String::from_utf8_lossy(&reply).into_owned()
}

#[test]
fn t25_headers_and_bodies_that_never_end_are_closed() {
    let world = World::with(Fake::new(), Limits { headers: A_MOMENT, ..tight() });
    assert!(!rest(open(&world, b"GET /v1/acc")).contains(" 200 "));
    assert!(!rest(open(&world, b"GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX-Slow: ")).contains(" 200 "));
    assert_eq!(world.fake.words(), Vec::<String>::new());
    let world = World::with(Fake::new(), Limits { body: A_MOMENT, ..tight() });
    let body = "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    let reply = rest(open(&world, body.as_bytes()));
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
fn t25_idle_and_half_finished_connections_never_keep_others_out() {
    let world = World::with(Fake::new(), tight());
    let half = b"POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    let held: Vec<_> = (0..200).map(|index| open(&world, if index % 2 == 0 { b"" } else { half })).collect();
    let client = Client::new(world.socket(), Lang::En);
    for _ in 0..20 {
        client.call(&Request::Accounts).expect("others are served");
    }
    let closed = held.into_iter().take(150).map(rest).filter(String::is_empty).count();
    assert_eq!(closed, 150, "those that waited longest were shown out");
}

#[test]
fn t25_listeners_have_a_cap_of_their_own() {
    let world = World::with(Fake::new(), tight());
    let client = Client::new(world.socket(), Lang::En);
    let mut listening: Vec<_> = (0..2).map(|_| client.events().expect("there is room")).collect();
    for stream in &mut listening {
        assert_eq!(stream.next().expect("a frame").expect("read").event, "snapshot");
    }
    let Err(lamplighter_engine::api::Trouble::Said(notice)) = client.events().map(|_| ()) else {
        panic!("the third is turned away");
    };
    assert_eq!(notice.code, lamplighter_core::report::Code::Busy);
    client.call(&Request::Accounts).expect("calls are still served");
}

#[test]
fn t25_whoever_finds_every_seat_at_work_is_told_that_it_is_busy_and_comes_in_later() {
    let world = World::with(Fake::new(), Limits { connections: 2, ..tight() });
    let client = Client::new(world.socket(), Lang::En);
    let mut listening: Vec<_> = (0..2).map(|_| client.events().expect("there is room")).collect();
    for stream in &mut listening {
        assert_eq!(stream.next().expect("a frame").expect("read").event, "snapshot");
    }
    let done = world.fake.words();
    for _ in 0..20 {
        let Err(lamplighter_engine::api::Trouble::Said(notice)) = client.call(&Request::Accounts) else {
            panic!("there is no room, and it is not said that the engine has ended");
        };
        assert_eq!(notice.code, lamplighter_core::report::Code::Busy);
        assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some(), "{notice:?}");
    }
    assert_eq!(world.fake.words(), done, "nothing was done");
    drop(listening);
    let is_in = || client.call(&Request::Accounts).is_ok();
    assert!(testkit::wait::until_true(PATIENCE, is_in), "there is room again");
}

#[test]
fn t25_large_heads_and_bodies_are_refused() {
    let world = World::new(Fake::new());
    let head = format!("GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(64 * 1024));
    let reply = world.raw(head);
    assert!(!reply.contains(" 200 "), "{reply}");
    let body = format!("{{\"accounts\":[\"{}\"]}}", "a".repeat(1024 * 1024));
    let reply = world.raw(post("/v1/refresh", &body));
    assert!(reply.starts_with("HTTP/1.1 413") || reply.is_empty(), "{reply}");
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
fn f59_what_two_readers_would_read_in_two_ways_is_refused_and_closed() {
    let world = World::new(Fake::new());
    let long = format!("GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(1024 * 1024));
    for bytes in [
        "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\n\r\n",
        "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
        "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "GET /v1/accounts HTTP/1.1\nHost: x\n\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX: a\r\n\tb: c\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost : x\r\nHost: x\r\n\r\n",
        "\r\nGET /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n",
        &long,
    ] {
        let reply = world.raw(bytes);
        let shown = &bytes[..bytes.len().min(120)];
        assert_eq!(reply.lines().next(), Some("HTTP/1.1 400 Bad Request"), "{shown:?}: {reply}");
        assert!(reply.ends_with("\r\n\r\n"), "{shown:?}: {reply}");
    }
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
fn f59_a_connection_serves_one_request_after_another_and_looks_at_each() {
    let world = World::new(Fake::new());
    let one = "GET /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n";
    let reply = world.raw(format!("{one}{one}GET /v1/accounts HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n{one}"));
    let answers: Vec<_> = reply.matches("HTTP/1.1 200").chain(reply.matches("HTTP/1.1 400")).collect();
    assert_eq!(answers, ["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 400"], "{reply}");
    assert_eq!(world.fake.words(), ["accounts", "accounts"]);
    // Behind chunks nothing is read.
    let head = "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let reply = world.raw(format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{one}"));
    assert_eq!((reply.matches("HTTP/1.1 200").count(), reply.matches("HTTP/1.1").count()), (1, 1), "{reply}");
    // Nor if they came from a page.
    let done = world.fake.words();
    let reply = world.raw(format!("{head}Origin: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{one}"));
    assert_eq!((reply.matches("HTTP/1.1 403").count(), reply.matches("HTTP/1.1").count()), (1, 1), "{reply}");
    assert_eq!(world.fake.words(), done);
}

#[test]
fn what_is_no_request_is_answered_with_400_and_does_nothing() {
    let world = World::new(Fake::new());
    for bytes in [
        "\r\n\r\n\0\0\0",
        "hello\r\n\r\n",
        "GET /v1/accounts\r\n\r\n",
        "GET /v1/accounts HTTP/9.9\r\n\r\n",
        "GET /v1/acc\0unts HTTP/1.1\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nxx",
    ] {
        let reply = world.raw(bytes);
        assert!(reply.starts_with("HTTP/1.1 400") || reply.is_empty(), "{bytes:?}: {reply}");
    }
    for body in ["{", "[]", "\"x\"", "{\"force\":1}", "{\"x\":1}", "\u{feff}{}"] {
        let reply = world.raw(post("/v1/refresh", body));
        assert!(reply.starts_with("HTTP/1.1 400") && reply.contains("\"code\":\"usage\""), "{body}: {reply}");
    }
    let form = post("/v1/refresh", "{}").replace("application/json", "application/x-www-form-urlencoded");
    assert!(world.raw(form).starts_with("HTTP/1.1 400"));
    for path in ["/", "/v1", "/v2/accounts", "/v1/accounts/", "/v1/accounts/a/b/c", "/v1/accounts/../engine"]
    {
        let reply = world.raw(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        assert!(reply.starts_with("HTTP/1.1 404") && reply.contains("\"code\":\"usage\""), "{path}: {reply}");
    }
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
fn t01_t02_t04_a_web_page_gets_nothing() {
    let world = World::new(Fake::new());
    let origins =
        ["Origin: https://evil.test", "Origin: null", "Origin: http://localhost", "Origin:", "ORIGIN: x"];
    let sites = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: same-site"];
    for header in origins.into_iter().chain(sites) {
        for line in [
            "GET /v1/accounts",
            "POST /v1/refresh",
            "OPTIONS /v1/accounts",
            "POST /v1/accounts/a/token",
            "GET /x",
        ] {
            let reply =
                world.raw(format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n\r\n"));
            assert!(
                reply.starts_with("HTTP/1.1 403") && reply.ends_with("\r\n\r\n"),
                "{header}, {line}: {reply}"
            );
            assert!(!reply.to_lowercase().contains("access-control"), "{reply}");
        }
    }
    assert_eq!(world.fake.words(), Vec::<String>::new());
    let plain = "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSec-Fetch-Site: none\r\n\r\n";
    assert!(world.raw(plain).starts_with("HTTP/1.1 200"));
}
