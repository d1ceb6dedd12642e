//! Cookies of every kind: what a login sets, and reading what comes back.

use axum::http::{HeaderMap, HeaderValue, header};

use super::random;
use super::state::Shared;

/// The value of a cookie that a request came with.
pub(super) fn get(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Adds a `Set-Cookie` line.
pub(super) fn set(headers: &mut HeaderMap, line: &str) {
    headers.append(header::SET_COOKIE, HeaderValue::from_str(line).expect("our cookies are ASCII"));
}

/// What the first half of a login sets: the session's own cookie. Like many services the site sets it before
/// the second factor, so that its being there proves nothing.
pub(super) fn session_started(shared: &Shared, sid: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, &format!("sid={sid}; Path=/; HttpOnly; SameSite=Lax{}", secure(shared)));
    headers
}

/// What the rest of a login sets: one cookie of every other kind.
pub(super) fn session_completed(shared: &Shared, sid: &str, headers: &mut HeaderMap) {
    let (api, csrf, person) = {
        let state = shared.lock();
        let Some(session) = state.sessions.get(sid) else { return };
        (session.api.clone(), session.csrf.clone(), session.person)
    };
    let refresh = shared.mint_refresh(person, Some(sid), None, "cookie", None).0;
    let wide = issue(shared, "cookie wide");
    let s = secure(shared);
    let life = shared.settings.session_life.as_secs();
    // Only below one path, and strict.
    set(headers, &format!("api_sid={api}; Path=/api; HttpOnly; SameSite=Strict{s}"));
    // Readable by the page script, lasting.
    set(headers, &format!("csrftoken={csrf}; Path=/; Max-Age={life}; SameSite=Lax{s}"));
    // The one-time credential of the cookie-only refresh (S2.1).
    set(
        headers,
        &format!("refresh_cookie={refresh}; Path=/api/auth; Max-Age={life}; HttpOnly; SameSite=Strict{s}"),
    );
    // No SameSite at all, with an Expires date rather than Max-Age.
    set(headers, "theme=light; Path=/; Expires=Fri, 31 Dec 2038 23:59:59 GMT");
    // For all subdomains, where the site's name has any.
    match domain(shared) {
        Some(domain) => {
            set(headers, &format!("wide={wide}; Domain={domain}; Path=/; HttpOnly; SameSite=Lax{s}"))
        }
        None => set(headers, &format!("wide={wide}; Path=/; HttpOnly; SameSite=Lax{s}")),
    }
    if shared.settings.https {
        let (host, across) = (issue(shared, "cookie __Host-own"), issue(shared, "cookie across"));
        set(headers, &format!("__Host-own={host}; Path=/; HttpOnly; Secure; SameSite=Strict"));
        set(headers, &format!("across={across}; Path=/; HttpOnly; Secure; SameSite=None"));
    }
}

/// The cookie by which the site knows this device again. It lives for 400 days (RFC 6265bis section 5.5).
pub(super) fn remember_device(shared: &Shared, person: usize, headers: &mut HeaderMap) {
    let device = issue(shared, "cookie device_id");
    shared.lock().devices.insert(device.clone(), person);
    let life = 400 * 24 * 3600;
    set(
        headers,
        &format!("device_id={device}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{}", secure(shared)),
    );
}

fn issue(shared: &Shared, kind: &str) -> String {
    let value = random::opaque();
    shared.lock().issue(kind, &value);
    value
}

fn secure(shared: &Shared) -> &'static str {
    if shared.settings.https { "; Secure" } else { "" }
}

/// The parent domain, for names such as `app.practice.test`.
fn domain(shared: &Shared) -> Option<&str> {
    let host = &shared.settings.host;
    let parent = host.split_once('.')?.1;
    (host.parse::<std::net::IpAddr>().is_err() && parent.contains('.')).then_some(parent)
}
