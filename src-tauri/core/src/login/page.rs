//! What is read from a page in the login window: one constant, read-only snippet, on the provider's hosts only.
//!
//! The answer comes from the page's own world, so the page decides what it says: its size is limited, its
//! origin is compared with the one that the webview shows, and nothing of it is ever put into a script.

use serde::Deserialize;
use url::Url;

use crate::record::{StorageArea, StorageItem};
use crate::secret::Secret;

/// The only script that is ever run in a login window. It changes nothing, needs no input, and answers a JSON
/// text; what is too large for a login's storage is left out on the page's side already.
pub const READ_PAGE: &str = r#"(() => {
  const area = (get) => {
    const items = [];
    try {
      const storage = get();
      let room = 1048576;
      for (let i = 0; i < storage.length && items.length < 500; i++) {
        const key = storage.key(i);
        const value = key === null ? null : storage.getItem(key);
        if (value === null || key.length > 1024 || value.length > 262144) continue;
        room -= key.length + value.length;
        if (room < 0) break;
        items.push([key, value]);
      }
    } catch (_) {}
    return items;
  };
  try {
    return JSON.stringify({
      origin: location.origin,
      agent: navigator.userAgent,
      languages: navigator.languages.join(","),
      local: area(() => localStorage),
      session: area(() => sessionStorage),
    });
  } catch (_) {
    return "{}";
  }
})()"#;

/// Answers longer than this are not looked at; the snippet keeps to a fraction of it.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
const MOST_ITEMS: usize = 500;
const LONGEST_KEY: usize = 4 * 1024;
const LONGEST_VALUE: usize = 1024 * 1024;
const LONGEST_HEADER: usize = 1024;

/// What [`READ_PAGE`] found.
pub struct PageRead {
    /// The page's origin, as it is shown.
    pub origin: String,
    /// `navigator.userAgent`.
    pub user_agent: Option<String>,
    /// `navigator.languages`, joined by commas.
    pub languages: Option<String>,
    /// Both storages.
    pub items: Vec<StorageItem>,
}

impl PageRead {
    /// Reads the snippet's answer as the webview hands it over: a JSON text inside a JSON text. `None` if it
    /// is anything else, too large, or of another origin than `shown`, the address that the webview shows.
    pub fn from_answer(answer: &str, shown: &Url) -> Option<Self> {
        if answer.len() > LONGEST_ANSWER {
            return None;
        }
        let inner: Secret = serde_json::from_str(answer).ok()?;
        let wire: Answer = serde_json::from_slice(inner.expose()).ok()?;
        let origin = shown.origin();
        if !origin.is_tuple() || origin.ascii_serialization() != wire.origin {
            return None;
        }
        let item = |area: StorageArea| {
            let origin = wire.origin.clone();
            move |(key, value): (String, Secret)| StorageItem { origin: origin.clone(), area, key, value }
        };
        let fits = |(key, value): &(String, Secret)| key.len() <= LONGEST_KEY && value.len() <= LONGEST_VALUE;
        let local = wire.local.into_iter().take(MOST_ITEMS).filter(fits).map(item(StorageArea::Local));
        let session = wire.session.into_iter().take(MOST_ITEMS).filter(fits).map(item(StorageArea::Session));
        let items = local.chain(session).collect();
        Some(Self {
            user_agent: header_text(wire.agent),
            languages: header_text(wire.languages),
            items,
            origin: wire.origin,
        })
    }
}

#[derive(Deserialize)]
struct Answer {
    origin: String,
    #[serde(default)]
    agent: String,
    #[serde(default)]
    languages: String,
    #[serde(default)]
    local: Vec<(String, Secret)>,
    #[serde(default)]
    session: Vec<(String, Secret)>,
}

/// Text of a page that will go into a request header: printable ASCII of bounded length, or nothing.
fn header_text(text: String) -> Option<String> {
    let is_sound = !text.is_empty()
        && text.len() <= LONGEST_HEADER
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    is_sound.then_some(text)
}
