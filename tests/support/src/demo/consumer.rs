//! A program that wants tokens: reads its `.env`, calls the service, and reports a 401.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

/// The key that it reads.
pub const KEY: &str = "PRACTICE_TOKEN";

/// The token in its `.env`; other lines of the file are not ours to touch.
pub fn token(env_file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(env_file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(KEY)?.strip_prefix('='))?;
    let value = value.trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// Status of `GET /api/data` with this token.
pub fn fetch(base: &str, token: &str) -> io::Result<u16> {
    let host = base.split("://").nth(1).unwrap_or(base);
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let request = format!(
        "GET /api/data HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let status = reply.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
