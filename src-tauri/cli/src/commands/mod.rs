//! The commands, each a question to the engine and a way to show the answer.

mod account;
mod alert;
mod history;
mod list;
mod login;
mod provider;
mod refresh;
mod secret;

use lamplighter_core::api::{Request, Response};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use crate::args::Command;
use crate::engine::Engine;
use crate::screen::{Failure, Outcome, Screen};
use crate::token;

pub use provider::check as check_provider;

/// Does a command with the engine.
///
/// # Errors
/// What the engine says, or that the output cannot be written.
pub async fn run(command: Command, engine: &Engine, screen: &Screen) -> Outcome {
    match command {
        Command::Login(args) => login::run(args, engine, screen).await,
        Command::List => list::list(engine, screen).await,
        Command::Status { account: Some(account) } => list::one(account, engine, screen).await,
        Command::Status { account: None } => list::status(engine, screen).await,
        Command::Token(args) => {
            let request = token::request(&args, screen.lang)?;
            token_of(&args, request, engine, screen).await
        }
        Command::Refresh { accounts, try_once: true, .. } => {
            refresh::try_once(accounts, engine, screen).await
        }
        Command::Refresh { accounts, force, dry_run, try_once: false } => {
            refresh::run(accounts, force, dry_run, engine, screen).await
        }
        Command::Check { account } => account::check(account, engine, screen).await,
        Command::Pause(which) => account::pause(which, true, engine, screen).await,
        Command::Resume(which) => account::pause(which, false, engine, screen).await,
        Command::Logout { account } => account::logout(account, engine, screen).await,
        Command::Rename { account, name } => account::rename(account, name, engine, screen).await,
        Command::History { account, limit } => history::run(account, limit, engine, screen).await,
        Command::Provider(command) => provider::run(command, engine, screen).await,
        Command::Alert(command) => alert::run(command, engine, screen).await,
        Command::Secret(command) => secret::run(command, engine, screen).await,
        Command::Serve | Command::Store { .. } | Command::Openapi | Command::Completions { .. } => {
            let what = screen.pick(
                "A command that needs no engine came to one.",
                "Une commande qui n’a pas besoin du moteur lui a été soumise.",
            );
            Err(Notice::new(Code::Internal, what).into())
        }
    }
}

/// A token from an engine; the request was made before, because it may have read standard input.
///
/// # Errors
/// What the engine says.
pub async fn token_of(
    args: &crate::args::Token,
    request: lamplighter_core::api::TokenRequest,
    engine: &Engine,
    screen: &Screen,
) -> Outcome {
    let answer = engine.token(&args.account, request, screen.lang);
    let grant = unless_interrupted(answer).await?;
    token::print(&grant, args, screen)
}

/// Asks the engine; Ctrl-C gives up waiting.
async fn ask(engine: &Engine, request: Request, screen: &Screen) -> Result<Response, Failure> {
    unless_interrupted(engine.call(request, screen.lang)).await
}

/// An answer, or Ctrl-C. An engine of our own then still finishes what it has begun.
async fn unless_interrupted<T>(answer: impl Future<Output = Result<T, Notice>>) -> Result<T, Failure> {
    tokio::select! {
        answer = answer => Ok(answer?),
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    }
}

/// An answer of another kind than was asked for.
fn unfitting(lang: Lang) -> Failure {
    lamplighter_engine::api::unfitting(lang).into()
}
