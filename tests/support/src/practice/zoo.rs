//! A cookie of every kind, and a record of which of them come back, from where, byte by byte.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::state::Shared;
use super::{Site, cookies, pages, random};

/// A cookie that `/zoo` sets.
#[derive(Debug, Clone, Copy)]
pub struct Specimen {
    /// Name.
    pub name: &'static str,
    /// Value, byte by byte.
    pub value: &'static [u8],
    /// The attributes behind it.
    pub attributes: &'static str,
}

const fn of(name: &'static str, value: &'static [u8], attributes: &'static str) -> Specimen {
    Specimen { name, value, attributes }
}

/// All of them. No name is part of another's.
pub const ZOO: &[Specimen] = &[
    of("plain", b"p1", "Path=/"),
    of("__Host-own", b"h1", "Path=/; Secure; HttpOnly; SameSite=Strict"),
    of("__Secure-own", b"s1", "Path=/; Secure; SameSite=Lax"),
    of("wide", b"w1", "Domain=practice.test; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400"),
    of("dotted", b"d1", "Domain=.app.practice.test; Path=/; SameSite=Lax"),
    of("deep", b"d2", "Path=/zoo/deep; HttpOnly; SameSite=Strict"),
    of("across", b"n1", "Path=/; Secure; HttpOnly; SameSite=None"),
    of("unsaid", b"u1", "Path=/; Secure"),
    of("dated", b"e1", "Path=/; SameSite=Lax; Expires=Tue, 30 Nov 2027 23:59:59 GMT"),
    of("aged", b"m1", "Path=/; SameSite=Lax; Max-Age=7200"),
    of("parted", b"c1", "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"),
    of("empty", b"", "Path=/; SameSite=Lax"),
    of("quoted", br#""a b,c\d""#, "Path=/; SameSite=Lax"),
    of("equals", b"=a==b=", "Path=/; SameSite=Lax"),
    of("percent", b"%20%3B%C3%A9%", "Path=/; SameSite=Lax"),
    of("json", br#"{"a":[1,"x"]}"#, "Path=/; SameSite=Lax"),
    of("o!#$&'*+-.^_|~dd", b"o1", "Path=/; SameSite=Lax"),
    of("utf8", "é✓😀".as_bytes(), "Path=/; SameSite=Lax"),
    of("latin", b"caf\xe9\xff", "Path=/; SameSite=Lax"),
    of("long", &[b'l'; 4000], "Path=/; SameSite=Lax"),
];

/// What one request to a `/zoo/…/seen` carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Host that was asked, without its port.
    pub host: String,
    /// Path.
    pub path: String,
    /// Whether a browser asked; only they say how they fetch.
    pub by_browser: bool,
    /// Its cookies, in order.
    pub cookies: Vec<(String, Vec<u8>)>,
}

impl Site {
    /// Which cookies came back so far.
    pub fn zoo_seen(&self) -> Vec<Seen> {
        self.shared.lock().zoo.clone()
    }
}

type On = State<Arc<Shared>>;

/// At the site, and at its provider on another host.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/zoo", get(plant))
        .route("/zoo/page", get(page))
        .route("/zoo/me", get(me))
        .merge(watching())
}

/// What both origins serve.
pub(super) fn watching() -> Router<Arc<Shared>> {
    Router::new().route("/zoo/seen", get(seen)).route("/zoo/deep/seen", get(seen))
}

/// Sets all of them; its script shows which of them this browser has, then says that it is there.
async fn plant() -> Response {
    let script = format!(
        "<script>(async () => {{ await fetch('/zoo/seen'); localStorage.setItem('marker', '{}') }})()</script>",
        random::opaque()
    );
    let mut response = pages::page("Zoo", &format!("<h1>Signed in</h1>{script}")).into_response();
    for Specimen { name, value, attributes } in ZOO {
        let line = [name.as_bytes(), b"=", value, b"; ", attributes.as_bytes()].concat();
        let line = HeaderValue::from_bytes(&line).expect("no control bytes");
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// Asks everywhere, then leaves a new marker.
async fn page(State(shared): On) -> Response {
    let script = format!(
        "<script>(async () => {{
  for (const url of ['/zoo/seen', '/zoo/deep/seen', '{}/zoo/seen'])
    await fetch(url, {{ mode: 'no-cors', credentials: 'include' }});
  localStorage.setItem('marker', '{}');
}})()</script>",
        shared.sso,
        random::opaque()
    );
    pages::page("Zoo", &script).into_response()
}

/// Proof of the login: the host-only one is there.
async fn me(headers: HeaderMap) -> Response {
    match cookies::get(&headers, "__Host-own").as_deref() {
        Some("h1") => Json(json!({ "email": "keeper@example.com" })).into_response(),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn seen(State(shared): On, uri: Uri, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let lines =
        headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let seen = Seen {
        host: host.split(':').next().unwrap_or_default().to_owned(),
        path: uri.path().to_owned(),
        by_browser: headers.contains_key("sec-fetch-mode"),
        cookies: lines.map(pair).collect(),
    };
    shared.lock().zoo.push(seen);
    Json(json!({ "marker": random::opaque() })).into_response()
}

fn pair(text: &[u8]) -> (String, Vec<u8>) {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let at = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    let (name, value) = text.split_at(at);
    (String::from_utf8_lossy(name).into_owned(), value.get(1..).unwrap_or_default().to_vec())
}
