//! The connection to the X server. When it breaks, Xlib calls a handler, and GTK's ends the process at once, in the
//! middle of whatever it does.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// `int (*XIOErrorHandler)(Display *)`
type Handler = extern "C" fn(*mut c_void) -> c_int;

static LOST: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();
static IS_TOLD: AtomicBool = AtomicBool::new(false);

/// Has `tell` called when the X server is gone, in place of the end of the process. The thread that noticed, the one
/// that serves windows, stands still for ever then: who is told ends the process from another one. To be called after
/// GTK has opened its display, and once; whether there is an X library to be asked.
pub fn when_display_is_lost(tell: impl Fn() + Send + Sync + 'static) -> bool {
    // SAFETY: the name is a C string; RTLD_NOLOAD only looks whether the library is loaded already.
    let library = unsafe { libc::dlopen(c"libX11.so.6".as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
    if library.is_null() || LOST.set(Box::new(tell)).is_err() {
        return false;
    }
    // SAFETY: `library` is a handle that dlopen gave, and the name is a C string.
    let found = unsafe { libc::dlsym(library, c"XSetIOErrorHandler".as_ptr()) };
    if found.is_null() {
        return false;
    }
    // SAFETY: this is the function's type in X11/Xlib.h: it takes a handler and returns the one before, which may be
    // none.
    let set: extern "C" fn(Handler) -> Option<Handler> = unsafe { std::mem::transmute(found) };
    _ = set(lost);
    true
}

extern "C" fn lost(_display: *mut c_void) -> c_int {
    // Whoever touches the display again is told by another call; the end has begun then.
    if !IS_TOLD.swap(true, Ordering::AcqRel)
        && let Some(tell) = LOST.get()
    {
        tell();
    }
    // Xlib would end the process as soon as this returns.
    loop {
        std::thread::park();
    }
}
