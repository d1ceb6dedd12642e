//! The little server that the system browser is sent back to (RFC 8252 section 7.3).
//!
//! It listens on this machine only, takes exactly one good answer, and is gone with it (T17). Everything else,
//! a second, late or forged callback included, gets a page that says so and changes nothing.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use lamplighter_core::provider::model::Redirect;
use lamplighter_core::text::Lang;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use url::Url;

use super::page::Ending;
use super::redirect::{Expected, Redirected};

/// Where the browser comes back to, already listening.
pub struct Loopback {
    listeners: Vec<TcpListener>,
    address: Url,
}

/// Why nobody can listen there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoListener {
    /// Another program has the port.
    Taken(u16),
    /// The system refused.
    Refused(ErrorKind),
}

impl Loopback {
    /// Begins to listen: on a random port of 127.0.0.1, or on the port that is registered at the service, on
    /// 127.0.0.1 and ::1, because `localhost` can be either.
    ///
    /// # Errors
    /// If the port is taken, on either of the two.
    pub async fn open(redirect: &Redirect) -> Result<Self, NoListener> {
        let Redirect::Localhost { port, path } = redirect else {
            let listener = listen(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).await?;
            let port = listener.local_addr().map_err(|error| NoListener::Refused(error.kind()))?.port();
            return Self::at(&format!("http://127.0.0.1:{port}/callback"), vec![listener]);
        };
        let mut listeners = vec![listen(IpAddr::V4(Ipv4Addr::LOCALHOST), *port).await?];
        match listen(IpAddr::V6(Ipv6Addr::LOCALHOST), *port).await {
            Ok(listener) => listeners.push(listener),
            // Somebody else there could get the code; a machine without IPv6 has nobody there.
            Err(NoListener::Taken(port)) => return Err(NoListener::Taken(port)),
            Err(NoListener::Refused(_)) => {}
        }
        Self::at(&format!("http://localhost:{port}{path}"), listeners)
    }

    fn at(address: &str, listeners: Vec<TcpListener>) -> Result<Self, NoListener> {
        let address = Url::parse(address).map_err(|_| NoListener::Refused(ErrorKind::InvalidInput))?;
        Ok(Self { listeners, address })
    }

    /// The redirect address, as it is sent to the service.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Waits for the one good answer. Ends with it; dropping the future ends the server too.
    pub async fn answer(self, expected: Expected, lang: Lang) -> Redirected {
        let (answer, mut answers) = mpsc::channel(1);
        let (over, _) = watch::channel(false);
        let host = host_header(&self.address);
        let path = self.address.path().to_owned();
        let door =
            Arc::new(Door { expected, lang, host, path, base: self.address, answer, over: over.clone() });
        let mut servers = JoinSet::new();
        for listener in self.listeners {
            let app = Router::new().fallback(knock).with_state(Arc::clone(&door));
            let mut over = over.subscribe();
            let ending = async move { _ = over.wait_for(|over| *over).await };
            servers.spawn(async move { axum::serve(listener, app).with_graceful_shutdown(ending).await });
        }
        drop(door);
        let redirected = answers.recv().await.unwrap_or(Redirected::Foreign);
        // The page goes out before the server ends; a browser that keeps its connection open is not waited for.
        over.send_replace(true);
        let goodbye = async { while servers.join_next().await.is_some() {} };
        _ = tokio::time::timeout(std::time::Duration::from_secs(1), goodbye).await;
        redirected
    }
}

async fn listen(ip: IpAddr, port: u16) -> Result<TcpListener, NoListener> {
    TcpListener::bind(SocketAddr::new(ip, port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => NoListener::Taken(port),
        kind => NoListener::Refused(kind),
    })
}

fn host_header(address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    match address.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

struct Door {
    expected: Expected,
    lang: Lang,
    host: String,
    path: String,
    base: Url,
    answer: mpsc::Sender<Redirected>,
    over: watch::Sender<bool>,
}

async fn knock(State(door): State<Arc<Door>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // Another host name would be a page that was pointed at this machine (DNS rebinding).
    let is_ours = host == Some(door.host.as_str()) && uri.path() == door.path && method == Method::GET;
    if !is_ours || *door.over.borrow() {
        return page(StatusCode::NOT_FOUND, Ending::Foreign, door.lang);
    }
    let mut url = door.base.clone();
    url.set_query(uri.query());
    let redirected = door.expected.judge(&url);
    let (status, ending) = match &redirected {
        Redirected::Code(_) => (StatusCode::OK, Ending::Arrived),
        Redirected::Refused(_) => (StatusCode::OK, Ending::Refused),
        Redirected::Foreign => return page(StatusCode::BAD_REQUEST, Ending::Foreign, door.lang),
    };
    // The channel holds one answer: of two that come at once, the second finds it full.
    if door.answer.try_send(redirected).is_err() {
        return page(StatusCode::BAD_REQUEST, Ending::Foreign, door.lang);
    }
    door.over.send_replace(true);
    page(status, ending, door.lang)
}

fn page(status: StatusCode, ending: Ending, lang: Lang) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (header::CONNECTION, "close"),
    ];
    (status, headers, ending.html(lang)).into_response()
}
