//! One attached tab: commands and answers, with events taken in while waiting.

use std::time::Duration;

use headless_chrome::protocol::cdp::types::Method;
use headless_chrome::protocol::cdp::{Network, Page as Pages, Runtime};
use lamplighter_core::secret::JsonWriter;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::page::Page;
use super::pipe::{Frame, Next, Pipe};
use crate::browser::found::Stop;

/// How long one wait for a frame is, before `stop` is looked at again.
const TICK: Duration = Duration::from_millis(25);
/// Frames that are looked at before conditions are, however many come.
const BURST: usize = 64;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Chrome is gone.
    Gone,
    /// It was asked to stop, or its time for this call is up.
    Late,
    /// Chrome said no, or answered something else.
    Refused,
}

/// How long an answer is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// Until the visit is asked to stop.
    UntilStop,
    /// So many ticks, asked to stop or not.
    Ticks(u32),
    /// So many ticks, or until the visit is asked to stop.
    TicksOrStop(u32),
}

/// One wait, measured in ticks: only the engine's clock may be read.
struct Wait {
    patience: Patience,
    ticks: u32,
    frames: usize,
}

impl Wait {
    fn new(patience: Patience) -> Self {
        Self { patience, ticks: 0, frames: 0 }
    }

    fn count(&mut self, next: &Next) {
        match next {
            Next::Nothing => self.ticks += 1,
            // A page that never stops sending events does not stop the time.
            Next::Frame(_) => {
                self.frames += 1;
                self.ticks += u32::from(self.frames.is_multiple_of(BURST));
            }
            Next::Closed => {}
        }
    }

    fn is_over(&self, stop: &Stop) -> bool {
        match self.patience {
            Patience::UntilStop => stop.is_asked(),
            Patience::Ticks(most) => self.ticks >= most,
            Patience::TicksOrStop(most) => self.ticks >= most || stop.is_asked(),
        }
    }
}

/// For looking at a page: half a second. A page that is on its way elsewhere may never answer.
pub(super) const FOR_LOOKING: Patience = Patience::Ticks(20);

/// For reading at the end: three seconds, then what was read counts.
pub(super) const FOR_READING: Patience = Patience::Ticks(120);

/// The tab, its page, and the pipe to Chrome.
pub(super) struct Session {
    pipe: Pipe,
    stop: Stop,
    /// Of the tab; empty until attached.
    id: Option<String>,
    identity: Option<Identity>,
    /// What is known of its page.
    pub page: Page,
}

#[derive(Deserialize)]
struct Attached {
    #[serde(rename = "sessionId")]
    session: String,
}

#[derive(Deserialize)]
struct Dialog {
    #[serde(rename = "type")]
    kind: String,
}

impl Session {
    /// Speaks to the browser itself until [`Self::attach`].
    pub(super) fn new(pipe: Pipe, page: Page, stop: Stop) -> Self {
        Self { pipe, stop, id: None, identity: None, page }
    }

    /// From now on commands go to this tab.
    pub(super) fn attach(&mut self, id: String, page: Page, identity: Identity) {
        self.id = Some(id);
        self.page = page;
        self.identity = Some(identity);
    }

    /// One of `headless_chrome`'s commands. Only for what holds no secret: its types can be printed.
    pub(super) fn ask<T: DeserializeOwned>(
        &mut self,
        command: impl Method + Serialize,
        patience: Patience,
    ) -> Result<T, NoAnswer> {
        let (name, params) = named(&command);
        self.call(name, |json| json.value("params", &params), patience)
    }

    /// A command written by hand: `params` writes the member `params`.
    pub(super) fn call<T: DeserializeOwned>(
        &mut self,
        method: &str,
        params: impl FnOnce(&mut JsonWriter),
        patience: Patience,
    ) -> Result<T, NoAnswer> {
        let Some(id) = self.pipe.send(self.id.as_deref(), method, params) else {
            self.page.lose();
            return Err(NoAnswer::Gone);
        };
        let mut wait = Wait::new(patience);
        loop {
            match self.next(&mut wait)? {
                Some(frame) if frame.id == Some(id) => return frame.result().ok_or(NoAnswer::Refused),
                Some(frame) => _ = self.take_in(&frame),
                None => {}
            }
        }
    }

    /// Waits for an event of this name that `read` accepts. Other events are taken in.
    pub(super) fn wait_for<T>(
        &mut self,
        method: &str,
        patience: Patience,
        read: impl Fn(&Frame) -> Option<T>,
    ) -> Result<T, NoAnswer> {
        let mut wait = Wait::new(patience);
        loop {
            let Some(frame) = self.next(&mut wait)? else { continue };
            match Some(&frame).filter(|frame| frame.method == method).and_then(&read) {
                Some(found) => return Ok(found),
                None => _ = self.take_in(&frame),
            }
        }
    }

