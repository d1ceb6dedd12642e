//! What the engine offers, whoever asks: the window, the socket, or `lamp` with an engine of its own.

use std::future::Future;
use std::pin::Pin;

use lamplighter_core::api::{Event, Request, Response, TokenGrant, TokenRequest};
use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use tokio::sync::broadcast;

/// An answer of a [`Service`] on its way; boxed, so that `dyn Service` exists.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Notice>> + Send + 'a>>;

/// The contract of [`lamplighter_core::api`], as one object. Dropping an answer gives up waiting for it; work
/// that spends a credential goes on all the same, because it belongs to the engine.
pub trait Service: Send + Sync + 'static {
    /// Does what `request` asks; texts for people are in `lang`.
    fn call(&self, caller: Caller, request: Request, lang: Lang) -> Answer<'_, Response>;

    /// A token of `account` (name or id), fresh as `request` wants it (S4.1). The caller is logged (T7, T26).
    fn token(
        &self,
        caller: Caller,
        account: String,
        request: TokenRequest,
        lang: Lang,
    ) -> Answer<'_, TokenGrant>;

    /// What changes from now on. A receiver that falls behind is told by [`broadcast::error::RecvError::Lagged`].
    fn events(&self) -> broadcast::Receiver<Event>;
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// File name of its executable; `unknown` if the system does not say.
    pub program: String,
    /// Its process, where known.
    pub pid: Option<u32>,
    /// Its user, where known. Always our own: others are turned away before they can say anything.
    pub uid: Option<u32>,
    /// By which way it came.
    pub kind: CallerKind,
}

/// By which way a caller came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// Our own window or tray.
    Window,
    /// Any program of the same user, over the local socket.
    Socket,
    /// `lamp`, in the process that runs the engine for this one command.
    OneShot,
}

impl Caller {
    /// Our own window or tray, in process `pid`.
    pub fn window(pid: u32) -> Self {
        Self { program: "lamplighter".to_owned(), pid: Some(pid), uid: None, kind: CallerKind::Window }
    }

    /// `lamp` in process `pid`, with an engine of its own.
    pub fn one_shot(pid: u32) -> Self {
        Self { program: "lamp".to_owned(), pid: Some(pid), uid: None, kind: CallerKind::OneShot }
    }
}
