//! Somebody who listens on loopback and notes whoever comes.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

const PAGE: &str = "<!doctype html><title>Elsewhere</title><p>Elsewhere";

/// Listens until the test's process ends.
pub struct Listener {
    port: u16,
    seen: Arc<Mutex<BTreeSet<String>>>,
}

impl Listener {
    /// Listens from now on; answers everything with a small page.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let notes = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let notes = notes.clone();
                std::thread::spawn(move || serve(stream, &notes));
            }
        });
        Self { port, seen }
    }

    /// Its address, by `http` or another scheme, without a slash at the end.
    pub fn base(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// First part of each path that was asked for; `tls` for whoever spoke TLS, `connected` for whoever only came.
    pub fn seen(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut stream: TcpStream, notes: &Mutex<BTreeSet<String>>) {
    let note = |what: &str| {
        notes.lock().unwrap_or_else(PoisonError::into_inner).insert(what.to_owned());
    };
    note("connected");
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut part) {
        head.extend_from_slice(&part[..read]);
        if head[0] == 0x16 {
            return note("tls");
        }
        if head.windows(4).any(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&head);
            let path = text.split(' ').nth(1).unwrap_or_default();
            note(path.trim_matches('/').split(['/', '?']).next().unwrap_or_default());
            let length = PAGE.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nAccess-Control-Allow-Origin: *\r\n\
                 Cache-Control: no-store\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{PAGE}"
            );
            // Whoever goes away early has come all the same.
            _ = stream.write_all(answer.as_bytes());
            return;
        }
    }
}
