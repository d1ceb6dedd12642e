//! The tray icon and its menu: every action is in the menu, because on Linux a click on the icon is never
//! told, and a notification may be missed.

mod menu;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lamplighter_core::api::{AccountView, Request, Response, Standing, ToastAction};
use lamplighter_core::text::Lang;
use tauri::image::Image;
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Wry};

use crate::command::{Shell, shell_of};
use menu::Entry;

/// Id of the one tray icon.
const ID: &str = "lamplighter";

/// Whether this desktop can show a tray icon. On Linux the library that draws it is loaded at run time and
/// panics if it is missing, and a desktop without a watcher shows nothing.
pub fn is_possible() -> bool {
    #[cfg(target_os = "linux")]
    {
        const LIBRARIES: [&str; 4] = [
            "libayatana-appindicator3.so.1",
            "libappindicator3.so.1",
            "libayatana-appindicator3.so",
            "libappindicator3.so",
        ];
        LIBRARIES.iter().any(|name| lamplighter_sys::library::can_load(name)) && has_watcher()
    }
    #[cfg(not(target_os = "linux"))]
    {
        true
    }
}

/// Whether anything on the session bus shows tray icons.
#[cfg(target_os = "linux")]
fn has_watcher() -> bool {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let answer = zbus::blocking::Connection::session().and_then(|bus| {
        let driver = zbus::blocking::fdo::DBusProxy::new(&bus)?;
        Ok(driver.name_has_owner(zbus::names::BusName::try_from(WATCHER)?)?)
    });
    answer.unwrap_or_else(|error| {
        tracing::info!(%error, "no session bus, so no tray");
        false
    })
}

/// Puts the icon on the panel.
///
/// # Errors
/// If the platform refuses.
pub fn build(app: &AppHandle) -> tauri::Result<TrayIcon> {
    let menu = menu::build(app, &[], Lang::En, false)?;
    TrayIconBuilder::with_id(ID)
        .icon(icon_of(Standing::Fine)?)
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip("Lamplighter")
        .title("")
        .menu(&menu)
        .show_menu_on_left_click(true)
        .on_menu_event(|app, event| {
            if let Some(entry) = Entry::from_id(event.id().as_ref()) {
                let app = app.clone();
                shell_of(&app).runtime.clone().spawn(async move { chosen(&app, entry).await });
            }
        })
        .build(app)
}

/// What an entry of the menu does.
async fn chosen(app: &AppHandle, entry: Entry) {
    let shell = shell_of(app);
    let asked = match entry {
        Entry::Open => {
            crate::window::show(app);
            return;
        }
        Entry::Quit => {
            app.exit(0);
            return;
        }
        Entry::Reconnect(account) => {
            shell.call(Request::Login { account, way: None }).await.map(|answer| open_browser(&answer))
        }
        Entry::Account(account) => {
            tracing::debug!(%account, "chosen in the tray");
            crate::window::show(app);
            return;
        }
        Entry::RefreshNow => {
            shell.call(Request::Refresh { accounts: Vec::new(), force: true, dry_run: false }).await.map(drop)
        }
        Entry::PauseAll(paused) => shell.call(Request::PauseAll { paused }).await.map(drop),
        Entry::StartAtLogin(wanted) => set_start_at_login(app, &shell, wanted).await,
        Entry::Unlock => shell.call(Request::RetryStore).await.map(drop),
    };
    if let Err(notice) = asked {
        tracing::warn!(code = ?notice.code, what = %notice.what, "an entry of the tray menu failed");
        crate::window::show(app);
    }
}

/// A login in the system browser starts by opening it; the engine says where.
pub fn open_browser(answer: &Response) {
    if let Response::Login { login } = answer
        && let lamplighter_core::api::LoginStage::Browser { url } = &login.stage
        && let Err(error) = open::that_detached(url)
    {
        tracing::warn!(%error, "the system browser did not open");
    }
}

