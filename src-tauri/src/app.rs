//! Starts the desktop app: engine first, then tray and (unless started with the desktop) the window.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lamplighter_core::api::{Event, Request, Response};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Client, Remote, Service};
use lamplighter_engine::clock::{Clock as _, SystemClock};
use lamplighter_engine::lock::HolderInfo;
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::start::{Start, StartError, show_holder};
use lamplighter_engine::{Engine, Holder};
use tauri::{AppHandle, Emitter as _, Manager as _, RunEvent};
use tokio::sync::watch;

use crate::command::{Shell, shell_of};
use crate::desktop::TauriDesktop;
use crate::ending::Ending;
use crate::notifications::{Notifications, On, not_started};
use crate::on_screen::OnScreen;
#[cfg(target_os = "linux")]
use crate::sleep;
use crate::tray::{self, Redraw};
use crate::{autostart, display, replaced, screen, window};

/// How long an app that was started with the desktop waits for a panel before it shows its window: panels of
/// slow machines come some seconds later.
const PANEL_WITHIN: Duration = Duration::from_secs(15);
/// A first start that has the lock and not its socket, not yet or no more, is asked again this often,
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// and for this long: one that is quit takes at most seven seconds.
const HOLDER_WITHIN: Duration = Duration::from_secs(12);
/// What still runs on threads of its own after the engine has ended is left behind then.
const THREADS_WITHIN: Duration = Duration::from_millis(200);

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
            // Whoever started it from a menu sees no terminal. Without a display nobody sees anything else.
            if notice.code != Code::NoDisplay {
                not_started(&notice);
            }
            ExitCode::from(notice.code.exit())
        }
    }
}

fn boot(options: Options, lang: Lang) -> Result<(), Notice> {
    display::check(lang)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("lamplighter")
        .enable_all()
        .build()
        .map_err(|error| Notice::new(Code::Internal, error.to_string()))?;
    tauri::async_runtime::set(runtime.handle().clone());

    let paths = Paths::resolve(&Env::of_process(), lang)?;
    let on_screen = runtime.block_on(OnScreen::read(paths.runtime.join("notifications.json")));
    let desktop = Arc::new(TauriDesktop::new(Arc::new(on_screen)));
    let end = Ending::watched(&runtime);
    let starting = async {
        tokio::select! {
            begun = begin(&desktop, lang) => Some(begun),
            () = end.clone().asked() => None,
        }
    };
    let Some(begun) = runtime.block_on(starting) else { return Ok(()) };
    let (engine, service): (Option<Engine>, Arc<dyn Service>) = match begun? {
        Begun::Engine(engine) => {
            let service = engine.service();
            (Some(engine), service)
        }
        // What `lamp serve` holds is shown in a window of ours.
        Begun::Serve(holder) => (None, Arc::new(Remote::new(Client::new(&holder.socket, lang)))),
        Begun::Shown => return Ok(()),
    };
    if let Some(engine) = &engine {
        let locks = engine.screen();
        screen::follow(move |locked| locks.tell(locked));
        #[cfg(target_os = "linux")]
        sleep::follow(engine.bed());
    }
    let engine = Arc::new(Mutex::new(engine));
    display::when_lost({
        let (engine, runtime) = (engine.clone(), runtime.handle().clone());
        move || _ = runtime.spawn(end_without_display(engine.clone(), lang))
    });
    let shell = Arc::new(Shell {
        service,
        system_lang: lang,
        runtime: runtime.handle().clone(),
        logins: Default::default(),
        copied: Default::default(),
        is_to_restart: AtomicBool::new(false),
    });
    let ended = run_tauri(options, shell.clone(), desktop, end);
    shell.copied.clear();
    let engine = take(&engine);
    if let Some(engine) = engine {
        // Finishes what is in flight and writes what is open; at most 5 s (F64).
        runtime.block_on(engine.stop());
    }
    runtime.shutdown_timeout(THREADS_WITHIN);
    if ended.is_ok() && shell.is_to_restart.load(Ordering::Acquire) {
        let error = replaced::restart();
        return Err(Notice::new(Code::Internal, error.to_string()));
    }
    ended
}

/// What a start came to.
enum Begun {
    /// The engine is ours.
    Engine(Engine),
    /// `lamp serve` has it.
    Serve(HolderInfo),
    /// Another app has it, and shows its window.
    Shown,
}

