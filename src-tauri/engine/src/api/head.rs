//! The head of a request, looked at before anything takes it apart: what two readers could read in two ways is refused
//! (F59; RFC 9112, sections 2.2, 3.2, 5.2, 6.1 and 11.2).
//!
//! The library behind the server is lenient where the RFC lets it: it takes bare line feeds, several `Host`s, and drops
//! a `Content-Length` beside a `Transfer-Encoding`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

/// What is said to whoever sends such a head; then the connection is closed.
pub(super) const REFUSAL: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What came first on a connection.
pub(super) enum Head {
    /// A head that can be read in one way only, and what came with it of the body.
    Plain(Zeroizing<Vec<u8>>),
    /// One that cannot, or that is too long.
    Doubtful,
    /// None: the connection ended before.
    Gone,
}

/// Reads a head of at most `most` bytes.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin), most: usize) -> Head {
    // What is behind the head may be a secret: its bytes are not left behind by growing.
    let mut seen = Zeroizing::new(Vec::with_capacity(most));
    let mut looked_at = 0;
    while seen.len() < most {
        let room = u64::try_from(most - seen.len()).unwrap_or(u64::MAX);
        match (&mut *stream).take(room).read_buf(&mut *seen).await {
            Ok(1..) => {}
            // Resets are the caller's matter.
            Ok(0) | Err(_) => return Head::Gone,
        }
        while looked_at < seen.len() {
            looked_at += 1;
            let line = &seen[..looked_at];
            if line.ends_with(b"\n") && !line.ends_with(b"\r\n") {
                return Head::Doubtful;
            }
            if line.ends_with(b"\r\n\r\n") {
                let is_plain = is_plain(&line[..looked_at - 4]);
                return if is_plain { Head::Plain(seen) } else { Head::Doubtful };
            }
        }
    }
    Head::Doubtful
}

/// Whether a head without the line ends behind it leaves nothing open: whose it is, and where its body ends.
fn is_plain(head: &[u8]) -> bool {
    let Ok(head) = std::str::from_utf8(head) else { return false };
    let mut lines = head.split("\r\n");
    let request = lines.next().unwrap_or_default();
    let (mut hosts, mut lengths, mut codings) = (0, 0, 0);
    for line in lines {
        let Some((name, _)) = line.split_once(':') else { return false };
        // A name is a token (RFC 9110, 5.6.2): a line that goes on with the one before it begins with a space.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return false;
        }
        match name.to_ascii_lowercase().as_str() {
            "host" => hosts += 1,
            "content-length" => lengths += 1,
            "transfer-encoding" => codings += 1,
            _ => {}
        }
    }
    let has_host = hosts == 1 || hosts == 0 && request.ends_with(" HTTP/1.0");
    !request.is_empty() && !head.replace("\r\n", "").contains('\r') && has_host && lengths + codings <= 1
}

/// A stream whose first bytes have been read already.
pub(super) struct Rewound<S> {
    first: Zeroizing<Vec<u8>>,
    given: usize,
    stream: S,
}

impl<S> Rewound<S> {
    /// `first` once more, then `stream`.
    pub(super) fn new(first: Zeroizing<Vec<u8>>, stream: S) -> Self {
        Self { first, given: 0, stream }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let left = &this.first[this.given..];
        if left.is_empty() {
            return Pin::new(&mut this.stream).poll_read(context, into);
        }
        let now = left.len().min(into.remaining());
        into.put_slice(&left[..now]);
        this.given += now;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_taken(mut text: &[u8]) -> bool {
        matches!(read(&mut text, 256).await, Head::Plain(_))
    }

    #[tokio::test]
    async fn f59_a_head_is_taken_if_there_is_one_way_to_read_it() {
        for text in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\nContent-Length: 2\r\n\r\n\n\n",
            "POST / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(is_taken(text.as_bytes()).await, "{text:?}");
        }
    }

    #[tokio::test]
    async fn f59_what_came_with_a_head_comes_again_before_the_rest() {
        let (first, rest) = ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo", "dy");
        let Head::Plain(head) = read(&mut first.as_bytes(), 256).await else { panic!("it is taken") };
        let mut all = String::new();
        Rewound::new(head, rest.as_bytes()).read_to_string(&mut all).await.expect("memory");
        assert_eq!(all, format!("{first}{rest}"));
    }
}
