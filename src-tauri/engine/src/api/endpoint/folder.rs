//! The socket's folder and the file itself: ours alone, or refused with the name of whose it is (T8).

use std::fs::{DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

/// Makes the folder, or checks the one that is there: a real folder, ours, closed to others.
pub(super) fn make(folder: &Path, lang: Lang) -> Result<(), Notice> {
    if let Some(parent) = folder.parent() {
        // Only the last folder has to be private; what is above it is not ours to judge.
        std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error, lang))?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(folder, &error, lang)),
    }
    let found = std::fs::symlink_metadata(folder).map_err(|error| failed(folder, &error, lang))?;
    if !found.is_dir() || !is_ours(&found) {
        return Err(foreign(folder, &found, lang));
    }
    if found.mode() & 0o077 != 0 {
        let closed = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, closed).map_err(|error| failed(folder, &error, lang))?;
    }
    Ok(())
}

/// Removes the socket file that a dead holder left. The caller holds the engine's lock, so that nobody of
/// ours can be listening there; `answers` says whether somebody is all the same.
pub(super) fn clear(socket: &Path, answers: impl FnOnce() -> bool, lang: Lang) -> Result<(), Notice> {
    let found = match std::fs::symlink_metadata(socket) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(socket, &error, lang)),
    };
    if !found.file_type().is_socket() || !is_ours(&found) || answers() {
        return Err(foreign(socket, &found, lang));
    }
    std::fs::remove_file(socket).map_err(|error| failed(socket, &error, lang))
}

fn is_ours(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw()
}

/// "ana (uid 1000)", or the number alone.
pub(super) fn user(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(uid)).then(|| super::printable(name))
    });
    match name {
        Some(name) => format!("{name} (uid {uid})"),
        None => format!("uid {uid}"),
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
                "{path} gêne : ce n'est pas ce que Lamplighter y a mis, ou un autre programme y écoute."
            ),
        }
    } else {
        match lang {
            Lang::En => format!("{path} belongs to {owner}, not to you. Lamplighter does not use it."),
            Lang::Fr => format!("{path} appartient à {owner}, pas à vous. Lamplighter ne l'utilise pas."),
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

pub(super) fn failed(path: &Path, error: &io::Error, lang: Lang) -> Notice {
    let (path, code) = (path.display(), code(error));
    let what = match lang {
        Lang::En => format!("{path} cannot be used: {error}."),
        Lang::Fr => format!("{path} n'est pas utilisable : {error}."),
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
