//! What is remembered of the past: in the state database for good, in memory for showing.

use std::collections::BTreeMap;
use std::time::Duration;

use lamplighter_core::api::{HistoryRow, ReaderView, Response, StripView};
use lamplighter_core::id::AccountId;
use lamplighter_core::refresh::AttemptSummary;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, outcome_words};
use lamplighter_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::lives::Lives;
use super::message::{Message, Reply};
use super::tokens::answer;
use crate::state::{Entry, StateDb};

/// What the window shows of the past.
const SHOWN: Duration = Duration::from_secs(7 * 24 * 3600);
/// One slot of the strip.
const SLOT: Duration = Duration::from_secs(4 * 3600);
const SLOTS: u32 = 42;
/// Programs that are shown.
const READERS: usize = 20;

/// The past of all accounts.
pub(crate) struct Ledger {
    database: StateDb,
    /// States of sessions as they were at start; taken out as accounts become known.
    sessions: BTreeMap<AccountId, String>,
    shown: BTreeMap<AccountId, Shown>,
}

/// What is shown of one account's past.
#[derive(Default)]
pub(crate) struct Shown {
    pub readers: Vec<ReaderView>,
    pub strip: Vec<StripView>,
    /// When each sink last got its tokens.
    pub delivered: BTreeMap<String, Timestamp>,
}

/// A history's reason, in each language.
#[derive(Serialize, Deserialize)]
struct Words {
    en: String,
    fr: String,
}

impl Ledger {
    /// Reads what the accounts' states were. A database that cannot be read is an empty one (F43).
    pub(crate) async fn open(database: StateDb) -> Self {
        let sessions = database.sessions().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the sessions' states are lost; each login is proven first");
            BTreeMap::new()
        });
        Self { database, sessions, shown: BTreeMap::new() }
    }

    /// How long all sessions lived that their service ended.
    pub(crate) async fn lives(&self) -> Lives {
        let mut lives = Lives::default();
        match self.database.ended(super::lives::DEAD.to_owned()).await {
            Ok(ended) => ended.iter().for_each(|(id, began, ended)| lives.add(id, *began, *ended)),
            Err(error) => tracing::warn!(%error, "how long sessions lived is lost"),
        }
        lives
    }

    /// An account's state as it was kept.
    pub(crate) fn take_session(&mut self, account: &AccountId) -> Option<String> {
        self.sessions.remove(account)
    }

    /// The account is not known any more; if it comes back, it goes on from there.
    pub(crate) fn keep_session(&mut self, account: &AccountId, state: String) {
        self.sessions.insert(account.clone(), state);
    }

    pub(crate) fn put_session(&self, account: &AccountId, state: String) {
        self.database.put_session(account, state);
    }

    pub(crate) fn database(&self) -> StateDb {
        self.database.clone()
    }

    pub(crate) fn session_began(&self, account: &AccountId, at: Timestamp) {
        self.database.session_began(account, at);
    }

    pub(crate) fn session_ended(&self, account: &AccountId, at: Timestamp, why: &str) {
        self.database.session_ended(account, at, why.to_owned());
    }

    /// What was kept of the past has been read.
    pub(crate) fn remember(&mut self, account: AccountId, shown: Shown) {
        self.shown.insert(account, shown);
    }

    /// Adds one refresh, probe, login or logout.
    pub(crate) fn add(&mut self, account: &AccountId, at: Timestamp, kind: &str, summary: &AttemptSummary) {
        let (outcome, en) = outcome_words(&summary.end, Lang::En);
        let (_, fr) = outcome_words(&summary.end, Lang::Fr);
        // Two texts serialise always.
        let reason = serde_json::to_string(&Words { en, fr }).ok();
        let entry = Entry {
            at,
            kind: kind.to_owned(),
            way: summary.way.map(|way| way.as_str().to_owned()),
            outcome: outcome.to_owned(),
            reason,
            took_ms: u64::try_from(summary.took.as_millis()).unwrap_or(u64::MAX),
        };
        self.database.add(account, entry);
        if kind == "refresh" {
            let is_fine = matches!(outcome, "renewed" | "passed");
            self.shown.entry(account.clone()).or_default().count(at, is_fine);
        }
    }

    /// A program was given a token (T26).
    pub(crate) fn read(&mut self, account: &AccountId, program: &str, at: Timestamp) {
        self.database.read(account, program.to_owned(), at, 1);
        let readers = &mut self.shown.entry(account.clone()).or_default().readers;
        match readers.iter().position(|reader| reader.program == program) {
            Some(known) => {
                let mut reader = readers.remove(known);
                reader.at = at;
                reader.count = reader.count.saturating_add(1);
                readers.insert(0, reader);
            }
            None => readers.insert(0, ReaderView { program: program.to_owned(), at, count: 1 }),
        }
        readers.truncate(READERS);
    }

    pub(crate) fn readers(&self, account: &AccountId) -> Vec<ReaderView> {
        self.shown.get(account).map(|shown| shown.readers.clone()).unwrap_or_default()
    }

    /// The last seven days, oldest first, empty slots included.
    pub(crate) fn strip(&self, account: &AccountId, now: Timestamp) -> Vec<StripView> {
        let first = first_slot(now);
        let slot = |index: u32| {
            let from = first.plus(SLOT * index);
            let known =
                self.shown.get(account).and_then(|shown| shown.strip.iter().find(|slot| slot.from == from));
            known.copied().unwrap_or(StripView { from, fine: 0, failed: 0 })
        };
        (0..SLOTS).map(slot).collect()
    }

    /// A sink got its tokens, or did not.
    pub(crate) fn delivered(
        &mut self,
        account: &AccountId,
        sink: String,
        at: Timestamp,
        failure: Option<&str>,
    ) {
        self.database.delivery(account, sink.clone(), at, failure.map(str::to_owned));
        if failure.is_none() {
            self.shown.entry(account.clone()).or_default().delivered.insert(sink, at);
        }
    }

    /// When a sink last got its tokens, by an engine before this one too.
    pub(crate) fn last_delivery(&self, account: &AccountId, sink: &str) -> Option<Timestamp> {
        self.shown.get(account)?.delivered.get(sink).copied()
    }

    pub(crate) fn forget(&mut self, account: &AccountId) {
        self.shown.remove(account);
        self.sessions.remove(account);
        self.database.forget(account);
    }
}

