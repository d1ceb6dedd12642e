//! Native notifications: one per matter, replaced rather than repeated, never a secret in them.
//!
//! The tray menu carries the same actions, so a notification that cannot be shown loses nothing.

#[cfg(target_os = "linux")]
mod server;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lamplighter_core::api::{Toast, ToastAction};
use lamplighter_core::id::AccountId;
use lamplighter_core::report::Notice;
#[cfg(any(windows, all(unix, not(target_os = "macos"))))]
use lamplighter_core::text::{Matter, toast_key};
use notify_rust::{Notification, NotificationResponse};
use tokio::sync::oneshot;

use crate::command::Shell;
use crate::on_screen::OnScreen;

/// What happens when a button is pressed.
pub type OnAction = Arc<dyn Fn(Pressed) + Send + Sync>;

/// What is told whether notifications are shown, each time when that is found out.
pub type OnServer = Arc<dyn Fn(bool) + Send + Sync>;

/// Whom notifications tell what happens to them.
#[derive(Clone)]
pub struct On {
    /// A button was pressed.
    pub action: OnAction,
    /// There is somebody who shows them, or nobody.
    pub server: OnServer,
}

/// A button of a notification that was pressed.
pub struct Pressed {
    /// The toast's key, which the engine knows.
    pub key: String,
    /// The account that the toast is about, if one.
    pub account: Option<AccountId>,
    /// The button.
    pub action: ToastAction,
}

/// The notifications that are on the screen.
#[derive(Clone)]
pub struct Notifications {
    shown: Arc<Mutex<HashMap<String, Shown>>>,
    shell: Arc<Shell>,
    on_screen: Arc<OnScreen>,
    icon: String,
    on: On,
}

struct Shown {
    /// The server's number, for replacing.
    id: Option<u32>,
    /// Which showing of this key; a task of an older one may no longer touch the entry.
    turn: u64,
    close: oneshot::Sender<Close>,
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "elsewhere the system shows notifications itself")
    )]
    toast: Toast,
    /// No server shows it: there was none, or it has gone.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "elsewhere the system shows notifications itself")
    )]
    is_lost: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    /// Take it away.
    Remove,
    /// A newer one takes its place.
    Replace,
}

impl Notifications {
    /// None yet but those that were left. `icon` is the name or path of the picture beside them.
    pub fn new(shell: Arc<Shell>, on_screen: Arc<OnScreen>, icon: String, on: On) -> Self {
        Self { shown: Arc::default(), shell, on_screen, icon, on }
    }

    /// Shows `toast`; an older one with the same key gives way to it.
    pub fn show(&self, toast: Toast) {
        let (close, closed) = oneshot::channel();
        let (turn, replaces) = {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            let old = shown.remove(&toast.key);
            let turn = old.as_ref().map_or(0, |old| old.turn + 1);
            let replaces = old.and_then(|old| {
                // Its task may have ended just now; then there is nobody left to tell.
                _ = old.close.send(Close::Replace);
                old.id
            });
            // One that an earlier process left has nobody to tell.
            let replaces = replaces.or_else(|| self.on_screen.number(&toast.key));
            let entry = Shown { id: None, turn, close, toast: toast.clone(), is_lost: false };
            shown.insert(toast.key.clone(), entry);
            (turn, replaces)
        };
        let this = self.clone();
        self.shell.runtime.spawn(async move {
            let key = toast.key.clone();
            let ended = this.run(toast, turn, replaces, closed).await;
            let mut shown = this.shown.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(entry) = shown.get_mut(&key).filter(|entry| entry.turn == turn) else { return };
            match ended {
                Ok(()) => _ = shown.remove(&key),
                Err(error) => {
                    // It is kept for a server that comes later.
                    tracing::warn!(%error, "a notification could not be shown; the tray menu has its actions");
                    (entry.id, entry.is_lost) = (None, true);
                    drop(shown);
                    // Elsewhere the system shows them, and nothing can be installed.
                    if cfg!(target_os = "linux") {
                        (this.on.server)(false);
                    }
                }
            }
        });
    }

    /// Takes the notification with this key away.
    pub fn close(&self, key: &str) {
        let entry = self.shown.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        match entry {
            // Gone already if its task has ended.
            Some(entry) => _ = entry.close.send(Close::Remove),
            None => {
                let (on_screen, key) = (self.on_screen.clone(), key.to_owned());
                self.shell.runtime.spawn(async move { on_screen.close(&key).await });
            }
        }
    }

