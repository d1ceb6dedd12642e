//! What happens when the process dies.

use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};

/// Reports of a crash hold parts of the memory: this process asks for none, and for no boxes either (T21).
pub fn keep_memory_out_of_reports() {
    // SAFETY: takes flags and returns those that were set.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX) };
}
