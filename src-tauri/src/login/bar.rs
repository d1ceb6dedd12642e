//! The bar above the page: how secure, which host, what to do, and "I am signed in".
//!
//! It is drawn by us, outside of the page, so that no page can imitate or cover it. On Windows and macOS there is
//! none yet: the window's title says host and encryption, and the app's own window has the button.

use lamplighter_core::text::Lang;

use super::text::{Phase, Place};

/// What the bar shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarState {
    /// Host and encryption of the page.
    pub place: Place,
    /// What to do.
    pub phase: Phase,
    /// Whether "I am signed in" is offered.
    pub is_done_offered: bool,
}

#[cfg(all(unix, not(target_os = "macos")))]
pub use linux::Bar;

#[cfg(not(all(unix, not(target_os = "macos"))))]
pub use elsewhere::Bar;

#[cfg(all(unix, not(target_os = "macos")))]
mod linux {
    use gtk::prelude::*;
    use tao::platform::unix::WindowExtUnix as _;
    use tao::window::Window;

    use super::super::message::{Mailbox, Message};
    use super::super::text;
    use super::{BarState, Lang};

    /// Space around and between the pieces, in logical pixels (look.md: 4 px grid).
    const GAP: i32 = 8;

    /// The bar of one window.
    pub struct Bar {
        lang: Lang,
        padlock: gtk::Image,
        host: gtk::Label,
        security: gtk::Label,
        hint: gtk::Label,
        button: gtk::Button,
    }

    impl Bar {
        /// Whether there is one to be seen.
        pub const IS_SHOWN: bool = true;

        /// Puts a bar into `window`, above everything that is added later.
        pub fn new(window: &Window, lang: Lang, mailbox: &Mailbox) -> Option<Self> {
            let frame = window.default_vbox()?;
            let bar = Self {
                lang,
                padlock: gtk::Image::new(),
                host: label(),
                security: label(),
                hint: label(),
                button: gtk::Button::with_label(text::signed_in(lang)),
            };
            bar.host.set_selectable(false);
            // The end of a host name says whose it is: a long one is cut at its start.
            bar.host.set_ellipsize(gtk::pango::EllipsizeMode::Start);
            bar.hint.set_line_wrap(true);
            bar.button.set_valign(gtk::Align::Center);
            bar.button.set_no_show_all(true);
            let mailbox = mailbox.clone();
            bar.button.connect_clicked(move |_| {
                mailbox.put(Message::SignedIn);
            });
            frame.pack_start(&bar.laid_out(), false, false, 0);
            frame.pack_start(&gtk::Separator::new(gtk::Orientation::Horizontal), false, false, 0);
            frame.show_all();
            Some(bar)
        }

        fn laid_out(&self) -> gtk::Box {
            let address = gtk::Box::new(gtk::Orientation::Horizontal, GAP);
            address.pack_start(&self.padlock, false, false, 0);
            address.pack_start(&self.host, false, true, 0);
            address.pack_start(&self.security, false, false, 0);
            let lines = gtk::Box::new(gtk::Orientation::Vertical, GAP / 2);
            lines.pack_start(&address, false, false, 0);
            lines.pack_start(&self.hint, false, false, 0);
            let all = gtk::Box::new(gtk::Orientation::Horizontal, GAP);
            all.set_border_width(u32::try_from(GAP).unwrap_or_default());
            all.pack_start(&lines, true, true, 0);
            all.pack_end(&self.button, false, false, 0);
            all
        }

        /// Shows `state`.
        pub fn show(&self, state: &BarState) {
            let place = &state.place;
            let icon = if place.is_secure { "channel-secure-symbolic" } else { "channel-insecure-symbolic" };
            self.padlock.set_from_icon_name(Some(icon), gtk::IconSize::Menu);
            self.padlock.set_visible(place.host.is_some());
            let host = gtk::glib::markup_escape_text(&place.host_text(self.lang));
            self.host.set_markup(&format!("<b>{host}</b>"));
            self.security.set_text(place.security_text(self.lang));
            self.hint.set_text(state.phase.text(self.lang));
            self.button.set_visible(state.is_done_offered);
            self.button.set_sensitive(state.phase != text::Phase::Checking);
        }
    }

    fn label() -> gtk::Label {
        let label = gtk::Label::new(None);
        label.set_xalign(0.0);
        label
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
mod elsewhere {
    use tao::window::Window;

    use super::super::message::Mailbox;
    use super::{BarState, Lang};

    /// No bar of our own here: the title says host and encryption.
    pub struct Bar;

    impl Bar {
        /// The title has to say it all.
        pub const IS_SHOWN: bool = false;

        /// Nothing to put up.
        pub fn new(_window: &Window, _lang: Lang, _mailbox: &Mailbox) -> Option<Self> {
            Some(Self)
        }

        /// Nothing to show.
        pub fn show(&self, _state: &BarState) {}
    }
}
