//! Whether the visit is over: `ready`, `dead`, or not yet.

use lamplighter_core::exchange::{BrowserCondition, BrowserEnd, BrowserVisit};
use lamplighter_core::jar::Cookie;
use lamplighter_core::provider::conditions::is_there_at;
use lamplighter_core::provider::hosts::Hosts;
use lamplighter_core::record::StorageArea;
use lamplighter_core::secret::{JsonWriter, Secret};
use serde::Deserialize;
use url::Url;

use super::harvest;
use super::session::{FOR_LOOKING, NoAnswer, Session};

/// Looks once. `Ok(None)` is "not yet"; the only error is that Chrome is gone.
pub(super) fn look(session: &mut Session, visit: &BrowserVisit) -> Result<Option<BrowserEnd>, NoAnswer> {
    let conditions: Vec<&BrowserCondition> = visit.dead.iter().chain(&visit.ready).collect();
    let sight = match Sight::take(session, &conditions) {
        Ok(Some(sight)) => sight,
        // Between two documents there is nothing to look at, and what was asked there may never be answered.
        Ok(None) | Err(NoAnswer::Late | NoAnswer::Refused) => return Ok(None),
        Err(NoAnswer::Gone) => return Err(NoAnswer::Gone),
    };
    // A document on its way in may be a redirect of the page's own: it is no answer yet.
    if sight.has_settled() && visit.dead.iter().any(|condition| sight.holds(condition)) {
        return Ok(Some(BrowserEnd::Dead));
    }
    let is_ready = !visit.ready.is_empty() && visit.ready.iter().all(|condition| sight.holds(condition));
    Ok(is_ready.then_some(BrowserEnd::Ready))
}

/// What the page itself says, by a script that only reads.
#[derive(Deserialize)]
struct Seen {
    href: String,
    origin: String,
    state: String,
    items: Vec<Option<Secret>>,
    found: Vec<bool>,
}

#[derive(Deserialize)]
struct Evaluated {
    result: Remote,
}

#[derive(Deserialize)]
struct Remote {
    value: Option<Seen>,
}

/// Everything that the conditions ask about, at one moment.
struct Sight {
    seen: Seen,
    keys: Vec<(StorageArea, String)>,
    selectors: Vec<String>,
    /// Of frames at other origins of the provider: origin, storage, key, value.
    elsewhere: Vec<(String, StorageArea, String, Secret)>,
    cookies: Vec<Cookie>,
    hosts: Hosts,
    /// Where it is, if that is an address.
    page: Option<Url>,
}

impl Sight {
    fn take(session: &mut Session, conditions: &[&BrowserCondition]) -> Result<Option<Self>, NoAnswer> {
        let keys: Vec<(StorageArea, String)> = conditions
            .iter()
            .filter_map(|condition| match condition {
                BrowserCondition::Storage { area, key, .. } => Some((*area, key.clone())),
                _ => None,
            })
            .collect();
        let selectors: Vec<String> = conditions
            .iter()
            .filter_map(|condition| match condition {
                BrowserCondition::Selector(selector) => Some(selector.clone()),
                _ => None,
            })
            .collect();
        let Some(seen) = evaluate(session, &keys, &selectors)? else { return Ok(None) };
        let asks_cookies =
            conditions.iter().any(|condition| matches!(condition, BrowserCondition::Cookie { .. }));
        let mut cookies = Vec::new();
        if asks_cookies {
            cookies = harvest::cookies(session, FOR_LOOKING)?;
            cookies.retain(|cookie| session.page.hosts().have_cookie(cookie));
        }
        let elsewhere = if keys.is_empty() { Vec::new() } else { elsewhere(session, &seen.origin, &keys)? };
        let (hosts, page) = (session.page.hosts().clone(), Url::parse(&seen.href).ok());
        Ok(Some(Self { seen, keys, selectors, elsewhere, cookies, hosts, page }))
    }

    fn has_settled(&self) -> bool {
        self.seen.state != "loading"
    }

