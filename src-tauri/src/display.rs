//! Whether there is a display. Looked at before anything of the desktop starts: GTK ends the process otherwise.

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

/// Whether windows can be shown.
///
/// # Errors
/// [`Code::NoDisplay`], with what to do instead.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn check(lang: Lang) -> Result<(), Notice> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(is_set) {
        return Err(notice(
            lang.pick(
                "There is no display here: neither DISPLAY nor WAYLAND_DISPLAY is set.",
                "Il n’y a pas d’écran ici\u{a0}: ni DISPLAY ni WAYLAND_DISPLAY n’est défini.",
            ),
            lang,
        ));
    }
    gtk::init().map_err(|_| notice(lang.pick("The display does not answer.", "L’écran ne répond pas."), lang))
}

/// Has `tell` called if the X server goes, as it does at the end of a session: GTK would end the process at once, in the
/// middle of a refresh. Whoever is told ends the process, from another thread. Under Wayland GTK gives no such word: there
/// the next start takes up what the journal holds, as after a crash.
#[cfg(target_os = "linux")]
pub fn when_lost(tell: impl Fn() + Send + Sync + 'static) {
    if !lamplighter_sys::when_display_is_lost(tell) {
        tracing::info!("not on an X server: its end ends us at once");
    }
}

/// These systems tell windows that the session ends.
#[cfg(not(target_os = "linux"))]
pub fn when_lost(tell: impl Fn() + Send + Sync + 'static) {
    drop(tell);
}

/// Windows and macOS always have one.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn check(_lang: Lang) -> Result<(), Notice> {
    Ok(())
}

/// What to say if not.
pub fn notice(what: &str, lang: Lang) -> Notice {
    Notice::new(Code::NoDisplay, what)
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .cure(lang.pick(
            "Start Lamplighter inside your desktop session. `lamp status` and `lamp token` work here.",
            "Lancez Lamplighter dans votre session de bureau. `lamp status` et `lamp token` fonctionnent ici.",
        ))
}
