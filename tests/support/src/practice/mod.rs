//! The practice site: a small real web server that plays any service.
//!
//! It shares no code with the product, so that a mistake is not made twice. It runs on a thread of its own, listens
//! on 127.0.0.1 alone and ends when its [`Site`] is dropped. Nothing that [`Site::requests`] tells is a secret;
//! [`Site::secrets`] knows every one that it ever gave out.
//!
//! | for | address |
//! |---|---|
//! | logging in (password, TOTP, remembered device) | `/login`, `/login/totp` |
//! | single sign-on in a popup of another origin | `/login/sso` |
//! | page script that mints a token into `localStorage` | `/` (by `POST /app/mint`) |
//! | cookie-only refresh, token in JSON | `GET /api/session` |
//! | JSON login and refresh, one-time refresh tokens | `POST /api/auth/login`, `POST /api/auth/refresh` |
//! | cookie-only refresh, token as Set-Cookie (S2.1) | `POST /api/auth/cookie-refresh` |
//! | who am I, something to fetch | `GET /api/me`, `GET /api/data` |
//! | OAuth | `/oauth/authorize`, `token`, `revoke`, `userinfo` |
//! | OAuth with a code on another device | `/oauth/device`, `/device` |
//! | secret-free check | `GET /health` |
//! | cookies of every kind, and which of them come back | `/zoo`, `/zoo/seen` |
//! | an attacker | `/hostile` |

mod api;
mod control;
mod cookies;
mod device;
mod faults;
mod hostile;
mod jwt;
mod log;
mod login;
mod oauth;
mod one_time;
mod pages;
pub mod random;
mod settings;
mod sso;
mod state;
#[cfg(test)]
mod tests;
mod wire;
mod zoo;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::{Router, middleware};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

pub use control::{Grant, Opened};
pub use faults::Fault;
pub use hostile::FRAMES;
pub use jwt::claims;
pub use log::Entry;
pub use one_time::{left_ms, now as totp};
pub use settings::{Person, Settings};
pub use state::{Issued, Presented, SessionEndpoint};
pub use zoo::{Seen, Specimen, ZOO};

use state::Shared;
use wire::{Cutter, Door};

use crate::certificates::{acceptor, certify};

/// OAuth client without a secret; it must use PKCE. Any loopback redirect is registered.
pub const PUBLIC_CLIENT: &str = "lamplighter-practice";
/// OAuth client with a secret.
pub const CONFIDENTIAL_CLIENT: &str = "practice-confidential";
/// Its secret. Holds what form-encoding and Basic authentication have to treat with care.
pub const CLIENT_SECRET: &str = "conf:idential/secret%20+&=1";

/// A provider file for the site with web login, `http` and `browser` rungs; `base` is its address.
pub const PROVIDER: &str = include_str!("../../providers/practice.toml");
/// A provider file for its OAuth server.
pub const OAUTH_PROVIDER: &str = include_str!("../../providers/practice-oauth.toml");
/// A provider file for the same by a code that is typed on another device.
pub const DEVICE_PROVIDER: &str = include_str!("../../providers/practice-device.toml");
/// A provider file for the JSON login and refresh with one-time refresh tokens.
pub const JSON_PROVIDER: &str = include_str!("../../providers/practice-json.toml");
/// A provider file for the cookie-only refresh whose token comes back as a cookie.
pub const COOKIE_PROVIDER: &str = include_str!("../../providers/practice-cookie.toml");

/// A running practice site.
pub struct Site {
    shared: Arc<Shared>,
    ca_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Starts a site. It accepts connections when this returns.
    ///
    /// # Panics
    /// If the port is taken.
    pub fn start(settings: Settings) -> Self {
        let (own, port) = listen(settings.port);
        let (other, other_port) = listen(0);
        let scheme = if settings.https { "https" } else { "http" };
        let base = format!("{scheme}://{}:{port}", settings.host);
        // Another host than the site's own, so that the popup is cross-site and not only cross-origin.
        let sso = format!("{scheme}://{}:{other_port}", sso_host(&settings.host));
        let (tls, ca_pem) = settings.https.then(|| secured(&settings)).unzip();
        let shared = Arc::new(Shared::new(settings, base, sso));
        let (stop, stopped) = oneshot::channel();
        let thread = spawn(shared.clone(), [own, other], tls, stopped);
        Self { shared, ca_pem: ca_pem.flatten(), stop: Some(stop), thread: Some(thread) }
    }

