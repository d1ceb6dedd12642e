//! `config.toml` on the disk: read whole or refused, edited in place, taken over live when it changes.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use lamplighter_core::config::{Config, Document};
use lamplighter_core::provider::Mistake;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};

/// The configuration in force.
pub(crate) struct Configuration {
    path: PathBuf,
    /// What is in force: the file's last valid text.
    pub config: Config,
    /// The text on the disk when it was last read; valid or not.
    text: String,
    /// What is wrong with the text on the disk, if it is not what is in force.
    pub mistakes: Vec<Mistake>,
    /// Whether the file was ever valid since the start: else nothing is in force.
    was_valid: bool,
}

impl Configuration {
    /// Reads the file; none is an empty one. A broken one leaves no account in force, and says so.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub(crate) fn read(path: PathBuf, lang: Lang) -> Result<Self, Notice> {
        let text = read_text(&path).map_err(|error| unreadable(&path, &error, lang))?;
        let mut this = Self {
            path,
            config: Config::default(),
            text: String::new(),
            mistakes: Vec::new(),
            was_valid: false,
        };
        this.take(text);
        Ok(this)
    }

    /// Looks at the file again; whether anything changed. A broken file is refused whole: the old one stays
    /// in force.
    pub(crate) fn look_again(&mut self) -> bool {
        match read_text(&self.path) {
            Ok(text) if text != self.text => {
                self.take(text);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::warn!(%error, "config.toml cannot be read now; what was read before stays in force");
                false
            }
        }
    }

    /// Whether an account could be added now: asked before a person signs in, which would else be in vain.
    ///
    /// # Errors
    /// What is in the way.
    pub(crate) fn check_editable(&self, lang: Lang) -> Result<(), Notice> {
        if let Some(broken) = self.notice(lang) {
            return Err(broken);
        }
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        match tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))) {
            Ok(_) => Ok(()),
            Err(error) => Err(unwritable(&self.path, &error, lang)),
        }
    }

    /// Changes the file by `edit`, comments and order kept.
    ///
    /// # Errors
    /// If the file changed meanwhile, is broken, or cannot be written; then nothing is changed.
    pub(crate) fn edit(
        &mut self,
        lang: Lang,
        edit: impl FnOnce(&mut Document) -> bool,
    ) -> Result<(), Notice> {
        let on_disk = read_text(&self.path).map_err(|error| unreadable(&self.path, &error, lang))?;
        if on_disk != self.text {
            return Err(self.changed_meanwhile(lang));
        }
        let mut document = Document::parse(&on_disk).map_err(|mistakes| self.broken(&mistakes, lang))?;
        if !edit(&mut document) {
            return Err(self.changed_meanwhile(lang));
        }
        let text = document.text();
        write_text(&self.path, &text).map_err(|error| unwritable(&self.path, &error, lang))?;
        self.take(text);
        Ok(())
    }

    /// Whether anything is in force: the file was valid at least once since the start.
    pub(crate) fn is_in_force(&self) -> bool {
        self.was_valid
    }

    /// What to tell about the file, if it is broken.
    pub(crate) fn notice(&self, lang: Lang) -> Option<Notice> {
        if self.mistakes.is_empty() { None } else { Some(self.broken(&self.mistakes, lang)) }
    }

    fn broken(&self, mistakes: &[Mistake], lang: Lang) -> Notice {
        let next = if self.was_valid {
            lang.pick("What was in force before stays in force.", "Ce qui était en vigueur le reste.")
        } else {
            lang.pick(
                "No account is kept alive until it is corrected; then everything goes on, without a restart.",
                "Aucun compte n’est suivi tant que ce n’est pas corrigé\u{a0}; ensuite tout reprend, sans redémarrage.",
            )
        };
        broken(&self.path, mistakes, lang).next(next)
    }

    fn take(&mut self, text: String) {
        match Config::parse(&text) {
            Ok(config) => {
                self.config = config;
                self.was_valid = true;
                self.mistakes.clear();
            }
            Err(mistakes) => self.mistakes = mistakes,
        }
        self.text = text;
    }

    fn changed_meanwhile(&self, lang: Lang) -> Notice {
        let path = self.path.display();
        let what = match lang {
            Lang::En => format!("{path} was changed by somebody else just now."),
            Lang::Fr => format!("{path} vient d’être modifié par ailleurs."),
        };
        Notice::new(Code::Refused, what)
            .safe(lang.pick("Nothing was changed.", "Rien n’a été modifié."))
            .cure(lang.pick("Look at it again, then repeat.", "Vérifiez, puis recommencez."))
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

/// New file, synced, renamed: never half a configuration.
fn write_text(path: &Path, text: &str) -> std::io::Result<()> {
    // A linked file (dotfiles in a repository) is written where it lies.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    // An account is in it before its login is stored: a name that a power cut takes would leave that without an owner.
    crate::paths::sync_folder(folder)
}

fn unreadable(path: &Path, error: &std::io::Error, lang: Lang) -> Notice {
    let (path, error) = (path.display(), system(&error.to_string(), lang));
    let what = match lang {
        Lang::En => format!("{path} cannot be read: {error}."),
        Lang::Fr => format!("{path} est illisible\u{a0}: {error}."),
    };
    Notice::new(Code::Disk, what)
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .next(lang.pick("Nothing is refreshed until this is cured.", "Rien n’est rafraîchi d’ici là."))
        .cure(lang.pick("Make it readable for you.", "Rendez-le lisible pour vous."))
}

fn unwritable(path: &Path, error: &std::io::Error, lang: Lang) -> Notice {
    let (path, error) = (path.display(), system(&error.to_string(), lang));
    let what = match lang {
        Lang::En => format!("{path} cannot be written: {error}."),
        Lang::Fr => format!("{path} n’a pas pu être écrit\u{a0}: {error}."),
    };
    Notice::new(Code::Disk, what)
        .safe(lang.pick(
            "Nothing was changed, and your logins are safe.",
            "Rien n’a changé, et vos connexions ne sont pas perdues.",
        ))
        .cure(lang.pick(
            "Free some space or make the folder writable.",
            "Libérez de l’espace ou rendez le dossier accessible en écriture.",
        ))
}

/// A broken file: the first mistake in full, the number of others. What happens next is for the caller to say.
pub(crate) fn broken(path: &Path, mistakes: &[Mistake], lang: Lang) -> Notice {
    let name = path.display();
    let first = mistakes.first().map(|mistake| mistake.line_text(lang)).unwrap_or_default();
    let more = match (mistakes.len().saturating_sub(1), lang) {
        (0, _) => String::new(),
        (more, Lang::En) => format!(" ({more} more)"),
        (more, Lang::Fr) => format!(" (et {more} de plus)"),
    };
    let mut notice = Notice::new(Code::BadFile, format!("{name}:{first}{more}"))
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."));
    if let Some(mistake) = mistakes.first() {
        notice = notice.cure(mistake.cure(lang));
    }
    notice
}
