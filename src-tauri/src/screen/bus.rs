//! Listens to those on one bus who know whether the screen is locked. They may come later than we do, go, and come
//! again.

use std::collections::BTreeMap;
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::{Message, Type};
use zbus::names::{BusName, UniqueName};
use zbus::{MatchRule, OwnedMatchRule};

use super::Locks;
use super::source::{Heard, Source};

/// Longest wait for an answer. Whoever is asked and hangs must not make us deaf for those who speak.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

const DRIVER: &str = "org.freedesktop.DBus";

/// Listens on a thread of its own, on the bus that there is and on each that comes in its place.
pub(super) fn follow(
    thread: &'static str,
    bus: fn() -> zbus::Result<Builder<'static>>,
    sources: &'static [Source],
    locks: &Locks,
) {
    let locks = locks.clone();
    let listening = std::thread::Builder::new().name(thread.to_owned()).spawn(move || {
        let connect = || bus()?.method_timeout(ANSWER_WITHIN).build();
        for times in 0.. {
            let listened = connect().and_then(|bus| listen(&bus, &connect()?, sources, &locks));
            if times == 0 {
                tracing::info!(error = ?listened.err(), thread, "no bus that tells of locked screens");
            }
            // The bus is gone, and with it everybody who could say "unlocked".
            for source in sources {
                locks.say(source.name(), None);
            }
            crate::bus::pause();
        }
    });
    if let Err(error) = listening {
        tracing::warn!(%error, "no thread that hears of locked screens");
    }
}

/// Asks on a connection of its own: on `bus` an answer stands in line behind whatever anybody sends us, and who waits
/// for it reads nothing meanwhile.
fn listen(
    bus: &Connection,
    asking: &Connection,
    sources: &'static [Source],
    locks: &Locks,
) -> zbus::Result<()> {
    let driver = DBusProxy::new(bus)?;
    for source in sources {
        driver.add_match_rule(comes_or_goes(*source)?.into())?;
        driver.add_match_rule(tells(*source)?.into())?;
    }
    // Listened to before the question, so that no change falls between.
    let messages = MessageIterator::from(bus);
    let driver = DBusProxy::new(asking)?;
    let mut owners = BTreeMap::new();
    for source in sources {
        if let Ok(owner) = driver.get_name_owner(BusName::try_from(source.name())?) {
            owners.insert(source.name(), owner.to_string());
            locks.say(source.name(), ask(*source, asking));
        }
    }
    for message in messages {
        hear(&message?, asking, sources, &mut owners, locks);
    }
    Ok(())
}

fn hear(
    message: &Message,
    asking: &Connection,
    sources: &'static [Source],
    owners: &mut BTreeMap<&'static str, String>,
    locks: &Locks,
) {
    let header = message.header();
    let (Some(interface), Some(member)) = (header.interface(), header.member()) else { return };
    let Some(sender) =
        header.sender().map(UniqueName::as_str).filter(|_| message.message_type() == Type::Signal)
    else {
        return;
    };
    let signal = (interface.as_str(), member.as_str());
    if sender == DRIVER && signal == (DRIVER, "NameOwnerChanged") {
        let Ok((name, _, owner)) = message.body().deserialize::<(String, String, String)>() else { return };
        let Some(source) = sources.iter().find(|source| source.name() == name) else { return };
        if owner.is_empty() {
            owners.remove(source.name());
            locks.say(source.name(), None);
        } else {
            owners.insert(source.name(), owner);
            locks.say(source.name(), ask(*source, asking));
        }
        return;
    }
    for source in sources.iter().filter(|source| source.signal() == signal) {
        // Anybody can send us a signal of that name.
        if owners.get(source.name()).is_none_or(|owner| owner != sender) {
            continue;
        }
        match source.hear(message) {
            Heard::Is(locked) => locks.say(source.name(), Some(locked)),
            Heard::Ask => locks.say(source.name(), ask(*source, asking)),
            Heard::Nothing => {}
        }
    }
}

fn ask(source: Source, asking: &Connection) -> Option<bool> {
    let answer = source.ask(asking);
    answer.inspect_err(|error| tracing::debug!(%error, who = source.name(), "does not say")).ok()
}

fn comes_or_goes(source: Source) -> zbus::Result<OwnedMatchRule> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(DRIVER)?
        .interface(DRIVER)?
        .member("NameOwnerChanged")?
        .arg(0, source.name())?;
    Ok(rule.build().into())
}

fn tells(source: Source) -> zbus::Result<OwnedMatchRule> {
    let (interface, member) = source.signal();
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(source.name())?
        .interface(interface)?
        .member(member)?;
    Ok(rule.build().into())
}
