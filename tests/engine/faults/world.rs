//! What the fault tests add to the whole engine's world.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lamplighter_core::api::{RefreshReport, Request, Response, Toast, TokenRequest};
use lamplighter_core::id::Generation;
use lamplighter_engine::desktop::Desktop;

use crate::whole::world::{Running, World};

pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);
/// Long steps of somebody who is awake: the engine reads its clocks after each.
pub const STEP: Duration = Duration::from_secs(80);

/// Where a refresh goes.
pub const REFRESH: &str = "/api/auth/refresh";
pub const POSTED: &str = "POST /api/auth/refresh";

/// A desktop that remembers what it was shown.
#[derive(Default)]
pub struct Screen(Mutex<Vec<Toast>>);

impl Screen {
    pub fn toasts(&self) -> Vec<Toast> {
        self.0.lock().expect("nobody panicked").clone()
    }
}

impl Desktop for Screen {
    fn toast(&self, toast: Toast) {
        self.0.lock().expect("nobody panicked").push(toast);
    }

    fn close_toast(&self, _key: &str) {}

    fn show_window(&self) {}

    fn has_tray(&self) -> bool {
        true
    }
}

/// An account `work` that has just logged in, and its refresh token tried.
pub async fn logged_in(world: &World) -> (Running, Arc<Screen>) {
    let screen = Arc::new(Screen::default());
    let engine = world.start_on(Some(screen.clone())).await;
    engine.log_in(world, "work").await;
    assert_eq!(world.site.count_good(POSTED), 1, "the trial");
    (engine, screen)
}

impl Running {
    /// Refreshes now, as a person asks for it.
    pub async fn refresh(&self) -> RefreshReport {
        let request = Request::Refresh { accounts: vec!["work".to_owned()], force: true, dry_run: false };
        match self.call(request).await {
            Ok(Response::Refresh { report }) => report,
            other => panic!("no report: {other:?}"),
        }
    }

    /// There is a token that the service takes, and it can be renewed.
    pub async fn is_alive(&self, world: &World) {
        let view = self.account("work").await;
        assert!(view.notice.is_none(), "{:?}", view.notice);
        let granted = self.token("work", TokenRequest::default()).await.expect("a token");
        let token = granted.value.expose_str().expect("text");
        assert_eq!(world.site.owner_of(token), Some(world.site.person().email.clone()));
        let report = self.refresh().await;
        assert_eq!(report.success, 1, "{report:?}");
    }

    pub async fn generation(&self) -> Generation {
        self.account("work").await.generation
    }
}
