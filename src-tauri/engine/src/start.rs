//! How an engine starts: which folders, which store, which desktop; and what happens if one runs already.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::account::Job;
use lamplighter_core::refresh::{Effect, Input};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{Lang, system};

use crate::clock::{Clock, SystemClock};
use crate::desktop::Desktop;
use crate::lock::{EngineLock, Holder, HolderInfo, LockError};
use crate::paths::{Env, Paths};
use crate::store::Stores;

/// How long a starting engine waits for a one-shot that holds the lock: longer than a refresh through Chrome.
const WAIT_FOR_ONE_SHOT: Duration = Duration::from_secs(150);
/// Whoever shows a window says so at once: one that does not answer for this long hangs.
const SHOWN_WITHIN: Duration = Duration::from_secs(15);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What an engine needs to start.
pub struct Start {
    /// What the process was started with.
    pub env: Env,
    /// What kind of holder it will be.
    pub holder: Holder,
    /// The desktop around it.
    pub desktop: Option<Arc<dyn Desktop>>,
    /// The system's language.
    pub lang: Lang,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where records are kept; as the settings say if absent.
    pub store: Option<Stores>,
    /// How the person is asked for the passphrase of the sealed files, if somebody is there to be asked.
    pub passphrase: Option<Box<AskPassphrase>>,
    /// Told of every step of every attempt; nobody in a shipped program.
    pub observer: Option<Observer>,
}

/// Asks for a passphrase, told whether it is a new one; `None` if none was given. It blocks, and comes before anything else of the engine waits.
pub type AskPassphrase = dyn Fn(bool) -> Option<Secret> + Send + Sync;