    fn remember(&self, key: &str, turn: u64, id: u32) {
        (self.on.server)(true);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = shown.get_mut(key).filter(|entry| entry.turn == turn) {
            entry.id = Some(id);
        }
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    async fn run(
        &self,
        toast: Toast,
        turn: u64,
        replaces: Option<u32>,
        closed: oneshot::Receiver<Close>,
    ) -> notify_rust::error::Result<()> {
        let mut notification = describe(&toast, &without_markup(&toast.body), &self.icon);
        if !toast.buttons.iter().any(|(action, _)| *action == ToastAction::Open) {
            // A click beside the buttons; some servers make it one of them.
            notification.action(key_of(ToastAction::Open), self.shell.lang().await.pick("Open", "Ouvrir"));
        }
        let (urgency, timeout) = insistence(&toast);
        notification
            .hint(notify_rust::Hint::DesktopEntry("lamplighter".to_owned()))
            .urgency(urgency)
            .timeout(timeout);
        if let Some(id) = replaces {
            notification.id(id);
        }
        let handle = notification.show_async().await?;
        self.remember(&toast.key, turn, handle.id());
        self.on_screen.note(&toast.key, handle.id()).await;
        let answer = Mutex::new(None);
        tokio::select! {
            () = handle.wait_for_action_async(|response: &NotificationResponse| {
                *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(action_of(response));
            }) => {
                self.on_screen.forget(&toast.key);
                if answer.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
                    // Nobody answered: the bus went, and the server with it.
                    return Err(notify_rust::error::ErrorKind::Msg("the bus is gone".to_owned()).into());
                }
            }
            close = closed => {
                if close != Ok(Close::Replace) {
                    self.on_screen.forget(&toast.key);
                    handle.close_async().await;
                }
            }
        }
        let answer = answer.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(action) = answer.flatten() {
            (self.on.action)(Pressed { key: toast.key, account: toast.account, action });
        }
        Ok(())
    }

    /// macOS and Windows: waiting blocks, so it has a thread of its own. Nothing there takes a notification away
    /// again: one that is closed stays in the system's list, and its buttons do nothing any more.
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    async fn run(
        &self,
        toast: Toast,
        turn: u64,
        _replaces: Option<u32>,
        closed: oneshot::Receiver<Close>,
    ) -> notify_rust::error::Result<()> {
        self.remember(&toast.key, turn, 0);
        let notification = describe(&toast, &toast.body, &self.icon);
        #[cfg(windows)]
        let notification = for_windows(notification, &toast, &self.icon);
        let (send, answer) = oneshot::channel();
        let waiting = std::thread::Builder::new().name("notification".to_owned()).spawn(move || {
            let shown = notification.show().and_then(|handle| {
                let mut send = Some(send);
                handle.wait_for_response(move |response: &NotificationResponse| {
                    if let Some(send) = send.take() {
                        // Nobody listens any more if the notification was closed meanwhile.
                        _ = send.send(action_of(response));
                    }
                })
            });
            if let Err(error) = shown {
                tracing::warn!(%error, "a notification could not be shown");
            }
        });
        waiting.map_err(|error| notify_rust::error::ErrorKind::Msg(error.to_string()))?;
        tokio::select! {
            action = answer => if let Ok(Some(action)) = action {
                (self.on.action)(Pressed { key: toast.key, account: toast.account, action });
            },
            _ = closed => {}
        }
        Ok(())
    }
}

/// Longest that a start which has failed waits for somebody to show why.
#[cfg(all(unix, not(target_os = "macos")))]
const SHOWN_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Says why the app did not start, to whoever started it from a menu and has no terminal to read it in. It stays until it
/// was seen; where nothing shows notifications the terminal is all there is.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn not_started(notice: &Notice) {
    let parts = [notice.safe.as_deref(), notice.next.as_deref(), notice.cure.as_deref()];
    let body = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut notification = Notification::new();
    notification
        .appname("Lamplighter")
        .summary(&notice.what)
        .body(&without_markup(&body))
        .icon("lamplighter")
        .hint(notify_rust::Hint::DesktopEntry("lamplighter".to_owned()))
        .urgency(notify_rust::Urgency::Critical)
        .timeout(notify_rust::Timeout::Never);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let shown = runtime.is_ok_and(|runtime| {
        let shown = async { tokio::time::timeout(SHOWN_WITHIN, notification.show_async()).await };
        matches!(runtime.block_on(shown), Ok(Ok(_)))
    });
    if !shown {
        tracing::debug!("nothing shows why the app did not start");
    }
}

