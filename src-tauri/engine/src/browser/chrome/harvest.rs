//! Reading a session out of Chrome: the whole jar, and web storage of every origin of the provider that was visited.

use std::collections::BTreeSet;

use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::secret::{JsonWriter, Secret};
use lamplighter_core::time::Timestamp;
use serde::Deserialize;

use super::restore::{open_blank, write_area};
use super::session::{FOR_LOOKING, FOR_READING, NoAnswer, Patience, Session};

#[derive(Deserialize)]
struct Cookies {
    cookies: Vec<ChromeCookie>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChromeCookie {
    name: String,
    value: Secret,
    domain: String,
    path: String,
    expires: f64,
    http_only: bool,
    secure: bool,
    session: bool,
    same_site: Option<String>,
    partition_key: Option<Partition>,
}

/// For whose pages a cookie is kept. Text in older versions.
#[derive(Deserialize)]
#[serde(untagged)]
enum Partition {
    #[serde(rename_all = "camelCase")]
    Key {
        top_level_site: String,
        #[serde(default)]
        has_cross_site_ancestor: bool,
    },
    Site(String),
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<(String, Secret)>,
}

/// All cookies of the tab's jar, HttpOnly ones too. Those of frames in other sites' pages are left out: a jar without
/// such partitions would send them where they do not belong.
pub(super) fn cookies(session: &mut Session, patience: Patience) -> Result<Vec<Cookie>, NoAnswer> {
    let empty = |json: &mut JsonWriter| json.object_at("params", |_| {});
    let Cookies { cookies } = session.call("Network.getAllCookies", empty, patience)?;
    Ok(cookies.into_iter().filter_map(of_its_own_site).collect())
}

fn of_its_own_site(mut cookie: ChromeCookie) -> Option<Cookie> {
    let partition = cookie.partition_key.take();
    let cookie = Cookie::from(cookie);
    let site = match &partition {
        None => return Some(cookie),
        Some(Partition::Key { has_cross_site_ancestor: true, .. }) => return None,
        Some(Partition::Key { top_level_site: site, .. } | Partition::Site(site)) => site,
    };
    (*site == cookie.site()).then_some(Cookie { partitioned: true, ..cookie })
}

impl From<ChromeCookie> for Cookie {
    fn from(cookie: ChromeCookie) -> Self {
        let same_site = match cookie.same_site.as_deref() {
            Some("Lax") => SameSite::Lax,
            Some("Strict") => SameSite::Strict,
            Some("None") => SameSite::None,
            _ => SameSite::Unspecified,
        };
        #[expect(clippy::cast_possible_truncation, reason = "`as` stops at the ends of the range")]
        let ends = || Timestamp((cookie.expires * 1_000.0).round() as i64);
        Self {
            expires: (!cookie.session).then(ends),
            host_only: !cookie.domain.starts_with('.'),
            domain: cookie.domain.trim_start_matches('.').to_ascii_lowercase(),
            name: cookie.name,
            value: cookie.value,
            path: cookie.path,
            secure: cookie.secure,
            http_only: cookie.http_only,
            same_site,
            partitioned: false,
        }
    }
}

/// Web storage of the provider's origins at the end: as it is where a page was, as it was restored elsewhere.
pub(super) fn storage(session: &mut Session, restored: &[StorageItem]) -> Result<Vec<StorageItem>, NoAnswer> {
    let visited = session.page.visited().clone();
    let live: BTreeSet<String> = session.page.live_origins().into_iter().map(str::to_owned).collect();
    let mut items = Vec::new();
    for origin in &live {
        // A page that is just leaving does not answer: then it is read like those that left before.
        match read_origin(session, origin, FOR_LOOKING) {
            Ok(found) => items.extend(found),
            Err(NoAnswer::Gone) => return Err(NoAnswer::Gone),
            Err(NoAnswer::Late | NoAnswer::Refused) => items.extend(read_left(session, origin)?),
        }
    }
    for origin in visited.difference(&live) {
        items.extend(read_left(session, origin)?);
    }
    let untouched = restored.iter().filter(|item| !visited.contains(&item.origin));
    items.extend(untouched.map(|item| StorageItem {
        origin: item.origin.clone(),
        area: item.area,
        key: item.key.clone(),
        value: item.value.duplicate(),
    }));
    Ok(items)
}

fn read_left(session: &mut Session, origin: &str) -> Result<Vec<StorageItem>, NoAnswer> {
    open_blank(session, origin, FOR_READING)?;
    read_origin(session, origin, FOR_READING)
}

fn read_origin(
    session: &mut Session,
    origin: &str,
    patience: Patience,
) -> Result<Vec<StorageItem>, NoAnswer> {
    let mut items = Vec::new();
    for area in [StorageArea::Local, StorageArea::Session] {
        let entries = area_of(session, origin, area, patience)?;
        items.extend(entries.into_iter().map(|(key, value)| StorageItem {
            origin: origin.to_owned(),
            area,
            key,
            value,
        }));
    }
    Ok(items)
}

/// The items of one storage of an origin that a frame of the page is at.
pub(super) fn area_of(
    session: &mut Session,
    origin: &str,
    area: StorageArea,
    patience: Patience,
) -> Result<Vec<(String, Secret)>, NoAnswer> {
    let which = |json: &mut JsonWriter| {
        json.object_at("params", |json| json.object_at("storageId", |json| write_area(json, origin, area)));
    };
    session.call("DOMStorage.getDOMStorageItems", which, patience).map(|Entries { entries }| entries)
}
