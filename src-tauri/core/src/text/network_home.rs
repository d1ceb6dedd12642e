//! What is said of a data folder on a network file system (F49).

use super::Lang;
use crate::report::{Code, Notice};

/// That the folder `path` is on a network file system of this kind: the lock may not hold over machines.
pub fn on_a_network(kind: &str, path: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("Lamplighter’s data folder is on a network file system ({kind}): {path}."),
        Lang::Fr => {
            format!(
                "Le dossier de données de Lamplighter est sur un système de fichiers réseau ({kind})\u{a0}: {path}."
            )
        }
    };
    Notice::new(Code::Disk, what)
        .safe(lang.pick(
            "Your logins are safe as long as one machine alone uses this folder.",
            "Vos connexions ne sont pas perdues tant qu’une seule machine utilise ce dossier.",
        ))
        .next(lang.pick(
            "Everything goes on. A Lamplighter on a second machine may not be kept out, and would use up the same credentials.",
            "Tout continue. Un Lamplighter sur une seconde machine pourrait ne pas être tenu à l’écart, et userait les mêmes identifiants.",
        ))
        .cure(lang.pick(
            "Run it on one machine only, or set LAMPLIGHTER_HOME to a folder on a local disk of each.",
            "Ne le lancez que sur une machine, ou donnez à LAMPLIGHTER_HOME un dossier sur un disque local de chacune.",
        ))
}
