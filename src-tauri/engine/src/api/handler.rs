//! One call: headers looked at, body read, request decoded, service asked, reply written.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request as HttpRequest, State};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use axum::routing::{MethodFilter, on};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use lamplighter_core::api::{ErrorBody, Request, Response};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use serde::Serialize;
use tokio::sync::watch;

use super::decode::{Asked, Given, bad, decode, patch_settings};
use super::events::Board;
use super::grant::write_grant;
use super::guests::Guest;
use super::route::{Call, Method, ROUTES};
use super::{Caller, Limits, Service};

/// What every call needs.
pub(crate) struct Desk {
    /// The engine.
    pub service: Arc<dyn Service>,
    /// Events, numbered.
    pub board: Arc<Board>,
    /// Caps.
    pub limits: Limits,
    /// Becomes true when the server stops.
    pub stopped: watch::Receiver<bool>,
}

/// All routes of the table.
pub(crate) fn router(desk: Arc<Desk>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let call = route.call;
        type Params = Result<RawPathParams, RawPathParamsRejection>;
        let answer = move |State(desk): State<Arc<Desk>>, params: Params, request: HttpRequest| async move {
            let lang = language(request.headers());
            let Ok(params) = params else {
                return said(bad(lang, "the path is not UTF-8", "le chemin n’est pas en UTF-8"));
            };
            take(&desk, call, &params, request, lang).await.unwrap_or_else(|refusal| refusal)
        };
        router = router.route(route.path, on(filter(route.method), answer));
    }
    router.fallback(nothing_here).method_not_allowed_fallback(nothing_here).with_state(desk)
}

/// Whether a request was made by a web page: nothing that may call us ever sends these headers (T1–T4).
pub(crate) fn from_a_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").is_some_and(|site| site != "none");
    headers.contains_key(header::ORIGIN) || site
}

/// The reply to a web page: nothing.
pub(crate) fn forbidden() -> HttpResponse {
    StatusCode::FORBIDDEN.into_response()
}

async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let lang = language(request.headers());
    let notice = bad(lang, "there is no such call", "cet appel n’existe pas");
    refuse(StatusCode::NOT_FOUND, notice)
}

async fn take(
    desk: &Desk,
    call: Call,
    params: &RawPathParams,
    request: HttpRequest,
    lang: Lang,
) -> Result<HttpResponse, HttpResponse> {
    let (parts, body) = request.into_parts();
    let (Some(caller), Some(guest)) =
        (parts.extensions.get::<Caller>(), parts.extensions.get::<Arc<Guest>>())
    else {
        return Err(said(Notice::new(Code::Internal, "A call without a caller.")));
    };
    let body = read_body(desk, body, lang).await?;
    if !body.is_empty() && !is_json(&parts.headers) {
        let (en, fr) =
            ("`Content-Type: application/json` is needed", "il faut `Content-Type: application/json`");
        return Err(said(bad(lang, en, fr)));
    }
    let param = |key: &str| params.iter().find(|(name, _)| *name == key).map(|(_, value)| value.to_owned());
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let given =
        Given { id: param("id"), name: param("name"), query: query.into_owned().collect(), body: &body };
    let asked = decode(call, given, lang).map_err(said)?;
    drop(body);
    let mut busy = guest.busy();
    let caller = caller.clone();
    match asked {
        Asked::Request(request) => desk
            .service
            .call(caller, request, lang)
            .await
            .map(|answer| json(StatusCode::OK, &answer))
            .map_err(said),
        Asked::Token(account, wanted) => {
            let grant = desk.service.token(caller, account, wanted, lang).await.map_err(said)?;
            Ok(with_json(StatusCode::OK, Bytes::from_owner(write_grant(&grant))))
        }
        Asked::Sinks(request) => match desk.service.call(caller, request, lang).await.map_err(said)? {
            Response::Account { account } => {
                Ok(json(StatusCode::OK, &Sinks { answer: "sinks", sinks: &account.sinks }))
            }
            _ => Err(said(unfitting(lang))),
        },
        Asked::Patch(patch) => patch_all(desk, caller, *patch, lang).await.map_err(said),
        Asked::Events => {
            if !busy.listen() {
                let what =
                    lang.pick("Too many programs listen already.", "Trop de programmes écoutent déjà.");
                return Err(said(Notice::new(Code::Busy, what)));
            }
            let stopped = desk.stopped.clone();
            let stream =
                desk.board.stream(&*desk.service, caller, lang, stopped, busy).await.map_err(said)?;
            Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
        }
    }
}

async fn patch_all(
    desk: &Desk,
    caller: Caller,
    patch: serde_json::Value,
    lang: Lang,
) -> Result<HttpResponse, Notice> {
    let Response::Settings { settings } = desk.service.call(caller.clone(), Request::Settings, lang).await?
    else {
        return Err(unfitting(lang));
    };
    let settings = patch_settings(&settings, patch, lang)?;
    let answer = desk.service.call(caller, Request::SetSettings { settings }, lang).await?;
    Ok(json(StatusCode::OK, &answer))
}

async fn read_body(desk: &Desk, body: Body, lang: Lang) -> Result<Bytes, HttpResponse> {
    let reading = axum::body::to_bytes(body, desk.limits.body_bytes);
    match tokio::time::timeout(desk.limits.body, reading).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => {
            let notice =
                bad(lang, "the body is too large or broken off", "le corps est trop grand ou interrompu");
            Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, notice))
        }
        Err(_) => {
            let notice = bad(lang, "the body took too long", "le corps a mis trop de temps");
            Err(refuse(StatusCode::REQUEST_TIMEOUT, notice))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn language(headers: &HeaderMap) -> Lang {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|lang| lang.to_str().ok());
    asked.map_or(Lang::En, Lang::from_locale)
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

#[derive(Serialize)]
struct Sinks<'a> {
    answer: &'static str,
    sinks: &'a [lamplighter_core::api::SinkView],
}

/// An answer of another kind than was asked for.
pub fn unfitting(lang: Lang) -> Notice {
    let what = lang.pick(
        "The engine gave an answer that does not fit the question.",
        "Le moteur a donné une réponse qui ne correspond pas à la question.",
    );
    Notice::new(Code::Internal, what).cure(lang.pick(
        "Restart Lamplighter; if it happens again, this is our bug: please report it.",
        "Redémarrez Lamplighter\u{a0}; si cela se reproduit, c’est notre erreur\u{a0}: merci de la signaler.",
    ))
}

fn said(notice: Notice) -> HttpResponse {
    let status = StatusCode::from_u16(notice.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    refuse(status, notice)
}

fn refuse(status: StatusCode, notice: Notice) -> HttpResponse {
    json(status, &ErrorBody::from(notice))
}

fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(body) {
        Ok(body) => with_json(status, Bytes::from(body)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn with_json(status: StatusCode, body: Bytes) -> HttpResponse {
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