/// A first start begins an engine; a second one shows the first one's window. One that has the lock and does not answer
/// is coming up, or is being quit: then this one takes its place.
async fn begin(desktop: &Arc<TauriDesktop>, lang: Lang) -> Result<Begun, Notice> {
    let clock = SystemClock::new();
    let began = clock.now().boot.ms;
    loop {
        let holder = match Engine::start(Start::desktop(desktop.clone(), lang)).await {
            Ok(engine) => return Ok(Begun::Engine(engine)),
            Err(StartError::Held(holder)) if holder.holder == Holder::Serve => {
                return Ok(Begun::Serve(holder));
            }
            Err(StartError::Held(holder)) if holder.holder == Holder::Desktop => holder,
            Err(error) => return Err(error.notice(lang)),
        };
        let is_over = u128::from(clock.now().boot.ms.saturating_sub(began)) > HOLDER_WITHIN.as_millis();
        match show_holder(&holder, lang).await {
            Err(notice) if is_passing(&notice) && !holder.is_stopped() && !is_over => {
                clock.sleep(ASK_AGAIN).await;
            }
            answer => return answer.map(|()| Begun::Shown),
        }
    }
}

/// Nobody answers at the holder's socket, or somebody who is ending.
fn is_passing(notice: &Notice) -> bool {
    matches!(notice.code, Code::Busy | Code::Temporary)
}

