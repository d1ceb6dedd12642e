//! An engine in another process, as a [`Service`] like one of our own: `lamp` and the window need not know
//! where the engine runs.

use lamplighter_core::api::{Event, Request, Response, TokenGrant, TokenRequest};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use tokio::sync::broadcast;

use super::client::{Client, Trouble};
use super::events::Frame;
use super::{Answer, Caller, Service};

/// The service behind a [`Client`]. The engine sees the real caller by the socket, so the `Caller`s that are
/// given here go nowhere.
pub struct Remote {
    client: Client,
}

impl Remote {
    /// The engine that `client` leads to.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Service for Remote {
    fn call(&self, _: Caller, request: Request, lang: Lang) -> Answer<'_, Response> {
        let client = self.client.clone().speaking(lang);
        Box::pin(aside(lang, move || client.call(&request)))
    }

    fn token(&self, _: Caller, account: String, request: TokenRequest, lang: Lang) -> Answer<'_, TokenGrant> {
        let client = self.client.clone().speaking(lang);
        Box::pin(aside(lang, move || client.token(&account, &request)))
    }

    /// Events of the other process. The stream ends when the engine does; a listener then sees the channel
    /// closed.
    fn events(&self) -> broadcast::Receiver<Event> {
        let (sender, receiver) = broadcast::channel(256);
        let client = self.client.clone();
        let started =
            std::thread::Builder::new().name("events".into()).spawn(move || pass_on(&client, &sender));
        if let Err(error) = started {
            tracing::warn!(%error, "no thread for events");
        }
        receiver
    }
}

/// Runs a blocking call beside the runtime.
async fn aside<T: Send + 'static>(
    lang: Lang,
    call: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Notice> {
    match tokio::task::spawn_blocking(call).await {
        Ok(answer) => answer.map_err(|trouble| trouble.notice(lang)),
        Err(_) => Err(Notice::new(Code::Internal, "A call to the engine broke off.")),
    }
}

fn pass_on(client: &Client, sender: &broadcast::Sender<Event>) {
    let frames = match client.events() {
        Ok(frames) => frames,
        Err(trouble) => {
            tracing::debug!(notice = %trouble.notice(Lang::En).what, "no events");
            return;
        }
    };
    for frame in frames {
        let Ok(frame) = frame else { return };
        let heard = match event(&frame) {
            Some(event) => sender.send(event).is_ok(),
            None => sender.receiver_count() > 0,
        };
        if !heard {
            return;
        }
    }
}

/// The snapshot counts as "everything may have changed"; a sign of life as nothing.
fn event(frame: &Frame) -> Option<Event> {
    if frame.event == "snapshot" { Some(Event::Lagged) } else { serde_json::from_str(&frame.data).ok() }
}
