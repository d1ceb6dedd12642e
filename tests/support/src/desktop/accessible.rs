//! What a screen reader would be told (AT-SPI): how buttons and fields are found by their names.

use std::io;
use std::time::Duration;

use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::OwnedObjectPath;

use super::VirtualDesktop;
use super::bus::{connect, wrong};
use crate::wait;

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
/// More than any window of ours has; a page that is endless must not make the search so.
const MOST_ELEMENTS: usize = 4_000;

/// Kinds of elements that a person acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A button.
    Button,
    /// A field for text, passwords included.
    Field,
    /// A check box or switch.
    Check,
    /// A link.
    Link,
    /// Text, headings, status lines: anything with a name.
    Any,
}

/// An element on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Accessible name.
    pub name: String,
    /// Role as AT-SPI calls it.
    pub role: String,
    /// Left edge on the screen.
    pub x: i32,
    /// Upper edge on the screen.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl Element {
    fn describe(&self) -> String {
        format!("{} “{}” {}×{}+{}+{}", self.role, self.name, self.width, self.height, self.x, self.y)
    }
}

impl Role {
    fn fits(self, role: &str) -> bool {
        match self {
            Self::Button => matches!(role, "push button" | "button" | "toggle button"),
            Self::Field => matches!(role, "entry" | "password text" | "text" | "spin button" | "text box"),
            Self::Check => matches!(role, "check box" | "switch" | "toggle button"),
            Self::Link => role == "link",
            Self::Any => true,
        }
    }
}

impl VirtualDesktop {
    /// All elements on the screen that have a name or a role of their own, in reading order.
    ///
    /// # Errors
    /// If the accessibility bus is not there.
    pub fn elements(&self) -> io::Result<Vec<Element>> {
        let bus = self.session.proxy("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus").map_err(wrong)?;
        let address: String = bus.call("GetAddress", &()).map_err(wrong)?;
        let connection = connect(&address)?;
        let mut found = Vec::new();
        let mut queue =
            vec![("org.a11y.atspi.Registry".to_owned(), "/org/a11y/atspi/accessible/root".to_owned())];
        let mut seen = 0;
        while let Some((service, path)) = queue.pop() {
            seen += 1;
            if seen > MOST_ELEMENTS {
                break;
            }
            // Elements come and go while we look: one that is gone has nothing to tell.
            let Ok((element, children)) = visit(&connection, &service, &path) else { continue };
            found.extend(element);
            queue.extend(children.into_iter().rev());
        }
        Ok(found)
    }

    /// The first element of this role whose name contains `part`, waited for.
    pub fn element(&self, role: Role, part: &str, at_most: Duration) -> Option<Element> {
        let fits =
            |element: &Element| role.fits(&element.role) && element.name.contains(part) && element.width > 1;
        wait::until(at_most, || self.elements().ok()?.into_iter().find(fits))
    }

    /// Clicks into the middle of the button, field or box of that name, waited for.
    ///
    /// # Errors
    /// If it does not appear in time.
    pub fn press(&self, role: Role, part: &str, at_most: Duration) -> io::Result<Element> {
        let late = || {
            let seen: Vec<String> =
                self.elements().unwrap_or_default().iter().map(Element::describe).collect();
            wrong(format!("no {role:?} named {part:?} within {at_most:?}; there are {}", seen.join(", ")))
        };
        let element = self.element(role, part, at_most).ok_or_else(late)?;
        self.click(element.x + element.width / 2, element.y + element.height / 2)?;
        Ok(element)
    }
}

/// WebKit gives its roles as numbers only (AtspiRole).
fn role_name(accessible: &Proxy<'_>) -> zbus::Result<String> {
    let name: String = accessible.call("GetRoleName", &())?;
    if !name.is_empty() {
        return Ok(name);
    }
    let number: u32 = accessible.call("GetRole", &())?;
    let name = match number {
        7 => "check box",
        29 => "label",
        40 => "password text",
        43 => "push button",
        61 => "text",
        62 => "toggle button",
        79 => "entry",
        83 => "heading",
        88 => "link",
        _ => "",
    };
    Ok(name.to_owned())
}

/// What another process draws into this element, such as a page: it is counted, but not listed.
fn embedded(accessible: &Proxy<'_>) -> Option<Address> {
    let count: i32 = accessible.get_property("ChildCount").ok().filter(|count| *count == 1)?;
    let child: ((String, OwnedObjectPath),) = accessible.call("GetChildAtIndex", &(count - 1,)).ok()?;
    Some((child.0.0, child.0.1.to_string()))
}

type Address = (String, String);

/// What stands in an element without a name, such as a paragraph; embedded elements speak for themselves.
fn text(connection: &Connection, service: &str, path: &str) -> String {
    let text = Proxy::new(connection, service, path, "org.a11y.atspi.Text")
        .and_then(|text| text.call::<_, _, String>("GetText", &(0i32, -1i32)));
    text.unwrap_or_default().replace('\u{fffc}', "").trim().to_owned()
}

fn visit(
    connection: &Connection,
    service: &str,
    path: &str,
) -> zbus::Result<(Option<Element>, Vec<Address>)> {
    let accessible = Proxy::new(connection, service, path, ACCESSIBLE)?;
    let children: Vec<(String, OwnedObjectPath)> = accessible.call("GetChildren", &())?;
    let mut children: Vec<Address> =
        children.into_iter().map(|(service, path)| (service, path.to_string())).collect();
    if children.is_empty() {
        children.extend(embedded(&accessible));
    }
    let role = role_name(&accessible)?;
    let name: String = accessible.get_property("Name").unwrap_or_default();
    let name = if name.is_empty() { text(connection, service, path) } else { name };
    let component = Proxy::new(connection, service, path, "org.a11y.atspi.Component")?;
    let place: zbus::Result<((i32, i32, i32, i32),)> = component.call("GetExtents", &(0u32,));
    let element = place.ok().map(|((x, y, width, height),)| Element { name, role, x, y, width, height });
    Ok((element, children))
}
