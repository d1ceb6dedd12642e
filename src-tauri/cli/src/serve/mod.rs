//! `lamp serve`: the engine without a desktop, until it is ended. Plain lines on standard error say what it keeps and
//! what needs a person; a service manager is told when it is ready and that it lives.

mod ending;
mod manager;
mod matters;

use std::cell::Cell;
use std::time::Duration;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use lamplighter_engine::clock::{Clock as _, SystemClock};
use lamplighter_engine::lock::{Holder, HolderInfo};
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::start::{Start, StartError};
use lamplighter_engine::{Engine, api};

use crate::engine::forbid_debugging;
use crate::prompt;
use crate::screen::{Failure, Outcome, Screen};
use ending::Ending;
use manager::Manager;
use matters::Matters;

/// What changes within this time is told together.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Runs until it is asked to end.
///
/// # Errors
/// Why there is no engine, or that it ended by itself.
pub fn run(screen: &Screen) -> Outcome {
    forbid_debugging();
    // What is made from here on is nobody else's to read, whatever the service manager thinks.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let is_starting = Cell::new(false);
    let outcome = runtime.block_on(serve(screen, &is_starting));
    if is_starting.get() {
        // What starts on its own thread ends with the process, and must not meet a runtime that is gone.
        std::mem::forget(runtime);
        return outcome;
    }
    // A keychain that hangs is not waited for: the journal holds what it did not take.
    runtime.shutdown_background();
    outcome
}

/// `is_starting` is set if it is ended before there is an engine.
async fn serve(screen: &Screen, is_starting: &Cell<bool>) -> Outcome {
    // Before anything else: a service can be ended while it starts.
    let mut ending = Ending::watched()?;
    let manager = Manager::of_process();
    manager.says(screen.pick("Starting", "Démarrage"));
    let engine = tokio::select! {
        started = started(screen.lang) => started?,
        () = ending.asked() => {
            // It may just be asking for a passphrase.
            prompt::show_again();
            is_starting.set(true);
            return Ok(0);
        }
    };
    manager.is_ready();
    let outcome = tokio::select! {
        outcome = keep(&engine, &manager, screen) => outcome,
        () = ending.asked() => Ok(0),
        () = feed(&engine, &manager, screen.lang) => Ok(0),
    };
    manager.is_stopping();
    screen.aside(screen.pick(
        "Ending: what has begun is finished and saved.",
        "Arrêt\u{a0}: ce qui a commencé est terminé et enregistré.",
    ));
    tokio::select! {
        () = engine.stop() => {}
        // Asked once more: the journal holds what is not saved.
        () = ending.asked() => {}
    }
    outcome
}

/// Starts the engine beside the runtime's thread: while it asks for a passphrase, Ctrl-C is heard.
async fn started(lang: Lang) -> Result<Engine, Failure> {
    let mut start = Start::serve(lang);
    if prompt::is_possible() {
        start.passphrase = Some(Box::new(move |is_new| crate::store::passphrase(is_new, lang)));
    }
    let runtime = tokio::runtime::Handle::current();
    let started = tokio::task::spawn_blocking(move || runtime.block_on(Engine::start(start))).await;
    let broken =
        |_| Notice::new(Code::Internal, lang.pick("Starting broke off.", "Le démarrage s’est interrompu."));
    Ok(started.map_err(broken)?.map_err(|error| not_started(error, lang))?)
}

/// Tells what is kept, and from then on whatever changes. Returns only if the engine is gone.
async fn keep(engine: &Engine, manager: &Manager, screen: &Screen) -> Outcome {
    let service = engine.service();
    // Listening begins first, so that no change is missed.
    let events = service.events();
    let mut matters = Matters::new(service, manager, screen);
    matters.begin(&socket(screen.lang)?).await?;
    matters.follow(events).await?;
    // Nobody ended it, and no signal did.
    Err(Notice::new(
        Code::Internal,
        screen.pick("The engine has ended by itself.", "Le moteur s’est arrêté de lui-même."),
    )
    .safe(screen.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
    .cure(screen.pick("Start it again.", "Relancez-le."))
    .into())
}

/// Says again and again that the engine answers, if the manager wants to hear it. One whose loop stands still says
/// nothing, and is started anew.
async fn feed(engine: &Engine, manager: &Manager, lang: Lang) {
    let Some(within) = manager.watchdog() else { return std::future::pending().await };
    let (service, clock) = (engine.service(), SystemClock::new());
    let caller = || api::Caller::one_shot(std::process::id());
    loop {
        let answer = service.call(caller(), lamplighter_core::api::Request::Engine, lang).await;
        if answer.is_ok() {
            manager.is_alive();
        }
        clock.rest(within / 2).await;
    }
}

fn socket(lang: Lang) -> Result<String, Failure> {
    Ok(Paths::resolve(&Env::of_process(), lang)?.socket().display().to_string())
}

/// How long a second start looks whether the first one is about to end is the service manager's business: it is told.
fn not_started(error: StartError, lang: Lang) -> Notice {
    match error {
        StartError::Held(holder) if holder.holder != Holder::OneShot && !holder.is_stopped() => {
            runs_already(&holder, lang)
        }
        error => error.notice(lang),
    }
}

fn runs_already(holder: &HolderInfo, lang: Lang) -> Notice {
    let pid = holder.pid;
    let (who, qui) = match holder.holder {
        Holder::Desktop => ("the desktop app", "l’application de bureau"),
        Holder::Serve | Holder::OneShot => ("`lamp serve`", "`lamp serve`"),
    };
    let what = match lang {
        Lang::En => format!("Lamplighter runs already: {who}, process {pid}."),
        Lang::Fr => format!("Lamplighter est déjà en marche\u{a0}: {qui}, processus {pid}."),
    };
    let next = match lang {
        Lang::En => format!("{who} keeps all logins alive, and answers `lamp`."),
        Lang::Fr => format!("{qui} maintient toutes les connexions et répond à `lamp`."),
    };
    let cure = match lang {
        Lang::En => format!("Leave it at that, or end it first: kill {pid}"),
        Lang::Fr => format!("Restez-en là, ou arrêtez-le d’abord\u{a0}: kill {pid}"),
    };
    Notice::new(Code::Busy, what)
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .next(capitalised(&next))
        .cure(cure)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
