//! What is in the tables.

use std::collections::BTreeMap;

use lamplighter_core::api::{ReaderView, StripView};
use lamplighter_core::id::AccountId;
use lamplighter_core::time::Timestamp;
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, Result, Row, params};

/// One past refresh, probe or login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it ended.
    pub at: Timestamp,
    /// `login`, `refresh`, `probe`, `logout`.
    pub kind: String,
    /// `http`, `oauth`, `browser` where it applies.
    pub way: Option<String>,
    /// Stable outcome, such as `renewed`; see [`lamplighter_core::api::HistoryRow`].
    pub outcome: String,
    /// Why, in a form that the engine can put into words in any language.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// One session, from login to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifetime {
    /// When the login was made.
    pub began: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// Why it ended: a stable word.
    pub why: Option<String>,
}

/// How a sink did last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The last delivery that succeeded.
    pub delivered: Option<Timestamp>,
    /// The last one that failed, if it came after that, and why.
    pub failed: Option<(Timestamp, String)>,
}

pub(super) fn put_session(sqlite: &Connection, account: &AccountId, state: &str) -> Result<()> {
    let put = "INSERT INTO sessions VALUES (?1, ?2) ON CONFLICT DO UPDATE SET state = excluded.state";
    sqlite.prepare_cached(put)?.execute(params![account.as_str(), state]).map(drop)
}

pub(super) fn sessions(sqlite: &Connection) -> Result<BTreeMap<AccountId, String>> {
    let mut select = sqlite.prepare_cached("SELECT account, state FROM sessions")?;
    select.query_map([], |row| Ok((account(row, 0)?, row.get(1)?)))?.collect()
}

pub(super) fn add(sqlite: &Connection, account: &AccountId, entry: &Entry) -> Result<()> {
    let Entry { at, kind, way, outcome, reason, took_ms } = entry;
    let took_ms = i64::try_from(*took_ms).unwrap_or(i64::MAX);
    let add = "INSERT INTO history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![account.as_str(), at.0, kind, way, outcome, reason, took_ms];
    sqlite.prepare_cached(add)?.execute(values).map(drop)
}

pub(super) fn history(
    sqlite: &Connection,
    of: Option<&AccountId>,
    most: u32,
) -> Result<Vec<(AccountId, Entry)>> {
    let columns = "SELECT account, at, kind, way, outcome, reason, took_ms FROM history";
    let order = "ORDER BY at DESC, rowid DESC LIMIT ?1";
    match of {
        Some(of) => {
            let mut select = sqlite.prepare_cached(&format!("{columns} WHERE account = ?2 {order}"))?;
            select.query_map(params![most, of.as_str()], entry)?.collect()
        }
        None => {
            let mut select = sqlite.prepare_cached(&format!("{columns} {order}"))?;
            select.query_map([most], entry)?.collect()
        }
    }
}

/// What counts as fine in the strip; all other outcomes of a refresh count as failures.
pub(super) fn strip(
    sqlite: &Connection,
    account: &AccountId,
    from: Timestamp,
    slot_ms: i64,
    slots: u32,
) -> Result<Vec<StripView>> {
    let start = |slot: i64| Timestamp(from.0.saturating_add(slot.saturating_mul(slot_ms)));
    let mut strip: Vec<StripView> =
        (0..i64::from(slots)).map(|slot| StripView { from: start(slot), fine: 0, failed: 0 }).collect();
    let mut select = sqlite.prepare_cached(
        "SELECT (at - ?2) / ?3, SUM(outcome IN ('renewed', 'passed')), SUM(outcome NOT IN ('renewed', 'passed')) FROM history
         WHERE account = ?1 AND kind = 'refresh' AND at >= ?2 AND at < ?4 GROUP BY 1",
    )?;
    let mut rows = select.query(params![account.as_str(), from.0, slot_ms, start(i64::from(slots)).0])?;
    while let Some(row) = rows.next()? {
        let slot: u32 = row.get(0)?;
        if let Some(view) = strip.get_mut(slot as usize) {
            (view.fine, view.failed) = (row.get(1)?, row.get(2)?);
        }
    }
    Ok(strip)
}

pub(super) fn session_began(sqlite: &Connection, account: &AccountId, at: Timestamp) -> Result<()> {
    session_ended(sqlite, account, at, "replaced")?;
    let add = "INSERT INTO lifetimes (account, began) VALUES (?1, ?2)";
    sqlite.execute(add, params![account.as_str(), at.0]).map(drop)
}

pub(super) fn session_ended(
    sqlite: &Connection,
    account: &AccountId,
    at: Timestamp,
    why: &str,
) -> Result<()> {
    let end = "UPDATE lifetimes SET ended = ?2, why = ?3 WHERE account = ?1 AND ended IS NULL";
    sqlite.execute(end, params![account.as_str(), at.0, why]).map(drop)
}

