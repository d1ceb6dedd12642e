//! A page that looks for a way from a login window into the application (T14), in every kind of frame, and tells
//! the site what it found.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use super::state::Shared;
use super::{Site, pages};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/hostile", get(hostile))
        .route("/hostile/probe.js", get(script))
        .route("/hostile/report", post(report))
}

/// Frames that report: the page itself, an iframe of its own origin, one of another, `blob:`, `data:`,
/// `about:srcdoc` and a popup. `data:` and `srcdoc` report through their parent.
pub const FRAMES: [&str; 6] = ["top", "iframe", "blob", "data", "srcdoc", "popup"];

#[derive(serde::Deserialize)]
struct Frame {
    #[serde(default)]
    frame: String,
}

async fn hostile(Query(query): Query<Frame>) -> Response {
    let frame = if FRAMES.contains(&query.frame.as_str()) { query.frame.as_str() } else { "top" };
    let body = format!(
        r#"<h1>Hostile page</h1><p>Looks for a way out of this window.</p><button id="open" autofocus>Open a popup</button>
<p id="state" role="status"></p><script>const FRAME = "{frame}";</script><script src="/hostile/probe.js"></script>"#
    );
    pages::page("Hostile", &body).into_response()
}

async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript")], include_str!("hostile.js")).into_response()
}

async fn report(State(shared): State<Arc<Shared>>, Json(found): Json<Value>) {
    shared.lock().hostile.push(found);
}

impl Site {
    /// What hostile pages reported: `{ "frame": …, "found": [names of bridges], "tried": number }` each.
    pub fn hostile_reports(&self) -> Vec<Value> {
        self.shared.lock().hostile.clone()
    }
}
