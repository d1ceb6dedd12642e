//! The engine that was found, and whoever comes after it: an engine that ends between our knock and our call must not
//! be this command's failure.

use std::cell::RefCell;
use std::sync::Arc;

use lamplighter_core::api::{Event, Request, Response, TokenGrant, TokenRequest};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use lamplighter_engine::Engine as OwnEngine;
use lamplighter_engine::api::{Caller, Client, Remote, Service, Trouble};
use tokio::sync::broadcast;

use super::Way;

/// How often another engine is looked for. Each that was found has ended before it heard us: with many one-shots side
/// by side that happens a few times in a row.
const ENGINES: u32 = 100;

/// The engine that does the command, until it goes; then the next one.
pub struct Engine {
    now: RefCell<Now>,
}

/// The one that is asked now.
enum Now {
    There(Client),
    Own { service: Arc<dyn Service>, engine: OwnEngine },
}

/// What is needed of it for one call.
enum Ask {
    There(Client),
    Own(Arc<dyn Service>),
}

impl Now {
    fn of(way: Way) -> Self {
        match way {
            Way::There(client) => Self::There(client),
            Way::Own(engine) => Self::Own { service: engine.service(), engine },
        }
    }
}

impl Engine {
    /// What `way` leads to.
    pub(super) fn new(way: Way) -> Self {
        Self { now: RefCell::new(Now::of(way)) }
    }

    /// Ends an engine of our own: calls of others that it serves are finished first.
    pub async fn end(self) {
        if let Now::Own { service, engine } = self.now.into_inner() {
            drop(service);
            engine.stop().await;
        }
    }

    /// Does one call.
    ///
    /// # Errors
    /// Whatever the engine says, or why none could be asked.
    pub async fn call(&self, mut request: Request, lang: Lang) -> Result<Response, Notice> {
        for _ in 0..ENGINES {
            let client = match self.ask(lang) {
                Ask::Own(service) => return service.call(caller(), request, lang).await,
                Ask::There(client) => client,
            };
            let (answer, asked) = aside(move || (client.call(&request), request)).await?;
            match answer {
                Ok(response) => return Ok(response),
                Err(Trouble::Nobody) if !is_of_a_login(&asked) => {}
                Err(Trouble::Gone) if is_harmless_twice(&asked) => {}
                Err(trouble) => return Err(trouble.notice(lang)),
            }
            request = asked;
            self.look_for_the_next(lang).await?;
        }
        Err(Trouble::Gone.notice(lang))
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// Whatever the engine says, or why none could be asked.
    pub async fn token(
        &self,
        account: &str,
        request: TokenRequest,
        lang: Lang,
    ) -> Result<TokenGrant, Notice> {
        for _ in 0..ENGINES {
            let client = match self.ask(lang) {
                Ask::Own(service) => return service.token(caller(), account.into(), request, lang).await,
                Ask::There(client) => client,
            };
            let (account, request) = (account.to_owned(), request.clone());
            match aside(move || client.token(&account, &request)).await? {
                Ok(grant) => return Ok(grant),
                Err(Trouble::Nobody | Trouble::Gone) => {}
                Err(trouble) => return Err(trouble.notice(lang)),
            }
            self.look_for_the_next(lang).await?;
        }
        Err(Trouble::Gone.notice(lang))
    }

    /// What the engine that is asked now tells of.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        match &*self.now.borrow() {
            Now::There(client) => Remote::new(client.clone()).events(),
            Now::Own { service, .. } => service.events(),
        }
    }

    fn ask(&self, lang: Lang) -> Ask {
        match &*self.now.borrow() {
            Now::There(client) => Ask::There(client.clone().speaking(lang)),
            Now::Own { service, .. } => Ask::Own(Arc::clone(service)),
        }
    }

    async fn look_for_the_next(&self, lang: Lang) -> Result<(), Notice> {
        let next = Now::of(super::seek(lang).await?);
        self.now.replace(next);
        Ok(())
    }
}

/// Who we are to it.
fn caller() -> Caller {
    Caller::one_shot(std::process::id())
}

/// Whether only the engine can answer that has the login: with it the login is gone.
fn is_of_a_login(request: &Request) -> bool {
    matches!(request, Request::LoginState { .. } | Request::LoginAnswer { .. })
}

/// Whether doing it once more does no harm, should the engine that went have done it. Its journal knows what it
/// spent, so refreshing is among these; what makes, moves or deletes something is not.
fn is_harmless_twice(request: &Request) -> bool {
    matches!(
        request,
        Request::Accounts
            | Request::Account { .. }
            | Request::Refresh { .. }
            | Request::Check { .. }
            | Request::Pause { .. }
            | Request::Resume { .. }
            | Request::PauseAll { .. }
            | Request::Secrets { .. }
            | Request::Alerts
            | Request::Providers
            | Request::History { .. }
            | Request::Settings
            | Request::Engine
    )
}

/// Runs a blocking call beside the runtime.
async fn aside<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Result<T, Notice> {
    let ended = tokio::task::spawn_blocking(call).await;
    ended.map_err(|_| Notice::new(Code::Internal, "A call to the engine broke off."))
}
