//! Why a sink was not written, for programs and for people.

use std::io;
use std::path::Path;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

/// Why a file was left as it is. Nothing of it was changed; no variant holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// The path is relative or has no file name: what was agreed to would depend on who starts us.
    #[error("the path is not absolute")]
    BadPath,
    /// The folder is not there.
    #[error("the folder is not there")]
    NoFolder,
    /// A symbolic link: writing it would write somewhere else (T19).
    #[error("it is a symbolic link")]
    Symlink,
    /// A folder, a pipe, a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// Another name leads to the same file, and would keep the old value.
    #[error("it has another name (hard link)")]
    HardLink,
    /// Somebody took the right to write away: that is meant.
    #[error("it is read-only")]
    ReadOnly,
    /// Owner or group could not be kept.
    #[error("it belongs to somebody else")]
    Owner,
    /// Larger than 10 MB: no `.env` file.
    #[error("it is larger than 10 MB")]
    TooLarge,
    /// Not text: zero bytes, or UTF-16.
    #[error("it is not a text file")]
    NotText,
    /// Programs read this line in different ways, or it is computed: it cannot be changed safely.
    #[error("line {line} cannot be changed safely")]
    Unclear {
        /// Counted from 1.
        line: usize,
    },
    /// Not a name that every reader of `.env` files takes.
    #[error("{key} is not a valid name")]
    BadKey {
        /// The name.
        key: String,
    },
    /// A value that no quoting carries to every reader: line breaks, control characters, not text, too long, both
    /// kinds of quotes.
    #[error("the value for {key} cannot be written to such a file")]
    BadValue {
        /// Its name.
        key: String,
    },
    /// Git tracks the file: the value would go into the history (T20).
    #[error("git tracks it")]
    Tracked,
    /// Git does not ignore the file: the next commit could take it (T20).
    #[error("git does not ignore it")]
    NotIgnored,
    /// It lies in a repository, and git could not be asked.
    #[error("git could not be asked whether it ignores it")]
    GitUnknown,
    /// Somebody else writes it, again and again.
    #[error("it was changed at the same moment")]
    Changed,
    /// The disk is full, or the file system is read-only.
    #[error("the disk does not take it")]
    Disk,
    /// Anything else.
    #[error("it could not be written: {0:?}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for SinkError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Disk
            }
            kind => Self::Io(kind),
        }
    }
}

impl SinkError {
    /// For a person. `path` is the file that was not written.
    pub fn notice(&self, path: &Path, lang: Lang) -> Notice {
        let (what, cure) = match lang {
            Lang::En => self.english(&path.display().to_string()),
            Lang::Fr => self.french(&path.display().to_string()),
        };
        let safe = lang.pick(
            "Your login is safe, and the file is as it was.",
            "Votre connexion n’est pas perdue, et le fichier est resté tel quel.",
        );
        let next = match self {
            Self::Changed | Self::Disk | Self::Io(_) => lang.pick(
                "It is tried again with the next token at the latest.",
                "Un nouvel essai aura lieu au plus tard avec le prochain jeton.",
            ),
            _ => lang.pick(
                "The file is left alone until this is settled; other places still get the token.",
                "Le fichier est laissé tel quel jusqu’à ce que ce soit réglé\u{a0}; les autres destinations reçoivent le jeton.",
            ),
        };
        Notice::new(self.code(), what).safe(safe).next(next).cure(cure)
    }

    fn code(&self) -> Code {
        match self {
            Self::BadPath | Self::NoFolder | Self::BadKey { .. } => Code::Usage,
            Self::Changed | Self::Io(_) => Code::Temporary,
            Self::Disk => Code::Disk,
            _ => Code::Refused,
        }
    }

