//! `lamp login`: starts a login, answers what it asks, says how it ends. Ctrl-C gives it up.

mod answer;
mod browser;
mod start;

use std::time::Duration;

use lamplighter_core::api::{Event, LoginAnswer, LoginStage, LoginView, Request, Response};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::unfitting;
use crate::args;
use crate::engine::Engine;
use crate::prompt;
use crate::screen::{Failure, Outcome, Screen};

/// Events can be lost; after this long without one the login is looked at anyway.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// Logs in, to a new account or again to one that exists.
pub async fn run(args: args::Login, engine: &Engine, screen: &Screen) -> Outcome {
    let no_open = args.no_open;
    // Listening begins first, so that no change is missed.
    let events = engine.events();
    let request = start::request(args, engine, screen).await?;
    let login = view(super::ask(engine, request, screen).await?, screen.lang)?;
    let id = login.id.clone();
    let mut talk = Talk { engine, screen, events, no_open, shown: None };
    let ended = tokio::select! {
        ended = talk.until_over(login) => ended,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    };
    if ended.is_err() {
        prompt::show_again();
        let cancel = Request::LoginAnswer { login: id, answer: LoginAnswer::Cancel };
        // If the engine is gone, so is the login.
        _ = engine.call(cancel, screen.lang).await;
    }
    end(ended?, screen)
}

fn view(answer: Response, lang: Lang) -> Result<LoginView, Failure> {
    match answer {
        Response::Login { login } => Ok(*login),
        _ => Err(unfitting(lang)),
    }
}

/// A login under way, as the terminal sees it.
struct Talk<'a> {
    engine: &'a Engine,
    screen: &'a Screen,
    events: Receiver<Event>,
    no_open: bool,
    /// The stage that was dealt with last.
    shown: Option<LoginStage>,
}

impl Talk<'_> {
    async fn until_over(&mut self, mut login: LoginView) -> Result<LoginView, Failure> {
        while !login.stage.is_over() {
            if self.shown.as_ref() != Some(&login.stage) {
                self.shown = Some(login.stage.clone());
                if let Some(answer) = answer::to(&login, self.no_open, self.screen).await? {
                    login = self.ask(Request::LoginAnswer { login: login.id, answer }).await?;
                    // The same question again means that the answer was wrong: it is asked anew.
                    self.shown = None;
                    continue;
                }
            }
            self.changed(&login.id).await;
            login = self.ask(Request::LoginState { login: login.id }).await?;
        }
        Ok(login)
    }

    async fn ask(&self, request: Request) -> Result<LoginView, Failure> {
        view(self.engine.call(request, self.screen.lang).await?, self.screen.lang)
    }

    /// Waits until the login may have changed.
    async fn changed(&mut self, login: &str) {
        let heard = async {
            loop {
                match self.events.recv().await {
                    Ok(Event::Login { id }) if id == login => return,
                    Ok(Event::Lagged) | Err(RecvError::Lagged(_)) => return,
                    Ok(_) => {}
                    // No more events: the time-out below looks.
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        _ = tokio::time::timeout(LOOK_ANYWAY, heard).await;
    }
}

fn end(login: LoginView, screen: &Screen) -> Outcome {
    let exit = match &login.stage {
        LoginStage::Done { .. } => 0,
        LoginStage::Failed { notice } => notice.code.exit(),
        _ => Code::NeedsLogin.exit(),
    };
    if screen.json {
        match login.stage {
            LoginStage::Failed { notice } => screen.error(&notice)?,
            LoginStage::Done { .. } => screen.json(&Response::Login { login: Box::new(login) })?,
            _ => screen.error(&cancelled(&login, screen.lang))?,
        }
        return Ok(exit);
    }
    match &login.stage {
        LoginStage::Done { words, .. } => {
            screen.line(words)?;
            screen.remark(&format!("lamp token {}", login.account));
        }
        // Its cure is this very command, as it was typed.
        LoginStage::Failed { notice } => screen.beside(notice),
        _ => screen.error(&cancelled(&login, screen.lang))?,
    }
    Ok(exit)
}

fn cancelled(login: &LoginView, lang: Lang) -> Notice {
    Notice::new(Code::NeedsLogin, lang.pick("The login was given up.", "La connexion a été abandonnée."))
        .of(login.account.as_str())
        .safe(lang.pick("What was there before is still there.", "Ce qui existait avant est toujours là."))
}
