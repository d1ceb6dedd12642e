//! The desktop's session bus, asked as any program would.

use std::io;

use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

/// A connection to the session bus.
pub(super) struct Session(Connection);

pub(super) fn wrong(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// A connection to the bus at `address`.
pub(super) fn connect(address: &str) -> io::Result<Connection> {
    connection::Builder::address(address).and_then(connection::Builder::build).map_err(wrong)
}

impl Session {
    pub fn connect(address: &str) -> io::Result<Self> {
        connect(address).map(Self)
    }

    pub fn proxy<'a>(
        &'a self,
        service: &'a str,
        path: &'a str,
        interface: &'a str,
    ) -> zbus::Result<Proxy<'a>> {
        Proxy::new(&self.0, service, path, interface)
    }

    /// Whether somebody offers this service; asking does not start it.
    pub fn has_owner(&self, name: &str) -> bool {
        let bus = self.proxy("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
        bus.and_then(|bus| bus.call("NameHasOwner", &(name,))).unwrap_or(false)
    }

    /// Whether the keyring's default collection is there and unlocked.
    pub fn default_collection_is_open(&self) -> bool {
        let Ok(path) = self.default_collection() else { return false };
        let collection =
            self.proxy("org.freedesktop.secrets", path.as_str(), "org.freedesktop.Secret.Collection");
        collection
            .and_then(|collection| collection.get_property::<bool>("Locked"))
            .is_ok_and(|locked| !locked)
    }

    /// Locks it.
    pub fn lock_keyring(&self) -> io::Result<()> {
        let path = self.default_collection().map_err(wrong)?;
        let service = self.secrets().map_err(wrong)?;
        let _: (Vec<OwnedObjectPath>, OwnedObjectPath) =
            service.call("Lock", &(vec![path],)).map_err(wrong)?;
        Ok(())
    }

    /// Labels of all items of the keyring, whether locked or not. Values are not asked for.
    pub fn keyring_labels(&self) -> io::Result<Vec<String>> {
        let service = self.secrets().map_err(wrong)?;
        let no_attributes = std::collections::HashMap::<&str, &str>::new();
        let found: (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            service.call("SearchItems", &(no_attributes,)).map_err(wrong)?;
        let label = |path: &OwnedObjectPath| {
            let item = self.proxy("org.freedesktop.secrets", path.as_str(), "org.freedesktop.Secret.Item");
            item.and_then(|item| item.get_property::<String>("Label")).map_err(wrong)
        };
        found.0.iter().chain(&found.1).map(label).collect()
    }

    fn secrets(&self) -> zbus::Result<Proxy<'_>> {
        self.proxy("org.freedesktop.secrets", "/org/freedesktop/secrets", "org.freedesktop.Secret.Service")
    }

    fn default_collection(&self) -> zbus::Result<OwnedObjectPath> {
        self.secrets()?.call("ReadAlias", &("default",))
    }
}

/// A text property out of a dictionary of variants.
pub(super) fn text(value: Option<&OwnedValue>) -> String {
    value.and_then(|value| <&str>::try_from(value).ok()).unwrap_or_default().to_owned()
}