async fn set_start_at_login(
    app: &AppHandle,
    shell: &Shell,
    wanted: bool,
) -> Result<(), lamplighter_core::report::Notice> {
    if let Response::Settings { mut settings } = shell.call(Request::Settings).await? {
        settings.start_at_login = wanted;
        shell.call(Request::SetSettings { settings }).await?;
    }
    crate::command::apply_autostart(app, shell, wanted).await
}

/// Draws icon and menu anew after something changed. Changes that come while it draws are drawn once more at
/// the end, so a storm of events costs two drawings, not hundreds.
pub struct Redraw {
    busy: AtomicBool,
    again: AtomicBool,
}

impl Redraw {
    /// Nothing to draw yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { busy: AtomicBool::new(false), again: AtomicBool::new(false) })
    }

    /// Something changed.
    pub async fn changed(&self, app: &AppHandle) {
        self.again.store(true, Ordering::Release);
        if self.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        while self.again.swap(false, Ordering::AcqRel) {
            if let Err(error) = draw(app).await {
                tracing::warn!(%error, "the tray could not be drawn");
            }
        }
        self.busy.store(false, Ordering::Release);
    }
}

async fn draw(app: &AppHandle) -> tauri::Result<()> {
    let Some(tray) = app.tray_by_id(ID) else { return Ok(()) };
    let shell = shell_of(app);
    let lang = shell.lang().await;
    let (Ok(Response::Accounts { accounts }), Ok(Response::Engine { engine })) =
        (shell.call(Request::Accounts).await, shell.call(Request::Engine).await)
    else {
        return Ok(());
    };
    let start_at_login = match shell.call(Request::Settings).await {
        Ok(Response::Settings { settings }) => settings.start_at_login,
        _ => false,
    };
    set_menu(&tray, app, &accounts, &engine.notices, lang, start_at_login)?;
    tray.set_icon_with_as_template(Some(icon_of(engine.standing)?), cfg!(target_os = "macos"))?;
    // Shown beside the icon where the panel can: how many need the person.
    let waiting = accounts.iter().filter(|account| account.standing == Standing::NeedsYou).count();
    tray.set_title(Some(if waiting == 0 { String::new() } else { waiting.to_string() }))?;
    tray.set_tooltip(Some(&engine.words))
}

fn set_menu(
    tray: &TrayIcon<Wry>,
    app: &AppHandle,
    accounts: &[AccountView],
    notices: &[lamplighter_core::report::Notice],
    lang: Lang,
    start_at_login: bool,
) -> tauri::Result<()> {
    let locked = notices.iter().any(|notice| notice.code == lamplighter_core::report::Code::StoreLocked);
    let menu = menu::build_with(app, accounts, lang, start_at_login, locked)?;
    tray.set_menu(Some(menu))
}

fn icon_of(standing: Standing) -> tauri::Result<Image<'static>> {
    // On macOS one-colour templates, elsewhere a shape that reads on light and on dark panels.
    macro_rules! icon {
        ($name:literal) => {
            if cfg!(target_os = "macos") {
                include_bytes!(concat!("../../../icons/tray/", $name, "-template-44.png")).as_slice()
            } else {
                include_bytes!(concat!("../../../icons/tray/", $name, "-dark-44.png")).as_slice()
            }
        };
    }
    Image::from_bytes(match standing {
        Standing::Fine => icon!("fine"),
        Standing::Working => icon!("working"),
        Standing::Waiting => icon!("waiting"),
        Standing::NeedsYou => icon!("needs-you"),
        Standing::Paused => icon!("paused"),
    })
}

/// What a button of a notification does on the desktop's side.
pub async fn toast_action(app: &AppHandle, key: String, action: ToastAction) {
    let shell = shell_of(app);
    if action == ToastAction::Open {
        crate::window::show(app);
    }
    if let Err(notice) = shell.call(Request::ToastAnswer { key, action }).await {
        tracing::warn!(code = ?notice.code, what = %notice.what, "a notification's button failed");
        crate::window::show(app);
    }
}
