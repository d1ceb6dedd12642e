//! Whether there is a display. Looked at before anything of the desktop starts: GTK ends the process otherwise.

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

/// Whether a window can be shown.
pub fn is_there() -> bool {
    if cfg!(any(windows, target_os = "macos")) {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// What to say if not.
pub fn notice(lang: Lang) -> Notice {
    Notice::new(
        Code::NoDisplay,
        lang.pick(
            "There is no display here: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            "Il n'y a pas d'écran ici : ni DISPLAY ni WAYLAND_DISPLAY n'est défini.",
        ),
    )
    .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
    .cure(lang.pick(
        "Start Lamplighter inside your desktop session. `lamp status` and `lamp token` work here.",
        "Lancez Lamplighter dans votre session de bureau. `lamp status` et `lamp token` fonctionnent ici.",
    ))
}
