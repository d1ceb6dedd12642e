//! What is wrong with the sealed files or their key, for a person.

use super::{Lang, system};
use crate::record::KeyTrouble;
use crate::report::Code;

/// Code, what happened, and the cure.
pub(super) fn key_parts(trouble: &KeyTrouble, lang: Lang) -> (Code, String, String) {
    let (en, fr) = what(trouble, lang);
    let (cure_en, cure_fr) = cure(trouble);
    let code = if *trouble == KeyTrouble::NoPassphrase { Code::StoreLocked } else { Code::StoreAbsent };
    (code, lang.pick(&en, &fr).to_owned(), lang.pick(&cure_en, &cure_fr).to_owned())
}

fn what(trouble: &KeyTrouble, lang: Lang) -> (String, String) {
    let both = |en: &str, fr: &str| (en.to_owned(), fr.to_owned());
    match trouble {
        KeyTrouble::Unnamed => both(
            "The key of the sealed files was not given.",
            "La clé des fichiers scellés n’a pas été donnée.",
        ),
        // What it says is not repeated: it may be the passphrase itself (I7).
        KeyTrouble::NotSaid => both(
            "What store_key says is neither the whole path of a file nor “ask”.",
            "Ce que dit store_key n’est ni le chemin complet d’un fichier ni «\u{a0}ask\u{a0}».",
        ),
        KeyTrouble::Missing(path) => (
            format!("The key file {path} is not there."),
            format!("Le fichier de clé {path} est introuvable."),
        ),
        KeyTrouble::Unreadable { path, said } => (
            format!("The key file {path} cannot be read: {}.", system(said, lang)),
            format!("Le fichier de clé {path} est illisible\u{a0}: {}.", system(said, lang)),
        ),
        KeyTrouble::Open { path, mode } => (
            format!("The key file {path} can be opened by others (mode {mode:o}), so it is not used."),
            format!(
                "Le fichier de clé {path} est ouvert à d’autres (mode {mode:o})\u{a0}: il n’est pas utilisé."
            ),
        ),
        KeyTrouble::Stranger(path) => (
            format!("The key file {path} belongs to somebody else, so it is not used."),
            format!("Le fichier de clé {path} appartient à quelqu’un d’autre\u{a0}: il n’est pas utilisé."),
        ),
        KeyTrouble::Beside(path) => (
            format!(
                "The key file {path} lies beside the files that it seals: whoever takes these has the key, too."
            ),
            format!(
                "Le fichier de clé {path} est à côté des fichiers qu’il scelle\u{a0}: qui les prend a aussi la clé."
            ),
        ),
        KeyTrouble::NoKey(path) => {
            (format!("What {path} holds is no key."), format!("Ce que contient {path} n’est pas une clé."))
        }
        KeyTrouble::NoPath => both(
            "store_key says “passphrase:”, and not the whole path of a file after it.",
            "store_key dit «\u{a0}passphrase:\u{a0}», sans le chemin complet d’un fichier à la suite.",
        ),
        KeyTrouble::EmptyPassphrase(path) => (
            format!("The passphrase file {path} is empty."),
            format!("Le fichier de phrase secrète {path} est vide."),
        ),
        KeyTrouble::NotAFile(path) => (
            format!("{path} is no regular file, so it is not read as the key."),
            format!("{path} n’est pas un fichier ordinaire\u{a0}: il n’est pas lu comme clé."),
        ),
        KeyTrouble::NotYet(path) => (
            format!("The key was to come through {path}, and not all of it has come yet."),
            format!("La clé devait arriver par {path}, et elle n’est pas encore arrivée en entier."),
        ),
        KeyTrouble::Drained(path) => (
            format!("Nothing came through {path}: a pipe gives what it holds only once."),
            format!("Rien n’est arrivé par {path}\u{a0}: un tube ne donne qu’une fois ce qu’il contient."),
        ),
        KeyTrouble::NoPassphrase => both(
            "The sealed files need their passphrase, and it was not given.",
            "Les fichiers scellés demandent leur phrase secrète, et elle n’a pas été donnée.",
        ),
        KeyTrouble::Wrong => both(
            "The sealed files were sealed with another key than the one that was given.",
            "Les fichiers scellés l’ont été avec une autre clé que celle qui a été donnée.",
        ),
    }
}

