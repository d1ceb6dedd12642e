//! What the engine asks of this desktop.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lamplighter_core::api::Toast;
use lamplighter_engine::desktop::Desktop;
use tauri::AppHandle;

use crate::notifications::Notifications;
use crate::on_screen::OnScreen;

/// Connects the engine to Tauri. The engine starts first, so what it asks for before the app is up is kept.
pub struct TauriDesktop {
    app: OnceLock<(AppHandle, Notifications)>,
    on_screen: Arc<OnScreen>,
    early: Mutex<Early>,
    show_early: AtomicBool,
    tray: AtomicBool,
}

/// Asked for before the app was up.
#[derive(Default)]
struct Early {
    toasts: Vec<Toast>,
    closed: Vec<String>,
}

impl TauriDesktop {
    /// Not connected yet.
    pub fn new(on_screen: Arc<OnScreen>) -> Self {
        Self {
            app: OnceLock::new(),
            on_screen,
            early: Mutex::default(),
            show_early: AtomicBool::new(false),
            tray: AtomicBool::new(false),
        }
    }

    /// What is on the screen.
    pub fn on_screen(&self) -> Arc<OnScreen> {
        self.on_screen.clone()
    }

    /// The app is up: what was asked for meanwhile is done now.
    pub fn connect(&self, app: AppHandle, notifications: Notifications) {
        if self.app.set((app, notifications)).is_err() {
            return;
        }
        let early = std::mem::take(&mut *self.early());
        early.closed.iter().for_each(|key| self.close_toast(key));
        early.toasts.into_iter().for_each(|toast| self.toast(toast));
        if self.show_early.load(Ordering::Acquire) {
            self.show_window();
        }
    }

    /// Whether the tray icon can be seen, now.
    pub fn set_tray(&self, is_there: bool) {
        self.tray.store(is_there, Ordering::Release);
    }

    fn early(&self) -> MutexGuard<'_, Early> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desktop for TauriDesktop {
    fn toast(&self, toast: Toast) {
        match self.app.get() {
            Some((_, notifications)) => notifications.show(toast),
            None => self.early().toasts.push(toast),
        }
    }

    fn close_toast(&self, key: &str) {
        match self.app.get() {
            Some((_, notifications)) => notifications.close(key),
            None => {
                let mut early = self.early();
                early.toasts.retain(|toast| toast.key != key);
                early.closed.push(key.to_owned());
            }
        }
    }

    fn left_toasts(&self) -> BTreeSet<String> {
        self.on_screen.keys()
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
