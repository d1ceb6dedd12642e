//! The OAuth server's device grant (RFC 8628).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::login::{Standing, redirect, standing};
use super::oauth::{client, get_field, grant, refuse};
use super::state::{Shared, WaitingDevice};
use super::{Site, pages, random};

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What `slow_down` adds, and what is meant if nothing is said.
const STEP: Duration = Duration::from_secs(5);

type Fields = HashMap<String, String>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/device", post(begin)).route("/device", get(ask).post(decide))
}

impl Site {
    /// Somebody typed this code and allowed what was asked for, or refused; says whether it was known.
    pub fn answer_device(&self, user_code: &str, email: &str, allows: bool) -> bool {
        let person = self.shared.person_by_email(email);
        let mut state = self.shared.lock();
        let waiting = state.waiting_devices.values_mut().find(|waiting| waiting.user_code == user_code);
        waiting.map(|waiting| waiting.decided = Some(person.filter(|_| allows).ok_or(()))).is_some()
    }
}

async fn begin(State(shared): State<Arc<Shared>>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let Some(client) = client(&headers, &form) else {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    };
    let settings = &shared.settings;
    let (code, letters) = (random::opaque(), random::letters(8).to_uppercase());
    let user_code = format!("{}-{}", &letters[..4], &letters[4..]);
    let interval = settings.device_interval.unwrap_or(STEP);
    let waiting = WaitingDevice {
        user_code: user_code.clone(),
        client,
        scope: get_field(&form, "scope").to_owned(),
        ends: shared.in_future(settings.device_life),
        interval: i64::try_from(interval.as_millis()).unwrap_or(i64::MAX),
        asked: None,
        decided: None,
    };
    let mut state = shared.lock();
    state.issue("device code", &code);
    state.waiting_devices.insert(code.clone(), waiting);
    drop(state);
    let address = format!("{}/device", shared.base);
    let mut reply = json!({
        "device_code": code,
        "user_code": user_code,
        "verification_uri": address,
        "expires_in": settings.device_life.as_secs(),
    });
    if settings.device_complete {
        reply["verification_uri_complete"] = format!("{address}?user_code={user_code}").into();
    }
    if let Some(interval) = settings.device_interval {
        reply["interval"] = interval.as_secs().into();
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response()
}

/// RFC 8628 section 3.5: how it stands, to a device that does not ask too often.
pub(super) fn exchange(shared: &Shared, client: &str, form: &Fields) -> Response {
    let bad = |code| refuse(StatusCode::BAD_REQUEST, code);
    let (now, code) = (shared.now(), get_field(form, "device_code"));
    let mut state = shared.lock();
    let Some(waiting) = state.waiting_devices.get_mut(code).filter(|waiting| waiting.client == client) else {
        return bad("invalid_grant");
    };
    if waiting.ends <= now {
        return bad("expired_token");
    }
    let is_early = waiting.asked.replace(now).is_some_and(|asked| now - asked < waiting.interval);
    if is_early {
        waiting.interval += i64::try_from(STEP.as_millis()).unwrap_or(i64::MAX);
        return bad("slow_down");
    }
    let decided = waiting.decided;
    match decided {
        None => bad("authorization_pending"),
        Some(Err(())) => bad("access_denied"),
        Some(Ok(person)) => {
            // A device code is good for one grant.
            let waiting = state.waiting_devices.remove(code);
            drop(state);
            let scope = waiting.map(|waiting| waiting.scope).unwrap_or_default();
            grant(shared, client, person, &scope, None)
        }
    }
}

async fn ask(State(shared): State<Arc<Shared>>, headers: HeaderMap, Query(query): Query<Fields>) -> Response {
    let code = get_field(&query, "user_code");
    match standing(&shared, &headers) {
        Standing::Nobody | Standing::Half(..) => {
            let here: String =
                url::form_urlencoded::byte_serialize(format!("/device?user_code={code}").as_bytes())
                    .collect();
            redirect(&format!("/login?next={here}"))
        }
        Standing::Whole(..) => pages::device(code).into_response(),
    }
}

async fn decide(State(shared): State<Arc<Shared>>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let Standing::Whole(_, person) = standing(&shared, &headers) else { return redirect("/login") };
    let typed = get_field(&form, "user_code").trim().to_uppercase();
    let decided = if get_field(&form, "decision") == "allow" { Ok(person) } else { Err(()) };
    let mut state = shared.lock();
    let waiting = state.waiting_devices.values_mut().find(|waiting| waiting.user_code == typed);
    let words = match (waiting, decided) {
        (None, _) => "No device waits for that code.",
        (Some(waiting), decided) => {
            waiting.decided = Some(decided);
            "You can go back to your device."
        }
    };
    pages::page("Device", &format!("<h1>Device</h1><p>{words}</p>")).into_response()
}
