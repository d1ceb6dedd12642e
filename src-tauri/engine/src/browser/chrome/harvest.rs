//! Reading a session out of Chrome: the whole jar, and web storage of every origin of the provider that was visited.

use std::collections::BTreeSet;

use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::secret::{JsonWriter, Secret};
use lamplighter_core::time::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

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
    partition_key: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<(String, Secret)>,
}

/// All cookies of the tab's jar, HttpOnly ones too. Partitioned ones are left out: they belong to frames in other
/// services' pages, and a jar without partitions would send them where they do not belong.
pub(super) fn cookies(session: &mut Session, patience: Patience) -> Result<Vec<Cookie>, NoAnswer> {
    let empty = |json: &mut JsonWriter| json.object_at("params", |_| {});
    let Cookies { cookies } = session.call("Network.getAllCookies", empty, patience)?;
    Ok(cookies.into_iter().filter(|cookie| cookie.partition_key.is_none()).map(Cookie::from).collect())
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
