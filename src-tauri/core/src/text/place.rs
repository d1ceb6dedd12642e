//! Where logins are kept, and what is said of one that is not where it is looked for.

use super::{Lang, Subject};
use crate::record::StoreKind;
use crate::report::{Code, Notice};

impl StoreKind {
    /// One sentence for settings and `lamp status`.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Keyring => lang.pick(
                "Logins are kept in your system’s keyring.",
                "Les connexions sont gardées dans le trousseau de votre système.",
            ),
            Self::Keyutils => lang.pick(
                "Logins are kept in the kernel’s keyring; a restart of this machine forgets them.",
                "Les connexions sont gardées dans le trousseau du noyau\u{a0}; un redémarrage de cette machine les oublie.",
            ),
            Self::Sealed => lang.pick(
                "Logins are kept in sealed files, and their key elsewhere.",
                "Les connexions sont gardées dans des fichiers scellés, et leur clé ailleurs.",
            ),
        }
    }

    /// In the middle of a sentence.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Keyring => lang.pick("your system’s keyring", "le trousseau de votre système"),
            Self::Keyutils => lang.pick("the kernel’s keyring", "le trousseau du noyau"),
            Self::Sealed => lang.pick("the sealed files", "les fichiers scellés"),
        }
    }
}

/// In the place of [`StoreKind::words`], while the settings cannot be read.
pub fn store_unknown(lang: Lang) -> &'static str {
    lang.pick(
        "Where logins are kept is not known before config.toml can be read; nothing is looked up or changed until then.",
        "L’endroit où les connexions sont gardées n’est pas connu tant que config.toml n’est pas lisible\u{a0}; d’ici là, rien n’est consulté ni modifié.",
    )
}

/// The settings can be read, and the person has not yet typed what opens the sealed files.
pub fn passphrase_awaited(lang: Lang) -> Notice {
    Notice::new(
        Code::Temporary,
        lang.pick(
            "Lamplighter waits for the passphrase of the sealed files.",
            "Lamplighter attend la phrase secrète des fichiers scellés.",
        ),
    )
    .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
    .next(lang.pick("Everything goes on once it is given.", "Tout reprend dès qu’elle est donnée."))
    .cure(lang.pick("Type it where Lamplighter was started.", "Saisissez-la là où Lamplighter a été lancé."))
}

/// A store that keeps nothing over a restart does not have it: that is no damage, and said to be none.
pub(super) fn forgotten(subject: &Subject<'_>) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let what = match lang {
        Lang::En => {
            format!("The kernel’s keyring has forgotten the login of {service}, as it does at a restart.")
        }
        Lang::Fr => format!(
            "Le trousseau du noyau a oublié la connexion à {service}, comme il le fait à chaque redémarrage."
        ),
    };
    Notice::new(Code::NeedsLogin, what)
        .safe(lang.pick(
            "Nothing is damaged; the account and its settings are still here.",
            "Rien n’est abîmé\u{a0}; le compte et ses réglages sont toujours là.",
        ))
        .next(lang.pick(
            "Your programs have no valid token until you log in again.",
            "Vos programmes n’ont pas de jeton valide tant que vous ne vous êtes pas reconnecté.",
        ))
        .cure(lang.pick(
            "Log in again; it takes a minute. A system keyring would keep logins over restarts: store = \"keyring\" in config.toml.",
            "Reconnectez-vous, une minute suffit. Un trousseau du système garderait les connexions d’un démarrage à l’autre\u{a0}: store = \"keyring\" dans config.toml.",
        ))
}

/// It lies where the settings do not say any more.
pub(super) fn elsewhere(there: StoreKind, here: StoreKind, subject: &Subject<'_>) -> Notice {
    let (lang, service, word, here_word) = (subject.lang, subject.service, there.word(), here.word());
    let (there, here) = (there.name(lang), here.name(lang));
    let what = match lang {
        Lang::En => format!("The login of {service} is in {there}, and Lamplighter now uses {here}."),
        Lang::Fr => {
            format!("La connexion à {service} est dans {there}, et Lamplighter utilise maintenant {here}.")
        }
    };
    let cure = match lang {
        Lang::En => format!(
            "Quit Lamplighter and run `lamp store move {here_word}` to bring it here, or set store = \"{word}\" under [settings] in config.toml and start Lamplighter again."
        ),
        Lang::Fr => format!(
            "Quittez Lamplighter et lancez `lamp store move {here_word}` pour l’amener ici, ou mettez store = \"{word}\" sous [settings] dans config.toml et relancez Lamplighter."
        ),
    };
    Notice::new(Code::Blocked, what)
        .safe(
            lang.pick(
                "It is untouched there; nothing is lost.",
                "Elle y est intacte\u{a0}; rien n’est perdu.",
            ),
        )
        .next(lang.pick(
            "Your programs have no valid token until that is settled.",
            "Vos programmes n’ont pas de jeton valide tant que ce n’est pas réglé.",
        ))
        .cure(cure)
}

/// The setting was changed while the engine runs.
pub(super) fn other_store(named: StoreKind, lang: Lang) -> Notice {
    let name = named.name(lang);
    let what = match lang {
        Lang::En => {
            format!("config.toml says that logins are kept in {name}; that is so from the next start on.")
        }
        Lang::Fr => format!(
            "config.toml dit que les connexions sont gardées dans {name}\u{a0}; ce sera le cas au prochain démarrage."
        ),
    };
    Notice::new(Code::Blocked, what)
        .safe(lang.pick(
            "Your logins stay where they are, and work until then.",
            "Vos connexions restent où elles sont, et fonctionnent jusque-là.",
        ))
        .next(lang.pick(
            "Nothing changes until then. They do not move by themselves: afterwards each says where it is.",
            "Rien ne change d’ici là. Elles ne se déplacent pas d’elles-mêmes\u{a0}: ensuite, chacune dit où elle se trouve.",
        ))
        .cure(lang.pick(
            "Start Lamplighter again, or change the setting back.",
            "Relancez Lamplighter, ou rétablissez le réglage.",
        ))
}
