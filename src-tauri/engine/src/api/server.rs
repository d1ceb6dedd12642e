//! The server: accepts, bounds, and hands calls to [`super::handler`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::endpoint::{Listener, Peer};
use super::events::Board;
use super::full::turn_away;
use super::guests::{Guest, Guests, room};
use super::handler::{self, Desk};
use super::head::Guarded;
use super::often::Often;
use super::{Caller, CallerKind, Service};

/// What one program, or many, may take from the others (T25).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Of these, streams of events.
    pub listeners: usize,
    /// From a connection's start, or its last reply, to the end of the next headers.
    pub headers: Duration,
    /// Size of request line and headers, in bytes; at least 8192.
    pub header_bytes: usize,
    /// From the headers to the end of the body.
    pub body: Duration,
    /// Size of a body, in bytes.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Sixteen programs of 64 threads that ask at the same moment (F48), and some more.
            connections: 1280,
            listeners: 64,
            headers: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            body: Duration::from_secs(10),
            body_bytes: 1024 * 1024,
        }
    }
}

/// The local API, being served.
pub struct Server {
    path: PathBuf,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Serves `service` at `path`, in the runtime that this is called in. The caller holds the engine's lock:
    /// a socket file that a dead holder left is removed.
    ///
    /// # Errors
    /// `address_taken` with the owner's name if folder or socket are not ours (T8), or the system's refusal.
    pub fn start(path: &Path, service: Arc<dyn Service>, limits: Limits, lang: Lang) -> Result<Self, Notice> {
        let listener = Listener::bind(path, lang)?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(listener, service, limits, stopped, lang));
        Ok(Self { path: path.to_owned(), stop, task })
    }

    /// Where it is served.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the socket away, lets calls under way finish for at most `within`, then closes what is left.
    pub async fn stop(self, within: Duration) {
        self.stop.send_replace(true);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(within, self.task).await.is_err() {
            tracing::warn!("calls were still under way when the local API stopped");
            abort.abort();
        }
    }
}

async fn serve(
    mut listener: Listener,
    service: Arc<dyn Service>,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
    lang: Lang,
) {
    let guests = Guests::new(room(limits.connections), limits.listeners);
    let board = Board::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&board).run(service.events(), stopped.clone()));
    let app = handler::router(Arc::new(Desk { service, board, limits, stopped: stopped.clone() }));
    let (mut turned_away, mut not_accepted) = (Often::default(), Often::default());
    loop {
        let accepted = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            more = turned_away.minute() => {
                tracing::warn!(more, "turned away within a minute: all others have calls under way");
                continue;
            }
            more = not_accepted.minute() => {
                tracing::warn!(more, "connections could not be accepted within a minute");
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let place = Place { guests: &guests, app: &app, limits: &limits, stopped: &stopped, lang };
                note(&mut turned_away, welcome(&mut tasks, &place, stream, peer));
            }
            Err(error) => {
                // Out of descriptors, most likely: make one free, and do not spin until it is.
                if not_accepted.happened() {
                    tracing::warn!(%error, "a connection could not be accepted");
                }
                guests.show_one_out();
                _ = tokio::time::timeout(Duration::from_millis(100), guests.somebody_left()).await;
            }
        }
    }
    listener.withdraw();
    // What a pipe's client did is learnt from the system only when the runtime asks it.
    #[cfg(windows)]
    tokio::task::yield_now().await;
    // Whoever connected before the file went is still served.
    while let Some((stream, peer)) = waiting(&mut listener) {
        let place = Place { guests: &guests, app: &app, limits: &limits, stopped: &stopped, lang };
        note(&mut turned_away, welcome(&mut tasks, &place, stream, peer));
    }
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

/// Logs that this program was turned away, or counts it.
fn note(turned_away: &mut Often, program: Option<String>) {
    if let Some(program) = program
        && turned_away.happened()
    {
        tracing::warn!(program, "turned away: all others have calls under way");
    }
}

#[cfg(unix)]
fn waiting(listener: &mut Listener) -> Option<(tokio::net::UnixStream, Peer)> {
    listener.accept_waiting()
}

/// A pipe that nobody has opened yet is waited for by the system, and ends with the listener.
#[cfg(windows)]
fn waiting(
    listener: &mut Listener,
) -> Option<(impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + use<>, Peer)> {
    use futures_util::FutureExt as _;
    listener.accept().now_or_never()?.ok()
}

/// Where callers are welcomed.
struct Place<'a> {
    guests: &'a Arc<Guests>,
    app: &'a Router,
    limits: &'a Limits,
    stopped: &'a watch::Receiver<bool>,
    lang: Lang,
}

/// Which program was turned away, if it was.
fn welcome<S>(tasks: &mut JoinSet<()>, place: &Place<'_>, stream: S, peer: Peer) -> Option<String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let caller = Caller { program: peer.program, pid: peer.pid, uid: peer.uid, kind: CallerKind::Socket };
    match place.guests.enter() {
        Some(guest) => {
            let (app, stopped) = (place.app.clone(), place.stopped.clone());
            tasks.spawn(converse(stream, caller, Arc::new(guest), app, *place.limits, stopped));
            None
        }
        None => {
            tasks.spawn(turn_away(stream, place.lang));
            Some(caller.program)
        }
    }
}

async fn converse<S>(
    stream: S,
    caller: Caller,
    guest: Arc<Guest>,
    app: Router,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let at_desk = Arc::clone(&guest);
    let (began, mut has_begun) = watch::channel(false);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let (app, caller, guest) = (app.clone(), caller.clone(), Arc::clone(&at_desk));
        began.send_replace(true);
        async move {
            let is_last = request.headers().contains_key(header::TRANSFER_ENCODING);
            let mut answer = if handler::from_a_page(request.headers()) {
                handler::forbidden()
            } else {
                request.extensions_mut().insert(caller);
                request.extensions_mut().insert(guest);
                app.oneshot(request.map(Body::new)).await?
            };
            if is_last {
                // What comes behind chunks was not looked at, whoever sent them.
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(limits.header_bytes)
        .serve_connection(TokioIo::new(Guarded::new(stream, limits.header_bytes)), service);
    tokio::pin!(connection);
    // Whoever connected before the socket went has a call to make: only then may the connection end.
    let mut closing = std::pin::pin!(async {
        let stops = stopped.wait_for(|stop| *stop).await.is_ok();
        stops && has_begun.wait_for(|began| *began).await.is_ok()
    });
    let mut draining = false;
    loop {
        tokio::select! {
            // Resets, time-outs and malformed requests are the caller's matter; hyper has answered what it could.
            _ = connection.as_mut() => return,
            () = guest.leave.notified() => return,
            _ = closing.as_mut(), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
