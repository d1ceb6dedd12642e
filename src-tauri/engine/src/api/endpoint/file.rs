//! The socket's file: ours, or refused with the name of whose it is (T8).

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};

/// Who listens at the socket.
pub(super) enum Listening {
    /// A process of our own user.
    Process {
        /// Which one.
        pid: u32,
        /// What it is called, printable and short.
        program: String,
    },
    /// The system does not say.
    Unknown,
}

/// Removes the socket file that a dead holder left. The caller holds the engine's lock, so that nobody of
/// ours can be listening there; `listener` says who is all the same, as happens where the lock's file was deleted.
pub(super) fn clear(
    socket: &Path,
    listener: impl FnOnce() -> Option<Listening>,
    lang: Lang,
) -> Result<(), Notice> {
    let found = match std::fs::symlink_metadata(socket) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(socket, &error, lang)),
    };
    if !found.file_type().is_socket() || !is_ours(&found) {
        return Err(foreign(socket, &found, lang));
    }
    match listener() {
        Some(Listening::Process { pid, program }) => return Err(answered(socket, pid, &program, lang)),
        Some(Listening::Unknown) => return Err(foreign(socket, &found, lang)),
        None => {}
    }
    std::fs::remove_file(socket).map_err(|error| failed(socket, &error, lang))
}

fn is_ours(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw()
}

/// "ana (uid 1000)", or the number alone.
pub(super) fn user(uid: u32) -> String {
    match lamplighter_sys::person(uid) {
        Ok(person) => format!("{} (uid {uid})", super::printable(&person.name)),
        Err(_) => format!("uid {uid}"),
    }
}

fn foreign(path: &Path, found: &Metadata, lang: Lang) -> Notice {
    let (path, owner) = (path.display(), user(found.uid()));
    let what = if is_ours(found) {
        match lang {
            Lang::En => format!(
                "{path} is in the way: it is not what Lamplighter put there, or another program listens on it."
            ),
            Lang::Fr => format!(
                "{path} gêne\u{a0}: ce n’est pas ce que Lamplighter y a mis, ou un autre programme y écoute."
            ),
        }
    } else {
        match lang {
            Lang::En => format!("{path} belongs to {owner}, not to you. Lamplighter does not use it."),
            Lang::Fr => format!("{path} appartient à {owner}, pas à vous. Lamplighter ne l’utilise pas."),
        }
    };
    let cure = match lang {
        Lang::En => format!("Have {path} removed, then start again."),
        Lang::Fr => format!("Faites supprimer {path}, puis recommencez."),
    };
    Notice::new(Code::AddressTaken, what)
        .safe(lang.pick("Your logins are untouched.", "Vos connexions sont intactes."))
        .cure(cure)
}

/// Somebody of our own user listens, and we have the lock. Removing the socket would make a second engine of the same
/// logins: whoever listens has to end first.
fn answered(path: &Path, pid: u32, program: &str, lang: Lang) -> Notice {
    let path = path.display();
    let what = match (program.starts_with("lamp"), lang) {
        (true, Lang::En) => format!(
            "Another Lamplighter ({program}, process {pid}) answers at {path}, though nobody holds the lock: its file was deleted or replaced."
        ),
        (true, Lang::Fr) => format!(
            "Un autre Lamplighter ({program}, processus {pid}) répond sur {path}, alors que personne ne tient le verrou\u{a0}: son fichier a été supprimé ou remplacé."
        ),
        (false, Lang::En) => format!("Another program ({program}, process {pid}) listens at {path}."),
        (false, Lang::Fr) => format!("Un autre programme ({program}, processus {pid}) écoute sur {path}."),
    };
    let cure = match lang {
        Lang::En => format!("End it, then start again: kill {pid}"),
        Lang::Fr => format!("Arrêtez-le, puis recommencez\u{a0}: kill {pid}"),
    };
    Notice::new(Code::AddressTaken, what)
        .safe(lang.pick("Your logins are untouched.", "Vos connexions sont intactes."))
        .cure(cure)
}

pub(super) fn failed(path: &Path, error: &io::Error, lang: Lang) -> Notice {
    let (path, code, error) = (path.display(), code(error), system(&error.to_string(), lang));
    let what = match lang {
        Lang::En => format!("{path} cannot be used: {error}."),
        Lang::Fr => format!("{path} n’est pas utilisable\u{a0}: {error}."),
    };
    Notice::new(code, what).safe(lang.pick("Your logins are untouched.", "Vos connexions sont intactes."))
}

fn code(error: &io::Error) -> Code {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::QuotaExceeded => {
            Code::Disk
        }
        io::ErrorKind::PermissionDenied => Code::NotAllowed,
        io::ErrorKind::AddrInUse => Code::AddressTaken,
        _ => Code::Temporary,
    }
}
