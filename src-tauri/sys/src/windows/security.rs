//! Security descriptors, from their written form (SDDL).

use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW, GetSecurityInfo,
    SDDL_REVISION_1, SE_FILE_OBJECT, SE_OBJECT_TYPE,
};
use windows_sys::Win32::Security::{
    ACL, DACL_SECURITY_INFORMATION, GetSecurityDescriptorControl, GetSecurityDescriptorDacl,
    OWNER_SECURITY_INFORMATION, PSID, SE_DACL_PROTECTED, SECURITY_ATTRIBUTES,
};

use super::memory::Local;
use super::user::Sid;
use super::{check, check_code, wide};

/// Who owns something and who may do what to it.
pub(super) struct Descriptor(Local);

impl Descriptor {
    /// Reads the written form.
    pub(super) fn parse(sddl: &str) -> io::Result<Self> {
        let sddl = wide(sddl)?;
        let mut descriptor = ptr::null_mut();
        // SAFETY: the text has a closing zero; the first target takes one pointer, the second may be null.
        check(unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                sddl.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        })?;
        Ok(Self(Local(descriptor)))
    }

    /// To be handed to what creates something. Valid as long as `self`.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: 0,
        }
    }
}

/// A list of who may do what.
pub(super) struct Access {
    /// Valid as long as this lives. Null where everybody may do everything.
    pub dacl: *mut ACL,
    /// Whether what the folder above allows does not count.
    pub is_protected: bool,
    /// Holds the list.
    #[cfg_attr(not(test), expect(dead_code, reason = "only freed"))]
    descriptor: Local,
}

impl Access {
    /// Reads the written form, which has to hold such a list.
    pub(super) fn parse(sddl: &str) -> io::Result<Self> {
        Self::of(Descriptor::parse(sddl)?.0)
    }

    /// Of a file or folder.
    pub(super) fn of_path(path: &[u16]) -> io::Result<Self> {
        let (mut descriptor, none) = (ptr::null_mut::<std::ffi::c_void>(), ptr::null_mut());
        // SAFETY: `wide` made the path, with a closing zero; the target takes one pointer, the others are not wanted.
        check_code(unsafe {
            GetNamedSecurityInfoW(
                path.as_ptr(),
                SE_FILE_OBJECT,
                DACL_SECURITY_INFORMATION,
                none,
                none,
                none.cast(),
                none.cast(),
                &raw mut descriptor,
            )
        })?;
        Self::of(Local(descriptor))
    }

    fn of(descriptor: Local) -> io::Result<Self> {
        let (mut present, mut defaulted, mut dacl) = (0, 0, ptr::null_mut());
        let (mut control, mut revision) = (0, 0);
        // SAFETY: the descriptor is valid while it lives; each target takes one value.
        unsafe {
            check(GetSecurityDescriptorDacl(
                descriptor.0,
                &raw mut present,
                &raw mut dacl,
                &raw mut defaulted,
            ))?;
            check(GetSecurityDescriptorControl(descriptor.0, &raw mut control, &raw mut revision))?;
        }
        if present == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self { dacl, is_protected: control & SE_DACL_PROTECTED != 0, descriptor })
    }

    /// In words of SDDL.
    #[cfg(test)]
    pub(super) fn written(&self) -> io::Result<String> {
        use windows_sys::Win32::Security::Authorization::ConvertSecurityDescriptorToStringSecurityDescriptorW;
        let mut text = ptr::null_mut();
        // SAFETY: the descriptor is valid while this lives; the first target takes one pointer, the second may be null.
        check(unsafe {
            ConvertSecurityDescriptorToStringSecurityDescriptorW(
                self.descriptor.0,
                SDDL_REVISION_1,
                DACL_SECURITY_INFORMATION,
                &raw mut text,
                ptr::null_mut(),
            )
        })?;
        let block = Local(text.cast());
        // SAFETY: the call above wrote a text with a closing zero there, which lives as long as `block`.
        Ok(unsafe { super::memory::text(block.0.cast()) })
    }
}

/// The owner of an open object.
///
/// # Safety
/// `handle` must be open, with the right to read its owner.
pub(super) unsafe fn owner_of_handle(handle: HANDLE, kind: SE_OBJECT_TYPE) -> io::Result<Sid> {
    owner(|sid, descriptor| {
        let none = ptr::null_mut();
        // SAFETY: the handle is open, as the caller promises; targets take one pointer each or are not wanted.
        unsafe {
            GetSecurityInfo(
                handle,
                kind,
                OWNER_SECURITY_INFORMATION,
                sid,
                none,
                none.cast(),
                none.cast(),
                descriptor,
            )
        }
    })
}

/// The owner of a file or folder.
pub(super) fn owner_of_path(path: &[u16]) -> io::Result<Sid> {
    owner(|sid, descriptor| {
        let none = ptr::null_mut();
        // SAFETY: `wide` made the path, with a closing zero; targets take one pointer each or are not wanted.
        unsafe {
            GetNamedSecurityInfoW(
                path.as_ptr(),
                SE_FILE_OBJECT,
                OWNER_SECURITY_INFORMATION,
                sid,
                none,
                none.cast(),
                none.cast(),
                descriptor,
            )
        }
    })
}

fn owner(ask: impl FnOnce(*mut PSID, *mut *mut std::ffi::c_void) -> u32) -> io::Result<Sid> {
    let (mut sid, mut descriptor) = (ptr::null_mut(), ptr::null_mut());
    check_code(ask(&raw mut sid, &raw mut descriptor))?;
    let _descriptor = Local(descriptor);
    if sid.is_null() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // SAFETY: the call above wrote a SID there; it lies in the descriptor, which lives until the end of this.
    unsafe { Sid::read(sid) }
}
