//! The desktop as the engine sees it: notifications, the window, the browser.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use lamplighter_core::api::Toast;
use lamplighter_engine::desktop::Desktop;
use tauri::AppHandle;

use crate::notifications::Notifications;

/// Connects the engine to Tauri. The engine starts first, so what it asks for before the app is up is kept.
#[derive(Default)]
pub struct TauriDesktop {
    app: OnceLock<(AppHandle, Notifications)>,
    early: std::sync::Mutex<Vec<Toast>>,
    show_early: AtomicBool,
    tray: AtomicBool,
}

impl TauriDesktop {
    /// The app is up: what was asked for meanwhile is done now.
    pub fn connect(&self, app: AppHandle, notifications: Notifications, tray: bool) {
        self.tray.store(tray, Ordering::Release);
        if self.app.set((app.clone(), notifications.clone())).is_err() {
            return;
        }
        let early = std::mem::take(&mut *self.early.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for toast in early {
            notifications.show(toast);
        }
        if self.show_early.load(Ordering::Acquire) {
            crate::window::show(&app);
        }
    }
}

impl Desktop for TauriDesktop {
    fn toast(&self, toast: Toast) {
        match self.app.get() {
            Some((_, notifications)) => notifications.show(toast),
            None => self.early.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(toast),
        }
    }

    fn close_toast(&self, key: &str) {
        match self.app.get() {
            Some((_, notifications)) => notifications.close(key),
            None => self
                .early
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .retain(|toast| toast.key != key),
        }
    }

    fn show_window(&self) {
        match self.app.get() {
            // Building a window waits for the main thread; the engine must not.
            Some((app, _)) => {
                let app = app.clone();
                std::thread::spawn(move || crate::window::show(&app));
            }
            None => self.show_early.store(true, Ordering::Release),
        }
    }

    fn open_url(&self, url: &str) {
        if let Err(error) = open::that_detached(url) {
            tracing::warn!(%error, "the system browser did not open");
        }
    }

    fn has_tray(&self) -> bool {
        self.tray.load(Ordering::Acquire)
    }
}
