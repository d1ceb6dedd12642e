//! `lamp list` and `lamp status`.

use lamplighter_core::api::{AccountView, EngineView, Request, Response};
use lamplighter_core::report::{Code, Notice};

use super::{ask, unfitting};
use crate::engine::Engine;
use crate::screen::{Failure, Outcome, Screen, table};
use crate::words;

/// All accounts, one per line.
pub async fn list(engine: &Engine, screen: &Screen) -> Outcome {
    let (answer, accounts) = accounts(engine, screen).await?;
    // A one-shot that answered the first question may have ended by now: the list is what was asked for.
    let view = engine_view(engine, screen).await.ok();
    if let (true, Some(why)) = (accounts.is_empty(), view.as_deref().and_then(why_none)) {
        return Err(why.clone().into());
    }
    let notices = view.map(|view| view.notices).unwrap_or_default();
    if screen.json {
        screen.json(&answer)?;
    } else {
        show(&accounts, screen)?;
        notices.iter().for_each(|notice| screen.beside(notice));
    }
    Ok(0)
}

/// Why "none yet" would be a wrong answer: accounts stand in a file that cannot be read, or where logins are kept is not
/// known or cannot be used yet, which is the first thing that is said then.
fn why_none(view: &EngineView) -> Option<&Notice> {
    let is_why = |notice: &&Notice| view.store.is_none() || notice.code == Code::BadFile;
    view.notices.iter().find(is_why)
}

pub(super) async fn engine_view(engine: &Engine, screen: &Screen) -> Result<Box<EngineView>, Failure> {
    match ask(engine, Request::Engine, screen).await? {
        Response::Engine { engine } => Ok(engine),
        _ => Err(unfitting(screen.lang)),
    }
}

/// All accounts, what they share, and the worst of them as exit code.
pub async fn status(engine: &Engine, screen: &Screen) -> Outcome {
    let (_, accounts) = accounts(engine, screen).await?;
    let view = engine_view(engine, screen).await?;
    let troubles = view.notices.iter().map(|notice| notice.code).chain(accounts.iter().filter_map(code));
    let exit = Code::worst(troubles).map_or(0, Code::exit);
    if screen.json {
        screen.json(&serde_json::json!({ "answer": "status", "engine": view, "accounts": accounts }))?;
        return Ok(exit);
    }
    screen.line(&view.words)?;
    for notice in &view.notices {
        let parts = [Some(&notice.what), notice.safe.as_ref(), notice.next.as_ref(), notice.cure.as_ref()];
        for part in parts.into_iter().flatten().filter(|part| **part != view.words) {
            screen.line(part)?;
        }
    }
    screen.line(&view.store_words)?;
    view.warnings.iter().for_each(|warning| screen.beside(warning));
    if let Some(words) = &view.no_notifications {
        screen.line(words)?;
    }
    if !accounts.is_empty() {
        screen.line("")?;
        show(&accounts, screen)?;
    }
    Ok(exit)
}

/// One account in detail.
pub async fn one(account: String, engine: &Engine, screen: &Screen) -> Outcome {
    let answer = ask(engine, Request::Account { account }, screen).await?;
    let Response::Account { account } = &answer else { return Err(unfitting(screen.lang)) };
    if screen.json {
        screen.json(&answer)?;
    } else {
        detail(account, screen)?;
    }
    Ok(code(account).map_or(0, Code::exit))
}

/// What an account's state means for the exit code: nothing, while a notice only informs.
pub fn code(account: &AccountView) -> Option<Code> {
    use lamplighter_core::api::Standing::{Fine, Working};
    let notice = account.notice.as_ref()?;
    (!matches!(account.standing, Fine | Working)).then_some(notice.code)
}

/// An account's name, its details, and what is wrong.
pub fn detail(account: &AccountView, screen: &Screen) -> Result<(), Failure> {
    screen.line(account.name.as_str())?;
    let lines = words::details(account, screen);
    let width = lines.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, text) in lines {
        let gap = " ".repeat(width - key.chars().count());
        screen.line(&format!("  {key}{gap}  {text}"))?;
    }
    if let Some(notice) = &account.notice {
        screen.line("")?;
        for part in [Some(&notice.what), notice.safe.as_ref(), notice.next.as_ref(), notice.cure.as_ref()] {
            part.map_or(Ok(()), |part| screen.line(&format!("  {part}")))?;
        }
    }
    Ok(())
}

async fn accounts(engine: &Engine, screen: &Screen) -> Result<(Response, Vec<AccountView>), Failure> {
    let answer = ask(engine, Request::Accounts, screen).await?;
    match &answer {
        Response::Accounts { accounts } => {
            let accounts = accounts.clone();
            Ok((answer, accounts))
        }
        _ => Err(unfitting(screen.lang)),
    }
}

fn show(accounts: &[AccountView], screen: &Screen) -> Result<(), Failure> {
    if accounts.is_empty() {
        screen.remark(screen.pick(
            "No accounts yet. Add one with: lamp login SERVICE   (services: lamp provider list)",
            "Aucun compte pour l’instant. Ajoutez-en un\u{a0}: lamp login SERVICE   (services\u{a0}: lamp provider list)",
        ));
        return Ok(());
    }
    let head = match screen.lang {
        lamplighter_core::text::Lang::En => ["NAME", "SERVICE", "STATE", "TOKEN", "NEXT REFRESH"],
        lamplighter_core::text::Lang::Fr => ["NOM", "SERVICE", "ÉTAT", "JETON", "PROCHAIN RAFRAÎCHISSEMENT"],
    };
    let rows: Vec<Vec<String>> = accounts.iter().map(|account| row(account, screen)).collect();
    screen.line(&table(&head, &rows))?;
    Ok(())
}

fn row(account: &AccountView, screen: &Screen) -> Vec<String> {
    vec![
        account.name.to_string(),
        account.service.clone(),
        words::standing(account.standing, screen.lang).to_owned(),
        words::left(account.tokens.first(), screen),
        words::maybe(account.next_refresh, screen),
    ]
}
