//! The stream of events: numbered on the server, framed as server-sent events, read again by the client.

use std::io::BufRead;
use std::sync::Arc;

use axum::response::sse;
use futures_util::Stream;
use lamplighter_core::api::{Event, Response};
use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use tokio::sync::{broadcast, watch};

use super::guests::Busy;
use super::{Caller, Service};
use lamplighter_core::api::Request;

/// How many events a slow reader may be behind before it is told `lagged`.
const BEHIND: usize = 256;

/// One event, with the number that it has on every stream of this server.
#[derive(Debug, Clone)]
pub struct Told {
    /// `EPOCH-NUMBER`: numbers of different runs cannot be mistaken for each other.
    pub id: String,
    /// What changed.
    pub event: Event,
}

/// Numbers the service's events once, for all streams.
pub(crate) struct Board {
    sender: broadcast::Sender<Told>,
    epoch: String,
}

impl Board {
    pub(crate) fn new() -> Arc<Self> {
        let mut random = [0; 4];
        // Without randomness ids of two runs may look alike; every stream starts with a snapshot anyway.
        _ = getrandom::fill(&mut random);
        Arc::new(Self { sender: broadcast::Sender::new(BEHIND), epoch: lamplighter_core::id::hex(&random) })
    }

    /// Passes events on until `stop` says so or the service is gone.
    pub(crate) async fn run(
        self: Arc<Self>,
        mut events: broadcast::Receiver<Event>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut number = 0u64;
        loop {
            let event = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                event = events.recv() => match event {
                    Ok(event) => event,
                    Err(broadcast::error::RecvError::Lagged(_)) => Event::Lagged,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            };
            number += 1;
            // Without readers there is nobody to tell.
            _ = self.sender.send(Told { id: format!("{}-{number}", self.epoch), event });
        }
    }

    /// A stream: a snapshot first, then what changes, until `stop`.
    pub(crate) async fn stream(
        &self,
        service: &dyn Service,
        caller: Caller,
        lang: Lang,
        stop: watch::Receiver<bool>,
        busy: Busy,
    ) -> Result<impl Stream<Item = Result<sse::Event, axum::Error>> + use<>, Notice> {
        // Listening begins before the snapshot is taken, so that nothing falls between the two.
        let events = self.sender.subscribe();
        let engine = service.call(caller.clone(), Request::Engine, lang).await?;
        let accounts = service.call(caller, Request::Accounts, lang).await?;
        let first = sse::Event::default()
            .id(format!("{}-0", self.epoch))
            .event("snapshot")
            .json_data(Snapshot { engine, accounts });
        let state = Reading { first: Some(first), events, stop, _busy: busy };
        Ok(futures_util::stream::unfold(state, Reading::next))
    }
}

#[derive(serde::Serialize)]
struct Snapshot {
    engine: Response,
    accounts: Response,
}

struct Reading {
    first: Option<Result<sse::Event, axum::Error>>,
    events: broadcast::Receiver<Told>,
    stop: watch::Receiver<bool>,
    _busy: Busy,
}

impl Reading {
    async fn next(mut self) -> Option<(Result<sse::Event, axum::Error>, Self)> {
        if let Some(first) = self.first.take() {
            return Some((first, self));
        }
        let told = tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => return None,
            told = self.events.recv() => told,
        };
        let frame = match told {
            Ok(Told { id, event }) => sse::Event::default().id(id).event(name(&event)).json_data(&event),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                sse::Event::default().event(name(&Event::Lagged)).json_data(Event::Lagged)
            }
            Err(broadcast::error::RecvError::Closed) => return None,
        };
        Some((frame, self))
    }
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::Account { .. } => "account",
        Event::Refreshed { .. } => "refreshed",
        Event::AccountGone { .. } => "account_gone",
        Event::Login { .. } => "login",
        Event::Engine => "engine",
        Event::Lagged => "lagged",
    }
}

/// One frame of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// `snapshot`, or the event's name; empty for a sign of life.
    pub event: String,
    /// JSON.
    pub data: String,
}

/// Reads a stream of events, frame by frame. Signs of life come as frames without an event, so that the
/// reader can look around at least as often as they come.
pub struct Frames<R> {
    lines: R,
}

impl<R: BufRead> Frames<R> {
    /// Longest line that is read: a snapshot of some hundred accounts.
    const LONGEST: u64 = 16 * 1024 * 1024;

    /// Frames of what `lines` gives.
    pub fn new(lines: R) -> Self {
        Self { lines }
    }
}

impl<R: BufRead> Iterator for Frames<R> {
    type Item = std::io::Result<Frame>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut frame = Frame { id: None, event: String::new(), data: String::new() };
        loop {
            let mut line = String::new();
            match std::io::Read::take(&mut self.lines, Self::LONGEST).read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            let line = line.trim_end_matches(['\n', '\r']);
            match line.split_once(':').map(|(key, value)| (key, value.strip_prefix(' ').unwrap_or(value))) {
                None if line.is_empty() => return Some(Ok(frame)),
                Some(("id", value)) => frame.id = Some(value.to_owned()),
                Some(("event", value)) => value.clone_into(&mut frame.event),
                Some(("data", value)) => frame.data.push_str(value),
                Some(_) | None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_with_ids_names_and_signs_of_life() {
        let text = "id: a-1\nevent: engine\ndata: {\"event\":\"engine\"}\n\n:\n\n";
        let frames: Vec<_> =
            Frames::new(text.as_bytes()).map(|frame| frame.expect("text can be read")).collect();
        assert_eq!(frames[0].id.as_deref(), Some("a-1"));
        assert_eq!((frames[0].event.as_str(), frames[0].data.as_str()), ("engine", "{\"event\":\"engine\"}"));
        assert_eq!((frames[1].event.as_str(), frames.len()), ("", 2));
    }
}
