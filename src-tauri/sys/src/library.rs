//! Whether a shared library can be loaded, asked before something that panics if it cannot.

use std::ffi::CString;

/// Whether the dynamic linker finds and loads `name`. It stays loaded: who asks is about to use it.
pub fn can_load(name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: `name` is a valid C string for the length of the call. Loading runs the library's own
    // initialisers; callers name system libraries only, which the process would load anyway.
    !unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL) }.is_null()
}

#[cfg(test)]
mod tests {
    use super::can_load;

    #[test]
    fn a_library_that_is_there_loads_and_one_that_is_not_does_not() {
        assert!(can_load("libc.so.6") || !cfg!(target_os = "linux"));
        assert!(!can_load("libno-such-library.so.0"));
        assert!(!can_load("with\0zero"));
    }
}
