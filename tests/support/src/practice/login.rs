//! Logging in: password, second factor, remembered device, and the application's front page behind it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::state::Shared;
use super::{cookies, one_time, pages, random};

type Site = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(front))
        .route("/login", get(ask_password).post(take_password))
        .route("/login/totp", get(ask_code).post(take_code))
        .route("/logout", post(logout))
        .route("/app/mint", post(mint))
        .route("/health", get(async || "ok"))
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// How far the request's session is.
pub(super) enum Standing {
    Nobody,
    /// The second factor is missing.
    Half(String, usize),
    Whole(String, usize),
}

pub(super) fn standing(shared: &Shared, headers: &HeaderMap) -> Standing {
    let Some(sid) = cookies::get(headers, "sid") else { return Standing::Nobody };
    let now = shared.now();
    let state = shared.lock();
    match state.session(&sid, now) {
        None => Standing::Nobody,
        Some(session) if session.half => Standing::Half(sid, session.person),
        Some(session) => Standing::Whole(sid, session.person),
    }
}

async fn front(State(shared): Site, headers: HeaderMap) -> Response {
    match standing(&shared, &headers) {
        Standing::Nobody => redirect("/login"),
        Standing::Half(..) => redirect("/login/totp"),
        Standing::Whole(_, person) => {
            let person = shared.person(person);
            pages::front(&person.name, &person.email).into_response()
        }
    }
}

async fn ask_password(Query(query): Query<Next>) -> Response {
    pages::login(&query.next, None, true).into_response()
}

#[derive(Deserialize)]
struct Password {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn take_password(State(shared): Site, headers: HeaderMap, Form(form): Form<Password>) -> Response {
    let found =
        shared.person_by_email(&form.email).filter(|person| shared.person(*person).password == form.password);
    let Some(person) = found else {
        let page = pages::login(&form.next, Some("That e-mail and password do not match."), true);
        return (StatusCode::UNAUTHORIZED, page).into_response();
    };
    let known = cookies::get(&headers, "device_id")
        .is_some_and(|device| shared.lock().devices.get(&device).is_some_and(|owner| *owner == person));
    let needs_code = shared.person(person).totp.is_some() && !known;
    let sid = shared.open_session(person, needs_code);
    let mut headers = cookies::session_started(&shared, &sid);
    if needs_code {
        return (headers, redirect(&with_next("/login/totp", &form.next))).into_response();
    }
    cookies::session_completed(&shared, &sid, &mut headers);
    (headers, redirect(local(&form.next))).into_response()
}

async fn ask_code(State(shared): Site, headers: HeaderMap, Query(query): Query<Next>) -> Response {
    match standing(&shared, &headers) {
        Standing::Nobody => redirect("/login"),
        Standing::Whole(..) => redirect("/"),
        Standing::Half(..) => {
            shared.lock().totp_asked += 1;
            pages::totp(&query.next, None).into_response()
        }
    }
}

#[derive(Deserialize)]
struct Code {
    code: String,
    #[serde(default)]
    next: String,
    remember: Option<String>,
}

async fn take_code(State(shared): Site, headers: HeaderMap, Form(form): Form<Code>) -> Response {
    let Standing::Half(sid, person) = standing(&shared, &headers) else { return redirect("/login") };
    let right = shared
        .person(person)
        .totp
        .as_ref()
        .is_some_and(|secret| one_time::is_right(secret, &form.code, shared.now()));
    if !right {
        let page = pages::totp(&form.next, Some("That code is not right. Codes change every 30 seconds."));
        return (StatusCode::UNAUTHORIZED, page).into_response();
    }
    if let Some(session) = shared.lock().sessions.get_mut(&sid) {
        session.half = false;
    }
    let mut headers = HeaderMap::new();
    cookies::session_completed(&shared, &sid, &mut headers);
    if form.remember.is_some() {
        cookies::remember_device(&shared, person, &mut headers);
    }
    (headers, redirect(local(&form.next))).into_response()
}

async fn logout(State(shared): Site, headers: HeaderMap) -> Response {
    if let Some(sid) = cookies::get(&headers, "sid") {
        shared.lock().sessions.remove(&sid);
    }
    let mut headers = HeaderMap::new();
    cookies::set(&mut headers, "sid=; Path=/; Max-Age=0");
    (headers, redirect("/login")).into_response()
}

/// What the page script calls: needs the session and the readable cookie as a header.
async fn mint(State(shared): Site, headers: HeaderMap) -> Response {
    let Standing::Whole(sid, person) = standing(&shared, &headers) else {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "session_ended" }))).into_response();
    };
    let sent = headers.get("x-csrf-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if shared.lock().sessions.get(&sid).is_none_or(|session| session.csrf != sent) {
        return (StatusCode::FORBIDDEN, axum::Json(json!({ "error": "csrf" }))).into_response();
    }
    let access = shared.mint(person, shared.token_life(), Some(&sid), None);
    let nonce = random::opaque();
    shared.lock().issue("nonce in sessionStorage", &nonce);
    let mut reply = json!({ "access_token": access, "nonce": nonce });
    if shared.settings.storage_refresh_token {
        reply["refresh_token"] = shared.mint_refresh(person, Some(&sid), None, "json", None).0.into();
    }
    axum::Json(reply).into_response()
}

/// 303, so that a form's POST becomes a GET.
pub(super) fn redirect(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// Where a login leads: within the site only.
fn local(next: &str) -> &str {
    if next.starts_with('/') && !next.starts_with("//") { next } else { "/" }
}

fn with_next(path: &str, next: &str) -> String {
    let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    if next.is_empty() { path.to_owned() } else { format!("{path}?next={query}") }
}