fn cure(trouble: &KeyTrouble) -> (String, String) {
    let both = |en: &str, fr: &str| (en.to_owned(), fr.to_owned());
    match trouble {
        KeyTrouble::Unnamed | KeyTrouble::NotSaid => both(
            "Set store_key = \"FILE\" under [settings] in config.toml, FILE being the whole path of their key. If there is none yet, `lamp store key FILE` makes one.",
            "Mettez store_key = \"FICHIER\" sous [settings] dans config.toml, FICHIER étant le chemin complet de leur clé. S’il n’y en a pas encore, `lamp store key FICHIER` en crée une.",
        ),
        KeyTrouble::NoPath => both(
            "Set store_key = \"passphrase:FILE\" under [settings] in config.toml, FILE being a whole path that begins with /, or store_key = \"ask\" to type it.",
            "Mettez store_key = \"passphrase:FICHIER\" sous [settings] dans config.toml, FICHIER étant un chemin complet qui commence par /, ou store_key = \"ask\" pour la saisir.",
        ),
        KeyTrouble::EmptyPassphrase(_) => both(
            "Write the passphrase into it, in one line. The passphrase of files that are sealed already has to be the same as before.",
            "Écrivez-y la phrase secrète, sur une ligne. Pour des fichiers déjà scellés, ce doit être la même qu’avant.",
        ),
        KeyTrouble::NotAFile(_) => both(
            "Name a file in store_key. A pipe is read if it is handed over open, as /dev/fd/3.",
            "Indiquez un fichier dans store_key. Un tube est lu s’il est transmis ouvert, comme /dev/fd/3.",
        ),
        KeyTrouble::NotYet(_) => both(
            "See to it that whoever writes there finishes and closes it.",
            "Veillez à ce que le programme qui y écrit termine et le ferme.",
        ),
        KeyTrouble::Drained(_) => both(
            "Start Lamplighter again with the key in it, and let nothing else read it.",
            "Relancez Lamplighter avec la clé dedans, sans que rien d’autre ne le lise.",
        ),
        KeyTrouble::Missing(_) | KeyTrouble::Unreadable { .. } => both(
            "Put it back, or make it readable for the user that Lamplighter runs as.",
            "Remettez-le en place, ou rendez-le lisible pour l’utilisateur de Lamplighter.",
        ),
        KeyTrouble::Open { path, .. } => (
            format!("Close it to others: chmod 600 {path}."),
            format!("Fermez-le aux autres\u{a0}: chmod 600 {path}."),
        ),
        KeyTrouble::Stranger(_) => both(
            "Give it to the user that Lamplighter runs as, or to root.",
            "Donnez-le à l’utilisateur de Lamplighter, ou à root.",
        ),
        KeyTrouble::Beside(_) => both(
            "Move it to another folder, best to another disk, and name that in store_key.",
            "Mettez-le dans un autre dossier, de préférence sur un autre disque, et indiquez-le dans store_key.",
        ),
        KeyTrouble::NoKey(_) => both(
            "Put the right file there: a key is 32 bytes, as `lamp store key FILE` makes them.",
            "Mettez-y le bon fichier\u{a0}: une clé fait 32 octets, comme celle que crée `lamp store key FICHIER`.",
        ),
        KeyTrouble::NoPassphrase => both(
            "Start Lamplighter from a terminal and type it there, or set store_key = \"passphrase:FILE\" in config.toml.",
            "Lancez Lamplighter depuis un terminal et saisissez-la, ou mettez store_key = \"passphrase:FICHIER\" dans config.toml.",
        ),
        KeyTrouble::Wrong => both(
            "Give the key that they were sealed with; nothing else opens them.",
            "Donnez la clé qui les a scellés\u{a0}; rien d’autre ne les ouvre.",
        ),
    }
}

/// The same for a file that the disk does not give or take.
pub(super) fn disk_parts(said: &str, lang: Lang) -> (Code, String, String) {
    let said = system(said, lang);
    let what = match lang {
        Lang::En => format!("The sealed file of this account cannot be used: {said}."),
        Lang::Fr => format!("Le fichier scellé de ce compte est inutilisable\u{a0}: {said}."),
    };
    let cure = lang.pick(
        "Free some space, or make the folder of the sealed files writable for Lamplighter.",
        "Libérez de l’espace, ou rendez le dossier des fichiers scellés accessible en écriture à Lamplighter.",
    );
    (Code::Disk, what, cure.to_owned())
}

/// The same for their folder, which was there and is not.
pub(super) fn folder_parts(path: &str, lang: Lang) -> (Code, String, String) {
    let what = match lang {
        Lang::En => format!("The folder of the sealed files is not there any more: {path}."),
        Lang::Fr => format!("Le dossier des fichiers scellés n’est plus là\u{a0}: {path}."),
    };
    let cure = lang.pick(
        "Put it back, or mount what it lies on. If it is gone for good, make an empty folder in its place and log in again.",
        "Remettez-le en place, ou montez ce qui le porte. S’il est perdu pour de bon, mettez un dossier vide à sa place et reconnectez-vous.",
    );
    (Code::StoreAbsent, what, cure.to_owned())
}

/// Whether the login is safe, and what happens next.
pub(super) fn held_back(lang: Lang) -> (&'static str, &'static str) {
    (
        lang.pick(
            "Your login is safe: the files stay as they are.",
            "Votre connexion n’est pas perdue\u{a0}: les fichiers restent tels quels.",
        ),
        lang.pick(
            "It is tried again every minute while Lamplighter runs, and everything continues as soon as it works.",
            "Nouvel essai chaque minute tant que Lamplighter tourne\u{a0}; tout reprend dès que cela fonctionne.",
        ),
    )
}
