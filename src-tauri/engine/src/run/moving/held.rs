//! Why nothing can be moved now: somebody else has the lock, or it cannot be used.

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};

use crate::lock::LockError;

pub(super) fn held(error: &LockError, lang: Lang) -> Notice {
    let untouched = |notice: Notice| {
        notice.safe(lang.pick(
            "Nothing was moved; your logins are safe.",
            "Rien n’a été déplacé\u{a0}; vos connexions ne sont pas perdues.",
        ))
    };
    let said = match error {
        LockError::HeldBy(holder) => {
            return untouched(running(holder.as_ref().map(|holder| holder.pid), lang));
        }
        LockError::Io(error) => system(&error.to_string(), lang),
    };
    let what = match lang {
        Lang::En => format!("The lock file cannot be used: {said}."),
        Lang::Fr => format!("Le fichier de verrou n’est pas utilisable\u{a0}: {said}."),
    };
    untouched(Notice::new(Code::Disk, what))
        .next(lang.pick(
            "Without it nothing keeps two programs from using the same login at once.",
            "Sans lui, rien n’empêche deux programmes d’utiliser la même connexion en même temps.",
        ))
        .cure(lang.pick(
            "Free some space, or make Lamplighter’s folder writable for you, then run this again.",
            "Libérez de l’espace, ou rendez le dossier de Lamplighter accessible en écriture, puis relancez cette commande.",
        ))
}

fn running(pid: Option<u32>, lang: Lang) -> Notice {
    let what = match (pid, lang) {
        (Some(pid), Lang::En) => format!("Lamplighter is running (process {pid})."),
        (Some(pid), Lang::Fr) => format!("Lamplighter est en marche (processus {pid})."),
        (None, _) => lang.pick("Lamplighter is running.", "Lamplighter est en marche.").to_owned(),
    };
    Notice::new(Code::Busy, what)
        .next(lang.pick(
            "Logins are moved only while nothing refreshes them.",
            "Les connexions ne sont déplacées que lorsque rien ne les rafraîchit.",
        ))
        .cure(lang.pick("Quit it, then run this again.", "Quittez-le, puis relancez cette commande."))
}
