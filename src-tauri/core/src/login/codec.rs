//! The protocol as JSON lines. Written by hand with [`JsonWriter`], because plans and captures hold secrets.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Capture, Command, Event, Plan};
use crate::exchange::BrowserCondition;
use crate::id::{hex, unhex};
use crate::jar::{Cookie, CookieWire, write_cookie};
use crate::record::{StorageArea, StorageItem, StorageWire, write_storage};
use crate::secret::{JsonWriter, Secret};
use crate::text::Lang;

/// A line that is not a message of this protocol. Says where, never what: the line can hold secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a message of the login protocol (column {column})")]
pub struct BadMessage {
    /// Column of the mistake in the line, from 1.
    pub column: usize,
}

impl From<serde_json::Error> for BadMessage {
    fn from(error: serde_json::Error) -> Self {
        Self { column: error.column() }
    }
}

impl Plan {
    /// One line of JSON with its line end.
    pub fn to_line(&self) -> Zeroizing<Vec<u8>> {
        line(|json| {
            json.text("version", env!("CARGO_PKG_VERSION"));
            json.text("account", &self.account);
            json.text("provider", &self.provider);
            json.value("lang", &self.lang);
            json.text("url", self.url.as_str());
            json.value("hosts", &self.hosts);
            json.array_at("device", |json| self.device.iter().for_each(|cookie| write_cookie(json, cookie)));
            json.array_at("done", |json| {
                self.done.iter().for_each(|condition| write_condition(json, condition))
            });
            json.value("user_agent", &self.user_agent);
            json.value("offer_done_after_s", &self.offer_done_after_s);
        })
    }

    /// Whether a plan was written by this version: the two programs come together, but one that runs stays what it is
    /// when they are replaced on the disk.
    pub fn is_of_this_version(line: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        serde_json::from_slice::<Version>(line).is_ok_and(|plan| plan.version == env!("CARGO_PKG_VERSION"))
    }

    /// Reads what [`Self::to_line`] wrote.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn from_line(line: &[u8]) -> Result<Self, BadMessage> {
        let wire: PlanWire = serde_json::from_slice(line)?;
        Ok(Self {
            account: wire.account,
            provider: wire.provider,
            lang: wire.lang,
            url: parse_url(&wire.url)?,
            hosts: wire.hosts,
            device: wire.device.into_iter().map(Cookie::from).collect(),
            done: wire.done.into_iter().map(ConditionWire::read).collect::<Result<_, _>>()?,
            user_agent: wire.user_agent,
            offer_done_after_s: wire.offer_done_after_s,
        })
    }
}

