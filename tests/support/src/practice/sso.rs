//! Single sign-on by a popup: another origin logs the person in and posts a code back to the page that opened it.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::state::Shared;
use super::{cookies, pages, random};

type Site = State<Arc<Shared>>;

/// What the site itself serves.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/login/sso", get(opener)).route("/login/sso/finish", post(finish))
}

/// What the identity provider serves, at its own origin.
pub(super) fn provider_routes() -> Router<Arc<Shared>> {
    Router::new().route("/id/login", get(popup).post(popup_login))
}

async fn opener(State(shared): Site) -> Response {
    let body = format!(
        r#"<h1>Practice ID</h1><p>A small window opens for signing in.</p>
<button id="open" autofocus>Continue with Practice ID</button><p id="state" role="status"></p>
<script>
"use strict";
document.getElementById("open").onclick = () => {{
  const popup = window.open("{sso}/id/login", "practice-id", "popup,width=420,height=560");
  if (!popup) document.getElementById("state").textContent = "The window was blocked.";
}};
addEventListener("message", async event => {{
  if (event.origin !== "{sso}" || !event.data.code) return;
  const reply = await fetch("/login/sso/finish", {{ method: "POST",
    headers: {{ "Content-Type": "application/json" }}, body: JSON.stringify({{ code: event.data.code }}) }});
  if (reply.ok) location.assign("/");
}});
</script>"#,
        sso = shared.sso
    );
    pages::page("Practice ID", &body).into_response()
}

async fn popup() -> Response {
    pages::login("", None, false).into_response()
}

#[derive(serde::Deserialize)]
struct Password {
    email: String,
    password: String,
}

async fn popup_login(State(shared): Site, Form(form): Form<Password>) -> Response {
    let found =
        shared.person_by_email(&form.email).filter(|person| shared.person(*person).password == form.password);
    let Some(person) = found else {
        let page = pages::login("", Some("That e-mail and password do not match."), false);
        return (StatusCode::UNAUTHORIZED, page).into_response();
    };
    let (code, own) = (random::opaque(), random::opaque());
    let mut state = shared.lock();
    state.issue("sign-on code", &code);
    state.issue("cookie practice_id", &own);
    state.codes.insert(
        code.clone(),
        super::state::Code {
            person,
            client: "sso".to_owned(),
            redirect: String::new(),
            challenge: None,
            scope: String::new(),
            ends: shared.in_future(std::time::Duration::from_secs(60)),
        },
    );
    drop(state);
    let mut headers = HeaderMap::new();
    cookies::set(
        &mut headers,
        &format!("practice_id={own}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"),
    );
    let body = format!(
        r#"<p>Signed in.</p><script>
"use strict";
if (window.opener) {{ window.opener.postMessage({{ code: "{code}" }}, "{base}"); window.close(); }}
</script>"#,
        base = shared.base
    );
    (headers, pages::page("Signed in", &body)).into_response()
}

/// The opener hands over the code and gets the session.
async fn finish(State(shared): Site, Json(body): Json<Value>) -> Response {
    let code = shared.lock().codes.remove(body["code"].as_str().unwrap_or_default());
    let Some(code) = code.filter(|code| code.client == "sso" && code.ends > shared.now()) else {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "bad_code" }))).into_response();
    };
    let sid = shared.open_session(code.person, false);
    let mut headers = cookies::session_started(&shared, &sid);
    cookies::session_completed(&shared, &sid, &mut headers);
    (headers, Json(json!({ "ok": true }))).into_response()
}
