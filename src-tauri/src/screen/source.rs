//! Who on a bus knows whether the screen is locked.

use zbus::Message;
use zbus::blocking::Connection;
use zbus::zvariant::{OwnedValue, Value};

/// The screen savers of the desktops, on the session bus. All speak as the first of them; a desktop has one, or two
/// names for one.
pub(super) const SAVERS: &[Source] = &[
    Source::Saver("org.freedesktop.ScreenSaver"),
    Source::Saver("org.gnome.ScreenSaver"),
    Source::Saver("org.cinnamon.ScreenSaver"),
    Source::Saver("org.mate.ScreenSaver"),
    Source::Saver("org.xfce.ScreenSaver"),
];
/// The login session, on the system bus: also where a locker has no name of its own.
pub(super) const SESSION: &[Source] = &[Source::Session];

const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const SESSION_INTERFACE: &str = "org.freedesktop.login1.Session";
/// The property that lockers set. The signals `Lock` and `Unlock` beside it are only wishes: where no locker hears
/// them nobody would ever say "unlocked".
const LOCKED_HINT: &str = "LockedHint";

/// Somebody who knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A screen saver of this name; object and interface are called like it.
    Saver(&'static str),
    /// logind (org.freedesktop.login1): our own session.
    Session,
}

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is so.
    Is(bool),
    /// Something changed: ask.
    Ask,
    /// Nothing of this.
    Nothing,
}

impl Source {
    /// Its name on the bus.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Saver(name) => name,
            Self::Session => "org.freedesktop.login1",
        }
    }

    /// Interface and name of the signal by which it tells.
    pub(super) fn signal(self) -> (&'static str, &'static str) {
        match self {
            Self::Saver(name) => (name, "ActiveChanged"),
            Self::Session => (PROPERTIES, "PropertiesChanged"),
        }
    }

    /// Asks it.
    ///
    /// # Errors
    /// If it does not answer, or does not know.
    pub(super) fn ask(self, bus: &Connection) -> zbus::Result<bool> {
        match self {
            Self::Saver(name) => {
                let path = format!("/{}", name.replace('.', "/"));
                let answer = bus.call_method(Some(name), path.as_str(), Some(name), "GetActive", &())?;
                answer.body().deserialize()
            }
            Self::Session => {
                // The caller's session, or for a service of the user's the one that they sit at.
                let path = "/org/freedesktop/login1/session/auto";
                let which = (SESSION_INTERFACE, LOCKED_HINT);
                let answer = bus.call_method(Some(self.name()), path, Some(PROPERTIES), "Get", &which)?;
                let value: OwnedValue = answer.body().deserialize()?;
                Ok(bool::try_from(value)?)
            }
        }
    }

    /// Reads its signal.
    pub(super) fn hear(self, message: &Message) -> Heard {
        let body = message.body();
        match self {
            Self::Saver(_) => body.deserialize().map_or(Heard::Nothing, Heard::Is),
            Self::Session => {
                type Changed<'a> = (&'a str, std::collections::HashMap<&'a str, Value<'a>>, Vec<&'a str>);
                let Ok((interface, changed, invalid)) = body.deserialize::<Changed<'_>>() else {
                    return Heard::Nothing;
                };
                let is_it = changed.contains_key(LOCKED_HINT) || invalid.contains(&LOCKED_HINT);
                // It may be another one's session.
                if interface == SESSION_INTERFACE && is_it { Heard::Ask } else { Heard::Nothing }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn changed(interface: &str, property: &str) -> Message {
        let changed = HashMap::from([(property, Value::from(true))]);
        Message::signal("/org/freedesktop/login1/session/_31", PROPERTIES, "PropertiesChanged")
            .and_then(|builder| builder.build(&(interface, changed, Vec::<&str>::new())))
            .expect("a message")
    }

    #[test]
    fn i8_a_session_is_asked_when_its_hint_changed_and_not_otherwise() {
        assert_eq!(Source::Session.hear(&changed(SESSION_INTERFACE, LOCKED_HINT)), Heard::Ask);
        assert_eq!(Source::Session.hear(&changed(SESSION_INTERFACE, "IdleHint")), Heard::Nothing);
        assert_eq!(
            Source::Session.hear(&changed("org.freedesktop.login1.Seat", LOCKED_HINT)),
            Heard::Nothing
        );
    }

    #[test]
    fn i8_what_a_screen_saver_says_is_taken_and_anything_else_is_not() {
        let name = "org.freedesktop.ScreenSaver";
        let signal =
            || Message::signal("/org/freedesktop/ScreenSaver", name, "ActiveChanged").expect("a signal");
        let saver = Source::Saver(name);
        assert_eq!(saver.hear(&signal().build(&true).expect("a message")), Heard::Is(true));
        assert_eq!(saver.hear(&signal().build(&"locked").expect("a message")), Heard::Nothing);
    }
}
