//! Carries out one HTTP request and tells truthfully what became of it.
//!
//! Token requests get a fresh HTTP/1.1 connection, no redirects, no retries, and deadlines for each phase
//! (F5, F6): whatever the library did behind our back could spend a one-time credential twice.

mod connect;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lamplighter_core::exchange::{Exchange, HttpRequest, NoReply, NotSent, Reply, Sent};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::Clock;
use connect::{Progress, with_progress};

/// A connection must stand after this.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// The reply's head must be there this long after the connection; a connection that came sooner gives it the rest.
const HEADER_DEADLINE: Duration = Duration::from_secs(20);
/// The body must be complete this long after the head.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// Everything together.
const TOTAL_DEADLINE: Duration = Duration::from_secs(60);
/// Largest body, decoded (F27).
const BODY_CAP: usize = 1024 * 1024;

/// How much of a reply is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Whole,
    Head,
}

/// The HTTP client of the engine.
pub struct HttpClient {
    /// Built for the first request: much of the engine needs no network, and what keeps it from being built (no
    /// certificates on this computer) can be cured while it runs.
    client: OnceLock<reqwest::Client>,
    clock: Arc<dyn Clock>,
}

impl HttpClient {
    /// Reads nothing of the system yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { client: OnceLock::new(), clock }
    }

    fn client(&self) -> Result<&reqwest::Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // One provider for the whole process; a second installation is refused, which is all right.
        _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_DEADLINE)
            .referer(false)
            .dns_resolver(Arc::new(connect::Resolver))
            .connector_layer(connect::ProgressLayer)
            .build()?;
        // Of two that were built at once one counts.
        Ok(self.client.get_or_init(|| client))
    }

    /// Sends `request` once and reads the reply to its end.
    pub async fn perform(&self, request: HttpRequest) -> Exchange {
        self.exchange(request, Wanted::Whole).await
    }

    /// Sends `request` once and reads no more of the reply than its head: the body is left out.
    pub async fn answered(&self, request: HttpRequest) -> Exchange {
        self.exchange(request, Wanted::Head).await
    }

    async fn exchange(&self, request: HttpRequest, wanted: Wanted) -> Exchange {
        let started = self.clock.now();
        let progress = Arc::new(Progress::default());
        let reply = with_progress(progress.clone(), self.send(request, wanted, &progress)).await;
        let at = self.clock.now();
        let took = Duration::from_millis(at.boot.ms.saturating_sub(started.boot.ms));
        let (sent, reply) = match reply {
            Ok(reply) => (Sent::Maybe, Ok(reply)),
            Err(no_reply) if progress.is_connected() => (Sent::Maybe, Err(no_reply)),
            Err(no_reply) => (Sent::No(progress.why_not(no_reply)), Err(NoReply::NotSent)),
        };
        Exchange { sent, reply, took, at }
    }

    /// Whether `url`'s host answers at all, asked without any secret: its front page, no headers of ours.
    pub async fn is_reachable(&self, url: &url::Url) -> bool {
        let mut front = url.clone();
        front.set_path("/");
        front.set_query(None);
        front.set_fragment(None);
        let request = HttpRequest { method: "HEAD".to_owned(), url: front, headers: Vec::new(), body: None };
        match self.perform(request).await.reply {
            Ok(reply) => !matches!(reply.status, 429 | 500..=599),
            Err(_) => false,
        }
    }

    /// Whether what answers at `door` can be the service: asked without any secret, no headers of ours.
    pub async fn is_service(&self, door: &url::Url) -> bool {
        let (method, url) = ("GET".to_owned(), door.clone());
        let request = HttpRequest { method, url, headers: Vec::new(), body: None };
        let reply = self.perform(request).await.reply;
        reply.is_ok_and(|reply| lamplighter_core::classify::may_be_service(&reply, door))
    }

    async fn send(
        &self,
        request: HttpRequest,
        wanted: Wanted,
        progress: &Progress,
    ) -> Result<Reply, NoReply> {
        let mut outgoing = to_reqwest(request)?;
        *outgoing.timeout_mut() = Some(TOTAL_DEADLINE);
        let client = self.client().map_err(|error| {
            // With our own, constant settings nothing else can fail.
            tracing::warn!(%error, "no certificates of authorities");
            progress.has_no_certificates();
            NoReply::NotSent
        })?;
        let head = async {
            tokio::time::timeout(CONNECT_DEADLINE + HEADER_DEADLINE, client.execute(outgoing)).await
        };
        let response = match head.await {
            Err(_elapsed) => return Err(NoReply::Deadline),
            Ok(Err(error)) => {
                progress.note(&error);
                return Err(why_no_reply(&error));
            }
            Ok(Ok(response)) => response,
        };
        if wanted == Wanted::Head {
            return Ok(head_of(&response));
        }
        tokio::time::timeout(BODY_DEADLINE, read(response)).await.unwrap_or(Err(NoReply::Deadline))
    }
}

fn to_reqwest(request: HttpRequest) -> Result<reqwest::Request, NoReply> {
    let method = request.method.parse().map_err(|_| NoReply::NotSent)?;
    let mut outgoing = reqwest::Request::new(method, request.url);
    let headers = outgoing.headers_mut();
    for (name, value) in request.headers {
        let name: HeaderName = name.parse().map_err(|_| NoReply::NotSent)?;
        let mut value = HeaderValue::from_bytes(value.expose()).map_err(|_| NoReply::NotSent)?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    // The copy is cleared by the zero-on-free allocator when the library drops it.
    *outgoing.body_mut() = request.body.map(|body| body.expose().to_vec().into());
    Ok(outgoing)
}

fn head_of(response: &reqwest::Response) -> Reply {
    let status = response.status().as_u16();
    let date = server_date(response.headers());
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), Secret::new(value.as_bytes())))
        .collect();
    Reply { status, headers, body: Secret::new(Vec::new()), date }
}

async fn read(mut response: reqwest::Response) -> Result<Reply, NoReply> {
    let head = head_of(&response);
    // Grown once to the most it may hold, so that no half-filled copies stay behind.
    let mut body =
        Vec::with_capacity(response.content_length().map_or(8192, |len| len.min(BODY_CAP as u64) as usize));
    loop {
        match response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) if body.len() + chunk.len() > BODY_CAP => return Err(NoReply::TooLarge),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => return Err(why_no_reply(&error)),
        }
    }
    Ok(Reply { body: Secret::new(body), ..head })
}

fn why_no_reply(error: &reqwest::Error) -> NoReply {
    if error.is_timeout() {
        NoReply::Deadline
    } else if error.is_decode() {
        NoReply::TooLarge
    } else if connect::cause::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        NoReply::Malformed
    } else {
        NoReply::Cut
    }
}

/// The `Date` header (RFC 9110 section 6.6.1).
fn server_date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(reqwest::header::DATE)?.to_str().ok()?;
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

/// For [`Progress::why_not`]: what a request that never got a connection failed of.
fn not_sent_by(error: &reqwest::Error) -> NotSent {
    if connect::cause::<rustls::Error>(error).is_some() {
        NotSent::Tls
    } else if error.is_timeout() {
        NotSent::Deadline
    } else {
        NotSent::Connect
    }
}
