//! The application's programming interface: what refreshes, and what a consumer calls.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::login::{Standing, standing};
use super::state::{Refusal, SessionEndpoint, Shared};
use super::{cookies, one_time};

type Site = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/session", get(session))
        .route("/api/auth/login", post(login))
        .route("/api/auth/refresh", post(refresh))
        .route("/api/auth/cookie-refresh", post(cookie_refresh))
        .route("/api/auth/logout", post(logout))
        .route("/api/me", get(me))
        .route("/api/data", get(data))
}

fn error(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}

/// Cookie-only refresh: the session cookie and the one that only `/api` gets.
async fn session(State(shared): Site, headers: HeaderMap) -> Response {
    let mode = shared.lock().session_endpoint.unwrap_or(SessionEndpoint::On);
    let Standing::Whole(sid, person) = standing(&shared, &headers) else {
        return error(StatusCode::UNAUTHORIZED, "session_ended");
    };
    let api = cookies::get(&headers, "api_sid");
    if shared.lock().sessions.get(&sid).is_none_or(|session| Some(&session.api) != api.as_ref()) {
        return error(StatusCode::UNAUTHORIZED, "api_cookie_missing");
    }
    match mode {
        SessionEndpoint::On => {
            let access = shared.mint(person, shared.token_life(), Some(&sid), None);
            Json(json!({ "access_token": access, "expires_in": shared.token_life().as_secs() }))
                .into_response()
        }
        SessionEndpoint::Rejects => error(StatusCode::UNAUTHORIZED, "browser_required"),
        SessionEndpoint::NoToken => Json(json!({ "active": true })).into_response(),
        SessionEndpoint::Gone => StatusCode::NOT_FOUND.into_response(),
    }
}

/// JSON login with everything in one request, for services whose login is a form of our own.
async fn login(State(shared): Site, Json(body): Json<Value>) -> Response {
    let field = |name: &str| body[name].as_str().unwrap_or_default();
    let found =
        shared.person_by_email(field("email")).filter(|p| shared.person(*p).password == field("password"));
    let Some(person) = found else { return error(StatusCode::UNAUTHORIZED, "bad_credentials") };
    let second = shared.person(person).totp.as_ref();
    if second.is_some_and(|secret| !one_time::is_right(secret, field("code"), shared.now())) {
        return error(StatusCode::UNAUTHORIZED, "code_needed");
    }
    let (refresh, family) = shared.mint_refresh(person, None, None, "json", None);
    let access = shared.mint(person, shared.token_life(), None, Some(family));
    Json(json!({ "access": access, "refresh": refresh })).into_response()
}

/// JSON refresh with rotation.
async fn refresh(State(shared): Site, Json(body): Json<Value>) -> Response {
    let spent = match shared.spend(body["refresh"].as_str().unwrap_or_default(), None) {
        Ok(spent) => spent,
        Err(Refusal::Invalid) => return error(StatusCode::UNAUTHORIZED, "token_not_valid"),
        Err(Refusal::Reused) => return error(StatusCode::UNAUTHORIZED, "token_reused"),
    };
    let access = shared.mint(spent.person, shared.token_life(), spent.session.as_deref(), Some(spent.family));
    let mut reply = json!({ "access": access, "expires_in": shared.token_life().as_secs() });
    if shared.settings.rotation {
        let follow = Some(spent.family);
        reply["refresh"] =
            shared.mint_refresh(spent.person, spent.session.as_deref(), None, "json", follow).0.into();
    }
    Json(reply).into_response()
}

/// S2.1: no body either way; the credential is a cookie that rotates, the token comes back as one.
async fn cookie_refresh(State(shared): Site, headers: HeaderMap) -> Response {
    let held = cookies::get(&headers, "refresh_cookie").unwrap_or_default();
    let Ok(spent) = shared.spend(&held, None) else {
        return error(StatusCode::UNAUTHORIZED, "session_ended");
    };
    let life = shared.token_life();
    let access = shared.mint(spent.person, life, spent.session.as_deref(), Some(spent.family));
    let secure = if shared.settings.https { "; Secure" } else { "" };
    let mut headers = HeaderMap::new();
    cookies::set(
        &mut headers,
        &format!(
            "access_cookie={access}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            life.as_secs()
        ),
    );
    if shared.settings.rotation {
        let next =
            shared.mint_refresh(spent.person, spent.session.as_deref(), None, "cookie", Some(spent.family)).0;
        let life = shared.settings.session_life.as_secs();
        let line = format!(
            "refresh_cookie={next}; Path=/api/auth; Max-Age={life}; HttpOnly; SameSite=Strict{secure}"
        );
        cookies::set(&mut headers, &line);
    }
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Logs out for programs: the token's session and family are gone.
async fn logout(State(shared): Site, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else { return error(StatusCode::UNAUTHORIZED, "invalid_token") };
    let mut guard = shared.lock();
    let state = &mut *guard;
    let Some(access) = state.access.get_mut(&token) else {
        return error(StatusCode::UNAUTHORIZED, "invalid_token");
    };
    access.revoked = true;
    state.dead_families.extend(access.family);
    if let Some(sid) = &access.session {
        state.sessions.remove(sid);
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn me(State(shared): Site, headers: HeaderMap) -> Response {
    match bearer(&headers).and_then(|token| shared.check(&token)) {
        Some(person) => {
            let person = shared.person(person);
            Json(json!({ "email": person.email, "name": person.name })).into_response()
        }
        None => not_authorised(),
    }
}

async fn data(State(shared): Site, headers: HeaderMap) -> Response {
    match bearer(&headers).and_then(|token| shared.check(&token)) {
        Some(_) => Json(json!({ "slots": ["Mon 10:00", "Tue 14:30", "Fri 09:15"] })).into_response(),
        None => not_authorised(),
    }
}

/// RFC 6750 section 3.
pub(super) fn not_authorised() -> Response {
    let body = Json(json!({ "error": "invalid_token" }));
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")], body)
        .into_response()
}

/// The token of `Authorization: Bearer`, or of the cookie that the cookie-only refresh sets.
pub(super) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let from_header = value.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    from_header.or_else(|| cookies::get(headers, "access_cookie"))
}
