//! Where everything of one profile lies.
//!
//! Found from the user database and not from `HOME` or `XDG_CONFIG_HOME`: cron, the desktop and a terminal must
//! all come to the same lock.

mod durable;
mod folder;

use std::path::{Path, PathBuf};

use lamplighter_core::id::AccountName;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};

pub use durable::{make_durable, sync_file, sync_folder, sync_way_to};
pub use folder::{Kind, check_ours, ensure};

/// The profile of those who never named one.
const DEFAULT_PROFILE: &str = "default";
/// Longest address of a Unix socket that all systems take (macOS: 104 with the final zero).
#[cfg(unix)]
const LONGEST_SOCKET: usize = 103;

/// What the folders depend on, read once from the process or made up by a test.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// `LAMPLIGHTER_HOME`: everything lies below it.
    pub root: Option<PathBuf>,
    /// `LAMPLIGHTER_PROFILE`.
    pub profile: Option<String>,
    /// The person's home, from the user database.
    pub home: Option<PathBuf>,
    /// The session's runtime folder, `XDG_RUNTIME_DIR` or else `/run/user/UID`, if it is there.
    pub runtime: Option<PathBuf>,
    /// `LOCALAPPDATA`, on Windows.
    pub local_app_data: Option<PathBuf>,
    /// The kind of network file system that the data is on, as a test has it. The system is asked if absent.
    pub network: Option<&'static str>,
}

impl Env {
    /// What this process was started with.
    pub fn of_process() -> Self {
        let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            root: folder("LAMPLIGHTER_HOME"),
            // One that is no text is no name, rather than the profile of those who never named one.
            profile: folder("LAMPLIGHTER_PROFILE").map(|name| name.to_string_lossy().into_owned()),
            home: home(),
            runtime: folder("XDG_RUNTIME_DIR")
                .filter(|path| path.is_absolute() && path.to_str().is_some() && path.is_dir())
                .or_else(users_runtime),
            local_app_data: folder("LOCALAPPDATA"),
            network: None,
        }
    }
}

#[cfg(unix)]
fn home() -> Option<PathBuf> {
    let listed = lamplighter_sys::this_person().ok().map(|person| person.home);
    // Containers run as users that no database knows; there the environment is all there is.
    let listed = listed.filter(|home| home.is_absolute());
    // A relative one would be another home in each folder.
    listed.or_else(|| std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()))
}

#[cfg(not(unix))]
fn home() -> Option<PathBuf> {
    std::env::home_dir()
}

/// cron has no session environment, but a person who is logged in has this folder.
#[cfg(target_os = "linux")]
fn users_runtime() -> Option<PathBuf> {
    let path = PathBuf::from(format!("/run/user/{}", rustix::process::geteuid().as_raw()));
    path.is_dir().then_some(path)
}

#[cfg(not(target_os = "linux"))]
fn users_runtime() -> Option<PathBuf> {
    None
}

/// The folders of one profile. [`Paths::create`] makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The profile's name.
    pub profile: String,
    /// `config.toml` and `providers/`.
    pub config: PathBuf,
    /// Lock, journals, state database.
    pub data: PathBuf,
    /// The socket.
    pub runtime: PathBuf,
    /// Log files.
    pub logs: PathBuf,
    /// The service's name in the keychain.
    pub keychain: String,
}

impl Paths {
    /// Says where things lie; touches nothing.
    ///
    /// # Errors
    /// [`Code::Usage`] if there is no home, or the profile's name is none.
    pub fn resolve(env: &Env, lang: Lang) -> Result<Self, Notice> {
        let profile = env.profile.clone().unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        if profile.parse::<AccountName>().is_err() {
            let what = match lang {
                Lang::En => format!("“{profile}” is no name for a profile."),
                Lang::Fr => format!("«\u{a0}{profile}\u{a0}» n’est pas un nom de profil."),
            };
            return Err(Notice::new(Code::Usage, what).cure(lang.pick(
                "Set LAMPLIGHTER_PROFILE to 1 to 64 of a-z 0-9 . _ -, a letter or digit first.",
                "Donnez à LAMPLIGHTER_PROFILE 1 à 64 caractères parmi a-z 0-9 . _ -, une lettre ou un chiffre d’abord.",
            )));
        }
        if let Some(root) = &env.root {
            let root = if root.is_absolute() { root.clone() } else { absolute(root, lang)? };
            // The keychain's entries and the lock's holder name it.
            if root.to_str().is_none() {
                return Err(unusable_root(
                    lang.pick("its path is not UTF-8", "son chemin n’est pas en UTF-8"),
                    lang,
                ));
            }
            let keychain = keychain(Some(&root), &profile);
            let root = if profile == DEFAULT_PROFILE { root } else { root.join("profiles").join(&profile) };
            let at = |name| root.join(name);
            let (config, data, runtime, logs) = (at("config"), at("data"), at("runtime"), at("logs"));
            return Ok(Self { profile, config, data, runtime, logs, keychain });
        }
        if env.home.as_ref().is_some_and(|home| home.to_str().is_none()) {
            return Err(unusable_home(lang));
        }
        platform(env, profile).ok_or_else(|| {
            Notice::new(
                Code::Usage,
                lang.pick("You have no home folder.", "Vous n’avez pas de dossier personnel."),
            )
            .cure(lang.pick(
                "Set LAMPLIGHTER_HOME to a folder of yours.",
                "Donnez à LAMPLIGHTER_HOME un dossier à vous.",
            ))
        })
    }

