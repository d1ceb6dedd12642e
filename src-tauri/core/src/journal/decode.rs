//! Entries from bytes.

use std::time::Duration;

use serde::Deserialize;

use super::{Answer, Back, Entry, Mark, Place, Scratch};
use crate::exchange::{BrowserEnd, BrowserResult, Exchange, NoReply, Reply, Sent};
use crate::id::{ChainName, Generation};
use crate::jar::CookieWire;
use crate::record::StorageWire;
use crate::secret::{Secret, from_base64};
use crate::time::{Now, Timestamp};

impl Entry {
    /// The entry that [`Entry::encode`] wrote, or `None` if it is none of ours (a newer version's).
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<EntryWire>(bytes).ok()?.into_entry()
    }
}

/// An entry of a kind, or with fields, that this version does not know.
#[derive(Deserialize)]
pub(super) struct NewerEntry {
    #[serde(rename = "entry")]
    _kind: String,
    /// Which material it is about, if it says so where all entries do.
    pub generation: Option<Generation>,
}

impl NewerEntry {
    /// What [`Entry::decode`] has not read, if it is an entry at all.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[derive(Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
enum EntryWire {
    Mark(MarkWire),
    Unmark(PlaceWire),
    Answer(Box<AnswerWire>),
    Record {
        #[serde(deserialize_with = "from_base64")]
        record: Secret,
    },
}

#[derive(Deserialize)]
struct PlaceWire {
    chain: ChainName,
    generation: Generation,
    rung: usize,
    step: usize,
}

#[derive(Deserialize)]
struct MarkWire {
    #[serde(flatten)]
    place: PlaceWire,
    replays: u32,
    #[serde(default)]
    was_rejected: bool,
    way: Option<String>,
    #[serde(default, deserialize_with = "some_base64")]
    record: Option<Secret>,
    #[serde(default)]
    steps: Vec<PairWire>,
    #[serde(default)]
    is_doubtful: bool,
    #[serde(default, deserialize_with = "some_base64")]
    stored: Option<Secret>,
}

#[derive(Deserialize)]
struct AnswerWire {
    #[serde(flatten)]
    place: PlaceWire,
    next: Option<usize>,
    http: Option<ExchangeWire>,
    browser: Option<BrowserWire>,
}

#[derive(Deserialize)]
struct PairWire {
    name: String,
    #[serde(deserialize_with = "from_base64")]
    value: Secret,
}

#[derive(Deserialize)]
struct ExchangeWire {
    sent: Sent,
    took: Duration,
    at: Now,
    reply: Option<ReplyWire>,
    no_reply: Option<NoReply>,
}

#[derive(Deserialize)]
struct ReplyWire {
    status: u16,
    headers: Vec<PairWire>,
    #[serde(deserialize_with = "from_base64")]
    body: Secret,
    date: Option<Timestamp>,
}

#[derive(Deserialize)]
struct BrowserWire {
    end: BrowserEnd,
    #[serde(default, deserialize_with = "some_base64")]
    url: Option<Secret>,
    cookies: Option<Vec<CookieWire>>,
    storage: Option<Vec<StorageWire>>,
    request_headers: Vec<PairWire>,
    user_agent: Option<String>,
    took: Duration,
    at: Now,
}

fn some_base64<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    from_base64(deserializer).map(Some)
}

impl EntryWire {
    fn into_entry(self) -> Option<Entry> {
        Some(match self {
            Self::Mark(mark) => Entry::Mark(Mark {
                place: mark.place.into(),
                replays: mark.replays,
                was_rejected: mark.was_rejected,
                way: mark.way,
                work: Scratch {
                    record: mark.record,
                    steps: pairs(mark.steps),
                    is_doubtful: mark.is_doubtful,
                },
                stored: mark.stored,
            }),
            Self::Unmark(place) => Entry::Unmark(place.into()),
            Self::Answer(answer) => {
                let back = match (answer.http, answer.browser) {
                    (Some(http), _) => Back::Http(http.into()),
                    (None, Some(browser)) => Back::Browser(browser.into()),
                    (None, None) => return None,
                };
                Entry::Answer(Answer { place: answer.place.into(), back, next: answer.next })
            }
            Self::Record { record } => Entry::Record(record),
        })
    }
}

fn pairs(wire: Vec<PairWire>) -> Vec<(String, Secret)> {
    wire.into_iter().map(|pair| (pair.name, pair.value)).collect()
}

impl From<PlaceWire> for Place {
    fn from(wire: PlaceWire) -> Self {
        Self { chain: wire.chain, generation: wire.generation, rung: wire.rung, step: wire.step }
    }
}

impl From<ExchangeWire> for Exchange {
    fn from(wire: ExchangeWire) -> Self {
        let reply = match wire.reply {
            Some(reply) => Ok(Reply {
                status: reply.status,
                headers: pairs(reply.headers),
                body: reply.body,
                date: reply.date,
            }),
            None => Err(wire.no_reply.unwrap_or(NoReply::Cut)),
        };
        Self { sent: wire.sent, reply, took: wire.took, at: wire.at }
    }
}

impl From<BrowserWire> for BrowserResult {
    fn from(wire: BrowserWire) -> Self {
        Self {
            end: wire.end,
            url: wire.url.and_then(|url| url.expose_str()?.parse().ok()),
            cookies: wire.cookies.map(|cookies| cookies.into_iter().map(Into::into).collect()),
            storage: wire.storage.map(|items| items.into_iter().map(Into::into).collect()),
            request_headers: pairs(wire.request_headers),
            user_agent: wire.user_agent,
            took: wire.took,
            at: wire.at,
        }
    }
}
