//! Knows whether a connection was ever handed over: only then can a request have been sent.
//!
//! The library does not say, so its connector is wrapped. Which request a connection belongs to is known by
//! the task: connecting happens inside the request's own future.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use lamplighter_core::exchange::{NoReply, NotSent};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

tokio::task_local! {
    static PROGRESS: Arc<Progress>;
}

/// How far one request came.
#[derive(Default)]
pub(super) struct Progress {
    connected: AtomicBool,
    dns_failed: AtomicBool,
    failed: Mutex<Option<NotSent>>,
}

impl Progress {
    /// Whether a connection was there, so that anything can have been sent.
    pub(super) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire)
    }

    /// Remembers what the library said.
    pub(super) fn note(&self, error: &reqwest::Error) {
        if let Ok(mut failed) = self.failed.lock() {
            *failed = Some(super::not_sent_by(error));
        }
    }

    /// There is nothing by which anybody could be trusted.
    pub(super) fn has_no_certificates(&self) {
        if let Ok(mut failed) = self.failed.lock() {
            *failed = Some(NotSent::NoCertificates);
        }
    }

    /// Why no connection was there.
    pub(super) fn why_not(&self, no_reply: NoReply) -> NotSent {
        if self.dns_failed.load(Ordering::Acquire) {
            return NotSent::Dns;
        }
        if no_reply == NoReply::Deadline {
            return NotSent::Deadline;
        }
        self.failed.lock().ok().and_then(|failed| *failed).unwrap_or(NotSent::Connect)
    }
}

/// Runs a request so that the connector finds `progress`.
pub(super) async fn with_progress<F: Future>(progress: Arc<Progress>, request: F) -> F::Output {
    PROGRESS.scope(progress, request).await
}

/// The first cause of type `E` behind an error.
pub(super) fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    // Bounded: nobody nests errors deeper, and a cycle must not hang us.
    for _ in 0..32 {
        let error = next?;
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An io::Error hides what it wraps from `source`, which starts at the wrapped error's own source.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    None
}

/// Wraps the connector.
#[derive(Clone, Copy)]
pub(super) struct ProgressLayer;

impl<S> tower::Layer<S> for ProgressLayer {
    type Service = ProgressConnector<S>;
    fn layer(&self, inner: S) -> Self::Service {
        ProgressConnector { inner }
    }
}

/// A connector that notes when it handed over a connection.
#[derive(Clone)]
pub(super) struct ProgressConnector<S> {
    inner: S,
}

impl<S, R> tower::Service<R> for ProgressConnector<S>
where
    S: tower::Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let progress = PROGRESS.try_with(Arc::clone).ok();
        let connecting = self.inner.call(target);
        Box::pin(async move {
            let connection = connecting.await?;
            if let Some(progress) = progress {
                progress.connected.store(true, Ordering::Release);
            }
            Ok(connection)
        })
    }
}

/// The system's resolver, noting failures so that DNS can be told from a refused connection (F4).
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let progress = PROGRESS.try_with(Arc::clone).ok();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            match found {
                Ok(addresses) => Ok(Box::new(addresses.collect::<Vec<SocketAddr>>().into_iter()) as Addrs),
                Err(error) => {
                    if let Some(progress) = progress {
                        progress.dns_failed.store(true, Ordering::Release);
                    }
                    Err(error.into())
                }
            }
        })
    }
}