impl Command {
    /// One line of JSON with its line end.
    pub fn to_line(self) -> Vec<u8> {
        // A field-less enum always serialises.
        let mut line = serde_json::to_vec(&self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Reads what [`Self::to_line`] wrote.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn from_line(line: &[u8]) -> Result<Self, BadMessage> {
        Ok(serde_json::from_slice(line)?)
    }
}

impl Event {
    /// One line of JSON with its line end.
    pub fn to_line(&self) -> Zeroizing<Vec<u8>> {
        line(|json| match self {
            Self::Shown => json.text("event", "shown"),
            Self::At { host, secure } => {
                json.text("event", "at");
                json.text("host", host);
                json.value("secure", secure);
            }
            Self::Captured(capture) => {
                json.text("event", "captured");
                write_capture(json, capture);
            }
            Self::Closed => json.text("event", "closed"),
            Self::Failed { why } => {
                json.text("event", "failed");
                json.text("why", why);
            }
        })
    }

    /// Reads what [`Self::to_line`] wrote.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn from_line(line: &[u8]) -> Result<Self, BadMessage> {
        Ok(match serde_json::from_slice(line)? {
            EventWire::Shown => Self::Shown,
            EventWire::At { host, secure } => Self::At { host, secure },
            EventWire::Captured(wire) => Self::Captured(Box::new(wire.read()?)),
            EventWire::Closed => Self::Closed,
            EventWire::Failed { why } => Self::Failed { why },
        })
    }
}

fn line(members: impl FnOnce(&mut JsonWriter)) -> Zeroizing<Vec<u8>> {
    let mut json = JsonWriter::new();
    json.object(members);
    let mut line = json.finish();
    line.push(b'\n');
    line
}

fn parse_url(text: &str) -> Result<url::Url, BadMessage> {
    text.parse().map_err(|_| BadMessage { column: 0 })
}

fn write_condition(json: &mut JsonWriter, condition: &BrowserCondition) {
    json.object(|json| match condition {
        BrowserCondition::Storage { origin, area, key, not } => {
            json.text("kind", "storage");
            json.value("origin", origin);
            json.value("area", area);
            json.text("key", key);
            json.value("not", &not.map(|digest| hex(&digest)));
        }
        BrowserCondition::Cookie { name, not } => {
            json.text("kind", "cookie");
            json.text("name", name);
            json.value("not", &not.map(|digest| hex(&digest)));
        }
        BrowserCondition::Url(pattern) => {
            json.text("kind", "url");
            json.text("pattern", pattern);
        }
        BrowserCondition::Selector(selector) => {
            json.text("kind", "selector");
            json.text("selector", selector);
        }
    });
}

fn write_capture(json: &mut JsonWriter, capture: &Capture) {
    json.value("by_person", &capture.by_person);
    json.array_at("cookies", |json| capture.cookies.iter().for_each(|cookie| write_cookie(json, cookie)));
    json.array_at("storage", |json| capture.storage.iter().for_each(|item| write_storage(json, item)));
    json.value("user_agent", &capture.user_agent);
    json.value("languages", &capture.languages);
    if let Some(url) = &capture.url {
        // The address can hold a code or a state: it passes through the same buffer as all secrets.
        json.secret_text("url", &Secret::from(url.as_str()));
    }
}

#[derive(Deserialize)]
struct PlanWire {
    account: String,
    provider: String,
    lang: Lang,
    url: String,
    hosts: Vec<String>,
    device: Vec<CookieWire>,
    done: Vec<ConditionWire>,
    user_agent: Option<String>,
    offer_done_after_s: u32,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ConditionWire {
    Storage { origin: Option<String>, area: StorageArea, key: String, not: Option<String> },
    Cookie { name: String, not: Option<String> },
    Url { pattern: String },
    Selector { selector: String },
}

impl ConditionWire {
    fn read(self) -> Result<BrowserCondition, BadMessage> {
        Ok(match self {
            Self::Storage { origin, area, key, not } => {
                BrowserCondition::Storage { origin, area, key, not: read_digest(not)? }
            }
            Self::Cookie { name, not } => BrowserCondition::Cookie { name, not: read_digest(not)? },
            Self::Url { pattern } => BrowserCondition::Url(pattern),
            Self::Selector { selector } => BrowserCondition::Selector(selector),
        })
    }
}

fn read_digest(text: Option<String>) -> Result<Option<[u8; 32]>, BadMessage> {
    text.map(|text| unhex(&text).ok_or(BadMessage { column: 0 })).transpose()
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventWire {
    Shown,
    At { host: String, secure: bool },
    Captured(CaptureWire),
    Closed,
    Failed { why: String },
}

#[derive(Deserialize)]
struct CaptureWire {
    by_person: bool,
    cookies: Vec<CookieWire>,
    storage: Vec<StorageWire>,
    user_agent: Option<String>,
    languages: Option<String>,
    url: Option<Secret>,
}

impl CaptureWire {
    fn read(self) -> Result<Capture, BadMessage> {
        let url = self.url.map(|url| parse_url(url.expose_str().unwrap_or_default())).transpose()?;
        Ok(Capture {
            by_person: self.by_person,
            cookies: self.cookies.into_iter().map(Cookie::from).collect(),
            storage: self.storage.into_iter().map(StorageItem::from).collect(),
            user_agent: self.user_agent,
            languages: self.languages,
            url,
        })
    }
}
