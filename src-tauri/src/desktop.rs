//! What the engine asks of this desktop.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lamplighter_core::api::Toast;
use lamplighter_engine::desktop::Desktop;
use tauri::AppHandle;

use crate::notifications::Notifications;

/// Connects the engine to Tauri. The engine starts first, so what it asks for before the app is up is kept.
#[derive(Default)]
pub struct TauriDesktop {
    app: OnceLock<(AppHandle, Notifications)>,
    early: Mutex<Vec<Toast>>,
    show_early: AtomicBool,
    tray: AtomicBool,
}

impl TauriDesktop {
    /// The app is up: what was asked for meanwhile is done now.
    pub fn connect(&self, app: AppHandle, notifications: Notifications) {
        if self.app.set((app, notifications)).is_err() {
            return;
        }
        let early = std::mem::take(&mut *self.early());
        for toast in early {
            self.toast(toast);
        }
        if self.show_early.load(Ordering::Acquire) {
            self.show_window();
        }
    }

    /// Whether the tray icon can be seen, now.
    pub fn set_tray(&self, is_there: bool) {
        self.tray.store(is_there, Ordering::Release);
    }

    fn early(&self) -> MutexGuard<'_, Vec<Toast>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desktop for TauriDesktop {
    fn toast(&self, toast: Toast) {
        match self.app.get() {
            Some((_, notifications)) => notifications.show(toast),
            None => self.early().push(toast),
        }
    }

    fn close_toast(&self, key: &str) {
        match self.app.get() {
            Some((_, notifications)) => notifications.close(key),
            None => self.early().retain(|toast| toast.key != key),
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

    fn has_tray(&self) -> bool {
        self.tray.load(Ordering::Acquire)
    }
}