impl Shown {
    fn count(&mut self, at: Timestamp, is_fine: bool) {
        let from = slot_of(at);
        let known = self.strip.iter().position(|slot| slot.from == from);
        let index = known.unwrap_or_else(|| {
            self.strip.push(StripView { from, fine: 0, failed: 0 });
            self.strip.len() - 1
        });
        let Some(slot) = self.strip.get_mut(index) else { return };
        if is_fine {
            slot.fine += 1
        } else {
            slot.failed += 1
        }
        let oldest = first_slot(at);
        self.strip.retain(|slot| slot.from >= oldest);
    }
}

fn slot_of(at: Timestamp) -> Timestamp {
    let length = i64::try_from(SLOT.as_millis()).unwrap_or(i64::MAX);
    Timestamp(at.0.div_euclid(length) * length)
}

fn first_slot(now: Timestamp) -> Timestamp {
    slot_of(now).minus(SLOT * (SLOTS - 1))
}

impl Actor {
    /// Reads an account's past for showing; nobody waits for it.
    pub(crate) fn read_past(&self, account: &AccountId) {
        let (database, account) = (self.state.database(), account.clone());
        let (messages, now) = (self.ports.messages.clone(), self.now().wall);
        tokio::spawn(async move {
            let slot_ms = i64::try_from(SLOT.as_millis()).unwrap_or(i64::MAX);
            let readers = database.readers(&account, now.minus(SHOWN)).await;
            let strip = database.strip(&account, first_slot(now), slot_ms, SLOTS).await;
            let deliveries = database.deliveries(&account).await;
            let (Ok(readers), Ok(strip), Ok(deliveries)) = (readers, strip, deliveries) else { return };
            let delivered =
                deliveries.into_iter().filter_map(|(sink, last)| Some((sink, last.delivered?))).collect();
            let shown = Shown { readers, strip, delivered };
            if messages.send(Message::Past { account, shown }).await.is_err() {
                tracing::debug!("the past was read after the engine ended");
            }
        });
    }

    /// Answers with past refreshes.
    pub(crate) fn history(&self, account: &str, limit: u32, lang: Lang, reply: Reply<Response>) {
        let id = match self.find(account, lang) {
            Ok(id) => id,
            Err(notice) => return answer(reply, Err(notice)),
        };
        let database = self.state.database();
        tokio::spawn(async move {
            let rows = database.history(Some(&id), limit).await.map_err(|error| {
                tracing::warn!(%error, "the history cannot be read");
                unreadable(lang)
            });
            let words =
                |rows: Vec<(AccountId, Entry)>| rows.into_iter().map(|(_, entry)| row(entry, lang)).collect();
            answer(reply, rows.map(|rows| Response::History { rows: words(rows) }));
        });
    }
}

fn row(entry: Entry, lang: Lang) -> HistoryRow {
    let words = entry.reason.as_deref().and_then(|reason| serde_json::from_str::<Words>(reason).ok());
    HistoryRow {
        at: entry.at,
        words: words
            .map_or_else(|| entry.outcome.clone(), |words| lang.pick(&words.en, &words.fr).to_owned()),
        kind: entry.kind,
        way: entry.way,
        outcome: entry.outcome,
        took_ms: entry.took_ms,
    }
}

fn unreadable(lang: Lang) -> Notice {
    Notice::new(Code::Disk, lang.pick("The history cannot be read.", "L’historique est illisible."))
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .cure(lang.pick("Look at the log.", "Consultez le journal."))
}