    /// Its address, without a trailing slash.
    pub fn base(&self) -> &str {
        &self.shared.base
    }

    /// Address of its single sign-on provider, another origin.
    pub fn sso(&self) -> &str {
        &self.shared.sso
    }

    /// The certificate of its authority, if it serves https.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Either may be gone already: a thread that ended by itself has nothing left to stop.
        _ = self.stop.take().map(|stop| stop.send(()));
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// TLS with the certificate that this machine believes, else with one of its own authority, which is then told.
fn secured(settings: &Settings) -> (TlsAcceptor, Option<String>) {
    let read = |path| std::fs::read_to_string(path).expect("a prepared folder");
    if let Some(hosts) = &settings.hosts {
        return (acceptor(&read(hosts.certificate()), &read(hosts.key())), None);
    }
    let own = |name: &str| name.to_owned();
    let made =
        certify(vec![settings.host.clone(), sso_host(&settings.host), own("localhost"), own("127.0.0.1")]);
    (acceptor(&made.certificate, &made.key), Some(made.ca))
}

fn sso_host(host: &str) -> String {
    match host.split_once('.') {
        Some((_, parent)) if host.parse::<std::net::IpAddr>().is_err() => format!("id.{parent}"),
        _ => "localhost".to_owned(),
    }
}

fn listen(port: u16) -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the practice site's port is free");
    listener.set_nonblocking(true).expect("a fresh listener can be switched to non-blocking");
    let port = listener.local_addr().map(|address: SocketAddr| address.port());
    (listener, port.expect("a bound listener has an address"))
}

fn spawn(
    shared: Arc<Shared>,
    listeners: [TcpListener; 2],
    tls: Option<TlsAcceptor>,
    stopped: oneshot::Receiver<()>,
) -> JoinHandle<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let serve = async move {
        let [own, other] = listeners.map(|listener| {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
            Door::open(listener, tls.clone()).expect("it is bound")
        });
        let site = axum::serve(own, finish(site_routes(), &shared));
        let provider = axum::serve(other, finish(sso::provider_routes().merge(zoo::watching()), &shared));
        tokio::select! {
            _ = site.into_future() => {}
            _ = provider.into_future() => {}
            _ = stopped => {}
        }
    };
    std::thread::Builder::new()
        .name("practice site".to_owned())
        .spawn(move || runtime.block_on(serve))
        .expect("a thread starts")
}

/// Answers carry the site's own time (RFC 9110 section 6.6.1), not the machine's.
async fn dated(
    axum::extract::State(shared): axum::extract::State<Arc<Shared>>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> axum::response::Response {
    let mut response = next.run(request).await;
    let now = jiff::Timestamp::from_millisecond(shared.now()).unwrap_or_default();
    let text = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(value) = axum::http::HeaderValue::from_str(&text) {
        response.headers_mut().insert(axum::http::header::DATE, value);
    }
    response
}

fn site_routes() -> Router<Arc<Shared>> {
    login::routes()
        .merge(zoo::routes())
        .merge(api::routes())
        .merge(oauth::routes())
        .merge(device::routes())
        .merge(sso::routes())
        .merge(hostile::routes())
}

type Service = axum::extract::connect_info::IntoMakeServiceWithConnectInfo<Router, Cutter>;

fn finish(routes: Router<Arc<Shared>>, shared: &Arc<Shared>) -> Service {
    routes
        .layer(middleware::from_fn_with_state(shared.clone(), faults::around))
        .layer(middleware::from_fn_with_state(shared.clone(), dated))
        .with_state(shared.clone())
        .into_make_service_with_connect_info::<Cutter>()
}
