//! The tray icon and its menu: every action is in the menu, because on Linux a click on the icon is never
//! told, and a notification may be missed.

mod menu;
mod picture;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lamplighter_core::api::{Request, Response, Standing, ToastAction};
use lamplighter_core::id::AccountId;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use lamplighter_engine::clock::{Clock, SystemClock};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager as _};
use tokio::sync::Notify;

use crate::command::{Shell, shell_of};
use crate::notifications::Pressed;
use crate::{logins, window};
use menu::{Content, Entry};
use picture::{Picture, Screen};

/// Id of the one tray icon.
const ID: &str = "lamplighter";
/// Shortest time between two drawings: a storm of events costs two a second.
const BETWEEN: Duration = Duration::from_millis(500);
/// How often the time that is left is written anew.
const MINUTE: Duration = Duration::from_secs(60);

/// Puts the icon on the panel. Its picture files go to `folder`, where the platform needs them.
///
/// # Errors
/// If the platform refuses.
pub fn build(app: &AppHandle, folder: &Path, lang: Lang) -> tauri::Result<()> {
    let nothing = Content {
        accounts: &[],
        keychain_locked: false,
        is_replaced: false,
        start_at_login: false,
        now: Timestamp(0),
        lang,
    };
    TrayIconBuilder::with_id(ID)
        .icon(picture::icon_of(Standing::Fine)?)
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip("Lamplighter")
        .temp_dir_path(folder)
        .menu(&picture::menu(app, &menu::lines(&nothing))?)
        .show_menu_on_left_click(true)
        .on_menu_event(|app, event| {
            if let Some(entry) = Entry::from_id(event.id().as_ref()) {
                let app = app.clone();
                shell_of(&app).runtime.clone().spawn(async move { chosen(&app, entry).await });
            }
        })
        .build(app)?;
    app.manage(Screen::default());
    Ok(())
}

/// Whether the icon can be built at all. On Linux the library that draws it is loaded at run time, and its
/// loader panics if it is missing.
pub fn is_possible() -> bool {
    #[cfg(target_os = "linux")]
    {
        const LIBRARIES: [&str; 4] = [
            "libayatana-appindicator3.so.1",
            "libappindicator3.so.1",
            "libayatana-appindicator3.so",
            "libappindicator3.so",
        ];
        LIBRARIES.iter().any(|name| lamplighter_sys::library::can_load(name))
    }
    #[cfg(not(target_os = "linux"))]
    {
        true
    }
}

/// Tells `changed` whether there is a panel that shows the icon, now and whenever that changes. `false`: there
/// will be none as long as we live.
#[cfg(target_os = "linux")]
pub fn follow_panel(changed: impl Fn(bool) + Send + 'static) -> bool {
    // The library that draws the icon stays with the bus of the start.
    crate::presence::follow("org.kde.StatusNotifierWatcher", crate::presence::Buses::First, changed)
}

/// These systems always have one.
#[cfg(not(target_os = "linux"))]
pub fn follow_panel(changed: impl Fn(bool) + Send + 'static) -> bool {
    changed(true);
    true
}

/// What an entry of the menu does.
async fn chosen(app: &AppHandle, entry: Entry) {
    let shell = shell_of(app);
    let done = match &entry {
        Entry::Open | Entry::More => return window::show(app),
        Entry::Account(account) => return window::show_account(app, account),
        Entry::Restart => {
            shell.is_to_restart.store(true, Ordering::Release);
            return app.exit(0);
        }
        Entry::Quit => return app.exit(0),
        Entry::Reconnect(account) => reconnect(app, &shell, account).await,
        Entry::RefreshNow => {
            shell.call(Request::Refresh { accounts: Vec::new(), force: true, dry_run: false }).await.map(drop)
        }
        Entry::PauseAll(paused) => shell.call(Request::PauseAll { paused: *paused }).await.map(drop),
        Entry::StartAtLogin => switch_start_at_login(app, &shell).await,
        Entry::Unlock => shell.call(Request::RetryStore).await.map(drop),
    };
    if let Err(notice) = done {
        tracing::warn!(code = ?notice.code, what = %notice.what, "an entry of the tray menu failed");
        match entry {
            Entry::Reconnect(account) => window::show_account(app, &account),
            _ => window::show(app),
        }
    }
    // A switch shows what was clicked, not what came of it.
    app.state::<Arc<Redraw>>().changed();
}

