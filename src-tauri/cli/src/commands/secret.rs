//! `lamp secret`: values come by prompt or standard input, never by the command line, and never go out.

use lamplighter_core::api::{Request, Response};
use lamplighter_core::id::VarName;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;

use super::{ask, unfitting};
use crate::args::SecretCommand;
use crate::engine::Engine;
use crate::prompt;
use crate::screen::{Failure, Outcome, Screen};

/// Sets, lists or removes.
pub async fn run(command: SecretCommand, engine: &Engine, screen: &Screen) -> Outcome {
    match command {
        SecretCommand::Set { account, name } => {
            let value = read(&name, screen)?;
            done(Request::SetSecret { account, name, value }, engine, screen).await
        }
        SecretCommand::Rm { account, name } => {
            done(Request::RemoveSecret { account, name }, engine, screen).await
        }
        SecretCommand::List { account } => {
            let answer = ask(engine, Request::Secrets { account }, screen).await?;
            let Response::Secrets { names } = &answer else { return Err(unfitting(screen.lang)) };
            if screen.json {
                screen.json(&answer)?;
            } else {
                names.iter().try_for_each(|name| screen.line(name.as_str()))?;
            }
            Ok(0)
        }
    }
}

fn read(name: &VarName, screen: &Screen) -> Result<Secret, Failure> {
    let value = if prompt::is_possible() {
        prompt::hidden(&format!("{name}{}", screen.pick(":", "\u{a0}:")))?
    } else {
        Some(prompt::piped()?)
    };
    value.filter(|value| !value.is_empty()).ok_or_else(|| nothing(screen.lang).into())
}

fn nothing(lang: Lang) -> Notice {
    Notice::new(Code::Usage, lang.pick("No value was given.", "Aucune valeur n’a été donnée."))
        .safe(lang.pick("Nothing was changed.", "Rien n’a été modifié."))
}

async fn done(request: Request, engine: &Engine, screen: &Screen) -> Outcome {
    let answer = ask(engine, request, screen).await?;
    if screen.json {
        screen.json(&answer)?;
    } else {
        screen.remark(screen.pick("Done.", "C’est fait."));
    }
    Ok(0)
}
