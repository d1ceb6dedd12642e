//! A folder of ours: made 0700, and trusted only if it is a real folder that belongs to us (T8).

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};

use super::make_durable;

/// What a folder may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A real folder, never a symbolic link: what lies in it is ours alone.
    Own,
    /// May be a symbolic link to a folder of ours: people keep their configuration in a repository.
    MayBeLinked,
}

/// Makes `folder` with its parents if it is missing, and checks it if it is there.
///
/// One of ours that others may enter is closed to them.
///
/// # Errors
/// [`Code::NotAllowed`] if it is not ours, [`Code::Disk`] if it cannot be made or closed.
pub fn ensure(folder: &Path, kind: Kind, lang: Lang) -> Result<(), Notice> {
    match look(folder, kind) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_durable(folder).map_err(|error| unusable(folder, &error, lang))?;
            check_ours(folder, kind, lang)
        }
        _ => check_ours(folder, kind, lang),
    }
}

/// Checks that `folder` is there and ours, and closes it to others if they may enter.
///
/// # Errors
/// As [`ensure`].
pub fn check_ours(folder: &Path, kind: Kind, lang: Lang) -> Result<(), Notice> {
    let found = look(folder, kind).map_err(|error| unusable(folder, &error, lang))?;
    let path = folder.display();
    if found.is_symlink() {
        let what = lang.pick(
            "is a symbolic link, so somebody else may be behind it",
            "est un lien symbolique\u{a0}: quelqu’un d’autre peut être derrière",
        );
        return Err(refused(format!("{path} {what}."), lang));
    }
    if !found.is_dir() {
        let what = lang.pick("is not a folder", "n’est pas un dossier");
        return Err(refused(format!("{path} {what}."), lang));
    }
    owned(folder, &found, lang)
}

fn look(folder: &Path, kind: Kind) -> io::Result<Metadata> {
    match kind {
        Kind::Own => fs::symlink_metadata(folder),
        Kind::MayBeLinked => fs::metadata(folder),
    }
}

#[cfg(unix)]
fn owned(folder: &Path, found: &Metadata, lang: Lang) -> Result<(), Notice> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    if found.uid() != rustix::process::geteuid().as_raw() {
        let owner = lamplighter_sys::person(found.uid())
            .map_or_else(|_| found.uid().to_string(), |person| person.name);
        let what = lang.pick("belongs to", "appartient à");
        return Err(refused(format!("{} {what} {owner}.", folder.display()), lang));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(|error| unusable(folder, &error, lang))?;
    }
    Ok(())
}

/// What lies in a person's profile is closed to others by what it inherits; `LAMPLIGHTER_HOME` may lie anywhere.
#[cfg(windows)]
fn owned(folder: &Path, _found: &Metadata, lang: Lang) -> Result<(), Notice> {
    use lamplighter_sys::windows::{close_to_others, owner_of, this_user};
    /// Own what elevated processes make: the group of administrators, and the system.
    const ELEVATED: [&str; 2] = ["S-1-5-32-544", "S-1-5-18"];
    let owners = || Ok((owner_of(folder)?, this_user()?));
    let (owner, user) = owners().map_err(|error| unusable(folder, &error, lang))?;
    if owner != user && !ELEVATED.contains(&owner.to_string().as_str()) {
        let owner = owner.name().unwrap_or_else(|| owner.to_string());
        let what = lang.pick("belongs to", "appartient à");
        return Err(refused(format!("{} {what} {owner}.", folder.display()), lang));
    }
    close_to_others(folder).map_err(|error| unusable(folder, &error, lang))
}

fn refused(what: String, lang: Lang) -> Notice {
    Notice::new(Code::NotAllowed, what)
        .safe(lang.pick(
            "Your logins are safe: nothing was written.",
            "Vos connexions sont intactes\u{a0}: rien n’a été écrit.",
        ))
        .cure(lang.pick(
            "Remove it, or set LAMPLIGHTER_HOME to a folder of yours, then start again.",
            "Supprimez-le, ou choisissez un dossier à vous avec LAMPLIGHTER_HOME, puis relancez.",
        ))
}

/// Nothing can be made there at all.
fn is_no_place(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotADirectory | ErrorKind::NotFound)
}

fn unusable(folder: &Path, error: &io::Error, lang: Lang) -> Notice {
    let what = lang.pick("cannot be used:", "est inutilisable\u{a0}:");
    let said = system(&error.to_string(), lang);
    Notice::new(Code::Disk, format!("{} {what} {said}.", folder.display()))
        .safe(lang.pick(
            "Your logins are safe: nothing was written.",
            "Vos connexions sont intactes\u{a0}: rien n’a été écrit.",
        ))
        .cure(if is_no_place(error) {
            lang.pick(
                "Set LAMPLIGHTER_HOME to a folder of yours, then start again.",
                "Choisissez un dossier à vous avec LAMPLIGHTER_HOME, puis relancez.",
            )
        } else {
            lang.pick(
                "Free some space, or make the folder writable, then start again.",
                "Libérez de l’espace ou rendez le dossier accessible en écriture, puis relancez.",
            )
        })
}
