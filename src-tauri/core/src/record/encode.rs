//! A record as bytes: JSON, written by hand into a buffer that is zeroed (I7).

use std::collections::BTreeMap;
use std::fmt::Display;

use zeroize::Zeroizing;

use super::{FORMAT, Held, Material, Record, StorageItem};
use crate::id::hex;
use crate::jar::write_cookie;
use crate::secret::{JsonWriter, Secret};

/// The bytes of `record`, as a store keeps them. [`super::decode`] reads them.
pub fn encode(record: &Record) -> Zeroizing<Vec<u8>> {
    let mut json = JsonWriter::new();
    json.object(|json| {
        // First, so that a person who looks at a newer record sees at once why it is refused.
        json.value("format", &FORMAT);
        json.value("account", &record.account);
        json.text("write_id", &hex(&record.write_id.0));
        if let Some(login) = &record.login {
            json.text("login", &hex(&login.0));
        }
        json.value("provider", &record.provider);
        json.value("hosts", &record.hosts);
        if let Some(identity) = &record.identity {
            json.text("identity", identity);
        }
        json.secret_base64("journal_key", &record.journal_key);
        map_at(json, "secrets", &record.secrets, secret_at);
        json.object_at("current", |json| material(json, &record.current));
        if let Some(proven) = &record.proven {
            json.object_at("proven", |json| material(json, proven));
        }
    });
    json.finish()
}

/// Writes `item` as an element of an array; its value as base64. [`super::StorageWire`] reads it.
pub fn write_storage(json: &mut JsonWriter, item: &StorageItem) {
    json.object(|json| {
        json.text("origin", &item.origin);
        json.value("area", &item.area);
        json.text("key", &item.key);
        json.secret_base64("value", &item.value);
    });
}

fn material(json: &mut JsonWriter, material: &Material) {
    json.value("generation", &material.generation);
    json.value("is_proven", &material.is_proven);
    json.array_at("jar", |json| material.jar.cookies.iter().for_each(|cookie| write_cookie(json, cookie)));
    json.array_at("storage", |json| material.storage.iter().for_each(|item| write_storage(json, item)));
    map_at(json, "tokens", &material.tokens, held_at);
    map_at(json, "credentials", &material.credentials, held_at);
    map_at(json, "vars", &material.vars, held_at);
    if let Some(agent) = &material.user_agent {
        json.text("user_agent", agent);
    }
    if let Some(languages) = &material.languages {
        json.text("languages", languages);
    }
    json.value("spent", &material.spent);
    json.value("replays", &material.replays);
}

fn map_at<K: Display, V>(
    json: &mut JsonWriter,
    key: &str,
    map: &BTreeMap<K, V>,
    write: impl Fn(&mut JsonWriter, &str, &V),
) {
    json.object_at(key, |json| {
        for (name, value) in map {
            write(json, &name.to_string(), value);
        }
    });
}

fn secret_at(json: &mut JsonWriter, key: &str, value: &Secret) {
    json.secret_base64(key, value);
}

fn held_at(json: &mut JsonWriter, key: &str, held: &Held) {
    json.object_at(key, |json| {
        json.secret_base64("value", &held.value);
        json.value("got", &held.got);
        if let Some(expiry) = &held.expiry {
            json.value("expiry", expiry);
        }
    });
}
