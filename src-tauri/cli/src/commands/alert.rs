//! `lamp alert`: who is told elsewhere, and a trial.

use lamplighter_core::api::{AlertView, Request, Response, worst_exit};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use super::{ask, unfitting};
use crate::args::AlertCommand;
use crate::engine::Engine;
use crate::screen::{Outcome, Screen};

/// Lists, or sends a sample to all and says how it went: the exit code tells.
pub async fn run(command: AlertCommand, engine: &Engine, screen: &Screen) -> Outcome {
    let (request, is_test) = match command {
        AlertCommand::List => (Request::Alerts, false),
        AlertCommand::Test { account } => (Request::TestAlerts { account }, true),
    };
    let answer = ask(engine, request, screen).await?;
    let Response::Alerts { alerts } = &answer else { return Err(unfitting(screen.lang)) };
    // Where the file is broken, what was in force before is: that is no answer without saying so.
    let notices = super::list::engine_view(engine, screen).await.map(|view| view.notices).unwrap_or_default();
    let broken = notices.iter().find(|notice| notice.code == Code::BadFile);
    let failed: Vec<Notice> = alerts.iter().filter_map(|alert| alert.notice.clone()).collect();
    if screen.json {
        screen.json(&answer)?;
    } else if alerts.is_empty() {
        screen.remark(screen.pick(
            "Nobody is told elsewhere: add [[alerts]] to config.toml.",
            "Personne n’est prévenu ailleurs\u{a0}: ajoutez [[alerts]] à config.toml.",
        ));
    } else {
        alerts.iter().try_for_each(|alert| screen.line(&line(alert, is_test, screen.lang)))?;
        for notice in &failed {
            screen.error(notice)?;
        }
    }
    if !screen.json {
        broken.iter().for_each(|broken| screen.beside(broken));
    }
    Ok(if is_test { worst_exit(&failed) } else { 0 })
}

/// "discord  keychain:discord_ops  work-slack  needs-login, failed  taken".
fn line(alert: &AlertView, is_test: bool, lang: Lang) -> String {
    let of =
        alert.account.as_ref().map_or(lang.pick("all accounts", "tous les comptes"), |name| name.as_str());
    let on: Vec<&str> = alert.on.iter().map(|occasion| occasion.word()).collect();
    let state = match (&alert.notice, alert.told, is_test) {
        (Some(_), ..) => lang.pick("not taken", "refusé"),
        (None, Some(_), true) => lang.pick("sent", "envoyé"),
        (None, Some(_), false) => lang.pick("taken", "reçu"),
        (None, None, _) => lang.pick("nothing sent yet", "rien d’envoyé"),
    };
    format!("{}  {}  {of}  {}  {state}", alert.kind.word(), alert.to, on.join(", "))
}
