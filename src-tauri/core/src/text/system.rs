//! What the operating system says when a file cannot be used, in the person's language.

use super::Lang;

/// What a system's error means, without its number; what it said itself if that is not one of the usual ones.
/// To be followed by a full stop: "the disk is full".
///
/// `said` is the text of an error of the standard library, which ends in `(os error N)`.
pub fn system(said: &str, lang: Lang) -> String {
    let Some((words, number)) = said.rsplit_once(" (os error ") else { return said.to_owned() };
    // Some say where, behind the number.
    let number = number.split(')').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    usual(number).map_or(words, |(en, fr)| lang.pick(en, fr)).to_owned()
}

const FULL: (&str, &str) = ("the disk is full", "le disque est plein");
const READ_ONLY: (&str, &str) = ("it is read-only", "c’est en lecture seule");
const DENIED: (&str, &str) = ("access is denied", "l’accès est refusé");
const MISSING: (&str, &str) = ("it is not there", "c’est introuvable");
const BROKEN: (&str, &str) = ("the disk reports an error", "le disque signale une erreur");

/// The numbers of `errno.h` that have the same meaning on Linux and macOS, and the two quotas.
#[cfg(unix)]
fn usual(number: i32) -> Option<(&'static str, &'static str)> {
    Some(match number {
        1 | 13 => DENIED,
        2 => MISSING,
        5 => BROKEN,
        17 => ("something is there already", "il y a déjà quelque chose"),
        20 => ("a part of the path is not a folder", "une partie du chemin n’est pas un dossier"),
        21 => ("it is a folder", "c’est un dossier"),
        23 | 24 => ("too many files are open", "trop de fichiers sont ouverts"),
        27 => ("the file is too large", "le fichier est trop grand"),
        28 => FULL,
        30 => READ_ONLY,
        69 if cfg!(target_os = "macos") => FULL,
        122 if cfg!(target_os = "linux") => {
            ("your share of the disk is used up", "votre quota de disque est épuisé")
        }
        _ => return None,
    })
}

/// The numbers of `winerror.h`.
#[cfg(windows)]
fn usual(number: i32) -> Option<(&'static str, &'static str)> {
    Some(match number {
        2 | 3 => MISSING,
        4 => ("too many files are open", "trop de fichiers sont ouverts"),
        5 => DENIED,
        19 => READ_ONLY,
        32 | 33 => ("another program holds it", "un autre programme l’utilise"),
        39 | 112 => FULL,
        1117 => BROKEN,
        _ => return None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_comes_in_the_persons_language_and_without_numbers() {
        let full = std::io::Error::from_raw_os_error(28).to_string();
        assert_eq!(system(&full, Lang::En), "the disk is full");
        assert_eq!(system(&full, Lang::Fr), "le disque est plein");
        assert_eq!(system(&format!("{full} at path \"/x\""), Lang::Fr), "le disque est plein");
        let rare = std::io::Error::from_raw_os_error(35).to_string();
        assert!(!system(&rare, Lang::Fr).contains("os error"));
        assert_eq!(system("held by an unknown process", Lang::Fr), "held by an unknown process");
    }
}
