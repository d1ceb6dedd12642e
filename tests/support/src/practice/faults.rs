//! The fault script: what goes wrong at an end point, request by request. Around everything else, and the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::watch;

use super::log::Entry;
use super::state::Shared;
use super::wire::Cutter;
use super::{Site, cookies};

/// Something that goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status with this JSON body, instead of an answer; the site does nothing.
    Json(u16, String),
    /// This status with a page of HTML: a captive portal, a maintenance page, a firewall.
    Html(u16),
    /// This status, these headers, this body.
    Raw(u16, Vec<(String, String)>, Vec<u8>),
    /// A redirect to this address.
    Redirect(String),
    /// The answer comes this much later (real time).
    Delay(Duration),
    /// The answer comes once this says `true`, or its sender is gone: what has to happen meanwhile has happened then,
    /// however slow the machine is.
    Held(watch::Receiver<bool>),
    /// The site does what was asked and its answer is cut after this many bytes, head included (F8).
    CutAfter(usize),
    /// The connection is reset before the site does anything.
    ResetBefore,
    /// The site does what was asked, then the connection is reset instead of an answer (F7).
    ResetAfter,
    /// The site does what was asked and never answers.
    Silence,
    /// Nothing goes wrong: a place holder in a script.
    Nothing,
}

/// Faults of one end point.
#[derive(Default)]
pub(super) struct Script {
    next: VecDeque<Fault>,
    always: Option<Fault>,
}

impl Site {
    /// The next requests to `path` go wrong like this, one after the other; then all is well again.
    pub fn script(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.shared.lock().scripts.entry(path.to_owned()).or_default().next.extend(faults);
    }

    /// All requests to `path` go wrong like this, until [`Self::clear_faults`].
    pub fn always(&self, path: &str, fault: Fault) {
        self.shared.lock().scripts.entry(path.to_owned()).or_default().always = Some(fault);
    }

    /// All is well again.
    pub fn clear_faults(&self) {
        self.shared.lock().scripts.clear();
    }
}

/// Around every request: performs the fault that is due, and writes the log.
pub(super) async fn around(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
    next: Next,
) -> Response {
    let mut entry = Entry {
        at: shared.now(),
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        status: 0,
        agent: text(&request, &header::USER_AGENT),
        with_session: cookies::get(request.headers(), "sid").is_some(),
    };
    *shared.lock().arrived.entry(format!("{} {}", entry.method, entry.path)).or_default() += 1;
    shared.answered.notify_all();
    let fault = due(&shared, &entry.path);
    let kept_back = matches!(fault, Fault::ResetBefore | Fault::ResetAfter | Fault::CutAfter(_));
    let response = perform(fault, &cutter, request, next).await;
    entry.status = response.as_ref().filter(|_| !kept_back).map_or(0, |response| response.status().as_u16());
    shared.lock().log.push(entry);
    shared.answered.notify_all();
    match response {
        Some(response) => response,
        None => std::future::pending().await,
    }
}

fn due(shared: &Shared, path: &str) -> Fault {
    let mut state = shared.lock();
    let Some(script) = state.scripts.get_mut(path) else { return Fault::Nothing };
    script.next.pop_front().or_else(|| script.always.clone()).unwrap_or(Fault::Nothing)
}

async fn perform(fault: Fault, cutter: &Cutter, request: Request, next: Next) -> Option<Response> {
    Some(match fault {
        Fault::Nothing => next.run(request).await,
        Fault::Json(status, body) => {
            (code(status), [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Fault::Html(status) => (
            code(status),
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            "<!doctype html><title>Welcome to our network</title><h1>Please accept the terms</h1>",
        )
            .into_response(),
        Fault::Raw(status, headers, body) => {
            let mut response = Response::builder().status(code(status));
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).expect("a test's fault is a valid answer")
        }
        Fault::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Fault::Delay(by) => {
            tokio::time::sleep(by).await;
            next.run(request).await
        }
        Fault::Held(mut gate) => {
            // An error means that nobody holds it any more.
            _ = gate.wait_for(|is_open| *is_open).await;
            next.run(request).await
        }
        Fault::CutAfter(bytes) => {
            let response = next.run(request).await;
            cutter.cut_after(bytes);
            response
        }
        Fault::ResetBefore => {
            cutter.reset();
            StatusCode::NO_CONTENT.into_response()
        }
        Fault::ResetAfter => {
            let response = next.run(request).await;
            cutter.reset();
            response
        }
        Fault::Silence => {
            next.run(request).await;
            return None;
        }
    })
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a test's fault has a valid status")
}

fn text(request: &Request, name: &header::HeaderName) -> String {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
