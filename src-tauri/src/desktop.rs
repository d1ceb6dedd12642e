//! What the engine asks of this desktop.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lamplighter_core::api::Toast;
use lamplighter_engine::desktop::Desktop;
use tauri::AppHandle;

use crate::notifications::Notifications;
use crate::on_screen::OnScreen;

/// Connects the engine to Tauri. The engine starts first, so what it asks for before the app is up is kept.
pub struct TauriDesktop {
    app: Mutex<App>,
    on_screen: Arc<OnScreen>,
    tray: AtomicBool,
    notifications: AtomicBool,
}

/// One or the other under one lock: what is asked for at the very moment in which the app comes up is not lost.
enum App {
    Starting(Early),
    Up(AppHandle, Notifications),
}

/// Asked for before the app was up.
#[derive(Default)]
struct Early {
    toasts: Vec<Toast>,
    closed: Vec<String>,
    is_window_wanted: bool,
}

impl TauriDesktop {
    /// Not connected yet.
    pub fn new(on_screen: Arc<OnScreen>) -> Self {
        Self {
            app: Mutex::new(App::Starting(Early::default())),
            on_screen,
            tray: AtomicBool::new(false),
            // Nothing is claimed to be missing before it was looked for.
            notifications: AtomicBool::new(true),
        }
    }

    /// What is on the screen.
    pub fn on_screen(&self) -> Arc<OnScreen> {
        self.on_screen.clone()
    }

    /// The app is up: what was asked for meanwhile is done now, before anything newer.
    pub fn connect(&self, app: AppHandle, notifications: Notifications) {
        let mut state = self.app();
        let App::Starting(early) = &mut *state else { return };
        let early = std::mem::take(early);
        early.closed.iter().for_each(|key| notifications.close(key));
        early.toasts.into_iter().for_each(|toast| notifications.show(toast));
        *state = App::Up(app, notifications);
        drop(state);
        if early.is_window_wanted {
            self.show_window();
        }
    }

    /// Whether the tray icon can be seen, now.
    pub fn set_tray(&self, is_there: bool) {
        self.tray.store(is_there, Ordering::Release);
    }

    /// Whether notifications are shown, now; says whether that is new.
    pub fn set_notifications(&self, are_shown: bool) -> bool {
        self.notifications.swap(are_shown, Ordering::AcqRel) != are_shown
    }

    fn app(&self) -> MutexGuard<'_, App> {
        self.app.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desktop for TauriDesktop {
    fn toast(&self, toast: Toast) {
        match &mut *self.app() {
            App::Up(_, notifications) => notifications.show(toast),
            App::Starting(early) => early.toasts.push(toast),
        }
    }

    fn close_toast(&self, key: &str) {
        match &mut *self.app() {
            App::Up(_, notifications) => notifications.close(key),
            App::Starting(early) => {
                early.toasts.retain(|toast| toast.key != key);
                early.closed.push(key.to_owned());
            }
        }
    }

    fn left_toasts(&self) -> BTreeSet<String> {
        self.on_screen.keys()
    }

    fn show_window(&self) {
        match &mut *self.app() {
            // Building a window waits for the main thread; the engine must not.
            App::Up(app, _) => {
                let app = app.clone();
                std::thread::spawn(move || crate::window::show(&app));
            }
            App::Starting(early) => early.is_window_wanted = true,
        }
    }

    fn has_tray(&self) -> bool {
        self.tray.load(Ordering::Acquire)
    }

    fn has_notifications(&self) -> bool {
        self.notifications.load(Ordering::Acquire)
    }
}
