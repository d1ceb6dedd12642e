//! The head of a request, looked at before anything takes it apart: what two readers could read in two ways is refused
//! (F59; RFC 9112, sections 2.2, 3.2, 5.2, 6.1 and 11.2).
//!
//! The library behind the server is lenient where the RFC lets it: it takes bare line feeds, several `Host`s, and drops
//! a `Content-Length` beside a `Transfer-Encoding`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

/// What the library gets to read in the place of such a head: it answers with 400 and closes the connection.
const NO_REQUEST: &[u8] = b"\0\r\n\r\n";

/// A connection on which only heads come through that can be read in one way, and what belongs to them.
pub(super) struct Guarded<S> {
    stream: S,
    /// What was read and not given yet. There may be secrets in it, so it never grows: no bytes are left behind.
    bytes: Zeroizing<Vec<u8>>,
    /// What of it was given, may be given, and is there: each no more than the next.
    given: usize,
    good: usize,
    end: usize,
    next: Next,
}

/// What comes next on a connection.
#[derive(Clone, Copy)]
enum Next {
    /// A head, of which this many bytes were looked at.
    Head(usize),
    /// This many bytes of a body.
    Body(u64),
    /// A body in chunks, and whatever else: nothing behind it is read as a request, because the answer closes.
    Rest,
    /// [`NO_REQUEST`].
    Refusal,
    /// Nothing.
    End,
}

impl<S> Guarded<S> {
    /// `stream`, with heads of at most `most` bytes.
    pub(super) fn new(stream: S, most: usize) -> Self {
        let bytes = Zeroizing::new(vec![0; most]);
        Self { stream, bytes, given: 0, good: 0, end: 0, next: Next::Head(0) }
    }

    /// Looks at what is there of a head. True if more is needed.
    fn look(&mut self, looked_at: usize) -> bool {
        let there = &self.bytes[self.good..self.end];
        for length in looked_at + 1..=there.len() {
            let head = &there[..length];
            if head.ends_with(b"\n") && !head.ends_with(b"\r\n") {
                self.next = Next::Refusal;
                return false;
            }
            if let Some(head) = head.strip_suffix(b"\r\n\r\n") {
                self.next = behind(head).unwrap_or(Next::Refusal);
                if !matches!(self.next, Next::Refusal) {
                    self.good += length;
                }
                return false;
            }
        }
        self.next = if there.len() == self.bytes.len() { Next::Refusal } else { Next::Head(there.len()) };
        matches!(self.next, Next::Head(_))
    }

    /// Lets through what is there of a body of `left` bytes. True if more is needed.
    fn pass(&mut self, left: u64) -> bool {
        let there = self.end - self.good;
        let passed = usize::try_from(left).unwrap_or(usize::MAX).min(there);
        self.good += passed;
        let left = left.saturating_sub(passed as u64);
        self.next = if left == 0 { Next::Head(0) } else { Next::Body(left) };
        passed == 0 && left > 0
    }
}

impl<S: AsyncRead + Unpin> Guarded<S> {
    /// Reads on; all that may be given has been. Zero bytes are the end of the connection.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.bytes.copy_within(self.given..self.end, 0);
        (self.end, self.given, self.good) = (self.end - self.given, 0, 0);
        let mut room = ReadBuf::new(&mut self.bytes[self.end..]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut room))?;
        let more = room.filled().len();
        self.end += more;
        Poll::Ready(Ok(more))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.given < this.good {
                let now = (this.good - this.given).min(into.remaining());
                into.put_slice(&this.bytes[this.given..this.given + now]);
                this.given += now;
                return Poll::Ready(Ok(()));
            }
            let needs_more = match this.next {
                Next::Head(looked_at) => this.look(looked_at),
                Next::Body(left) => this.pass(left),
                Next::Rest => {
                    this.good = this.end;
                    this.given == this.good
                }
                Next::Refusal => {
                    this.next = Next::End;
                    into.put_slice(&NO_REQUEST[..NO_REQUEST.len().min(into.remaining())]);
                    return Poll::Ready(Ok(()));
                }
                Next::End => return Poll::Ready(Ok(())),
            };
            if needs_more && ready!(this.poll_more(context))? == 0 {
                this.next = Next::End;
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
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

/// What comes behind a head, which is given without the line ends at its end. `None` if it leaves anything open: whose
/// it is, or where its body ends.
fn behind(head: &[u8]) -> Option<Next> {
    let head = std::str::from_utf8(head).ok()?;
    if head.replace("\r\n", "").contains('\r') {
        return None;
    }
    let mut lines = head.split("\r\n");
    let request = lines.next().filter(|line| !line.is_empty())?;
    let (mut hosts, mut body) = (0, None);
    for line in lines {
        let (name, value) = line.split_once(':')?;
        // A name is a token (RFC 9110, 5.6.2): a line that goes on with the one before it begins with a space.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return None;
        }
        let told = match name.to_ascii_lowercase().as_str() {
            "host" => {
                hosts += 1;
                continue;
            }
            "content-length" => Next::Body(length(value)?),
            "transfer-encoding" => Next::Rest,
            _ => continue,
        };
        if body.replace(told).is_some() {
            return None;
        }
    }
    let has_host = hosts == 1 || hosts == 0 && request.ends_with(" HTTP/1.0");
    has_host.then(|| body.unwrap_or(Next::Head(0)))
}

/// Digits and nothing else (RFC 9110, 8.6).
fn length(value: &str) -> Option<u64> {
    let digits = value.trim_matches([' ', '\t']);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// What comes through of `text`, read in pieces of `step` bytes.
    async fn through(text: &str, step: usize) -> String {
        let (mut far, near) = tokio::io::duplex(step);
        let text = text.as_bytes().to_vec();
        let writing = tokio::spawn(async move {
            // Nobody reads what comes behind a refusal.
            _ = tokio::io::AsyncWriteExt::write_all(&mut far, &text).await;
        });
        let (mut guarded, mut all) = (Guarded::new(near, 256), Vec::new());
        guarded.read_to_end(&mut all).await.expect("memory");
        drop(guarded);
        writing.await.expect("it ends");
        String::from_utf8(all).expect("text")
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const POST: &str = "POST / HTTP/1.1\r\nhost: x\r\nContent-Length: 4\r\n\r\n\n\r\n\n";

    #[tokio::test]
    async fn f59_requests_come_through_if_there_is_one_way_to_read_them() {
        let one_after_another = [GET, POST, POST, GET].concat();
        let long = format!(
            "{POST}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{}{GET}",
            "\n".repeat(1000)
        );
        let chunked = "POST / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        for text in [GET, "GET / HTTP/1.0\r\n\r\n", POST, &one_after_another, &long, chunked] {
            for step in [1, 7, 64, 4096] {
                assert_eq!(through(text, step).await, text, "{step}");
            }
        }
    }

    #[tokio::test]
    async fn f59_behind_a_request_the_next_is_looked_at_as_the_first() {
        for bad in ["GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n"] {
            for (good, step) in [(GET, 1), (GET, 4096), (POST, 1), (POST, 4096)] {
                assert_eq!(through(&[good, bad, GET].concat(), step).await, format!("{good}\0\r\n\r\n"));
            }
        }
        // A head that is too long, and one that ends too early.
        assert_eq!(through(&format!("{GET}GET /{}", "a".repeat(300)), 64).await, format!("{GET}\0\r\n\r\n"));
        assert_eq!(through(&format!("{GET}GET / HTTP/1.1\r\nHo"), 64).await, GET);
    }
}
