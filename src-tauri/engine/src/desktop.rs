//! What the engine asks of a desktop, where there is one.

use std::collections::BTreeSet;

use lamplighter_core::api::Toast;

/// The desktop around the engine: notifications and windows. Implemented by the shell; calls return at once.
pub trait Desktop: Send + Sync + 'static {
    /// Shows a notification, replacing an older one with the same key.
    fn toast(&self, toast: Toast);

    /// Takes a notification away.
    fn close_toast(&self, key: &str);

    /// Keys of notifications that an earlier process left on the screen when it was killed.
    fn left_toasts(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// Shows the window.
    fn show_window(&self);

    /// Whether a tray icon is on the screen.
    fn has_tray(&self) -> bool;

    /// Whether something shows notifications, or would be started to show one.
    fn has_notifications(&self) -> bool {
        true
    }
}
