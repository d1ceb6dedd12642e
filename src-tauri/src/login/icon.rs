//! The app's icon on the login window: without it a taskbar shows a stranger's.

/// Gives it to every window that this process opens from now on.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn set_for_all() {
    match read() {
        Ok(icon) => gtk::Window::set_default_icon(&icon),
        // A window without one is a window.
        Err(error) => tracing::debug!(%error, "no icon"),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn read() -> Result<gtk::gdk_pixbuf::Pixbuf, gtk::glib::Error> {
    gtk::gdk_pixbuf::Pixbuf::from_read(&include_bytes!("../../../icons/128x128.png")[..])
}

/// macOS and Windows take it from the program's file.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn set_for_all() {}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    #[test]
    fn t14_the_login_window_has_the_apps_icon() {
        let icon = super::read().expect("a picture");
        assert_eq!((icon.width(), icon.height()), (128, 128));
    }
}
