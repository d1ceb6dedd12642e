//! The HTTP executor tells truthfully what became of a request.

use std::sync::Arc;

use lamplighter_core::exchange::{Exchange, HttpRequest, NoReply, NotSent, Sent};
use lamplighter_core::secret::Secret;
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::http::HttpClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nSet-Cookie: a=1\r\nSet-Cookie: b=\xff2\r\nContent-Length: 11\r\n\r\n{\"a\":\"tok\"}";

fn client() -> HttpClient {
    HttpClient::new(Arc::new(SystemClock::new()))
}

fn request(url: &str) -> HttpRequest {
    HttpRequest {
        method: "POST".to_owned(),
        url: url.parse().expect("url"),
        headers: vec![("X-Api-Key".to_owned(), Secret::from("canary"))],
        body: Some(Secret::from("refresh_token=one")),
    }
}

/// Answers each connection with the next of `replies`, then closes it; counts what came in.
async fn server(replies: Vec<Vec<u8>>) -> (String, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}/token", listener.local_addr().expect("address"));
    let task = tokio::spawn(async move {
        let mut requests = 0;
        for reply in replies {
            let (mut stream, _) = listener.accept().await.expect("accept");
            let mut buffer = vec![0; 4096];
            let mut seen = Vec::new();
            while !seen.windows(17).any(|window| window == b"refresh_token=one") {
                let read = stream.read(&mut buffer).await.expect("read");
                assert_ne!(read, 0, "the request ended early");
                seen.extend_from_slice(&buffer[..read]);
            }
            requests += 1;
            stream.write_all(&reply).await.expect("write");
            stream.shutdown().await.ok();
        }
        requests
    });
    (url, task)
}

async fn one(reply: Vec<u8>) -> Exchange {
    let (url, _task) = server(vec![reply]).await;
    client().perform(request(&url)).await
}

#[tokio::test]
async fn a_reply_comes_back_byte_for_byte_with_the_servers_date() {
    let exchange = one(REPLY.to_vec()).await;
    let reply = exchange.reply.unwrap_or_else(|why| panic!("no reply: {why:?}"));
    assert_eq!(exchange.sent, Sent::Maybe);
    assert_eq!(reply.status, 200);
    assert!(reply.body == Secret::from(r#"{"a":"tok"}"#));
    assert_eq!(reply.date.expect("date").0, 784_111_777_000);
    let cookies: Vec<&[u8]> = reply
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.expose())
        .collect();
    assert_eq!(cookies, [&b"a=1"[..], b"b=\xff2"], "F29: bytes are kept");
}

#[tokio::test]
async fn f08_a_reply_cut_at_any_byte_is_unknown_and_never_half_a_token() {
    let cuts: Vec<Vec<u8>> = (0..REPLY.len()).map(|end| REPLY[..end].to_vec()).collect();
    let count = cuts.len();
    let (url, task) = server(cuts).await;
    let client = client();
    for end in 0..count {
        let exchange = client.perform(request(&url)).await;
        assert_eq!(exchange.sent, Sent::Maybe, "cut at {end}");
        assert!(exchange.reply.is_err(), "cut at {end} must not give a reply");
    }
    assert_eq!(task.await.expect("server"), count, "each request was sent exactly once: no silent retry");
}

#[tokio::test]
async fn f04_a_name_that_does_not_resolve_means_nothing_was_sent() {
    let exchange = client().perform(request("http://no-such-host.invalid/token")).await;
    assert_eq!(exchange.sent, Sent::No(NotSent::Dns));
}

#[tokio::test]
async fn a_refused_connection_means_nothing_was_sent() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}/", free.local_addr().expect("address"));
    drop(free);
    let exchange = client().perform(request(&url)).await;
    assert_eq!(exchange.sent, Sent::No(NotSent::Connect));
}

#[tokio::test]
async fn f03_a_failed_handshake_means_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("https://{}/", listener.local_addr().expect("address"));
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("accept");
        let mut hello = [0; 512];
        let read = stream.read(&mut hello).await.expect("read");
        // A TLS alert: handshake_failure.
        stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).await.expect("write");
        stream.shutdown().await.ok();
        hello[..read].windows(6).any(|window| window == b"canary")
    });
    let exchange = client().perform(request(&url)).await;
    assert_eq!(exchange.sent, Sent::No(NotSent::Tls));
    assert!(!server.await.expect("server"));
}

#[tokio::test]
async fn f27_a_body_past_the_cap_is_not_read_to_its_end() {
    let mut reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n".to_vec();
    reply.resize(reply.len() + 2_000_000, b'x');
    let (url, _task) = server(vec![reply]).await;
    let exchange = client().perform(request(&url)).await;
    assert!(matches!(exchange.reply, Err(NoReply::TooLarge)));
}

#[tokio::test]
async fn f27_a_body_that_claims_gzip_and_is_not_is_unknown() {
    let reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope".to_vec();
    assert!(one(reply).await.reply.is_err());
}

#[tokio::test]
async fn t12_a_redirect_is_not_followed_and_gets_no_secret() {
    for status in [301, 302, 303, 307, 308] {
        let other = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let to = other.local_addr().expect("address");
        let reply = format!("HTTP/1.1 {status} Moved\r\nLocation: http://{to}/\r\nContent-Length: 0\r\n\r\n");
        let exchange = one(reply.into_bytes()).await;
        assert_eq!(exchange.reply.unwrap_or_else(|why| panic!("no reply: {why:?}")).status, status);
        let visitor = futures_util::FutureExt::now_or_never(other.accept());
        assert!(visitor.is_none(), "nobody came to the redirect's target");
    }
}
