//! What is done to one account: `check`, `pause`, `resume`, `logout`, `rename`.

use lamplighter_core::api::{AccountView, Request, Response};
use lamplighter_core::id::AccountName;
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;

use super::{ask, list, unfitting};
use crate::args::Which;
use crate::engine::Engine;
use crate::screen::{Outcome, Screen};
use crate::words;

/// Proves that the login works: "yes" is exit code 0 (S3.5).
pub async fn check(account: String, engine: &Engine, screen: &Screen) -> Outcome {
    let answer = ask(engine, Request::Check { account }, screen).await?;
    let Response::Account { account } = &answer else { return Err(unfitting(screen.lang)) };
    let exit = list::code(account).map_or(0, Code::exit);
    if screen.json {
        screen.json(&answer)?;
    } else if let (Some(notice), true) = (&account.notice, exit != 0) {
        screen.error(&notice.clone().of(account.name.as_str()))?;
    } else {
        screen.line(&works(account, screen))?;
    }
    Ok(exit)
}

/// "work-slack works. Signed in as ana@example.com, token 11 h left."
fn works(account: &AccountView, screen: &Screen) -> String {
    let name = &account.name;
    let mut text = match screen.lang {
        Lang::En => format!("{name} works."),
        Lang::Fr => format!("{name} fonctionne."),
    };
    if let Some(identity) = &account.identity {
        text.push_str(&match screen.lang {
            Lang::En => format!(" Signed in as {identity}."),
            Lang::Fr => format!(" Connecté en tant que {identity}."),
        });
    }
    if let Some(token) = account.tokens.first() {
        let left = words::left(Some(token), screen);
        text.push_str(&match screen.lang {
            Lang::En => format!(" Token: {left}."),
            Lang::Fr => format!(" Jeton\u{a0}: {left}."),
        });
    }
    text
}

/// Pauses or resumes one account, or all.
pub async fn pause(which: Which, paused: bool, engine: &Engine, screen: &Screen) -> Outcome {
    let request = match which.account {
        Some(account) if paused => Request::Pause { account },
        Some(account) => Request::Resume { account },
        None => Request::PauseAll { paused },
    };
    let answer = ask(engine, request, screen).await?;
    if screen.json {
        screen.json(&answer)?;
        return Ok(0);
    }
    let accounts = match &answer {
        Response::Account { account } => std::slice::from_ref(&**account),
        Response::Accounts { accounts } => accounts,
        _ => return Err(unfitting(screen.lang)),
    };
    for account in accounts {
        let standing = words::standing(account.standing, screen.lang);
        screen.line(&format!("{}{} {standing}", account.name, screen.pick(":", "\u{a0}:")))?;
    }
    Ok(0)
}

/// Ends the session and forgets it; says so if the service could not be told.
pub async fn logout(account: String, engine: &Engine, screen: &Screen) -> Outcome {
    let answer = ask(engine, Request::Logout { account: account.clone() }, screen).await?;
    let Response::LoggedOut { revoke_failed, left } = &answer else { return Err(unfitting(screen.lang)) };
    if screen.json {
        screen.json(&answer)?;
        return Ok(0);
    }
    screen.line(&match screen.lang {
        Lang::En => format!("{account} is logged out, and what was stored is deleted."),
        Lang::Fr => format!("{account} est déconnecté, et ce qui était stocké est effacé."),
    })?;
    if let Some(why) = revoke_failed {
        screen.remark(&match screen.lang {
            Lang::En => format!("lamp: the session could not be ended at the service: {why}\n      Sign out there by hand."),
            Lang::Fr => {
                format!("lamp\u{a0}: la session n’a pas pu être terminée auprès du service\u{a0}: {why}\n       Déconnectez-vous là-bas à la main.")
            }
        });
    }
    left.iter().for_each(|notice| screen.beside(notice));
    Ok(0)
}

/// Another name.
pub async fn rename(account: String, name: AccountName, engine: &Engine, screen: &Screen) -> Outcome {
    let answer = ask(engine, Request::Rename { account: account.clone(), name }, screen).await?;
    let Response::Account { account: view } = &answer else { return Err(unfitting(screen.lang)) };
    if screen.json {
        screen.json(&answer)?;
    } else {
        screen.line(&format!("{account} → {}", view.name))?;
    }
    Ok(0)
}
