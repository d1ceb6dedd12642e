//! The engine: one loop that owns all accounts, and the handle by which everybody talks to it.

mod actor;
mod alerts;
mod boot;
mod calls;
pub(crate) mod configuration;
mod delivery;
mod effects;
mod erase;
mod ledger;
mod lives;
mod logins;
mod message;
mod moving;
mod naming;
mod owed;
mod paying;
mod perform;
mod providers;
mod refreshes;
mod rules;
mod secrets;
mod spending;
mod tokens;
mod typed;
mod views;
mod warned;
mod whereabouts;
mod work;

use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::api::{Event, Request, Response, TokenGrant, TokenRequest};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::api::{Answer, Caller, Service};
use crate::clock::Clock;
use crate::start::{Start, StartError};
pub(crate) use alerts::alert_address;
pub(crate) use effects::random;
use message::Message;
pub(crate) use perform::Ports;

pub use moving::{Move, MoveStep, Moved, configured, places};
pub use owed::{List as OwedList, owed};

/// How long a stopping engine waits for what runs: longer than one save, shorter than a log-off (F64).
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// How long calls of others that are under way may take.
const SERVER_STOPS_WITHIN: Duration = Duration::from_secs(1);
/// The same for a one-shot, which nobody waits for to log off: a refresh through Chrome is finished.
const ONE_SHOT_STOPS_WITHIN: Duration = Duration::from_secs(130);

/// A running engine. Dropping it does not end it well: call [`Engine::stop`].
pub struct Engine {
    handle: Arc<Handle>,
    clock: Arc<dyn Clock>,
    server: Option<crate::api::Server>,
    drains_within: Duration,
}

impl Engine {
    /// Takes the lock, reads configuration and state, binds the socket, and begins to keep logins alive.
    ///
    /// # Errors
    /// [`StartError::Held`] if another engine runs; else a notice that says what is in the way.
    pub async fn start(start: Start) -> Result<Self, StartError> {
        boot::boot(start).await
    }

    /// What the engine offers.
    pub fn service(&self) -> Arc<dyn Service> {
        self.handle.clone()
    }

    /// The way to tell it whether the screen is locked.
    pub fn screen(&self) -> Screen {
        Screen(self.handle.messages.clone())
    }

    /// The way to tell it that the machine goes to sleep and wakes.
    pub fn bed(&self) -> Bed {
        Bed(self.handle.messages.clone())
    }

    /// Starts nothing new, waits for what runs (5 s at most), writes what is open.
    pub async fn stop(mut self) {
        // The socket goes first: whoever comes now finds nobody and helps himself, instead of being told that
        // this engine is ending.
        if let Some(server) = self.server.take() {
            server.stop(self.drains_within).await;
        }
        let (done, stopped) = oneshot::channel();
        if self.handle.messages.send(Message::Stop { done }).await.is_ok() {
            tokio::select! {
                _ = stopped => {}
                () = self.clock.sleep(STOP_WITHIN) => tracing::warn!("something did not end in time"),
            }
        }
    }
}

/// Tells a running engine whether the screen is locked: prompts wait while it is (I8). Until told, it is not.
pub struct Screen(mpsc::Sender<Message>);

impl Screen {
    /// The screen was locked or unlocked. Blocks while the engine is behind: for threads, not for async tasks.
    pub fn tell(&self, locked: bool) {
        // An engine that has ended prompts nobody.
        _ = self.0.blocking_send(Message::Screen { locked });
    }
}

/// Tells a running engine that the machine goes to sleep and wakes (F45). It notices by itself, too, by the clocks; told
/// before, it loses no answer.
pub struct Bed(mpsc::Sender<Message>);

impl Bed {
    /// The machine is about to sleep: starts nothing any more. Returns when nothing runs, so that who called can let the
    /// machine sleep. For threads, not for async tasks.
    pub fn sleeps(&self) {
        let (done, finished) = oneshot::channel();
        if self.0.blocking_send(Message::Sleeps { done }).is_ok() {
            // An engine that ends, or a machine that woke meanwhile: nobody has to wait any more.
            _ = finished.blocking_recv();
        }
    }

    /// It woke. For threads, not for async tasks.
    pub fn woke(&self) {
        // An engine that has ended has nothing to look at.
        _ = self.0.blocking_send(Message::Woke);
    }
}

/// The engine as others see it: sends messages to the loop, waits for answers.
pub(crate) struct Handle {
    messages: mpsc::Sender<Message>,
    events: broadcast::Sender<Event>,
}

impl Handle {
    async fn ask<T>(
        &self,
        lang: Lang,
        message: impl FnOnce(message::Reply<T>) -> Message,
    ) -> Result<T, Notice> {
        let (reply, answer) = oneshot::channel();
        let ending = || {
            Notice::new(Code::Temporary, lang.pick("Lamplighter is ending.", "Lamplighter s’arrête."))
                .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
                .cure(lang.pick("Try again in a moment.", "Réessayez dans un instant."))
        };
        self.messages.send(message(reply)).await.map_err(|_| ending())?;
        answer.await.map_err(|_| ending())?
    }
}

impl Service for Handle {
    fn call(&self, _caller: Caller, request: Request, lang: Lang) -> Answer<'_, Response> {
        Box::pin(self.ask(lang, move |reply| Message::Call { request, lang, reply }))
    }

    fn token(
        &self,
        caller: Caller,
        account: String,
        request: TokenRequest,
        lang: Lang,
    ) -> Answer<'_, TokenGrant> {
        Box::pin(self.ask(lang, move |reply| Message::Token { caller, account, request, lang, reply }))
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