    fn english(&self, path: &str) -> (String, String) {
        let (what, cure) = match self {
            Self::BadPath => {
                ("is not an absolute path", "Give the whole path, from the root or from ~.".to_owned())
            }
            Self::NoFolder => {
                ("lies in a folder that is not there", "Create the folder, or correct the path.".to_owned())
            }
            Self::Symlink => ("is a symbolic link", "Give the path of the real file.".to_owned()),
            Self::NotAFile => ("is not a regular file", "Give the path of a file.".to_owned()),
            Self::HardLink => (
                "has a second name (a hard link)",
                "Make it a file of its own, for example by copying it.".to_owned(),
            ),
            Self::ReadOnly => {
                ("is read-only", "If Lamplighter may change it, allow writing: chmod u+w.".to_owned())
            }
            Self::Owner => {
                ("belongs to another user or group", "Make it yours, or choose a file of yours.".to_owned())
            }
            Self::TooLarge => ("is larger than 10 MB", "Choose a smaller file for the token.".to_owned()),
            Self::NotText => ("is not a text file in UTF-8", "Save it as UTF-8.".to_owned()),
            Self::Unclear { line } => (
                "has a line that programs read in different ways",
                format!(
                    "Look at line {line}: close its quotes, or write the value without commands and line joints."
                ),
            ),
            Self::BadKey { key } => {
                ("cannot hold that name", format!("Choose a name of letters, digits and _ instead of {key}."))
            }
            Self::BadValue { key } => (
                "cannot hold this value: programs would read it in different ways",
                format!("Put {key} somewhere else, or ask for it with lamp token."),
            ),
            Self::Tracked => (
                "is tracked by git: the token would go into its history",
                "Take it out with git rm --cached and add it to .gitignore, or allow it for this file."
                    .to_owned(),
            ),
            Self::NotIgnored => (
                "is not ignored by git: a commit could take the token along",
                "Add it to .gitignore, or allow it for this file.".to_owned(),
            ),
            Self::GitUnknown => (
                "lies in a git repository, and git could not be asked whether it is ignored",
                "Install git or repair the repository, or allow it for this file.".to_owned(),
            ),
            Self::Changed => (
                "was changed by another program at the same moment",
                "Save and close it in your editor.".to_owned(),
            ),
            Self::Disk => {
                ("could not be written: the disk is full or read-only", "Make room on the disk.".to_owned())
            }
            Self::Io(kind) => ("could not be written", format!("Check the file and its folder ({kind}).")),
        };
        (format!("{path} {what}."), cure)
    }

    fn french(&self, path: &str) -> (String, String) {
        let (what, cure) = match self {
            Self::BadPath => ("n’est pas un chemin absolu", "Indiquez le chemin entier, depuis la racine ou depuis ~.".to_owned()),
            Self::NoFolder => ("est dans un dossier qui n’existe pas", "Créez le dossier ou corrigez le chemin.".to_owned()),
            Self::Symlink => ("est un lien symbolique", "Indiquez le chemin du vrai fichier.".to_owned()),
            Self::NotAFile => ("n’est pas un fichier ordinaire", "Indiquez le chemin d’un fichier.".to_owned()),
            Self::HardLink => ("a un second nom (un lien physique)", "Faites-en un fichier à part, par exemple en le copiant.".to_owned()),
            Self::ReadOnly => ("est en lecture seule", "Si Lamplighter peut le modifier, autorisez l’écriture\u{a0}: chmod u+w.".to_owned()),
            Self::Owner => ("appartient à un autre utilisateur ou groupe", "Rendez-le vôtre, ou choisissez un fichier à vous.".to_owned()),
            Self::TooLarge => ("dépasse 10 Mo", "Choisissez un fichier plus petit pour le jeton.".to_owned()),
            Self::NotText => ("n’est pas un fichier texte en UTF-8", "Enregistrez-le en UTF-8.".to_owned()),
            Self::Unclear { line } => (
                "a une ligne que les programmes lisent de différentes façons",
                format!("Regardez la ligne {line}\u{a0}: fermez ses guillemets, ou écrivez la valeur sans commande ni raccord de lignes."),
            ),
            Self::BadKey { key } => (
                "ne peut pas contenir ce nom",
                format!("Choisissez un nom fait de lettres, de chiffres et de _ au lieu de {key}."),
            ),
            Self::BadValue { key } => (
                "ne peut pas contenir cette valeur\u{a0}: les programmes la liraient de différentes façons",
                format!("Mettez {key} ailleurs, ou demandez-le avec lamp token."),
            ),
            Self::Tracked => (
                "est suivi par git\u{a0}: le jeton entrerait dans son historique",
                "Retirez-le avec git rm --cached et ajoutez-le à .gitignore, ou autorisez-le pour ce fichier.".to_owned(),
            ),
            Self::NotIgnored => (
                "n’est pas ignoré par git\u{a0}: un commit pourrait emporter le jeton",
                "Ajoutez-le à .gitignore, ou autorisez-le pour ce fichier.".to_owned(),
            ),
            Self::GitUnknown => (
                "est dans un dépôt git, et git n’a pas pu dire s’il est ignoré",
                "Installez git ou réparez le dépôt, ou autorisez-le pour ce fichier.".to_owned(),
            ),
            Self::Changed => (
                "a été modifié par un autre programme au même moment",
                "Enregistrez-le et fermez-le dans votre éditeur.".to_owned(),
            ),
            Self::Disk => ("n’a pas pu être écrit\u{a0}: le disque est plein ou en lecture seule", "Faites de la place sur le disque.".to_owned()),
            Self::Io(kind) => ("n’a pas pu être écrit", format!("Vérifiez le fichier et son dossier ({kind}).")),
        };
        (format!("{path} {what}."), cure)
    }
}