async fn reconnect(app: &AppHandle, shell: &Shell, account: &AccountId) -> Result<(), Notice> {
    let answer = shell.start_login(Request::Login { account: account.to_string(), way: None }).await?;
    if let Response::Login { login } = &answer
        && logins::goes_on_here(login)
    {
        window::show_account(app, account);
    }
    Ok(())
}

async fn switch_start_at_login(app: &AppHandle, shell: &Shell) -> Result<(), Notice> {
    let Response::Settings { mut settings } = shell.call(Request::Settings).await? else { return Ok(()) };
    settings.start_at_login = !settings.start_at_login;
    let wanted = settings.start_at_login;
    shell.call(Request::SetSettings { settings }).await?;
    crate::command::apply_autostart(app, shell, wanted).await
}

/// What a button of a notification does on the desktop's side: the engine decides, here the window is shown, for
/// those who asked for it or have to go on in it.
pub async fn toast_action(app: &AppHandle, pressed: Pressed) {
    let Pressed { key, account, action } = pressed;
    let shell = shell_of(app);
    let show = || match &account {
        Some(account) => window::show_account(app, account),
        None => window::show(app),
    };
    match shell.start_login(Request::ToastAnswer { key, action }).await {
        Ok(Response::Login { login }) if logins::goes_on_here(&login) => show(),
        Ok(_) if action == ToastAction::Open => show(),
        Ok(_) => {}
        Err(notice) => {
            tracing::warn!(code = ?notice.code, what = %notice.what, "a notification’s button failed");
            show();
        }
    }
}

/// Draws the tray anew after something changed, twice a second at most.
#[derive(Default)]
pub struct Redraw(Notify);

impl Redraw {
    /// Something changed. Told while it draws, it draws once more.
    pub fn changed(&self) {
        self.0.notify_one();
    }

    /// Draws for as long as the app lives.
    pub async fn run(&self, app: AppHandle) {
        let clock = SystemClock::new();
        loop {
            let grows_old = draw(&app, clock.now().wall).await;
            clock.sleep(BETWEEN).await;
            tokio::select! {
                () = self.0.notified() => {}
                () = clock.sleep(MINUTE), if grows_old => {}
            }
        }
    }
}

/// Says whether it has to be drawn anew in a minute though nothing happens.
async fn draw(app: &AppHandle, now: Timestamp) -> bool {
    let shell = shell_of(app);
    let lang = shell.lang().await;
    let (
        Ok(Response::Accounts { accounts }),
        Ok(Response::Engine { engine }),
        Ok(Response::Settings { settings }),
    ) = (
        shell.call(Request::Accounts).await,
        shell.call(Request::Engine).await,
        shell.call(Request::Settings).await,
    )
    else {
        return false;
    };
    let content = Content {
        accounts: &accounts,
        keychain_locked: engine.notices.iter().any(|notice| notice.code == Code::StoreLocked),
        is_replaced: crate::replaced::is_replaced(),
        start_at_login: settings.start_at_login,
        now,
        lang,
    };
    let picture = Picture {
        standing: engine.standing,
        needing: accounts.iter().filter(|account| account.standing == Standing::NeedsYou).count(),
        tooltip: engine.words,
        lines: menu::lines(&content),
    };
    let there = app.clone();
    let asked = app.run_on_main_thread(move || {
        let Some((tray, screen)) = there.tray_by_id(ID).zip(there.try_state::<Screen>()) else { return };
        if let Err(error) = screen.show(&there, &tray, picture) {
            tracing::warn!(%error, "the tray could not be drawn");
        }
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "the app is ending");
    }
    menu::grows_old(&accounts)
}
