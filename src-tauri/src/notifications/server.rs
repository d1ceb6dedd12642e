//! A notification server that comes later than we do, or ends and is started again: what nobody has answered yet is
//! shown by the new one.

use std::sync::PoisonError;

use lamplighter_core::api::Toast;

use super::Notifications;

const SERVER: &str = "org.freedesktop.Notifications";

impl Notifications {
    /// Follows the server's coming and going, from a thread of its own. Called before anything is shown: a server that
    /// the bus starts for the first notification must not count as a new one.
    pub fn follow_server(&self) {
        let this = self.clone();
        let can_come = crate::presence::follow(SERVER, crate::presence::Buses::All, move |is_there| {
            if is_there {
                (this.on.server)(true);
                this.show_lost();
            } else {
                this.lose();
                // One that the bus starts for the next notification is as good as there.
                (this.on.server)(crate::presence::can_be_started(SERVER));
            }
        });
        if !can_come {
            (self.on.server)(false);
            tracing::info!("no notifications: the tray menu and the window have what they would say");
        }
    }

    /// The server is gone, and with it what was on the screen.
    fn lose(&self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        // What has no number yet is still on its way to a server, or was refused.
        for entry in shown.values_mut().filter(|entry| entry.id.is_some()) {
            (entry.id, entry.is_lost) = (None, true);
        }
        self.on_screen.forget_all();
    }

    fn show_lost(&self) {
        let lost: Vec<Toast> = {
            let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.values().filter(|entry| entry.is_lost).map(|entry| entry.toast.clone()).collect()
        };
        if !lost.is_empty() {
            tracing::info!(count = lost.len(), "a notification server is there again");
        }
        for toast in lost {
            self.show(toast);
        }
    }
}