/// Told just before and just after each step of an attempt is performed, on the attempt's own task, which goes
/// on when it returns. A seam for crash tests: they end the process there (F36). It sees what the performer sees,
/// secrets included, so nothing but a test may set it.
pub type Observer = Arc<dyn Fn(Observed<'_>) + Send + Sync>;

/// One step of an attempt.
pub enum Observed<'a> {
    /// About to be performed.
    Before(Job, &'a Effect),
    /// Performed, with what it brought.
    After(Job, &'a Input),
}

impl Start {
    /// For the tray app.
    pub fn desktop(desktop: Arc<dyn Desktop>, lang: Lang) -> Self {
        Self { desktop: Some(desktop), ..Self::new(Holder::Desktop, lang) }
    }

    /// For `lamp serve`.
    pub fn serve(lang: Lang) -> Self {
        Self::new(Holder::Serve, lang)
    }

    /// For one command of `lamp`.
    pub fn one_shot(lang: Lang) -> Self {
        Self::new(Holder::OneShot, lang)
    }

    fn new(holder: Holder, lang: Lang) -> Self {
        let clock = Arc::new(SystemClock::new());
        Self {
            env: Env::of_process(),
            holder,
            desktop: None,
            lang,
            clock,
            store: None,
            passphrase: None,
            observer: None,
        }
    }
}

/// Why an engine did not start.
#[derive(Debug)]
pub enum StartError {
    /// Another one runs: talk to it.
    Held(HolderInfo),
    /// Something is wrong, and this is what to say.
    Notice(Notice),
}

impl From<Notice> for StartError {
    fn from(notice: Notice) -> Self {
        Self::Notice(notice)
    }
}

impl StartError {
    /// What to say to a person.
    pub fn notice(self, lang: Lang) -> Notice {
        match self {
            Self::Notice(notice) => notice,
            Self::Held(holder) => held(holder.pid, holder.is_stopped(), lang),
        }
    }
}

/// Another engine holds the lock and does not give way: the process `pid`, which the system may have stopped.
pub fn held(pid: u32, stopped: bool, lang: Lang) -> Notice {
    let what = match (lang, stopped) {
        (Lang::En, true) => format!("Another Lamplighter (process {pid}) is stopped and holds all logins."),
        (Lang::En, false) => {
            format!("Another Lamplighter (process {pid}) holds all logins and does not answer.")
        }
        (Lang::Fr, true) => {
            format!("Un autre Lamplighter (processus {pid}) est suspendu et tient toutes les connexions.")
        }
        (Lang::Fr, false) => {
            format!("Un autre Lamplighter (processus {pid}) tient toutes les connexions et ne répond pas.")
        }
    };
    let cure = match (lang, stopped) {
        (Lang::En, true) => format!("Let it go on with `kill -CONT {pid}`."),
        (Lang::En, false) => format!("Wait, then start again; or end it with `kill {pid}`."),
        (Lang::Fr, true) => format!("Laissez-le continuer avec `kill -CONT {pid}`."),
        (Lang::Fr, false) => format!("Attendez, puis relancez\u{a0}; ou arrêtez-le avec `kill {pid}`."),
    };
    Notice::new(Code::Busy, what)
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .next(if stopped {
            lang.pick(
                "No login is refreshed until it goes on; this start is not repeated by itself.",
                "Aucune connexion n’est rafraîchie tant qu’il ne continue pas\u{a0}; ce démarrage n’est pas repris tout seul.",
            )
        } else {
            lang.pick(
                "What it does goes on; this start is not repeated by itself.",
                "Ce qu’il fait se poursuit\u{a0}; ce démarrage n’est pas repris tout seul.",
            )
        })
        .cure(cure)
}

/// Takes the lock. A desktop (or a server) waits for a one-shot to finish; whoever else holds it is named.
///
/// # Errors
/// [`StartError::Held`] by whom, or a notice if the lock cannot be used.
pub(crate) async fn take_lock(paths: &Paths, start: &Start) -> Result<EngineLock, StartError> {
    let mut left = WAIT_FOR_ONE_SHOT;
    loop {
        let holder = match EngineLock::acquire(paths, start.holder) {
            Ok(lock) => return Ok(lock),
            Err(LockError::HeldBy(holder)) => holder,
            Err(LockError::Io(error)) => return Err(unusable(paths, &error, start.lang).into()),
        };
        let waits = match &holder {
            // It has taken the lock and not said yet who it is.
            None => true,
            Some(info) => info.holder == Holder::OneShot && start.holder != Holder::OneShot,
        };
        if !waits || left.is_zero() {
            return Err(match holder {
                Some(info) => StartError::Held(info),
                None => {
                    unusable(paths, &std::io::Error::other("held by an unknown process"), start.lang).into()
                }
            });
        }
        start.clock.sleep(LOOK_EVERY).await;
        left = left.saturating_sub(LOOK_EVERY);
    }
}

fn unusable(paths: &Paths, error: &std::io::Error, lang: Lang) -> Notice {
    let path = paths.lock();
    let is_full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    let error = system(&error.to_string(), lang);
    let what = match lang {
        Lang::En => format!("The lock file {} cannot be used: {error}.", path.display()),
        Lang::Fr => format!("Le fichier de verrou {} n’est pas utilisable\u{a0}: {error}.", path.display()),
    };
    Notice::new(Code::Disk, what)
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .next(lang.pick("Nothing is refreshed until this is cured.", "Rien n’est rafraîchi d’ici là."))
        .cure(if is_full {
            lang.pick("Free some space, then start again.", "Libérez de l’espace, puis relancez.")
        } else {
            lang.pick(
                "Make the folder writable, then start again.",
                "Rendez le dossier accessible en écriture, puis relancez.",
            )
        })
}

/// Asks the engine that runs to show its window: what a second start does.
///
/// # Errors
/// What it says, or that it does not answer.
pub async fn show_holder(holder: &HolderInfo, lang: Lang) -> Result<(), Notice> {
    use crate::api::{Client, Timeouts, Trouble};
    if holder.is_stopped() {
        return Err(held(holder.pid, holder.is_stopped(), lang));
    }
    let timeouts = Timeouts { quick: SHOWN_WITHIN, ..Timeouts::default() };
    let client = Client::new(&holder.socket, lang).with(timeouts);
    let asked =
        tokio::task::spawn_blocking(move || client.call(&lamplighter_core::api::Request::Show).map(drop));
    match asked.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Trouble::Said(notice))) => Err(*notice),
        Ok(Err(Trouble::Nobody | Trouble::Gone)) | Err(_) => Err(held(holder.pid, holder.is_stopped(), lang)),
    }
}
