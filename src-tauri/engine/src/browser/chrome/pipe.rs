//! The two pipes to Chrome: JSON messages, each ended by a zero byte.

use std::borrow::Cow;
use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use lamplighter_core::secret::JsonWriter;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// Frames that may wait to be looked at; beyond that Chrome waits.
const BACKLOG: usize = 256;
/// A message larger than this is no answer to anything that we ask.
const LONGEST_FRAME: usize = 64 << 20;

/// One message of Chrome's. Its bytes may hold cookies and are zeroed on drop.
pub(super) struct Frame {
    bytes: Zeroizing<Vec<u8>>,
    /// Which call this answers; `None` for an event.
    pub id: Option<u64>,
    /// Name of the event; empty for an answer.
    pub method: String,
    /// Which page, frame or worker it comes from.
    pub session: Option<String>,
}

#[derive(Deserialize)]
struct Head<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "sessionId")]
    session: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Params<T> {
    params: T,
}

#[derive(Deserialize)]
struct Answer<T> {
    result: Option<T>,
}

impl Frame {
    fn read(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        let head: Head<'_> = serde_json::from_slice(&bytes).ok()?;
        let (id, session) = (head.id, head.session.map(Cow::into_owned));
        let method = head.method.map(Cow::into_owned).unwrap_or_default();
        Some(Self { bytes, id, method, session })
    }

    /// What the event says, or `None` if it is not of that form.
    pub(super) fn params<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice::<Params<T>>(&self.bytes).ok().map(|message| message.params)
    }

    /// What the answer says, or `None` if it is an error or not of that form.
    pub(super) fn result<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice::<Answer<T>>(&self.bytes).ok().and_then(|message| message.result)
    }
}

/// What waiting for a frame brought.
pub(super) enum Next {
    /// A frame.
    Frame(Frame),
    /// None in that time.
    Nothing,
    /// Chrome's end is closed: it is gone.
    Closed,
}

/// Our ends of the two pipes.
pub(super) struct Pipe {
    to: PipeWriter,
    from: Receiver<Frame>,
    next_id: u64,
}

impl Pipe {
    /// Reads `from` on a thread of its own until it closes.
    ///
    /// # Errors
    /// If there is no thread to be had.
    pub(super) fn new(to: PipeWriter, from: PipeReader) -> std::io::Result<Self> {
        let (frames, received) = sync_channel(BACKLOG);
        std::thread::Builder::new()
            .name("chrome-pipe".to_owned())
            .spawn(move || read_frames(from, &frames))?;
        Ok(Self { to, from: received, next_id: 1 })
    }

    /// Sends a command and returns its id, or `None` if Chrome is gone.
    pub(super) fn send(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: impl FnOnce(&mut JsonWriter),
    ) -> Option<u64> {
        let id = self.next_id;
        self.next_id += 1;
        let mut json = JsonWriter::new();
        json.object(|json| {
            json.value("id", &id);
            json.text("method", method);
            if let Some(session) = session {
                json.text("sessionId", session);
            }
            params(json);
        });
        let mut bytes = json.finish();
        bytes.push(0);
        self.to.write_all(&bytes).ok().map(|()| id)
    }

    /// The next frame, waited for at most `patience`.
    pub(super) fn next(&self, patience: Duration) -> Next {
        match self.from.recv_timeout(patience) {
            Ok(frame) => Next::Frame(frame),
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::Closed,
        }
    }
}

/// Ends when Chrome's end closes, when nobody listens any more, or at a message that is too long.
fn read_frames(mut from: PipeReader, frames: &SyncSender<Frame>) {
    let mut chunk = Zeroizing::new(vec![0; 64 * 1024]);
    let mut pending = Zeroizing::new(Vec::with_capacity(chunk.len()));
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let mut rest = chunk.get(..read).unwrap_or_default();
        while let Some(end) = rest.iter().position(|byte| *byte == 0) {
            let (message, after) = rest.split_at(end);
            pending.extend_from_slice(message);
            let bytes = std::mem::replace(&mut pending, Zeroizing::new(Vec::with_capacity(4 * 1024)));
            if let Some(frame) = Frame::read(bytes)
                && frames.send(frame).is_err()
            {
                return;
            }
            rest = after.get(1..).unwrap_or_default();
        }
        if pending.len() + rest.len() > LONGEST_FRAME {
            return;
        }
        pending.extend_from_slice(rest);
    }
}
