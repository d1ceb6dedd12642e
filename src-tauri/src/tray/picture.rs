//! What the tray shows, and how a new state is brought onto the screen with as few changes as possible: on
//! Linux a menu that is replaced while it is open closes under the person's hand.

use std::sync::{Mutex, PoisonError};

use lamplighter_core::api::Standing;
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::TrayIcon;
use tauri::{AppHandle, Wry};

use super::menu::Line;

/// Everything that can be seen of the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// Shape of the icon.
    pub standing: Standing,
    /// How many accounts need the person.
    pub needing: usize,
    /// One sentence.
    pub tooltip: String,
    /// The menu.
    pub lines: Vec<Line>,
}

/// What is on the screen.
#[derive(Default)]
pub(super) struct Screen(Mutex<Option<Shown>>);

struct Shown {
    picture: Picture,
    items: Vec<Item>,
}

enum Item {
    Separator(PredefinedMenuItem<Wry>),
    Choice(MenuItem<Wry>),
    Switch(CheckMenuItem<Wry>),
}

impl Item {
    fn new(app: &AppHandle, line: &Line) -> tauri::Result<Self> {
        Ok(match line {
            Line::Separator => Self::Separator(PredefinedMenuItem::separator(app)?),
            Line::Choice(entry, text) => {
                Self::Choice(MenuItem::with_id(app, entry.id(), text, true, None::<&str>)?)
            }
            Line::Switch(entry, text, on) => {
                Self::Switch(CheckMenuItem::with_id(app, entry.id(), text, true, *on, None::<&str>)?)
            }
        })
    }

    fn as_item(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Self::Separator(item) => item,
            Self::Choice(item) => item,
            Self::Switch(item) => item,
        }
    }

    /// Makes it say what `line` says; `before` is what it says now.
    fn update(&self, before: &Line, line: &Line) -> tauri::Result<()> {
        match (self, line) {
            (Self::Choice(item), Line::Choice(_, text)) if line != before => item.set_text(text),
            (Self::Switch(item), Line::Switch(_, text, on)) => {
                if line != before {
                    item.set_text(text)?;
                }
                // Choosing it has switched it on the screen, whatever came of that.
                item.set_checked(*on)
            }
            _ => Ok(()),
        }
    }
}

impl Screen {
    /// Shows `picture`. Called on the main thread, so that all of it is one step there.
    pub(super) fn show(&self, app: &AppHandle, tray: &TrayIcon<Wry>, picture: Picture) -> tauri::Result<()> {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Forgotten first: what fails half-way is drawn from nothing the next time.
        let before = shown.take();
        let old = before.as_ref().map(|before| &before.picture);
        if old.map(|old| old.standing) != Some(picture.standing) {
            tray.set_icon_with_as_template(Some(icon_of(picture.standing)?), cfg!(target_os = "macos"))?;
        }
        if old.map(|old| old.needing) != Some(picture.needing) {
            // Shown beside the icon where the panel can.
            let count = if picture.needing == 0 { String::new() } else { picture.needing.to_string() };
            tray.set_title(Some(count))?;
        }
        if old.map(|old| &old.tooltip) != Some(&picture.tooltip) {
            tray.set_tooltip(Some(&picture.tooltip))?;
        }
        let items = match before {
            Some(before) if has_same_entries(&before.picture.lines, &picture.lines) => {
                for ((item, old), new) in before.items.iter().zip(&before.picture.lines).zip(&picture.lines) {
                    item.update(old, new)?;
                }
                before.items
            }
            _ => {
                let items = items(app, &picture.lines)?;
                tray.set_menu(Some(menu_of(app, &items)?))?;
                items
            }
        };
        *shown = Some(Shown { picture, items });
        Ok(())
    }
}

fn has_same_entries(before: &[Line], now: &[Line]) -> bool {
    before.iter().map(Line::entry).eq(now.iter().map(Line::entry))
}

fn items(app: &AppHandle, lines: &[Line]) -> tauri::Result<Vec<Item>> {
    lines.iter().map(|line| Item::new(app, line)).collect()
}

fn menu_of(app: &AppHandle, items: &[Item]) -> tauri::Result<Menu<Wry>> {
    let items: Vec<_> = items.iter().map(Item::as_item).collect();
    Menu::with_items(app, &items)
}

/// A menu of these lines alone, for an icon that knows nothing yet.
pub(super) fn menu(app: &AppHandle, lines: &[Line]) -> tauri::Result<Menu<Wry>> {
    menu_of(app, &items(app, lines)?)
}

/// The icon of a state: on macOS a one-colour template, elsewhere a colour that is seen on light and on dark
/// panels, because no panel tells which it is.
pub(super) fn icon_of(standing: Standing) -> tauri::Result<Image<'static>> {
    macro_rules! icon {
        ($name:literal) => {
            if cfg!(target_os = "macos") {
                include_bytes!(concat!("../../../icons/tray/", $name, "-template-44.png")).as_slice()
            } else {
                include_bytes!(concat!("../../../icons/tray/", $name, "-any-44.png")).as_slice()
            }
        };
    }
    Image::from_bytes(match standing {
        Standing::Fine => icon!("fine"),
        Standing::Working => icon!("working"),
        Standing::Waiting => icon!("waiting"),
        Standing::NeedsYou => icon!("needs-you"),
        Standing::Paused => icon!("paused"),
    })
}
