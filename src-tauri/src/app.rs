//! Starts the desktop app: engine first, then tray and (unless started with the desktop) the window.

use std::process::ExitCode;
use std::sync::Arc;

use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::Service;
use lamplighter_engine::start::{Start, StartError};
use lamplighter_engine::{Engine, Holder};
use tauri::{AppHandle, Emitter as _, Manager as _, RunEvent};

use crate::command::Shell;
use crate::desktop::TauriDesktop;
use crate::notifications::Notifications;
use crate::tray::{self, Redraw};
use crate::window;

/// How the app was started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// With the desktop: no window.
    pub autostarted: bool,
}

/// Runs until the person quits.
pub fn run(options: Options) -> ExitCode {
    let lang = system_lang();
    match boot(options, lang) {
        Ok(()) => ExitCode::SUCCESS,
        Err(notice) => {
            eprint_notice(&notice);
            ExitCode::from(notice.code.exit())
        }
    }
}

fn boot(options: Options, lang: Lang) -> Result<(), Notice> {
    if !crate::display::is_there() {
        return Err(crate::display::notice(lang));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("lamplighter")
        .enable_all()
        .build()
        .map_err(|error| Notice::new(lamplighter_core::report::Code::Internal, error.to_string()))?;
    tauri::async_runtime::set(runtime.handle().clone());

    let desktop = Arc::new(TauriDesktop::default());
    let start = Start::desktop(desktop.clone(), lang);
    let engine = match runtime.block_on(Engine::start(start)) {
        Ok(engine) => engine,
        // A second start shows the first one's window; what `serve` holds is shown in a window of ours.
        Err(StartError::Held(holder)) if holder.holder != Holder::OneShot => {
            return runtime.block_on(lamplighter_engine::start::show_holder(&holder, lang));
        }
        Err(error) => return Err(error.notice(lang)),
    };
    let service = engine.service();
    let shell = Arc::new(Shell { service: service.clone(), system_lang: lang, runtime: runtime.handle().clone() });
    let ended = run_tauri(options, shell, desktop, service);
    // Finishes what is in flight and writes what is open; at most 5 s (F64).
    runtime.block_on(engine.stop());
    ended
}

fn run_tauri(
    options: Options,
    shell: Arc<Shell>,
    desktop: Arc<TauriDesktop>,
    service: Arc<dyn Service>,
) -> Result<(), Notice> {
    let lang = shell.system_lang;
    let app = tauri::Builder::default()
        .plugin(crate::autostart::plugin())
        .manage(shell.clone())
        .invoke_handler(tauri::generate_handler![crate::command::call])
        .setup(move |app| {
            #[cfg(target_os = "macos")]
            app.set_activation_policy(tauri::ActivationPolicy::Accessory);
            set_up(app.handle(), options, &shell, &desktop, service);
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|error| {
            tracing::error!(%error, "the desktop part could not start");
            Notice::new(lamplighter_core::report::Code::NoDisplay, format!("{error}"))
                .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
                .cure(lang.pick("`lamp` works without a window.", "`lamp` fonctionne sans fenêtre."))
        })?;
    app.run(|_app, event| match event {
        // The last window closed: the app lives on in the tray.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => {
            let app = _app.clone();
            std::thread::spawn(move || window::show(&app));
        }
        _ => {}
    });
    Ok(())
}

fn set_up(
    app: &AppHandle,
    options: Options,
    shell: &Arc<Shell>,
    desktop: &Arc<TauriDesktop>,
    service: Arc<dyn Service>,
) {
    let has_tray = tray::is_possible()
        && tray::build(app).map_err(|error| tracing::warn!(%error, "no tray icon")).is_ok();
    let runtime = shell.runtime.clone();
    let notifications = Notifications::new(runtime.clone(), {
        let app = app.clone();
        let runtime = runtime.clone();
        Arc::new(move |key, action| {
            let app = app.clone();
            runtime.spawn(async move { tray::toast_action(&app, key, action).await });
        })
    });
    desktop.connect(app.clone(), notifications, has_tray);
    runtime.spawn(follow(app.clone(), service));
    runtime.spawn({
        let (app, shell) = (app.clone(), shell.clone());
        async move {
            if let Ok(lamplighter_core::api::Response::Settings { settings }) =
                shell.call(lamplighter_core::api::Request::Settings).await
                && let Err(notice) = crate::command::apply_autostart(&app, &shell, settings.start_at_login).await
            {
                tracing::warn!(what = %notice.what, "the entry for starting with the desktop");
            }
        }
    });
    // Without a tray the window is the only way in, so it is shown even when started with the desktop.
    if !options.autostarted || !has_tray {
        window::show(app);
    }
}

/// Passes on to window and tray what changes in the engine.
async fn follow(app: AppHandle, service: Arc<dyn Service>) {
    use tokio::sync::broadcast::error::RecvError;
    let redraw = Redraw::new();
    let mut events = service.events();
    redraw.changed(&app).await;
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => lamplighter_core::api::Event::Lagged,
            Err(RecvError::Closed) => return,
        };
        if app.get_webview_window(window::LABEL).is_some()
            && let Err(error) = app.emit_to(window::LABEL, "engine", &event)
        {
            tracing::debug!(%error, "the window closed meanwhile");
        }
        redraw.changed(&app).await;
    }
}

/// The system's language.
fn system_lang() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.map_or_else(system_locale, |locale| Lang::from_locale(&locale))
}

/// Windows and macOS do not say it in the environment.
fn system_locale() -> Lang {
    sys_locale::get_locale().map_or(Lang::En, |locale| Lang::from_locale(&locale))
}

#[expect(clippy::print_stderr, reason = "the app was started from a terminal and cannot show a window")]
fn eprint_notice(notice: &Notice) {
    let parts = [Some(&notice.what), notice.safe.as_ref(), notice.next.as_ref(), notice.cure.as_ref()];
    for part in parts.into_iter().flatten() {
        eprintln!("lamplighter: {part}");
    }
}
