//! `lamp history`.

use lamplighter_core::api::{HistoryRow, Request, Response};
use lamplighter_core::text::{Lang, moment};

use super::{ask, unfitting};
use crate::engine::Engine;
use crate::screen::{Outcome, Screen, table};

/// Past refreshes, newest first.
pub async fn run(account: String, limit: u32, engine: &Engine, screen: &Screen) -> Outcome {
    let answer = ask(engine, Request::History { account, limit: Some(limit) }, screen).await?;
    let Response::History { rows } = &answer else { return Err(unfitting(screen.lang)) };
    if screen.json {
        screen.json(&answer)?;
    } else if rows.is_empty() {
        screen.remark(screen.pick("Nothing happened yet.", "Il ne s’est encore rien passé."));
    } else {
        let head = match screen.lang {
            Lang::En => ["WHEN", "WHAT HAPPENED", "WAY", "TOOK"],
            Lang::Fr => ["QUAND", "CE QUI S’EST PASSÉ", "PAR", "DURÉE"],
        };
        let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(row, screen)).collect();
        screen.line(&table(&head, &rows))?;
    }
    Ok(0)
}

fn cells(row: &HistoryRow, screen: &Screen) -> Vec<String> {
    let way = match row.way.as_deref() {
        Some("http") => "HTTP",
        Some("oauth") => "OAuth",
        Some("browser") => "Chrome",
        Some(other) => other,
        None => "–",
    };
    // Tenths, because most refreshes take less than a second.
    let (whole, tenths) = (row.took_ms / 1000, row.took_ms % 1000 / 100);
    let took = format!("{whole}{}{tenths} s", screen.pick(".", ","));
    vec![moment(row.at, screen.clock(), screen.lang), row.words.clone(), way.to_owned(), took]
}