    /// Takes events in until the page is at `origin`.
    pub(super) fn wait_for_origin(&mut self, origin: &str, patience: Patience) -> Result<(), NoAnswer> {
        let mut wait = Wait::new(patience);
        while self.page.origin() != Some(origin) {
            if let Some(frame) = self.next(&mut wait)? {
                self.take_in(&frame);
            }
        }
        Ok(())
    }

    fn next(&mut self, wait: &mut Wait) -> Result<Option<Frame>, NoAnswer> {
        let next = self.pipe.next(TICK);
        wait.count(&next);
        match next {
            Next::Closed => {
                self.page.lose();
                Err(NoAnswer::Gone)
            }
            _ if wait.is_over(&self.stop) => Err(NoAnswer::Late),
            Next::Frame(frame) => Ok(Some(frame)),
            Next::Nothing => Ok(None),
        }
    }

    /// A command whose answer is not waited for. A navigation right behind it may overtake it.
    pub(super) fn tell(&mut self, command: &(impl Method + Serialize)) {
        if let Some(session) = self.id.clone() {
            self.post(&session, command);
        }
    }

    /// The tab says from now on who it is, as its frames and workers do, and its requests are seen. Waited for:
    /// a navigation overtakes these two.
    pub(super) fn introduce(&mut self) -> Result<(), NoAnswer> {
        if let Some(command) = self.identity.as_ref().map(Identity::command) {
            self.ask::<IgnoredAny>(command, Patience::UntilStop)?;
        }
        self.ask::<IgnoredAny>(watch_network(), Patience::UntilStop).map(|_| ())
    }

    /// Takes events in until conditions are worth a look: something moved, or a tick passed.
    pub(super) fn wait(&mut self) {
        for _ in 0..BURST {
            match self.pipe.next(TICK) {
                Next::Closed => return self.page.lose(),
                Next::Frame(frame) if !self.take_in(&frame) => {}
                Next::Frame(_) | Next::Nothing => return,
            }
        }
    }

    /// Whether the visit was asked to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_asked()
    }

    fn take_in(&mut self, frame: &Frame) -> bool {
        match frame.method.as_str() {
            "Target.attachedToTarget" => self.welcome(frame),
            "Page.javascriptDialogOpening" => self.answer_dialog(frame),
            _ => {}
        }
        // Network events of frames and workers of other sessions count too.
        self.page.observe(frame)
    }

    /// A frame of another site, or a worker: it introduces itself as the page does, and its requests are seen.
    fn welcome(&mut self, frame: &Frame) {
        let attached: Option<Attached> = frame.params();
        let (Some(Attached { session }), Some(identity)) = (attached, &self.identity) else { return };
        let user_agent = identity.command();
        self.post(&session, &user_agent);
        self.post(&session, &watch_network());
        self.post(&session, &Runtime::RunIfWaitingForDebugger(None));
    }

    /// Nobody is there to answer: leaving is allowed, everything else is declined.
    fn answer_dialog(&mut self, frame: &Frame) {
        let leaves = frame.params().is_some_and(|Dialog { kind }| kind == "beforeunload");
        if let Some(session) = frame.session.clone() {
            self.post(&session, &Pages::HandleJavaScriptDialog { accept: leaves, prompt_text: None });
        }
    }

    /// A command whose answer does not matter.
    fn post(&mut self, session: &str, command: &(impl Method + Serialize)) {
        let (name, params) = named(command);
        // If Chrome is gone, the next wait says so.
        _ = self.pipe.send(Some(session), name, |json| json.value("params", &params));
    }
}

/// `Network.enable`, without bodies being kept.
fn watch_network() -> Network::Enable {
    Network::Enable {
        max_total_buffer_size: Some(0),
        max_resource_buffer_size: Some(0),
        max_post_data_size: Some(0),
        report_direct_socket_traffic: None,
        enable_durable_messages: None,
    }
}

/// The command's name, and its parameters; commands without any are `null`, which Chrome does not take.
fn named<C: Method + Serialize>(command: &C) -> (&'static str, serde_json::Value) {
    let params = serde_json::to_value(command).ok().filter(serde_json::Value::is_object);
    (C::NAME, params.unwrap_or_else(|| serde_json::Value::Object(serde_json::Map::new())))
}
