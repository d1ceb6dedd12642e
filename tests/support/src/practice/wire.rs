//! The site's own listener: TLS where it is asked for, and connections that a fault can cut or reset.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a fault can do to the connection that its request came by.
#[derive(Clone)]
pub(super) struct Cutter(Arc<Cut>);

struct Cut {
    /// Bytes that may still be written, heads of answers included.
    budget: AtomicUsize,
    reset: AtomicBool,
}

impl Cutter {
    fn new() -> Self {
        Self(Arc::new(Cut { budget: AtomicUsize::new(usize::MAX), reset: AtomicBool::new(false) }))
    }

    /// After `bytes` more bytes nothing is written any more and the connection is closed.
    pub fn cut_after(&self, bytes: usize) {
        self.0.budget.store(bytes, Ordering::SeqCst);
    }

    /// Instead of an answer the connection is reset.
    pub fn reset(&self) {
        self.0.reset.store(true, Ordering::SeqCst);
    }
}

/// A connection.
pub(super) struct Wire {
    stream: Stream,
    cutter: Cutter,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.cutter.0.reset.load(Ordering::SeqCst) {
            // With no time to linger the kernel sends RST as soon as the socket is closed.
            self.stream.tcp().set_zero_linger()?;
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let budget = self.cutter.0.budget.load(Ordering::SeqCst);
        if budget == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let allowed = &bytes[..bytes.len().min(budget)];
        let written = match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, allowed),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, allowed),
        };
        if let (Poll::Ready(Ok(count)), true) = (&written, budget != usize::MAX) {
            self.cutter.0.budget.store(budget - count, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// Accepts connections in the background, so that a slow handshake holds up nobody else.
pub(super) struct Door {
    address: SocketAddr,
    arrivals: mpsc::Receiver<(Stream, SocketAddr)>,
}

impl Door {
    /// Takes over a listener; must be called within a tokio runtime.
    pub fn open(listener: TcpListener, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (send, arrivals) = mpsc::channel(64);
        tokio::spawn(async move {
            while let Ok((tcp, from)) = listener.accept().await {
                tokio::spawn(welcome(tcp, from, tls.clone(), send.clone()));
            }
        });
        Ok(Self { address, arrivals })
    }
}

async fn welcome(
    tcp: TcpStream,
    from: SocketAddr,
    tls: Option<TlsAcceptor>,
    send: mpsc::Sender<(Stream, SocketAddr)>,
) {
    // Answers are small: waiting for more to send would only add 40 ms to each.
    _ = tcp.set_nodelay(true);
    let stream = match tls {
        None => Stream::Plain(tcp),
        // A client that does not trust our authority is its own matter: it is told by the handshake.
        Some(tls) => match tls.accept(tcp).await {
            Ok(stream) => Stream::Tls(Box::new(stream)),
            Err(_) => return,
        },
    };
    // The site may be gone already; then nobody wants this connection.
    _ = send.send((stream, from)).await;
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        match self.arrivals.recv().await {
            Some((stream, from)) => (Wire { stream, cutter: Cutter::new() }, from),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, Door>> for Cutter {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().cutter.clone()
    }
}
