//! Putting a session into a fresh Chrome: cookies with every attribute, web storage before any page script runs.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use headless_chrome::protocol::cdp::{Fetch, Network, Page as Pages};
use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::secret::JsonWriter;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::pipe::Frame;
use super::session::{NoAnswer, Patience, Session};

/// Sets all cookies and returns the places of those that Chrome does not take or cannot be told: bytes that are
/// no text. They are given back as they were.
pub(super) fn cookies(session: &mut Session, cookies: &[Cookie]) -> Result<Vec<usize>, NoAnswer> {
    let (texts, mut kept): (Vec<usize>, Vec<usize>) = (0..cookies.len())
        .partition(|index| cookies.get(*index).is_some_and(|c| c.value.expose_str().is_some()));
    match set(session, cookies, &texts) {
        Err(NoAnswer::Refused) => {
            // One bad cookie refuses them all: find out which.
            for index in texts {
                match set(session, cookies, &[index]) {
                    Err(NoAnswer::Refused) => kept.push(index),
                    other => other?,
                }
            }
        }
        other => other?,
    }
    if !kept.is_empty() {
        tracing::debug!(count = kept.len(), "cookies that Chrome does not take are kept as they are");
    }
    Ok(kept)
}

fn set(session: &mut Session, cookies: &[Cookie], which: &[usize]) -> Result<(), NoAnswer> {
    if which.is_empty() {
        return Ok(());
    }
    let write = |json: &mut JsonWriter| {
        json.object_at("params", |json| {
            json.array_at("cookies", |json| {
                for cookie in which.iter().filter_map(|index| cookies.get(*index)) {
                    json.object(|json| write_cookie(json, cookie));
                }
            });
        });
    };
    session.call("Network.setCookies", write, Patience::UntilStop).map(|IgnoredAny| ())
}

fn write_cookie(json: &mut JsonWriter, cookie: &Cookie) {
    json.text("name", &cookie.name);
    json.secret_text("value", &cookie.value);
    if cookie.host_only {
        // Chrome makes a cookie host-only when it gets an address and no domain.
        let scheme = if cookie.secure { "https" } else { "http" };
        let is_bare_ipv6 = cookie.domain.contains(':') && !cookie.domain.starts_with('[');
        let host = if is_bare_ipv6 { format!("[{}]", cookie.domain) } else { cookie.domain.clone() };
        json.text("url", &format!("{scheme}://{host}/"));
    } else {
        json.text("domain", &format!(".{}", cookie.domain));
    }
    json.text("path", &cookie.path);
    json.value("secure", &cookie.secure);
    json.value("httpOnly", &cookie.http_only);
    match cookie.same_site {
        SameSite::Lax => json.text("sameSite", "Lax"),
        SameSite::Strict => json.text("sameSite", "Strict"),
        SameSite::None => json.text("sameSite", "None"),
        SameSite::Unspecified => {}
    }
    if cookie.partitioned {
        json.object_at("partitionKey", |json| {
            json.text("topLevelSite", &cookie.site());
            json.value("hasCrossSiteAncestor", &false);
        });
    }
    if let Some(expires) = cookie.expires {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of any year that matters fit a double")]
        json.value("expires", &(expires.0 as f64 / 1_000.0));
    }
}

/// Puts web storage back, once and before the first page: a script on every new document would put a spent token
/// back on each reload.
///
/// The visit's `own` origin gets its empty document though nothing is to be put there: the tab is then
/// known to go where it is sent, before the page that may spend something is asked for.
pub(super) fn storage(session: &mut Session, own: &str, items: &[StorageItem]) -> Result<(), NoAnswer> {
    let mut by_origin: BTreeMap<&str, Vec<&StorageItem>> = BTreeMap::from([(own, Vec::new())]);
    for item in items.iter().filter(|item| session.page.hosts().allow_origin(&item.origin)) {
        by_origin.entry(&item.origin).or_default().push(item);
    }
    for (origin, items) in by_origin {
        open_blank(session, origin, Patience::UntilStop)?;
        for item in items {
            let write = |json: &mut JsonWriter| {
                json.object_at("params", |json| {
                    json.object_at("storageId", |json| write_area(json, origin, item.area));
                    json.text("key", &item.key);
                    json.secret_text("value", &item.value);
                });
            };
            session.call("DOMStorage.setDOMStorageItem", write, Patience::UntilStop).map(|IgnoredAny| ())?;
        }
    }
    Ok(())
}

/// The members of a `DOMStorage.StorageId`.
pub(super) fn write_area(json: &mut JsonWriter, origin: &str, area: StorageArea) {
    json.text("securityOrigin", origin);
    json.value("isLocalStorage", &(area == StorageArea::Local));
}

#[derive(Deserialize)]
struct Paused {
    #[serde(rename = "requestId")]
    id: String,
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    url: String,
}

/// How long the first empty document may take: two seconds, many times what it needs.
const FIRST_BLANK: u32 = 80;

/// Says that there is no icon: Chrome would ask the site for one.
const EMPTY: &str = "<!doctype html><link rel=icon href=data:,>";

/// Opens an empty document of ours at `origin`, without the network: storage is reached through a document only.
pub(super) fn open_blank(session: &mut Session, origin: &str, patience: Patience) -> Result<(), NoAnswer> {
    let url = format!("{origin}/");
    let documents = Fetch::RequestPattern {
        url_pattern: None,
        resource_Type: Some(Network::ResourceType::Document),
        request_stage: None,
    };
    // Waited for, or the navigation overtakes it and asks the site itself.
    let intercept = Fetch::Enable { patterns: Some(vec![documents]), handle_auth_requests: None };
    session.ask::<IgnoredAny>(intercept, patience)?;
    match patience {
        Patience::UntilStop => fill_at_last(session, &url, origin)?,
        Patience::Ticks(_) | Patience::TicksOrStop(_) => fill(session, &url, origin, patience)?,
    }
    session.ask::<IgnoredAny>(Fetch::Disable(None), patience).map(|_| ())
}

/// Chrome opens a page of its own when it starts. On a busy machine that one is still on its way, takes the place
/// of ours, and nothing says so. Ours costs nothing and asks nobody, so it is opened again, with more patience each
/// time.
fn fill_at_last(session: &mut Session, url: &str, origin: &str) -> Result<(), NoAnswer> {
    let mut ticks = FIRST_BLANK;
    loop {
        match fill(session, url, origin, Patience::TicksOrStop(ticks)) {
            Err(NoAnswer::Late) if !session.is_stopped() => ticks = ticks.saturating_mul(2),
            other => return other,
        }
    }
}

/// Goes to `url` and answers in the site's place.
fn fill(session: &mut Session, url: &str, origin: &str, patience: Patience) -> Result<(), NoAnswer> {
    session.tell(&Pages::Navigate {
        url: url.to_owned(),
        referrer: None,
        transition_Type: None,
        frame_id: None,
        referrer_policy: None,
    });
    let ours = |event: &Frame| event.params().filter(|paused: &Paused| paused.request.url == url);
    let Paused { id, .. } = session.wait_for("Fetch.requestPaused", patience, ours)?;
    session.page.leave();
    let html = Fetch::HeaderEntry { name: "Content-Type".to_owned(), value: "text/html".to_owned() };
    session.tell(&Fetch::FulfillRequest {
        request_id: id,
        response_code: 200,
        response_headers: Some(vec![html]),
        binary_response_headers: None,
        body: Some(BASE64.encode(EMPTY)),
        response_phrase: None,
    });
    session.wait_for_origin(origin, patience)
}
