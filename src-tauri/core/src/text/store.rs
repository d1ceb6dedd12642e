//! What the answers of keyring and disk mean for a person.

use super::when::at as at_when;
use super::{Lang, Subject, sealed, system};
use crate::journal::LOCK_LOST;
use crate::record::StoreError;
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// The newest material is in the journal only.
pub(super) fn unsaved(store: &StoreError, next: Timestamp, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    let at = at_when(next, subject.clock, lang);
    let next = match lang {
        Lang::En => format!("Your programs have the new token. Saving is tried again {at}."),
        Lang::Fr => format!("Vos programmes ont le nouveau jeton. Nouvel essai d’enregistrement {at}."),
    };
    let (code, what, cure) = store_parts(store, lang);
    Notice::new(code, what)
        .safe(lang.pick(
            "The login is safe: until then it is kept sealed on the disk.",
            "La connexion n’est pas perdue\u{a0}: d’ici là, elle est gardée scellée sur le disque.",
        ))
        .next(next)
        .cure(cure)
}

/// Neither store nor journal has the newest material.
pub(super) fn held(store: &StoreError, next: Timestamp, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    let at = at_when(next, subject.clock, lang);
    let next = match lang {
        Lang::En => format!(
            "Your programs have the new token. Saving is tried again {at}, and once more when Lamplighter quits."
        ),
        Lang::Fr => format!(
            "Vos programmes ont le nouveau jeton. Nouvel essai d’enregistrement {at}, et encore une fois quand Lamplighter quitte."
        ),
    };
    let (code, what, cure) = store_parts(store, lang);
    let what = match lang {
        Lang::En => format!("{what} The disk did not take the newest session either."),
        Lang::Fr => format!("{what} Le disque n’a pas pris non plus la session la plus récente."),
    };
    let cure = match lang {
        Lang::En => format!(
            "Do not quit Lamplighter and do not shut down. Free some space on the disk of your home folder, or make it writable again. {cure}"
        ),
        Lang::Fr => format!(
            "Ne quittez pas Lamplighter et n’éteignez pas l’ordinateur. Libérez de l’espace sur le disque de votre dossier personnel, ou rendez-le accessible en écriture. {cure}"
        ),
    };
    Notice::new(code, what)
        .safe(lang.pick(
            "The newest session is kept only in Lamplighter’s memory: what stops Lamplighter before it is saved can cost you a new login.",
            "La session la plus récente n’est gardée que dans la mémoire de Lamplighter\u{a0}: ce qui l’arrête avant l’enregistrement peut vous coûter une nouvelle connexion.",
        ))
        .next(next)
        .cure(cure)
}

/// The record cannot be had.
pub(super) fn no_record(store: &StoreError, lang: Lang) -> Notice {
    let (code, what, cure) = store_parts(store, lang);
    let (safe, next) = held_back(store, lang);
    Notice::new(code, what).safe(safe).next(next).cure(cure)
}

