//! Asking the Secret Service whether it is locked, without a prompt; and, when told to, unlocking it with one.

use std::collections::HashMap;
use std::time::Duration;

use lamplighter_core::record::StoreError;
use zbus::blocking::{Connection, MessageIterator, Proxy, connection};
use zbus::fdo::NameOwnerChanged;
use zbus::message::{Message, Type};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

const SERVICE: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
/// A service that answers at all answers these questions at once; the first may have to start it.
const PATIENCE: Duration = Duration::from_secs(8);

/// KWallet's own interface, by version: it alone tells whether a wallet is open already.
const KWALLETS: [(&str, &str); 2] =
    [("org.kde.kwalletd6", "/modules/kwalletd6"), ("org.kde.kwalletd5", "/modules/kwalletd5")];

/// A connection of our own to the session bus, made when it is needed and again after every failure.
#[derive(Default)]
pub(super) struct SecretService {
    connection: Option<Connection>,
    /// The person dismissed the prompt that they had asked for; until it is open they are not asked again.
    was_declined: bool,
}

impl SecretService {
    /// Fails if reading or writing the item with these attributes would bring up a prompt.
    ///
    /// # Errors
    /// [`StoreError::Locked`], or [`StoreError::Declined`] if the person has been asked since it was open; also
    /// [`StoreError::Absent`] if there is no service, [`StoreError::Slow`] if it does not answer.
    pub fn refuse_if_locked(&mut self, attributes: &[(&str, &str)]) -> Result<(), StoreError> {
        match self.is_open(attributes) {
            Ok(()) => self.was_declined = false,
            Err(StoreError::Locked) if self.was_declined => return Err(StoreError::Declined),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn is_open(&mut self, attributes: &[(&str, &str)]) -> Result<(), StoreError> {
        self.try_twice(|connection| {
            let attributes: HashMap<&str, &str> = attributes.iter().copied().collect();
            let service = proxy(connection, ROOT, "org.freedesktop.Secret.Service")?;
            // The usual answer, in one question instead of three: the item is there, and what it lies in is open.
            let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
                service.call("SearchItems", &(&attributes,))?;
            if locked.is_empty() && !open.is_empty() {
                return Ok(Ok(()));
            }
            let default = default_collection(&service)?;
            // Without a collection there is nothing to read, and the person has to choose a password first.
            let Some(default) = default else { return Ok(Err(StoreError::Locked)) };
            if is_locked(connection, &default)? && !opens_by_itself(connection, &service, &default)? {
                return Ok(Err(StoreError::Locked));
            }
            // The item may lie in another collection than the default one.
            let (_, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
                service.call("SearchItems", &(attributes,))?;
            Ok(if locked.is_empty() { Ok(()) } else { Err(StoreError::Locked) })
        })
    }

    /// Unlocks the default collection, or makes one: the service asks the person, however long that takes.
    ///
    /// # Errors
    /// [`StoreError::Declined`] if the person does not.
    pub fn unlock(&mut self) -> Result<(), StoreError> {
        let unlocked = self.unlock_with_prompt();
        self.was_declined = unlocked == Err(StoreError::Declined);
        unlocked
    }

    fn unlock_with_prompt(&mut self) -> Result<(), StoreError> {
        self.try_twice(|connection| {
            let service = proxy(connection, ROOT, "org.freedesktop.Secret.Service")?;
            let prompt = match default_collection(&service)? {
                Some(collection) => prompt_to_unlock(&service, &collection)?,
                None => {
                    let label = Value::from("Login");
                    let properties = HashMap::from([("org.freedesktop.Secret.Collection.Label", label)]);
                    let (_, prompt): (OwnedObjectPath, OwnedObjectPath) =
                        service.call("CreateCollection", &(properties, "default"))?;
                    prompt
                }
            };
            if prompt.as_str() == "/" { Ok(Ok(())) } else { ask(connection, &prompt) }
        })
    }

    /// A bus or service that was restarted fails the first time, and is asked again over a new connection.
    fn try_twice(
        &mut self,
        ask: impl Fn(&Connection) -> zbus::Result<Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let was_open = self.connection.is_some();
        match self.connect().and_then(|connection| ask(&connection)) {
            Ok(answer) => answer,
            Err(error) => {
                self.connection = None;
                if was_open && !is_slow(&error) { self.try_twice(ask) } else { Err(told(error)) }
            }
        }
    }

    fn connect(&mut self) -> zbus::Result<Connection> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        let connection = connection::Builder::session()?.method_timeout(PATIENCE).build()?;
        Ok(self.connection.insert(connection).clone())
    }
}

fn proxy<'a>(connection: &Connection, path: &'a str, interface: &'a str) -> zbus::Result<Proxy<'a>> {
    // Nothing is kept of properties: a lock that we remember is not the lock that is there.
    zbus::blocking::proxy::Builder::new(connection)
        .destination(SERVICE)?
        .path(path)?
        .interface(interface)?
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
}

fn default_collection(service: &Proxy<'_>) -> zbus::Result<Option<OwnedObjectPath>> {
    let path: OwnedObjectPath = service.call("ReadAlias", &("default",))?;
    Ok(Some(path).filter(|path| path.as_str() != "/"))
}

fn is_locked(connection: &Connection, collection: &ObjectPath<'_>) -> zbus::Result<bool> {
    proxy(connection, collection.as_str(), "org.freedesktop.Secret.Collection")?.get_property("Locked")
}

/// A wallet of KDE that was opened at login, or for another program, counts as locked until somebody has unlocked it
/// this way, too; nobody is asked for anything then.
fn opens_by_itself(
    connection: &Connection,
    service: &Proxy<'_>,
    collection: &OwnedObjectPath,
) -> zbus::Result<bool> {
    if !is_open_wallet(connection, collection)? {
        return Ok(false);
    }
    let prompt = prompt_to_unlock(service, collection)?;
    Ok(prompt.as_str() == "/" || ask(connection, &prompt)?.is_ok())
}

fn is_open_wallet(connection: &Connection, collection: &ObjectPath<'_>) -> zbus::Result<bool> {
    for (name, path) in KWALLETS {
        // Asking a name that nobody has could start one.
        let bus = zbus::blocking::fdo::DBusProxy::new(connection)?;
        if !bus.name_has_owner(name.try_into()?)? {
            continue;
        }
        let label: String = proxy(connection, collection.as_str(), "org.freedesktop.Secret.Collection")?
            .get_property("Label")?;
        let is_open = connection.call_method(
            Some(name),
            path,
            Some("org.kde.KWallet"),
            "isOpen",
            &(label.as_str(),),
        )?;
        return is_open.body().deserialize();
    }
    Ok(false)
}

fn prompt_to_unlock(service: &Proxy<'_>, collection: &OwnedObjectPath) -> zbus::Result<OwnedObjectPath> {
    let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
        service.call("Unlock", &(vec![collection],))?;
    Ok(prompt)
}

/// Shows the prompt, and waits until the person has answered or whoever asks is gone: then no answer will come.
fn ask(connection: &Connection, path: &ObjectPath<'_>) -> zbus::Result<Result<(), StoreError>> {
    let prompt = proxy(connection, path.as_str(), PROMPT)?;
    // Listening first: the answer can be there before the call returns. Both are read in the order they come in.
    let bus = zbus::blocking::fdo::DBusProxy::new(connection)?;
    let messages = MessageIterator::from(connection);
    let _answers = prompt.receive_signal("Completed")?;
    let _owners = bus.receive_name_owner_changed_with_args(&[(0, SERVICE)])?;
    prompt.call::<_, _, ()>("Prompt", &("",))?;
    for message in messages {
        let message = message?;
        if is_answer(&message, path) {
            let (dismissed, _): (bool, OwnedValue) = message.body().deserialize()?;
            return Ok(if dismissed { Err(StoreError::Declined) } else { Ok(()) });
        }
        if NameOwnerChanged::from_message(message)
            .is_some_and(|change| change.args().is_ok_and(|change| change.name() == SERVICE))
        {
            break;
        }
    }
    // Not asked once more by itself: the person has just seen the question go.
    Ok(Err(StoreError::Absent("it ended while it asked".to_owned())))
}

fn is_answer(message: &Message, prompt: &ObjectPath<'_>) -> bool {
    let header = message.header();
    message.message_type() == Type::Signal
        && header.interface().is_some_and(|name| name == PROMPT)
        && header.member().is_some_and(|name| name == "Completed")
        && header.path() == Some(prompt)
}

fn is_slow(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::InputOutput(error) if error.kind() == std::io::ErrorKind::TimedOut)
}

fn told(error: zbus::Error) -> StoreError {
    const DENIED: &str = "org.freedesktop.DBus.Error.AccessDenied";
    if is_slow(&error) {
        return StoreError::Slow;
    }
    match &error {
        zbus::Error::MethodError(name, ..) if name.as_str() == DENIED => {
            StoreError::Denied(error.to_string())
        }
        _ => StoreError::Absent(error.to_string()),
    }
}
