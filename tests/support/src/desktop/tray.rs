//! The tray: its items and their menus, read and used over the bus as the panel does.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};

use super::VirtualDesktop;
use super::bus::{text, wrong};
use crate::wait;

const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// An entry as it travels: id, properties, children.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// An icon in the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayItem {
    service: String,
    path: String,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// `Passive`, `Active` or `NeedsAttention`.
    pub status: String,
    /// Name or path of its icon.
    pub icon: String,
}

/// An entry of a tray menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    id: i32,
    /// Its text, without the underscores that mark access keys.
    pub text: String,
    /// Whether it can be chosen.
    pub enabled: bool,
    /// Whether it is a check mark that is set.
    pub checked: bool,
    /// Entries of its submenu.
    pub children: Vec<MenuEntry>,
}

impl VirtualDesktop {
    /// Items of the tray.
    ///
    /// # Errors
    /// If there is no tray.
    pub fn tray(&self) -> io::Result<Vec<TrayItem>> {
        let watcher = "org.kde.StatusNotifierWatcher";
        let proxy = self.session.proxy(watcher, "/StatusNotifierWatcher", watcher).map_err(wrong)?;
        let names: Vec<String> = proxy.get_property("RegisteredStatusNotifierItems").map_err(wrong)?;
        Ok(names.iter().filter_map(|name| self.tray_item(name)).collect())
    }

    /// The first item of the tray whose id or title contains `part`, waited for.
    pub fn tray_item_named(&self, part: &str, at_most: Duration) -> Option<TrayItem> {
        let part = part.to_lowercase();
        let fits = |item: &TrayItem| {
            item.id.to_lowercase().contains(&part) || item.title.to_lowercase().contains(&part)
        };
        wait::until(at_most, || self.tray().ok()?.into_iter().find(fits))
    }

    /// The menu of an item.
    ///
    /// # Errors
    /// If it has none.
    pub fn tray_menu(&self, item: &TrayItem) -> io::Result<Vec<MenuEntry>> {
        let path = self.menu_path(item)?;
        let menu = self.session.proxy(&item.service, path.as_str(), MENU).map_err(wrong)?;
        let no_names = Vec::<&str>::new();
        // Menus are filled when they are about to be shown.
        let _: bool = menu.call("AboutToShow", &(0i32,)).unwrap_or_default();
        let (_, root): (u32, Layout) = menu.call("GetLayout", &(0i32, -1i32, no_names)).map_err(wrong)?;
        Ok(root.2.iter().filter_map(|child| entry(child)).collect())
    }

    /// Chooses the entry of an item's menu whose text contains `part`, submenus included.
    ///
    /// # Errors
    /// If there is no such entry, or it cannot be chosen.
    pub fn tray_choose(&self, item: &TrayItem, part: &str) -> io::Result<()> {
        let entries = self.tray_menu(item)?;
        let found =
            find(&entries, part).ok_or_else(|| wrong(format!("no entry with {part:?} in {entries:#?}")))?;
        if !found.enabled {
            return Err(wrong(format!("the entry {:?} cannot be chosen", found.text)));
        }
        let path = self.menu_path(item)?;
        let menu = self.session.proxy(&item.service, path.as_str(), MENU).map_err(wrong)?;
        menu.call::<_, _, ()>("Event", &(found.id, "clicked", Value::from(""), 0u32)).map_err(wrong)
    }

    fn menu_path(&self, item: &TrayItem) -> io::Result<OwnedObjectPath> {
        let proxy = self.session.proxy(&item.service, &item.path, ITEM).map_err(wrong)?;
        proxy.get_property("Menu").map_err(wrong)
    }

    fn tray_item(&self, name: &str) -> Option<TrayItem> {
        let (service, path) = match name.find('/') {
            Some(start) => name.split_at(start),
            None => (name, "/StatusNotifierItem"),
        };
        let proxy = self.session.proxy(service, path, ITEM).ok()?;
        let property = |name: &str| proxy.get_property::<String>(name).unwrap_or_default();
        Some(TrayItem {
            service: service.to_owned(),
            path: path.to_owned(),
            id: property("Id"),
            title: property("Title"),
            status: property("Status"),
            icon: property("IconName"),
        })
    }
}

fn find<'a>(entries: &'a [MenuEntry], part: &str) -> Option<&'a MenuEntry> {
    entries
        .iter()
        .find_map(|entry| if entry.text.contains(part) { Some(entry) } else { find(&entry.children, part) })
}

/// `(ia{sv}av)`, wrapped in a variant.
fn entry(value: &Value<'_>) -> Option<MenuEntry> {
    let value = if let Value::Value(inner) = value { inner } else { value };
    let Value::Structure(structure) = value else { return None };
    let (id, properties, children) = parts(structure)?;
    let text_of = text(properties.get("label"));
    let enabled = properties.get("enabled").is_none_or(|value| bool::try_from(value).unwrap_or(true));
    let checked =
        properties.get("toggle-state").is_some_and(|value| i32::try_from(value).is_ok_and(|on| on == 1));
    let children = children.iter().filter_map(|child| entry(child)).collect();
    Some(MenuEntry { id, text: text_of.replace('_', ""), enabled, checked, children })
}

fn parts(structure: &Structure<'_>) -> Option<Layout> {
    let fields = structure.fields();
    let id = i32::try_from(fields.first()?).ok()?;
    let properties = HashMap::try_from(fields.get(1)?.try_clone().ok()?).ok()?;
    let children = Vec::try_from(fields.get(2)?.try_clone().ok()?).ok()?;
    Some((id, properties, children))
}