/// Nothing may be sent, because the journal cannot be written.
pub(super) fn disk(said: &str, lang: Lang) -> Notice {
    if said == LOCK_LOST {
        return lock_lost(lang);
    }
    let said = system(said, lang);
    let what = match lang {
        Lang::En => format!("Nothing can be written to the disk: {said}."),
        Lang::Fr => format!("Impossible d’écrire sur le disque\u{a0}: {said}."),
    };
    Notice::new(Code::Disk, what)
        .safe(lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."))
        .next(lang.pick(
            "Nothing is sent until it can be written down first; tried again every minute while Lamplighter runs.",
            "Rien n’est envoyé tant que rien ne peut être noté avant\u{a0}; nouvel essai chaque minute tant que Lamplighter tourne.",
        ))
        .cure(lang.pick(
            "Free some space on the disk of your home folder, or make it writable again.",
            "Libérez de l’espace sur le disque de votre dossier personnel, ou rendez-le accessible en écriture.",
        ))
}

/// The file was deleted or replaced that keeps two engines apart (F49).
fn lock_lost(lang: Lang) -> Notice {
    Notice::new(
        Code::Busy,
        lang.pick(
            "Lamplighter’s lock file was deleted or replaced while it runs: a second Lamplighter could use the same login.",
            "Le fichier de verrou de Lamplighter a été supprimé ou remplacé pendant qu’il tourne\u{a0}: un second Lamplighter pourrait utiliser la même connexion.",
        ),
    )
    .safe(lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."))
    .next(lang.pick(
        "Nothing is sent until it is started again; tried again every minute.",
        "Rien n’est envoyé tant qu’il n’est pas relancé\u{a0}; nouvel essai chaque minute.",
    ))
    .cure(lang.pick("Quit Lamplighter and start it again.", "Quittez Lamplighter et relancez-le."))
}

/// Code, what happened, and the cure.
fn store_parts(store: &StoreError, lang: Lang) -> (Code, String, String) {
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    match store {
        StoreError::Locked => (
            Code::StoreLocked,
            pick("Your keyring is locked.", "Votre trousseau est verrouillé."),
            pick("Unlock it and everything continues.", "Déverrouillez-le et tout reprend."),
        ),
        StoreError::Declined => (
            Code::StoreLocked,
            pick(
                "Your keyring stays locked: it asked for its password and was not told.",
                "Votre trousseau reste verrouillé\u{a0}: il a demandé son mot de passe et ne l’a pas reçu.",
            ),
            pick(
                "Unlock it when it suits you, from here or with your desktop’s password program.",
                "Déverrouillez-le quand cela vous arrange, d’ici ou avec le gestionnaire de mots de passe de votre bureau.",
            ),
        ),
        StoreError::NoKernel(said) => (
            Code::StoreAbsent,
            match lang {
                Lang::En => format!("The kernel’s keyring cannot be used here: {}.", system(said, lang)),
                Lang::Fr => {
                    format!("Le trousseau du noyau n’est pas utilisable ici\u{a0}: {}.", system(said, lang))
                }
            },
            pick(
                "Only Linux has one, and some containers forbid it: allow keyctl there, or set store = \"keyring\" in config.toml.",
                "Seul Linux en a un, et certains conteneurs l’interdisent\u{a0}: autorisez-y keyctl, ou mettez store = \"keyring\" dans config.toml.",
            ),
        ),
        StoreError::Quota { bytes, most } => (
            Code::StoreAbsent,
            match lang {
                Lang::En => format!(
                    "The kernel’s keyring is full: this login needs {bytes} bytes, and all entries of a user may take {most}."
                ),
                Lang::Fr => format!(
                    "Le trousseau du noyau est plein\u{a0}: cette connexion demande {bytes} octets, et toutes les entrées d’un utilisateur ont droit à {most}."
                ),
            },
            pick(
                "Log out of what you do not need, have the administrator raise kernel.keys.maxbytes, or set store = \"keyring\" in config.toml.",
                "Déconnectez ce qui ne sert plus, faites augmenter kernel.keys.maxbytes par l’administrateur, ou mettez store = \"keyring\" dans config.toml.",
            ),
        ),
        StoreError::Absent(_) => (
            Code::StoreAbsent,
            pick("No keyring is running.", "Aucun trousseau n’est en service."),
            pick(
                "Start the keyring of your desktop. From cron or over SSH it is there only while you are signed in to the desktop. On a server, set store = \"sealed\" in config.toml; `lamp store key FILE` makes the key.",
                "Démarrez le trousseau de votre bureau. Depuis cron ou SSH, il n’est là que tant que votre session de bureau est ouverte. Sur un serveur, mettez store = \"sealed\" dans config.toml\u{a0}; `lamp store key FICHIER` crée la clé.",
            ),
        ),
        StoreError::Denied(_) => (
            Code::StoreAbsent,
            pick("The keyring refused access.", "Le trousseau a refusé l’accès."),
            pick(
                "Allow Lamplighter in your keyring’s settings.",
                "Autorisez Lamplighter dans les réglages de votre trousseau.",
            ),
        ),
        StoreError::Slow => (
            Code::StoreAbsent,
            pick("The keyring does not answer.", "Le trousseau ne répond pas."),
            pick("Look whether it waits for your password.", "Regardez s’il attend votre mot de passe."),
        ),
        StoreError::TooLarge { bytes } => (
            Code::StoreAbsent,
            match lang {
                Lang::En => format!("The session does not fit into the keyring: {bytes} bytes."),
                Lang::Fr => format!("La session ne tient pas dans le trousseau\u{a0}: {bytes} octets."),
            },
            pick(
                "Log in again; a fresh session is usually smaller.",
                "Reconnectez-vous\u{a0}; une session neuve est en général plus petite.",
            ),
        ),
        StoreError::Key(trouble) => sealed::key_parts(trouble, lang),
        StoreError::Disk(said) => sealed::disk_parts(said, lang),
        StoreError::NoFolder(path) => sealed::folder_parts(path, lang),
        StoreError::Conflict | StoreError::Corrupt(_) => (
            Code::StoreAbsent,
            pick(
                "What is stored for this account cannot be used.",
                "Ce qui est enregistré pour ce compte est inutilisable.",
            ),
            pick(
                "Reconnect; the old entry is kept aside.",
                "Reconnectez-vous\u{a0}; l’ancienne entrée est conservée à part.",
            ),
        ),
        StoreError::NewerFormat(_) => (
            Code::Blocked,
            pick(
                "A newer version of Lamplighter has stored this login.",
                "Une version plus récente de Lamplighter a enregistré cette connexion.",
            ),
            pick("Update Lamplighter on this machine.", "Mettez Lamplighter à jour sur cette machine."),
        ),
    }
}

/// Whether the login is safe, and what happens next, while the keyring gives no record.
fn held_back(store: &StoreError, lang: Lang) -> (&'static str, &'static str) {
    match store {
        StoreError::Locked
        | StoreError::Absent(_)
        | StoreError::Denied(_)
        | StoreError::Slow => (
            lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."),
            lang.pick(
                "It is asked again every minute while Lamplighter runs, and everything continues as soon as it opens.",
                "Il est redemandé chaque minute tant que Lamplighter tourne, et tout reprend dès qu’il s’ouvre.",
            ),
        ),
        StoreError::Declined => (
            lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."),
            lang.pick(
                "You are not asked again until you say so; everything continues as soon as it opens.",
                "On ne vous le redemande pas tant que vous ne le dites pas\u{a0}; tout reprend dès qu’il s’ouvre.",
            ),
        ),
        StoreError::Key(_) | StoreError::Disk(_) | StoreError::NoFolder(_) => sealed::held_back(lang),
        StoreError::NoKernel(_) => (
            lang.pick("Nothing is lost meanwhile.", "Rien ne se perd d’ici là."),
            lang.pick("It is tried again every minute while Lamplighter runs.", "Nouvel essai chaque minute tant que Lamplighter tourne."),
        ),
        StoreError::Corrupt(_)
        | StoreError::Conflict
        | StoreError::TooLarge { .. }
        | StoreError::Quota { .. } => (
            lang.pick(
                "Nothing is overwritten: the entry stays as it is.",
                "Rien n’est écrasé\u{a0}: l’entrée reste telle quelle.",
            ),
            lang.pick(
                "It is read again every minute while Lamplighter runs; nothing is sent meanwhile.",
                "Elle est relue chaque minute tant que Lamplighter tourne\u{a0}; rien n’est envoyé entre-temps.",
            ),
        ),
        StoreError::NewerFormat(_) => (
            lang.pick("Your login is kept as it is.", "Votre connexion est conservée telle quelle."),
            lang.pick(
                "Nothing is sent until this version can read it.",
                "Rien n’est envoyé tant que cette version ne peut pas la lire.",
            ),
        ),
    }
}
