//! Everything that happens in the child, as one enum for one loop.

use std::sync::mpsc::{Receiver, Sender, channel};

use lamplighter_core::login::Command;
use tao::event_loop::EventLoopProxy;
use tao::window::WindowId;

/// Wakes the event loop; what happened lies in the [`Inbox`].
///
/// Two pieces, because the loop wants events that can be cloned and answers of a page are secrets.
#[derive(Debug, Clone, Copy)]
pub struct Wake;

/// What happened.
pub enum Message {
    /// The parent says something.
    Command(Command),
    /// The parent closed its end, or died.
    ParentGone,
    /// A second passed.
    Tick,
    /// A page started to show in this window.
    Committed(WindowId),
    /// A page finished loading in this window.
    Loaded(WindowId),
    /// The page's answer to the one snippet that may be run.
    Answer(WindowId, String),
    /// A page asked for a window, and got it: it lies in [`super::window::Shared::opened`].
    Opened,
    /// A page, or the person, closed this window.
    #[cfg_attr(not(all(unix, not(target_os = "macos"))), expect(dead_code, reason = "only WebKitGTK tells"))]
    Gone(WindowId),
    /// "I am signed in" was pressed.
    #[cfg_attr(
        not(all(unix, not(target_os = "macos"))),
        expect(dead_code, reason = "there is no bar with it")
    )]
    SignedIn,
    /// The web process of a window ended.
    #[cfg_attr(not(all(unix, not(target_os = "macos"))), expect(dead_code, reason = "only WebKitGTK tells"))]
    Crashed(WindowId),
}

/// Where callbacks of every kind put what happened.
#[derive(Clone)]
pub struct Mailbox {
    sender: Sender<Message>,
    proxy: EventLoopProxy<Wake>,
}

/// What happened and was not looked at yet.
pub type Inbox = Receiver<Message>;

impl Mailbox {
    /// A mailbox that wakes the loop of `proxy`.
    pub fn new(proxy: EventLoopProxy<Wake>) -> (Self, Inbox) {
        let (sender, inbox) = channel();
        (Self { sender, proxy }, inbox)
    }

    /// Puts `message` in; false if the loop has ended.
    pub fn put(&self, message: Message) -> bool {
        self.sender.send(message).is_ok() && self.proxy.send_event(Wake).is_ok()
    }
}
