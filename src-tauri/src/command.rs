//! The one Tauri command: the window speaks the engine's contract through it. No policy here.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lamplighter_core::api::{ErrorBody, Folder, Request, Response, TokenRequest};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Caller, Service};
use tauri::{AppHandle, Manager as _, State};

use crate::clipboard::Copied;
use crate::logins::Logins;

/// What the shell keeps for its commands.
pub struct Shell {
    /// The engine, in this process or (where `lamp serve` runs) behind the socket.
    pub service: Arc<dyn Service>,
    /// The system's language.
    pub system_lang: Lang,
    /// Runs what has to wait.
    pub runtime: tokio::runtime::Handle,
    /// Logins that were started here.
    pub logins: Logins,
    /// The token in the clipboard.
    pub copied: Copied,
    /// Once everything has ended, the app is started anew.
    pub is_to_restart: AtomicBool,
}

impl Shell {
    /// The language to speak: as set, else the system's.
    pub async fn lang(&self) -> Lang {
        match self.service.call(Caller::window(std::process::id()), Request::Settings, self.system_lang).await
        {
            Ok(Response::Settings { settings }) => settings.lang.unwrap_or(self.system_lang),
            _ => self.system_lang,
        }
    }

    /// Asks the engine as the window.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn call(&self, request: Request) -> Result<Response, Notice> {
        let lang = self.lang().await;
        self.service.call(Caller::window(std::process::id()), request, lang).await
    }

    /// Asks for something that starts a login, and follows it to where it needs a browser.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn start_login(&self, request: Request) -> Result<Response, Notice> {
        let answer = self.call(request).await?;
        self.logins.started(self, &answer).await;
        Ok(answer)
    }
}

/// Asks the engine. What only a desktop can do (clipboard, folders, autostart) is done here.
///
/// # Errors
/// What the engine says, in the person's language.
#[tauri::command]
pub async fn call(
    app: AppHandle,
    shell: State<'_, Arc<Shell>>,
    request: Request,
) -> Result<Response, ErrorBody> {
    let shell = shell.inner().clone();
    let answer = match request {
        Request::CopyToken { account, name } => {
            let request = TokenRequest { name, stale: true, ..TokenRequest::default() };
            copy_token(&shell, account, request).await
        }
        Request::OpenFolder { folder } => open_folder(&shell, folder).await,
        Request::SetSettings { settings } => {
            let start_at_login = settings.start_at_login;
            match shell.call(Request::SetSettings { settings }).await {
                Ok(answer) => apply_autostart(&app, &shell, start_at_login).await.map(|()| answer),
                Err(notice) => Err(notice),
            }
        }
        request @ (Request::Login { .. } | Request::NewLogin { .. }) => shell.start_login(request).await,
        request => shell.call(request).await,
    };
    answer.map_err(ErrorBody::from)
}

async fn copy_token(shell: &Shell, account: String, request: TokenRequest) -> Result<Response, Notice> {
    let lang = shell.lang().await;
    let caller = Caller::window(std::process::id());
    let grant = shell.service.token(caller, account.clone(), request, lang).await?;
    shell.copied.for_a_while(grant.value, &shell.runtime).map_err(|error| {
        tracing::warn!(%error, "no clipboard");
        Notice::new(
            Code::Temporary,
            lang.pick("The clipboard cannot be used.", "Le presse-papiers n’est pas utilisable."),
        )
        .cure(match lang {
            Lang::En => format!("Run: lamp token {account}"),
            Lang::Fr => format!("Lancez\u{a0}: lamp token {account}"),
        })
        .of(account)
    })?;
    Ok(Response::Done)
}

async fn open_folder(shell: &Shell, folder: Folder) -> Result<Response, Notice> {
    let Response::Engine { engine } = shell.call(Request::Engine).await? else {
        return Err(Notice::new(Code::Internal, "the engine answered something else"));
    };
    let path = match folder {
        Folder::Logs => engine.logs,
        Folder::Config => engine.config,
    };
    let lang = shell.lang().await;
    open::that_detached(&path).map_err(|error| {
        let what = match lang {
            Lang::En => format!("The folder {path} could not be opened: {error}."),
            Lang::Fr => format!("Le dossier {path} n’a pas pu être ouvert\u{a0}: {error}."),
        };
        Notice::new(Code::Temporary, what)
    })?;
    Ok(Response::Done)
}

/// Makes the entry for starting with the desktop say what the person just chose.
pub async fn apply_autostart(app: &AppHandle, shell: &Shell, wanted: bool) -> Result<(), Notice> {
    let lang = shell.lang().await;
    crate::autostart::set(app, wanted).map_err(|error| {
        let what = match lang {
            Lang::En => format!("Starting with the desktop could not be changed: {error}."),
            Lang::Fr => format!("Le démarrage avec la session n’a pas pu être modifié\u{a0}: {error}."),
        };
        Notice::new(Code::Disk, what)
            .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
    })
}

/// The shell of a running app.
pub fn shell_of(app: &AppHandle) -> Arc<Shell> {
    app.state::<Arc<Shell>>().inner().clone()
}
