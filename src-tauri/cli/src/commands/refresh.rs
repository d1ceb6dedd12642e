//! `lamp refresh`: the report of S3.4.

use lamplighter_core::api::{RefreshReport, RefreshRow, Request, Response};
use lamplighter_core::id::AccountName;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use super::{ask, unfitting};
use crate::engine::Engine;
use crate::screen::{Failure, Outcome, Screen, table};
use crate::words;

/// Refreshes and reports. An account that was named and could not be refreshed counts for the exit code even
/// if it was only skipped, because it is paused or blocked.
pub async fn run(
    accounts: Vec<String>,
    force: bool,
    dry_run: bool,
    engine: &Engine,
    screen: &Screen,
) -> Outcome {
    let named = !accounts.is_empty();
    let answer = ask(engine, Request::Refresh { accounts, force, dry_run }, screen).await?;
    let Response::Refresh { report } = &answer else { return Err(unfitting(screen.lang)) };
    say(report, named, screen)
}

/// Sends lost requests once more, account by account, and reports. Of several, one that cannot be tried is a row of
/// the report: what was sent for the others is told all the same.
pub async fn try_once(accounts: Vec<String>, engine: &Engine, screen: &Screen) -> Outcome {
    let several = accounts.len() > 1;
    let mut whole = RefreshReport { total: 0, success: 0, failed: 0, skipped: 0, rows: Vec::new() };
    for account in accounts {
        let name = account.parse();
        let report = match (ask(engine, Request::TryOnce { account }, screen).await, name) {
            (Ok(Response::Refresh { report }), _) => report,
            (Ok(_), _) => return Err(unfitting(screen.lang)),
            (Err(Failure::Notice(notice)), Ok(account)) if several => not_tried(account, *notice),
            (Err(failure), _) => return Err(failure),
        };
        whole.total += report.total;
        whole.success += report.success;
        whole.failed += report.failed;
        whole.skipped += report.skipped;
        whole.rows.extend(report.rows);
    }
    say(&whole, true, screen)
}

fn not_tried(account: AccountName, notice: Notice) -> RefreshReport {
    let row = RefreshRow { account, result: "failed".to_owned(), notice: Some(notice), ends: None };
    RefreshReport { total: 1, success: 0, failed: 1, skipped: 0, rows: vec![row] }
}

fn say(report: &RefreshReport, named: bool, screen: &Screen) -> Outcome {
    let counts = |row: &&RefreshRow| named || row.result == "failed";
    let codes =
        report.rows.iter().filter(counts).filter_map(|row| row.notice.as_ref()).map(|notice| notice.code);
    let exit = Code::worst(codes).map_or(0, Code::exit);
    if screen.json {
        screen.json(&Response::Refresh { report: report.clone() })?;
    } else {
        show(report, screen)?;
    }
    Ok(exit)
}

fn show(report: &RefreshReport, screen: &Screen) -> Result<(), Failure> {
    if !report.rows.is_empty() {
        let head = match screen.lang {
            Lang::En => ["NAME", "RESULT", "TOKEN ENDS", "WHY"],
            Lang::Fr => ["NOM", "RÉSULTAT", "FIN DU JETON", "POURQUOI"],
        };
        let rows: Vec<Vec<String>> = report.rows.iter().map(|row| cells(row, screen)).collect();
        screen.line(&table(&head, &rows))?;
        screen.line("")?;
    }
    let RefreshReport { total, success, failed, skipped, .. } = report;
    // None of something is plural in English and singular in French.
    let s = |count: &u32| match (count, screen.lang) {
        (1, _) | (0, Lang::Fr) => "",
        _ => "s",
    };
    screen.line(&match screen.lang {
        Lang::En => {
            let accounts = format!("{total} account{}", s(total));
            format!("{accounts}: {success} refreshed, {failed} failed, {skipped} skipped.")
        }
        Lang::Fr => {
            let accounts = format!("{total} compte{}", s(total));
            let done = format!("{success} rafraîchi{}", s(success));
            format!("{accounts}\u{a0}: {done}, {failed} en échec, {skipped} laissé{} de côté.", s(skipped))
        }
    })?;
    Ok(())
}

fn cells(row: &RefreshRow, screen: &Screen) -> Vec<String> {
    let result = match row.result.as_str() {
        "success" => screen.pick("refreshed", "rafraîchi"),
        "failed" => screen.pick("failed", "échec"),
        "skipped" => screen.pick("skipped", "laissé"),
        "would_refresh" => screen.pick("would be refreshed", "serait rafraîchi"),
        other => other,
    };
    let why = row.notice.as_ref().map(|notice| notice.what.clone()).unwrap_or_default();
    vec![row.account.to_string(), result.to_owned(), words::maybe(row.ends, screen), why]
}
