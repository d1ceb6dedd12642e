//! The site's OAuth server: code with PKCE, rotation with reuse detection, revocation, issuer identification.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::login::{Standing, redirect, standing};
use super::state::{Code, Shared};
use super::{CLIENT_SECRET, CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, api, device, pages, random};

type Site = State<Arc<Shared>>;
type Fields = HashMap<String, String>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        // Older clients look only here.
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/oauth/authorize", get(ask).post(decide))
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .route("/oauth/userinfo", get(userinfo))
}

/// RFC 8414.
async fn metadata(State(shared): Site) -> Response {
    let base = &shared.base;
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "device_authorization_endpoint": format!("{base}/oauth/device"),
        "userinfo_endpoint": format!("{base}/oauth/userinfo"),
        "code_challenge_methods_supported": ["S256"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "scopes_supported": ["openid", "offline_access"],
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}

/// What the consent page carries on to its own form.
const CARRIED: [&str; 7] = [
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "response_type",
];

async fn ask(State(shared): Site, headers: HeaderMap, Query(query): Query<Fields>) -> Response {
    if let Some(refusal) = refusal(&query) {
        return refusal;
    }
    match standing(&shared, &headers) {
        Standing::Nobody | Standing::Half(..) => {
            let back = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
            let next: String =
                url::form_urlencoded::byte_serialize(format!("/oauth/authorize?{back}").as_bytes()).collect();
            redirect(&format!("/login?next={next}"))
        }
        Standing::Whole(..) => {
            let form: Vec<(&str, &str)> =
                CARRIED.iter().filter_map(|name| Some((*name, query.get(*name)?.as_str()))).collect();
            pages::consent(get_field(&query, "client_id"), get_field(&query, "scope"), &form).into_response()
        }
    }
}

async fn decide(State(shared): Site, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    if let Some(refusal) = refusal(&form) {
        return refusal;
    }
    let Standing::Whole(_, person) = standing(&shared, &headers) else { return redirect("/login") };
    if get_field(&form, "decision") != "allow" {
        return back(&shared, &form, &[("error", "access_denied")]);
    }
    let code = random::opaque();
    let challenge = form.get("code_challenge").cloned();
    let held = Code {
        person,
        client: get_field(&form, "client_id").to_owned(),
        redirect: get_field(&form, "redirect_uri").to_owned(),
        challenge,
        scope: get_field(&form, "scope").to_owned(),
        ends: shared.in_future(std::time::Duration::from_secs(60)),
    };
    let mut state = shared.lock();
    state.issue("authorization code", &code);
    state.codes.insert(code.clone(), held);
    drop(state);
    back(&shared, &form, &[("code", &code)])
}

/// Client and redirect must be known before anything is sent anywhere (RFC 6749 section 4.1.2.1).
fn refusal(fields: &Fields) -> Option<Response> {
    let client = get_field(fields, "client_id");
    let redirect = url::Url::parse(get_field(fields, "redirect_uri"));
    let loopback = redirect.is_ok_and(|url| {
        url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
    });
    let bound = get_field(fields, "code_challenge_method") == "S256" && fields.contains_key("code_challenge");
    let wrong = match client {
        PUBLIC_CLIENT if !bound => "This client must use PKCE with S256.",
        PUBLIC_CLIENT | CONFIDENTIAL_CLIENT if !loopback => "That redirect address is not registered.",
        PUBLIC_CLIENT | CONFIDENTIAL_CLIENT => return None,
        _ => "No such client.",
    };
    let page = pages::page("Not possible", &format!("<h1>Not possible</h1><p>{wrong}</p>"));
    Some((StatusCode::BAD_REQUEST, page).into_response())
}

/// Back to the client, with `state` and `iss` (RFC 9207).
fn back(shared: &Shared, fields: &Fields, answer: &[(&str, &str)]) -> Response {
    let Ok(mut url) = url::Url::parse(get_field(fields, "redirect_uri")) else { return redirect("/") };
    let mut query = url.query_pairs_mut();
    query.extend_pairs(answer);
    if let Some(state) = fields.get("state") {
        query.append_pair("state", state);
    }
    query.append_pair("iss", &shared.base);
    drop(query);
    redirect(url.as_str())
}

async fn token(State(shared): Site, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let Some(client) = client(&headers, &form) else {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    };
    match get_field(&form, "grant_type") {
        "authorization_code" => exchange(&shared, &client, &form),
        "refresh_token" => refresh(&shared, &client, &form),
        device::GRANT => device::exchange(&shared, &client, &form),
        _ => refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    }
}

fn exchange(shared: &Shared, client: &str, form: &Fields) -> Response {
    // Taken out at once: a code is good for one try.
    let Some(code) = shared.lock().codes.remove(get_field(form, "code")) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(get_field(form, "code_verifier").as_bytes()));
    let bound = code.challenge.as_ref().is_none_or(|challenge| *challenge == proof);
    let same = code.client == client && code.redirect == get_field(form, "redirect_uri");
    if !bound || !same || code.ends <= shared.now() {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    grant(shared, client, code.person, &code.scope, None)
}

fn refresh(shared: &Shared, client: &str, form: &Fields) -> Response {
    match shared.spend(get_field(form, "refresh_token"), Some(client)) {
        Ok(spent) => grant(shared, client, spent.person, &spent.scope, Some(spent.family)),
        Err(_) => refuse(StatusCode::BAD_REQUEST, "invalid_grant"),
    }
}

/// RFC 6749 section 5.1. A refresh token comes with the first grant, and with each later one if tokens rotate.
pub(super) fn grant(
    shared: &Shared,
    client: &str,
    person: usize,
    scope: &str,
    family: Option<u64>,
) -> Response {
    let renew = family.is_none() || shared.settings.rotation;
    let minted = renew.then(|| shared.mint_refresh(person, None, Some(client), scope, family));
    let family = family.or(minted.as_ref().map(|(_, family)| *family));
    let life = shared.settings.oauth_life;
    let access = shared.mint(person, life, None, family);
    let mut reply = json!({ "access_token": access, "token_type": "Bearer", "expires_in": life.as_secs(), "scope": scope });
    if let Some((refresh, _)) = minted {
        reply["refresh_token"] = refresh.into();
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response()
}

/// RFC 7009: an unknown token is no error. A refresh token takes its family with it.
async fn revoke(State(shared): Site, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    if client(&headers, &form).is_none() {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let token = get_field(&form, "token");
    let mut guard = shared.lock();
    let state = &mut *guard;
    if let Some(refresh) = state.refresh.get(token) {
        state.dead_families.insert(refresh.family);
    }
    if let Some(access) = state.access.get_mut(token) {
        access.revoked = true;
    }
    StatusCode::OK.into_response()
}

async fn userinfo(State(shared): Site, headers: HeaderMap) -> Response {
    match api::bearer(&headers).and_then(|token| shared.check(&token)) {
        Some(person) => {
            let person = shared.person(person);
            Json(json!({ "sub": person.email, "email": person.email, "name": person.name })).into_response()
        }
        None => api::not_authorised(),
    }
}

/// Who asks: a public client by its id alone, the confidential one with its secret, in the header or the body.
pub(super) fn client(headers: &HeaderMap, form: &Fields) -> Option<String> {
    let basic =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let (id, secret) = match basic {
        Some(coded) => {
            let text = String::from_utf8(STANDARD.decode(coded).ok()?).ok()?;
            // RFC 6749 section 2.3.1: both parts are form-encoded first.
            let (id, secret) = text.split_once(':')?;
            (decode(id), decode(secret))
        }
        None => (get_field(form, "client_id").to_owned(), get_field(form, "client_secret").to_owned()),
    };
    let known = match id.as_str() {
        PUBLIC_CLIENT => secret.is_empty(),
        CONFIDENTIAL_CLIENT => secret == CLIENT_SECRET,
        _ => false,
    };
    known.then_some(id)
}

fn decode(text: &str) -> String {
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

pub(super) fn refuse(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}

pub(super) fn get_field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}