    /// Makes the folders that are missing, all 0700, and checks those that are there (T8).
    ///
    /// # Errors
    /// [`Code::NotAllowed`] if one belongs to somebody else or is a symbolic link, [`Code::Disk`] if it cannot
    /// be made (read-only home, disk full), [`Code::Usage`] if the socket's path is too long for the system.
    pub fn create(&self, lang: Lang) -> Result<(), Notice> {
        ensure(&self.config, Kind::MayBeLinked, lang)?;
        for folder in [&self.data, &self.runtime, &self.logs, &self.journals()] {
            ensure(folder, Kind::Own, lang)?;
        }
        #[cfg(unix)]
        if self.socket().as_os_str().len() > LONGEST_SOCKET {
            let what =
                lang.pick("The path of the socket is too long:", "Le chemin du socket est trop long\u{a0}:");
            let cure = lang.pick(
                "Set LAMPLIGHTER_HOME to a shorter path.",
                "Choisissez un LAMPLIGHTER_HOME plus court.",
            );
            return Err(Notice::new(Code::Usage, format!("{what} {}", self.socket().display())).cure(cure));
        }
        Ok(())
    }

    /// The engine's lock.
    pub fn lock(&self) -> PathBuf {
        self.data.join("lock")
    }

    /// The API's socket.
    pub fn socket(&self) -> PathBuf {
        self.runtime.join("api.sock")
    }

    /// The state database.
    pub fn state(&self) -> PathBuf {
        self.data.join("state.db")
    }

    /// The folder of the journals.
    pub fn journals(&self) -> PathBuf {
        self.data.join("journals")
    }

    /// What logouts could not erase yet.
    pub fn owed(&self) -> PathBuf {
        self.data.join("to-erase.json")
    }

    /// The folder of the sealed files, where they are used.
    pub fn sealed(&self) -> PathBuf {
        self.data.join("sealed")
    }

    /// The configuration.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's own provider files.
    pub fn providers(&self) -> PathBuf {
        self.config.join("providers")
    }
}

/// One per profile, and one per root: a demo or a test never meets a person's own logins.
fn keychain(root: Option<&Path>, profile: &str) -> String {
    let service = match profile {
        DEFAULT_PROFILE => "lamplighter".to_owned(),
        other => format!("lamplighter:{other}"),
    };
    match root {
        Some(root) => format!("{service}@{}", root.display()),
        None => service,
    }
}

fn absolute(path: &Path, lang: Lang) -> Result<PathBuf, Notice> {
    std::path::absolute(path).map_err(|error| unusable_root(&system(&error.to_string(), lang), lang))
}

/// The keychain's entries and the lock's holder name it, as they do a root.
fn unusable_home(lang: Lang) -> Notice {
    let what = lang.pick(
        "The path of your home folder is not UTF-8.",
        "Le chemin de votre dossier personnel n’est pas en UTF-8.",
    );
    Notice::new(Code::Usage, what).cure(lang.pick(
        "Set LAMPLIGHTER_HOME to a folder of yours whose path is UTF-8.",
        "Donnez à LAMPLIGHTER_HOME un dossier à vous dont le chemin est en UTF-8.",
    ))
}

fn unusable_root(said: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("LAMPLIGHTER_HOME cannot be used: {said}."),
        Lang::Fr => format!("LAMPLIGHTER_HOME est inutilisable\u{a0}: {said}."),
    };
    Notice::new(Code::Usage, what)
        .cure(lang.pick("Set it to an absolute path.", "Donnez-lui un chemin absolu."))
}

/// `lamplighter`, or `lamplighter-PROFILE`.
#[cfg(not(any(target_os = "macos", windows)))]
fn platform(env: &Env, profile: String) -> Option<Paths> {
    let home = env.home.as_ref()?;
    let name = named("lamplighter", &profile);
    let data = home.join(".local/share").join(&name);
    Some(Paths {
        config: home.join(".config").join(&name),
        runtime: env.runtime.as_ref().map_or_else(|| data.join("runtime"), |folder| folder.join(&name)),
        logs: home.join(".local/state").join(&name).join("logs"),
        data,
        keychain: keychain(None, &profile),
        profile,
    })
}

/// `Lamplighter`, or `Lamplighter-PROFILE`.
#[cfg(target_os = "macos")]
fn platform(env: &Env, profile: String) -> Option<Paths> {
    let library = env.home.as_ref()?.join("Library");
    let name = named("Lamplighter", &profile);
    let data = library.join("Application Support").join(&name);
    Some(Paths {
        config: data.join("config"),
        runtime: data.join("runtime"),
        logs: library.join("Logs").join(&name),
        data,
        keychain: keychain(None, &profile),
        profile,
    })
}

/// `Lamplighter`, or `Lamplighter-PROFILE`, which does not roam.
#[cfg(windows)]
fn platform(env: &Env, profile: String) -> Option<Paths> {
    let base = env.local_app_data.clone().or_else(|| Some(env.home.as_ref()?.join("AppData\\Local")))?;
    let base = base.join(named("Lamplighter", &profile));
    let at = |name| base.join(name);
    let (config, data, runtime, logs) = (at("config"), at("data"), at("runtime"), at("logs"));
    Some(Paths { config, data, runtime, logs, keychain: keychain(None, &profile), profile })
}

fn named(app: &str, profile: &str) -> String {
    if profile == DEFAULT_PROFILE { app.to_owned() } else { format!("{app}-{profile}") }
}
