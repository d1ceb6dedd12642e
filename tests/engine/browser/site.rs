//! A small real web site on loopback that remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::sync::Notify;

/// What the session cookie must be.
pub const SESSION: &str = "canary-session-5f1e";

/// No page takes longer, unless it hangs.
const HANGS: Duration = Duration::from_secs(240);

/// What one request brought.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
}

/// The running site.
#[derive(Clone)]
pub struct Site {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    arrival: Arc<Notify>,
    gate: Arc<Notify>,
}

impl Site {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let site = Self {
            address: listener.local_addr().expect("address"),
            asked: Arc::default(),
            arrival: Arc::default(),
            gate: Arc::default(),
        };
        let router = Router::new()
            .route("/", get(Html(MINTING)))
            .route("/session", get(session))
            .route("/login", get(Html("<form id=login><input type=password></form>")))
            .route("/moved", get(Redirect::to("/login")))
            .route("/away", get(away))
            .route("/empty", get(Html("<p id=here>nothing ever happens")))
            .route("/busy", get(Html("<script>for (;;) {}</script>")))
            .route(
                "/asks",
                get(Html("<script>alert('anyone?'); localStorage.access_token = 'after'</script>")),
            )
            .route("/sets", get(sets))
            .route("/once", get(Html(ONCE)))
            .route("/headers", get(Html(HEADERS)))
            .route("/gate", get(Html(GATE)))
            .route("/open", get(open))
            .layer(middleware::from_fn_with_state(site.clone(), remember))
            .with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        site
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let all = self.asked.lock().expect("not poisoned");
        all.iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// Until `path` was asked for.
    pub async fn until_asked(&self, path: &str) {
        let asked = async {
            loop {
                let arrival = self.arrival.notified();
                if !self.asked(path).is_empty() {
                    return;
                }
                arrival.await;
            }
        };
        tokio::time::timeout(HANGS, asked).await.expect("the page asks for it");
    }

    /// Lets the page behind `/gate` become ready.
    pub fn open_gate(&self) {
        self.gate.notify_one();
    }
}

/// Mints a token into localStorage if the session cookie is good.
const MINTING: &str = "<script>
    fetch('/session').then(async reply => {
        if (reply.ok) localStorage.setItem('access_token', await reply.text());
        else location = '/login';
    });
</script>";

/// Spends a one-time value and loads itself again, as pages do after a refresh of their own.
const ONCE: &str = "<script>
    const runs = Number(sessionStorage.runs || 0) + 1;
    sessionStorage.runs = runs;
    localStorage['run' + runs] = localStorage.one_time || 'nothing';
    delete localStorage.one_time;
    if (runs < 3) location.reload(); else localStorage.access_token = 'done';
</script>";

const HEADERS: &str = "<script>
    fetch('/session', { headers: { Authorization: 'Bearer page-token', 'X-Own': 'yes' } })
        .then(() => { document.title = navigator.userAgent + '|' + navigator.languages + '|' + navigator.webdriver;
                      localStorage.said = document.title });
</script>";

const GATE: &str = "<script>fetch('/open').then(() => { localStorage.access_token = 'opened' })</script>";

async fn session(State(_): State<Site>, headers: HeaderMap) -> Response {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if cookies.split("; ").any(|cookie| cookie == format!("sid={SESSION}")) {
        "minted \"1\" \u{e9}".into_response()
    } else {
        (axum::http::StatusCode::UNAUTHORIZED, "no").into_response()
    }
}

/// Sends the browser on to the address in its query.
async fn away(RawQuery(to): RawQuery) -> Redirect {
    Redirect::to(&to.unwrap_or_default())
}

async fn sets() -> Response {
    let cookies = [
        "hidden=h1; HttpOnly; SameSite=Strict; Path=/sets",
        "long=l1; Max-Age=86400; SameSite=Lax",
        "plain=p1",
    ];
    let mut response = Html("<p id=here>").into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie.parse().expect("a header"));
    }
    response
}

async fn open(State(site): State<Site>) -> &'static str {
    site.gate.notified().await;
    "open"
}

async fn remember(State(site): State<Site>, request: Request, next: Next) -> Response {
    let asked = Asked { path: request.uri().path().to_owned(), headers: request.headers().clone() };
    site.asked.lock().expect("not poisoned").push(asked);
    site.arrival.notify_waiters();
    next.run(request).await
}