fn take(engine: &Mutex<Option<Engine>>) -> Option<Engine> {
    engine.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The thread of the windows stands still; all else ends in order.
async fn end_without_display(engine: Arc<Mutex<Option<Engine>>>, lang: Lang) {
    tracing::warn!("the display is gone");
    let engine = take(&engine);
    if let Some(engine) = engine {
        engine.stop().await;
    }
    let gone = lang.pick("The display is gone.", "L’affichage a disparu.");
    let notice = display::notice(gone, lang);
    eprint_notice(&notice);
    // Not by way of what GTK left to be done at the end: it would wait for the thread that stands still.
    #[cfg(target_os = "linux")]
    lamplighter_sys::end_at_once(notice.code.exit());
}

fn run_tauri(
    options: Options,
    shell: Arc<Shell>,
    desktop: Arc<TauriDesktop>,
    end: Ending,
) -> Result<(), Notice> {
    let lang = shell.system_lang;
    #[cfg(target_os = "linux")]
    let _bus = crate::bus::outlive();
    let app = tauri::Builder::default()
        .plugin(autostart::plugin())
        .manage(shell.clone())
        .manage(Arc::new(Redraw::default()))
        .invoke_handler(tauri::generate_handler![crate::command::call])
        .setup(move |app| {
            #[cfg(target_os = "macos")]
            app.set_activation_policy(tauri::ActivationPolicy::Accessory);
            set_up(app.handle(), options, &shell, &desktop);
            let app = app.handle().clone();
            shell.runtime.spawn(async move {
                end.asked().await;
                app.exit(0);
            });
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|error| display::notice(&error.to_string(), lang))?;
    // Returns, unlike `run`: the engine still has to end.
    app.run_return(|_app, event| match event {
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

fn set_up(app: &AppHandle, options: Options, shell: &Arc<Shell>, desktop: &Arc<TauriDesktop>) {
    let runtime = &shell.runtime;
    let panel = set_up_tray(app, shell.system_lang, desktop);
    let notifications = notifications(app, shell, desktop);
    #[cfg(target_os = "linux")]
    notifications.follow_server();
    desktop.connect(app.clone(), notifications);
    runtime.spawn(follow(app.clone(), shell.service.clone()));
    runtime.spawn(renew_autostart(app.clone()));
    runtime.spawn({
        let (app, redraw) = (app.clone(), app.state::<Arc<Redraw>>().inner().clone());
        async move { redraw.run(app).await }
    });
    runtime.spawn({
        let app = app.clone();
        async move {
            if !options.autostarted || !comes(panel).await {
                window::show(&app);
            }
        }
    });
}

/// The icon is there from the start; whether a panel shows it can change, and is told by the returned channel
/// (`None`: there will never be one).
fn set_up_tray(app: &AppHandle, lang: Lang, desktop: &Arc<TauriDesktop>) -> Option<watch::Receiver<bool>> {
    let built = tray::is_possible()
        && Paths::resolve(&Env::of_process(), lang)
            .map_err(|notice| notice.what)
            .and_then(|paths| {
                tray::build(app, &paths.runtime.join("tray"), lang).map_err(|error| error.to_string())
            })
            .map_err(|error| tracing::warn!(%error, "no tray icon"))
            .is_ok();
    if !built {
        return None;
    }
    let (tell, panel) = watch::channel(false);
    let (app, desktop) = (app.clone(), desktop.clone());
    let can_come = tray::follow_panel(move |is_there| {
        tracing::info!(is_there, "a panel for the tray icon");
        desktop.set_tray(is_there);
        tell.send_replace(is_there);
        // The window says whether there is a tray.
        emit(&app, &Event::Engine);
    });
    can_come.then_some(panel)
}

/// Whether a panel comes soon.
async fn comes(panel: Option<watch::Receiver<bool>>) -> bool {
    let Some(mut panel) = panel else { return false };
    let clock = SystemClock::new();
    tokio::select! {
        found = panel.wait_for(|is_there| *is_there) => found.is_ok(),
        () = clock.sleep(PANEL_WITHIN) => false,
    }
}

fn notifications(app: &AppHandle, shell: &Arc<Shell>, desktop: &Arc<TauriDesktop>) -> Notifications {
    let (window, told) = (app.clone(), desktop.clone());
    let on_server = move |is_there| {
        if told.set_notifications(is_there) {
            tracing::info!(is_there, "something that shows notifications");
            // The window says whether there is.
            emit(&window, &Event::Engine);
        }
    };
    let (app, runtime) = (app.clone(), shell.runtime.clone());
    let pressed = move |pressed| {
        let app = app.clone();
        runtime.spawn(async move { tray::toast_action(&app, pressed).await });
    };
    let on = On { action: Arc::new(pressed), server: Arc::new(on_server) };
    Notifications::new(shell.clone(), desktop.on_screen(), icon(), on)
}

/// The app's icon as a file, because only an installed app has one that desktops know by name.
fn icon() -> String {
    let path = Paths::resolve(&Env::of_process(), Lang::default())
        .map(|paths| paths.runtime.join("lamplighter.png"));
    let written = path.ok().filter(|path| {
        std::fs::write(path, include_bytes!("../../icons/128x128.png"))
            .inspect_err(|error| tracing::debug!(%error, "no icon for notifications"))
            .is_ok()
    });
    written.map_or_else(|| "lamplighter".to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Passes on to window, tray and browser what changes in the engine.
async fn follow(app: AppHandle, service: Arc<dyn Service>) {
    use tokio::sync::broadcast::error::RecvError;
    let shell = shell_of(&app);
    let mut events = service.events();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::Lagged,
            Err(RecvError::Closed) => return,
        };
        emit(&app, &event);
        app.state::<Arc<Redraw>>().changed();
        match &event {
            Event::Login { id } => shell.logins.changed(&shell, id).await,
            Event::Lagged => shell.logins.any_changed(&shell).await,
            _ => {}
        }
    }
}

fn emit(app: &AppHandle, event: &Event) {
    if app.get_webview_window(window::LABEL).is_some()
        && let Err(error) = app.emit_to(window::LABEL, "engine", event)
    {
        tracing::debug!(%error, "the window closed meanwhile");
    }
}

async fn renew_autostart(app: AppHandle) {
    let Ok(Response::Settings { settings }) = shell_of(&app).call(Request::Settings).await else { return };
    if let Err(error) = autostart::renew(&app, settings.start_at_login) {
        tracing::warn!(%error, "the entry for starting with the desktop");
    }
}

/// The system's language.
fn system_lang() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    // Windows and macOS do not say it in the environment.
    locale.or_else(sys_locale::get_locale).map_or(Lang::En, |locale| Lang::from_locale(&locale))
}

#[expect(clippy::print_stderr, reason = "the app was started from a terminal and cannot show a window")]
fn eprint_notice(notice: &Notice) {
    let parts = [Some(&notice.what), notice.safe.as_ref(), notice.next.as_ref(), notice.cure.as_ref()];
    for part in parts.into_iter().flatten() {
        eprintln!("lamplighter: {part}");
    }
}
