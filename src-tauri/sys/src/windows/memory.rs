//! Memory that Windows allocated for us.

use std::ffi::c_void;

use windows_sys::Win32::Foundation::LocalFree;

/// A block to be freed by `LocalFree`.
pub(super) struct Local(pub *mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the block came from Windows, which documents `LocalFree` for it, and nothing refers to it any more.
        // It answers with the block if it fails, and then there is nothing to be done.
        unsafe { LocalFree(self.0) };
    }
}

/// The text before the closing zero.
///
/// # Safety
/// `text` must point to UTF-16 with a closing zero.
pub(super) unsafe fn text(text: *const u16) -> String {
    let mut length = 0;
    // SAFETY: within the text, as the caller promises: the zero ends the loop.
    while unsafe { *text.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: so many units were read just now.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}