/// Elsewhere a program that was started from a menu has no way to say so that needs no installation.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn not_started(notice: &Notice) {
    tracing::warn!(what = %notice.what, "the app did not start");
}

/// Windows shows notifications of programs only that it knows by an id: from the shortcut that an installer made, or
/// from the registry, which is written here for those that were not installed.
#[cfg(windows)]
fn for_windows(mut notification: Notification, toast: &Toast, icon: &str) -> Notification {
    const ID: &str = "app.lamplighter.Lamplighter";
    let icon = Some(std::path::Path::new(icon)).filter(|icon| icon.is_absolute());
    if let Err(error) = lamplighter_sys::windows::name_notifications(ID, "Lamplighter", icon) {
        tracing::warn!(%error, "Windows was not told who sends notifications");
    }
    let (urgency, timeout) = insistence(toast);
    notification.app_id(ID).urgency(urgency).timeout(timeout);
    notification
}

/// Only what nobody but the person can cure stays until they have seen it, above a full screen too. The rest goes
/// when the desktop thinks fit; tray and window still say it.
#[cfg(any(windows, all(unix, not(target_os = "macos"))))]
fn insistence(toast: &Toast) -> (notify_rust::Urgency, notify_rust::Timeout) {
    if toast.key == toast_key(toast.account.as_ref(), Matter::NeedsYou) {
        (notify_rust::Urgency::Critical, notify_rust::Timeout::Never)
    } else {
        (notify_rust::Urgency::Normal, notify_rust::Timeout::Default)
    }
}

fn describe(toast: &Toast, body: &str, icon: &str) -> Notification {
    let mut notification = Notification::new();
    notification.appname("Lamplighter").summary(&toast.title).body(body).icon(icon);
    for (action, label) in &toast.buttons {
        notification.action(key_of(*action), label);
    }
    notification
}

/// The body of a notification is read as markup (Desktop Notifications Specification, "Markup"): what a service
/// calls itself or its person is text, not a link or a picture (T22).
#[cfg(all(unix, not(target_os = "macos")))]
fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn key_of(action: ToastAction) -> &'static str {
    match action {
        ToastAction::Reconnect => "reconnect",
        ToastAction::Later => "later",
        // The name that servers give to a click beside the buttons.
        ToastAction::Open => "default",
        ToastAction::Unlock => "unlock",
    }
}

fn action_of(response: &NotificationResponse) -> Option<ToastAction> {
    match response {
        NotificationResponse::Default => Some(ToastAction::Open),
        NotificationResponse::Action(key) => {
            [ToastAction::Reconnect, ToastAction::Later, ToastAction::Open, ToastAction::Unlock]
                .into_iter()
                .find(|action| key_of(*action) == key)
        }
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(unix, not(target_os = "macos")))]
    fn t22_what_a_service_says_is_text_in_a_notification() {
        assert_eq!(
            without_markup("<a href=\"https://evil.test\">A & B</a>"),
            "&lt;a href=\"https://evil.test\"&gt;A &amp; B&lt;/a&gt;"
        );
    }

    #[test]
    #[cfg(any(windows, all(unix, not(target_os = "macos"))))]
    fn m5_only_what_needs_the_person_stays_on_the_screen() {
        let account: AccountId = "0123456789abcdef0123456789abcdef".parse().expect("an id");
        for matter in
            [Matter::NeedsYou, Matter::WillEnd, Matter::Network, Matter::Chrome, Matter::Store, Matter::Disk]
        {
            let toast = Toast {
                key: toast_key(Some(&account), matter),
                title: String::new(),
                body: String::new(),
                buttons: Vec::new(),
                account: Some(account.clone()),
            };
            let stays = insistence(&toast) == (notify_rust::Urgency::Critical, notify_rust::Timeout::Never);
            let goes = insistence(&toast) == (notify_rust::Urgency::Normal, notify_rust::Timeout::Default);
            assert_eq!((stays, goes), (matter == Matter::NeedsYou, matter != Matter::NeedsYou), "{matter:?}");
        }
    }

    #[test]
    fn m5_every_button_comes_back_as_what_it_is() {
        for action in [ToastAction::Reconnect, ToastAction::Later, ToastAction::Open, ToastAction::Unlock] {
            assert_eq!(action_of(&NotificationResponse::Action(key_of(action).to_owned())), Some(action));
        }
        assert_eq!(action_of(&NotificationResponse::Action("other".to_owned())), None);
    }
}