pub(super) fn lifetimes(sqlite: &Connection, account: &AccountId) -> Result<Vec<Lifetime>> {
    let select = "SELECT began, ended, why FROM lifetimes WHERE account = ?1 ORDER BY began DESC, rowid DESC";
    sqlite
        .prepare_cached(select)?
        .query_map([account.as_str()], |row| {
            Ok(Lifetime { began: Timestamp(row.get(0)?), ended: time(row, 1)?, why: row.get(2)? })
        })?
        .collect()
}

pub(super) fn ended(sqlite: &Connection, why: &str) -> Result<Vec<(AccountId, Timestamp, Timestamp)>> {
    let select = "SELECT account, began, ended FROM lifetimes WHERE why = ?1 AND ended IS NOT NULL";
    let mut select = sqlite.prepare_cached(select)?;
    let mut rows = select.query([why])?;
    let mut ended = Vec::new();
    while let Some(row) = rows.next()? {
        // What is no id was not written by us.
        if let Ok(account) = row.get::<_, String>(0)?.parse() {
            ended.push((account, Timestamp(row.get(1)?), Timestamp(row.get(2)?)));
        }
    }
    Ok(ended)
}

pub(super) fn put_delivery(
    sqlite: &Connection,
    account: &AccountId,
    sink: &str,
    at: Timestamp,
    failure: Option<&str>,
) -> Result<()> {
    let put = match failure {
        None => {
            "INSERT INTO deliveries VALUES (?1, ?2, ?3, NULL, NULL)
             ON CONFLICT DO UPDATE SET delivered = excluded.delivered, failed = NULL, why = NULL"
        }
        Some(_) => {
            "INSERT INTO deliveries VALUES (?1, ?2, NULL, ?3, ?4)
             ON CONFLICT DO UPDATE SET failed = excluded.failed, why = excluded.why"
        }
    };
    let mut put = sqlite.prepare_cached(put)?;
    match failure {
        None => put.execute(params![account.as_str(), sink, at.0]).map(drop),
        Some(why) => put.execute(params![account.as_str(), sink, at.0, why]).map(drop),
    }
}

pub(super) fn deliveries(sqlite: &Connection, account: &AccountId) -> Result<BTreeMap<String, Delivery>> {
    let select = "SELECT sink, delivered, failed, why FROM deliveries WHERE account = ?1";
    sqlite
        .prepare_cached(select)?
        .query_map([account.as_str()], |row| {
            let failed = time(row, 2)?.zip(row.get(3)?);
            Ok((row.get(0)?, Delivery { delivered: time(row, 1)?, failed }))
        })?
        .collect()
}

pub(super) fn read(
    sqlite: &Connection,
    account: &AccountId,
    program: &str,
    at: Timestamp,
    times: u32,
) -> Result<()> {
    let add =
        "INSERT INTO reads VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET times = times + excluded.times";
    let values = params![account.as_str(), program, at.0.div_euclid(60_000), times];
    sqlite.prepare_cached(add)?.execute(values).map(drop)
}

pub(super) fn readers(sqlite: &Connection, account: &AccountId, from: Timestamp) -> Result<Vec<ReaderView>> {
    let select = "SELECT program, MAX(minute), SUM(times) FROM reads WHERE account = ?1 AND minute >= ?2
                  GROUP BY program ORDER BY 2 DESC, 1";
    sqlite
        .prepare_cached(select)?
        .query_map(params![account.as_str(), from.0.div_euclid(60_000)], |row| {
            let minute: i64 = row.get(1)?;
            let count: i64 = row.get(2)?;
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            Ok(ReaderView { program: row.get(0)?, at: Timestamp(minute.saturating_mul(60_000)), count })
        })?
        .collect()
}

pub(super) fn forget(sqlite: &Connection, account: &AccountId) -> Result<()> {
    for table in ["sessions", "history", "lifetimes", "deliveries", "reads"] {
        sqlite.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [account.as_str()])?;
    }
    Ok(())
}

fn entry(row: &Row<'_>) -> Result<(AccountId, Entry)> {
    let took: i64 = row.get(6)?;
    let entry = Entry {
        at: Timestamp(row.get(1)?),
        kind: row.get(2)?,
        way: row.get(3)?,
        outcome: row.get(4)?,
        reason: row.get(5)?,
        took_ms: u64::try_from(took).unwrap_or(0),
    };
    Ok((account(row, 0)?, entry))
}

fn account(row: &Row<'_>, column: usize) -> Result<AccountId> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(FromSqlError::other(error)))
    })
}

fn time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}
