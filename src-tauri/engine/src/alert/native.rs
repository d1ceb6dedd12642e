//! The desktop's own notifications.

use std::sync::Arc;

use super::{Alert, Told};
use crate::desktop::Desktop;

/// Through the desktop around the engine.
pub(crate) struct Native(pub Arc<dyn Desktop>);

impl Alert for Native {
    fn tell(&self, told: &Told) {
        self.0.toast(told.toast.clone());
    }

    fn take_back(&self, key: &str) {
        self.0.close_toast(key);
    }
}
