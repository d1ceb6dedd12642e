//! Files: which one it is, whose it is, who may enter.

use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle as _;
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Security::Authorization::{SE_FILE_OBJECT, SetNamedSecurityInfoW};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, UNPROTECTED_DACL_SECURITY_INFORMATION,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_STANDARD_INFO, FileStandardInfo, GetFileInformationByHandle,
    GetFileInformationByHandleEx,
};

use super::security::{Access, owner_of_path};
use super::user::{Sid, this_user};
use super::{check, check_code, wide};

/// Which file it is: number of the volume, and of the file on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The volume's serial number.
    pub volume: u32,
    /// The file's number.
    pub file: u64,
}

/// Which file is open.
///
/// # Errors
/// What Windows answered.
pub fn file_id(file: &File) -> io::Result<FileId> {
    let found = information(file)?;
    let number = u64::from(found.nFileIndexHigh) << 32 | u64::from(found.nFileIndexLow);
    Ok(FileId { volume: found.dwVolumeSerialNumber, file: number })
}

/// How many names the file has.
///
/// # Errors
/// What Windows answered.
pub fn links(file: &File) -> io::Result<u32> {
    Ok(information(file)?.nNumberOfLinks)
}

/// Whether the file has no name any more, or loses its last one when it is closed.
///
/// # Errors
/// What Windows answered.
pub fn is_deleted(file: &File) -> io::Result<bool> {
    let mut found = FILE_STANDARD_INFO::default();
    let size = u32::try_from(size_of::<FILE_STANDARD_INFO>()).map_err(io::Error::other)?;
    // SAFETY: the file is open while it is borrowed, the target has the type of this class and the size told.
    check(unsafe {
        GetFileInformationByHandleEx(file.as_raw_handle(), FileStandardInfo, (&raw mut found).cast(), size)
    })?;
    Ok(found.DeletePending || found.NumberOfLinks == 0)
}

fn information(file: &File) -> io::Result<BY_HANDLE_FILE_INFORMATION> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the file is open while it is borrowed, the target takes one structure of this type.
    check(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) })?;
    Ok(found)
}

/// Whose file or folder `path` is.
///
/// # Errors
/// What Windows answered.
pub fn owner_of(path: &Path) -> io::Result<Sid> {
    owner_of_path(&wide(path)?)
}

/// Nobody but this user and the system itself may use the file or folder from now on, nor what will lie in it.
/// What its parent allows does not count any more.
///
/// # Errors
/// What Windows answered.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    let inherited = if path.is_dir() { "OICI" } else { "" };
    let user = this_user()?;
    let sddl = format!("D:P(A;{inherited};FA;;;{user})(A;{inherited};FA;;;SY)");
    set_access(path, &Access::parse(&sddl)?)
}

/// Who may use `from` may use `to` from now on, and nobody else: as `ReplaceFileW` does it, which leaves a moment
/// without any file, though.
///
/// # Errors
/// What Windows answered.
pub fn share_alike(from: &Path, to: &Path) -> io::Result<()> {
    set_access(to, &Access::of_path(&wide(from)?)?)
}

fn set_access(path: &Path, access: &Access) -> io::Result<()> {
    let inherits = if access.is_protected {
        PROTECTED_DACL_SECURITY_INFORMATION
    } else {
        UNPROTECTED_DACL_SECURITY_INFORMATION
    };
    let (path, what, none) = (wide(path)?, DACL_SECURITY_INFORMATION | inherits, ptr::null_mut());
    // SAFETY: the path has a closing zero; the list lives in `access`; what is not set may be null.
    check_code(unsafe {
        SetNamedSecurityInfoW(path.as_ptr(), SE_FILE_OBJECT, what, none, none, access.dacl, ptr::null())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_from_another_and_known_under_its_second_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, second, other) =
            (folder.path().join("one"), folder.path().join("second name"), folder.path().join("other"));
        std::fs::write(&one, "1").expect("written");
        std::fs::write(&other, "2").expect("written");
        let file = File::open(&one).expect("there");
        assert_eq!(links(&file).expect("told"), 1);
        std::fs::hard_link(&one, &second).expect("linked");
        assert_eq!(links(&file).expect("told"), 2);
        let id = |path| file_id(&File::open(path).expect("there")).expect("told");
        assert_eq!(id(&one), id(&second));
        assert_ne!(id(&one), id(&other));
        assert!(!is_deleted(&file).expect("told"));
    }

    #[test]
    fn t08_what_we_make_is_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(owner_of(folder.path()).expect("told"), this_user().expect("told"));
        close_to_others(folder.path()).expect("closed");
        let file = folder.path().join("file");
        std::fs::write(&file, "1").expect("we may still write");
        close_to_others(&file).expect("closed");
        assert_eq!(std::fs::read(&file).expect("we may still read"), b"1");
    }

    #[test]
    fn f55_a_file_gets_the_access_of_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = (folder.path().join(".env"), folder.path().join(".env.tmp"));
        std::fs::write(&old, "old").expect("written");
        std::fs::write(&new, "new").expect("written");
        close_to_others(&old).expect("closed");
        let access = |path: &Path| {
            Access::of_path(&wide(path).expect("a path")).expect("told").written().expect("told")
        };
        share_alike(&old, &new).expect("done");
        assert_eq!(access(&new), access(&old));
    }
}
