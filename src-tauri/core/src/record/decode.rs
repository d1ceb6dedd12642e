//! A record from its bytes: a newer format is refused before anything else of it is looked at (F53).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{FORMAT, Held, Material, Record, StorageArea, StorageItem, StoreError};
use crate::id::{AccountId, ChainName, Generation, ProviderId, TokenName, VarName, WriteId, unhex};
use crate::jar::{Cookie, CookieWire};
use crate::secret::{Secret, from_base64};
use crate::time::{Expiry, Now};

/// The record that `bytes` hold. Fields that this version does not know are dropped.
///
/// # Errors
/// [`StoreError::NewerFormat`] if a newer version wrote it, [`StoreError::Corrupt`] if it is no record.
pub fn decode(bytes: &[u8]) -> Result<Record, StoreError> {
    #[derive(Deserialize)]
    struct Gate {
        format: u16,
    }
    let gate: Gate = parse(bytes)?;
    if gate.format > FORMAT {
        return Err(StoreError::NewerFormat(gate.format));
    }
    parse::<RecordWire>(bytes)?.into_record()
}

/// Says where it broke, never what stands there: serde's own message can quote a value.
fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let kind = if error.is_data() { "an unexpected field" } else { "broken JSON" };
        StoreError::Corrupt(format!("{kind} at byte {} of {}", error.column(), bytes.len()))
    })
}

#[derive(Deserialize)]
struct RecordWire {
    account: AccountId,
    write_id: String,
    #[serde(default)]
    login: Option<String>,
    provider: ProviderId,
    hosts: Vec<String>,
    identity: Option<String>,
    #[serde(deserialize_with = "from_base64")]
    journal_key: Secret,
    secrets: BTreeMap<VarName, SecretWire>,
    current: MaterialWire,
    proven: Option<MaterialWire>,
}

#[derive(Deserialize)]
struct SecretWire(#[serde(deserialize_with = "from_base64")] Secret);

#[derive(Deserialize)]
struct MaterialWire {
    generation: Generation,
    is_proven: bool,
    jar: Vec<CookieWire>,
    storage: Vec<StorageWire>,
    tokens: BTreeMap<TokenName, HeldWire>,
    credentials: BTreeMap<ChainName, HeldWire>,
    vars: BTreeMap<VarName, HeldWire>,
    user_agent: Option<String>,
    languages: Option<String>,
    spent: BTreeSet<ChainName>,
    replays: BTreeMap<ChainName, u32>,
}

#[derive(Deserialize)]
struct HeldWire {
    #[serde(deserialize_with = "from_base64")]
    value: Secret,
    got: Now,
    expiry: Option<Expiry>,
}

/// What [`super::write_storage`] wrote; becomes a [`StorageItem`] by `into`.
#[derive(Deserialize)]
pub struct StorageWire {
    origin: String,
    area: StorageArea,
    key: String,
    #[serde(deserialize_with = "from_base64")]
    value: Secret,
}

impl RecordWire {
    fn into_record(self) -> Result<Record, StoreError> {
        let write_id = unhex(&self.write_id).ok_or_else(|| StoreError::Corrupt("no write id".to_owned()))?;
        Ok(Record {
            account: self.account,
            write_id: WriteId(write_id),
            login: self.login.and_then(|login| unhex(&login)).map(WriteId),
            provider: self.provider,
            hosts: self.hosts,
            identity: self.identity,
            journal_key: self.journal_key,
            secrets: self.secrets.into_iter().map(|(name, secret)| (name, secret.0)).collect(),
            current: self.current.into(),
            proven: self.proven.map(Material::from),
        })
    }
}

impl From<MaterialWire> for Material {
    fn from(wire: MaterialWire) -> Self {
        Self {
            generation: wire.generation,
            is_proven: wire.is_proven,
            jar: wire.jar.into_iter().map(Cookie::from).collect(),
            storage: wire.storage.into_iter().map(StorageItem::from).collect(),
            tokens: each(wire.tokens),
            credentials: each(wire.credentials),
            vars: each(wire.vars),
            user_agent: wire.user_agent,
            languages: wire.languages,
            spent: wire.spent,
            replays: wire.replays,
        }
    }
}

impl From<HeldWire> for Held {
    fn from(wire: HeldWire) -> Self {
        Self { value: wire.value, got: wire.got, expiry: wire.expiry }
    }
}

impl From<StorageWire> for StorageItem {
    fn from(wire: StorageWire) -> Self {
        Self { origin: wire.origin, area: wire.area, key: wire.key, value: wire.value }
    }
}

fn each<K: Ord>(map: BTreeMap<K, HeldWire>) -> BTreeMap<K, Held> {
    map.into_iter().map(|(key, held)| (key, held.into())).collect()
}
