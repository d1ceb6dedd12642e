//! The browser that the tests play, and what it sends to the loopback address.

use lamplighter_core::exchange::HttpRequest;
use lamplighter_core::secret::Secret;
use testkit::practice::Site;
use url::Url;

use super::setting::means;

/// A status and a body.
pub struct Page {
    pub status: u16,
    pub body: String,
    pub location: Option<String>,
}

/// Sends one request as a browser would; `None` if nobody listens there.
pub async fn visit(method: &str, url: &str, cookies: &str, form: Option<String>) -> Option<Page> {
    let mut headers = vec![("Cookie".to_owned(), Secret::from(cookies))];
    if form.is_some() {
        headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".into()));
    }
    let url = url.parse().expect("an address");
    let request = HttpRequest { method: method.to_owned(), url, headers, body: form.map(Secret::from) };
    let reply = means().http.perform(request).await.reply.ok()?;
    let location = reply.headers.iter().find(|(name, _)| name == "location");
    Some(Page {
        status: reply.status,
        body: reply.body.expose_str().unwrap_or_default().to_owned(),
        location: location.and_then(|(_, value)| value.expose_str().map(str::to_owned)),
    })
}

/// Signs in as Ana and decides; returns the address that the browser is sent back to.
pub async fn decide(site: &Site, authorize: &str, decision: &str) -> Url {
    let opened = site.open_session("ana@example.com");
    let sid = opened.cookies.iter().find(|cookie| cookie.name == "sid").expect("a session");
    let cookies = format!("sid={}", sid.value.expose_str().expect("text"));
    let asked: Url = authorize.parse().expect("an address");
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(asked.query_pairs())
        .append_pair("decision", decision)
        .finish();
    let page = visit("POST", &format!("{}/oauth/authorize", site.base()), &cookies, Some(form)).await;
    page.and_then(|page| page.location).expect("sent back").parse().expect("an address")
}

/// `url` with one query parameter changed (or removed).
pub fn with(url: &Url, name: &str, value: Option<&str>) -> String {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(have, _)| have != name)
        .map(|(a, b)| (a.into_owned(), b.into_owned()))
        .collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(others);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed.to_string()
}