    fn holds(&self, condition: &BrowserCondition) -> bool {
        match condition {
            BrowserCondition::Url(pattern) => {
                self.page.as_ref().is_some_and(|page| is_there_at(pattern, page, Some(&self.hosts)))
            }
            // A network's sign-in page may well have a form that looks like the service's (F2).
            BrowserCondition::Selector(selector) => {
                let place = self.selectors.iter().position(|known| known == selector);
                let is_found = place.is_some_and(|place| self.seen.found.get(place) == Some(&true));
                is_found && self.page.as_ref().is_some_and(|page| self.hosts.own(page))
            }
            BrowserCondition::Cookie { name, not } => {
                self.cookies.iter().any(|cookie| cookie.name == *name && counts(&cookie.value, not.as_ref()))
            }
            BrowserCondition::Storage { origin, area, key, not } => {
                let is_wanted = |there: &str| origin.as_deref().is_none_or(|wanted| wanted == there);
                let place = self.keys.iter().position(|(a, k)| a == area && k == key);
                let here = place.and_then(|place| self.seen.items.get(place)?.as_ref());
                let is_here = self.hosts.allow_origin(&self.seen.origin) && is_wanted(&self.seen.origin);
                here.filter(|_| is_here).is_some_and(|value| counts(value, not.as_ref()))
                    || self.elsewhere.iter().any(|(there, a, k, value)| {
                        a == area && k == key && is_wanted(there) && counts(value, not.as_ref())
                    })
            }
        }
    }
}

/// An empty value is none (F23), and one that was there before does not count.
fn counts(value: &Secret, not: Option<&[u8; 32]>) -> bool {
    !value.is_empty() && not.is_none_or(|old| value.digest() != *old)
}

fn evaluate(
    session: &mut Session,
    keys: &[(StorageArea, String)],
    selectors: &[String],
) -> Result<Option<Seen>, NoAnswer> {
    let script = script(keys, selectors);
    let params = |json: &mut JsonWriter| {
        json.object_at("params", |json| {
            json.text("expression", &script);
            json.value("returnByValue", &true);
        });
    };
    session.call::<Evaluated>("Runtime.evaluate", params, FOR_LOOKING).map(|evaluated| evaluated.result.value)
}

/// Keys and selectors go in as JSON, which is JavaScript: a provider file cannot run anything through them.
fn script(keys: &[(StorageArea, String)], selectors: &[String]) -> String {
    let areas: Vec<(&str, &str)> = keys
        .iter()
        .map(|(area, key)| match area {
            StorageArea::Local => ("localStorage", key.as_str()),
            StorageArea::Session => ("sessionStorage", key.as_str()),
        })
        .collect();
    let (areas, selectors) = (serde_json::json!(areas), serde_json::json!(selectors));
    format!(
        "(() => {{
            const item = ([area, key]) => {{ try {{ return window[area].getItem(key) }} catch {{ return null }} }};
            const is_there = css => {{ try {{ return document.querySelector(css) !== null }} catch {{ return false }} }};
            return {{
                href: location.href, origin: location.origin, state: document.readyState,
                items: {areas}.map(item), found: {selectors}.map(is_there),
            }};
        }})()"
    )
}

/// Values of the wanted keys in frames that are at other origins of the provider than the page.
fn elsewhere(
    session: &mut Session,
    here: &str,
    keys: &[(StorageArea, String)],
) -> Result<Vec<(String, StorageArea, String, Secret)>, NoAnswer> {
    let origins: Vec<String> =
        session.page.live_origins().into_iter().filter(|origin| *origin != here).map(str::to_owned).collect();
    let mut found = Vec::new();
    for origin in origins {
        for area in [StorageArea::Local, StorageArea::Session] {
            if !keys.iter().any(|(wanted, _)| *wanted == area) {
                continue;
            }
            let items = match harvest::area_of(session, &origin, area, FOR_LOOKING) {
                // The frame left meanwhile.
                Err(NoAnswer::Refused) => continue,
                other => other?,
            };
            let wanted =
                items.into_iter().filter(|(key, _)| keys.iter().any(|(a, k)| *a == area && k == key));
            found.extend(wanted.map(|(key, value)| (origin.clone(), area, key, value)));
        }
    }
    Ok(found)
}
