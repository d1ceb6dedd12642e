//! As much of HTTP/1.1 as a client of our own server needs (RFC 9112): one request, one reply, then the
//! connection ends.

use std::io::{self, BufRead, BufReader, Read, Write};

use lamplighter_core::text::Lang;
use zeroize::Zeroizing;

use super::encode::Outgoing;

/// Longest head of a reply, in bytes.
const HEAD: u64 = 16 * 1024;

/// Longest body that is read whole, in bytes: an account list or a history of many years.
const BODY: usize = 32 * 1024 * 1024;

/// Writes a request. Head and body leave in one piece, so that the server needs to wake up only once.
pub(crate) fn write_request(mut out: impl Write, call: &Outgoing, lang: Lang) -> io::Result<()> {
    let mut text = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let (method, path, lang) = (call.method.as_str(), &call.path, lang.pick("en", "fr"));
    write!(
        text,
        "{method} {path} HTTP/1.1\r\nHost: lamplighter\r\nConnection: close\r\nAccept-Language: {lang}\r\n"
    )?;
    if let Some(body) = &call.body {
        write!(text, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())?;
    }
    text.extend_from_slice(b"\r\n");
    if let Some(body) = &call.body {
        text.extend_from_slice(body);
    }
    out.write_all(&text)?;
    out.flush()
}

/// A reply whose body is still to be read.
pub(crate) struct Reply<R> {
    /// HTTP status.
    pub status: u16,
    /// The body, unwrapped from its transfer coding.
    pub body: BufReader<Unwrapped<R>>,
}

/// Reads the head of a reply; `None` if the connection ended before a byte of it.
pub(crate) fn read_reply<R: Read>(stream: R) -> io::Result<Option<Reply<R>>> {
    let mut stream = BufReader::with_capacity(16 * 1024, stream);
    let mut head = Read::take(&mut stream, HEAD);
    let mut line = String::new();
    if head.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let status = line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| broken("no status line"))?;
    let mut framing = Framing::UntilEnd;
    loop {
        line.clear();
        if head.read_line(&mut line)? == 0 {
            return Err(broken("the head ends too early"));
        }
        let field = line.trim_end();
        if field.is_empty() && line.ends_with('\n') {
            break;
        }
        let (name, value) = field.split_once(':').ok_or_else(|| broken("a bad header"))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            framing = Framing::Length(value.parse().map_err(|_| broken("a bad length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if !value.eq_ignore_ascii_case("chunked") {
                return Err(broken("an unknown transfer coding"));
            }
            framing = Framing::Chunked { left: 0, begun: false };
        }
    }
    Ok(Some(Reply { status, body: BufReader::new(Unwrapped { stream, framing }) }))
}

impl<R: Read> Reply<R> {
    /// The whole body, which must not be endless. It may hold a secret.
    pub(crate) fn whole(mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut body = Zeroizing::new(Vec::with_capacity(16 * 1024));
        loop {
            let read = self.body.fill_buf()?;
            if read.is_empty() {
                return Ok(body);
            }
            if body.len() + read.len() > BODY {
                return Err(broken("the body is too large"));
            }
            body.extend_from_slice(read);
            let read = read.len();
            self.body.consume(read);
        }
    }
}

enum Framing {
    Length(u64),
    Chunked { left: u64, begun: bool },
    UntilEnd,
    Over,
}

/// A body without its framing.
pub(crate) struct Unwrapped<R> {
    stream: BufReader<R>,
    framing: Framing,
}

impl<R: Read> Unwrapped<R> {
    /// Size of the next chunk; 0 at the end.
    fn chunk(&mut self, begun: bool) -> io::Result<u64> {
        let mut line = String::new();
        let mut next = |line: &mut String| {
            line.clear();
            Read::take(&mut self.stream, HEAD).read_line(line)
        };
        if begun {
            // The line end behind the chunk before.
            next(&mut line)?;
        }
        next(&mut line)?;
        let size = line.trim_end().split(';').next().unwrap_or_default().trim();
        u64::from_str_radix(size, 16).map_err(|_| broken("a bad chunk"))
    }
}

impl<R: Read> Read for Unwrapped<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = match self.framing {
            Framing::Over | Framing::Length(0) => return Ok(0),
            Framing::UntilEnd => return self.stream.read(into),
            Framing::Chunked { left: 0, begun } => {
                let size = self.chunk(begun)?;
                self.framing =
                    if size == 0 { Framing::Over } else { Framing::Chunked { left: size, begun: true } };
                return self.read(into);
            }
            Framing::Length(left) | Framing::Chunked { left, .. } => left,
        };
        let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.stream.read(&mut into[..most])?;
        if read == 0 && most > 0 {
            return Err(broken("the body ends too early"));
        }
        match &mut self.framing {
            // A read never gives more than it was asked for.
            Framing::Length(left) | Framing::Chunked { left, .. } => *left -= read as u64,
            Framing::UntilEnd | Framing::Over => {}
        }
        Ok(read)
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> io::Result<Vec<u8>> {
        let reply = read_reply(text.as_bytes())?.ok_or_else(|| broken("nothing"))?;
        reply.whole().map(|body| body.to_vec())
    }

    #[test]
    fn bodies_of_every_framing_are_read() {
        assert_eq!(whole("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef").unwrap(), b"abc");
        assert_eq!(whole("HTTP/1.1 200 OK\r\n\r\nabcdef").unwrap(), b"abcdef");
        let chunked =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(whole(chunked).unwrap(), b"abcde");
    }

    #[test]
    fn a_reply_that_breaks_off_is_an_error_and_never_a_short_body() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "SSH-2.0-x\r\n",
        ] {
            assert!(whole(text).is_err(), "{text:?}");
        }
        assert!(read_reply(b"".as_slice()).unwrap().is_none());
    }
}
