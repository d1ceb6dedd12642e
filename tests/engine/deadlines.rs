//! F5, F6: how long an answer is waited for in each of its phases, and that nobody else waits with it.
//!
//! The sockets are real, the seconds are not: they pass when whatever can be done in them has been done.

use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::exchange::{Exchange, HttpRequest, NoReply, Sent};
use lamplighter_core::secret::Secret;
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::http::HttpClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
#[cfg(target_os = "linux")]
use tokio::net::TcpSocket;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
/// Far more turns of the runtime than bytes need from one socket of this process to another.
const TURNS: usize = 2000;
/// Longer than anything is waited for.
const LONG: u64 = 120;

fn request(listener: &TcpListener) -> HttpRequest {
    let url = format!("http://{}/token", listener.local_addr().expect("address"));
    HttpRequest {
        method: "POST".to_owned(),
        url: url.parse().expect("url"),
        headers: Vec::new(),
        body: Some(Secret::from("refresh_token=one")),
    }
}

fn client() -> Arc<HttpClient> {
    Arc::new(HttpClient::new(Arc::new(SystemClock::new())))
}

fn asks(client: &Arc<HttpClient>, listener: &TcpListener) -> JoinHandle<Exchange> {
    let (client, request) = (client.clone(), request(listener));
    tokio::spawn(async move { client.perform(request).await })
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}

/// The next request, read to its end.
async fn next(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.expect("it comes");
    let mut seen = Vec::new();
    while !seen.ends_with(b"refresh_token=one") {
        let read = stream.read_buf(&mut seen).await.expect("read");
        assert_ne!(read, 0, "the request ended early");
    }
    stream
}

/// Seconds until `exchange` ends; `each` is done in each of them. Time stands still before and after.
async fn seconds_until_end<T>(exchange: &JoinHandle<T>, mut each: impl AsyncFnMut(u64)) -> u64 {
    for second in 0..LONG {
        each(second).await;
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        if exchange.is_finished() {
            return second;
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    panic!("it waits for ever");
}

/// What connecting may take before is counted with the head: some seconds of it may have passed on a busy machine.
fn is_near(seconds: u64, limit: u64) -> bool {
    (limit.saturating_sub(8)..=limit + 1).contains(&seconds)
}

#[tokio::test]
async fn f05_a_head_that_does_not_come_is_waited_for_thirty_seconds_with_the_connection() {
    let listener = listener().await;
    let exchange = asks(&client(), &listener);
    let _held = next(&listener).await;
    tokio::time::pause();
    let seconds = seconds_until_end(&exchange, async |_| ()).await;
    let exchange = exchange.await.expect("no panic");
    assert!(is_near(seconds, 30), "{seconds} s");
    assert_eq!((exchange.sent, exchange.reply.err()), (Sent::Maybe, Some(NoReply::Deadline)));
}

#[tokio::test]
async fn f05_a_body_that_does_not_come_is_waited_for_thirty_seconds_after_the_head() {
    let listener = listener().await;
    let exchange = asks(&client(), &listener);
    let mut held = next(&listener).await;
    tokio::time::pause();
    let seconds = seconds_until_end(&exchange, async |second| {
        if second == 15 {
            held.write_all(HEAD).await.expect("it listens");
        }
    })
    .await;
    let exchange = exchange.await.expect("no panic");
    assert!(is_near(seconds, 45), "{seconds} s");
    assert_eq!((exchange.sent, exchange.reply.err()), (Sent::Maybe, Some(NoReply::Deadline)));
}

#[tokio::test]
async fn f06_some_bytes_now_and_then_do_not_prolong_it_and_others_are_answered_meanwhile() {
    let (slow, good) = (listener().await, listener().await);
    let client = client();
    let exchange = asks(&client, &slow);
    let mut held = next(&slow).await;
    tokio::time::pause();
    let mut others = 0;
    let seconds = seconds_until_end(&exchange, async |second| {
        let byte = usize::try_from(second).expect("few") / 5;
        // The head byte by byte and then the body byte by byte would go on for days.
        if second == 0 {
            held.write_all(HEAD).await.expect("it listens");
        } else if second % 5 == 0 {
            held.write_all(&[b'a' + u8::try_from(byte).expect("few")]).await.expect("it listens");
            let other = asks(&client, &good);
            let mut stream = next(&good).await;
            stream.write_all(GOOD).await.expect("it listens");
            let reply = other.await.expect("no panic").reply;
            others += usize::from(reply.is_ok_and(|reply| reply.status == 200));
        }
    })
    .await;
    let exchange = exchange.await.expect("no panic");
    assert!(is_near(seconds, 30), "{seconds} s");
    assert!(others >= 4, "{others}");
    assert_eq!((exchange.sent, exchange.reply.err()), (Sent::Maybe, Some(NoReply::Deadline)));
}

/// A service whose queue of connections is full lets none come about, as a firewall that drops does.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn f05_a_connection_that_does_not_come_about_is_given_up_after_ten_seconds_and_nothing_was_sent() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let full = socket.listen(1).expect("it listens");
    let address = full.local_addr().expect("an address");
    let queue: Vec<_> =
        (0..2).map(|_| std::net::TcpStream::connect(address).expect("there is room")).collect();
    tokio::time::pause();
    let exchange = asks(&client(), &full);
    let seconds = seconds_until_end(&exchange, async |_| ()).await;
    let exchange = exchange.await.expect("no panic");
    assert!(is_near(seconds, 10), "{seconds} s");
    assert_eq!(
        (exchange.sent, exchange.reply.err()),
        (Sent::No(lamplighter_core::exchange::NotSent::Deadline), Some(NoReply::NotSent))
    );
    drop(queue);
}
