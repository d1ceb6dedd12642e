//! Copies made on purpose: nothing that holds a secret is `Clone` (I7).

use std::collections::BTreeMap;

use super::{Held, Material, Record, StorageItem};
use crate::id::Generation;
use crate::jar::Jar;
use crate::secret::Secret;

impl Record {
    /// A second copy; both are zeroed on drop.
    pub fn duplicate(&self) -> Self {
        Self {
            account: self.account.clone(),
            write_id: self.write_id,
            login: self.login,
            provider: self.provider.clone(),
            hosts: self.hosts.clone(),
            identity: self.identity.clone(),
            journal_key: self.journal_key.duplicate(),
            secrets: each(&self.secrets, Secret::duplicate),
            current: self.current.duplicate(),
            proven: self.proven.as_ref().map(Material::duplicate),
        }
    }
}

impl Material {
    /// Material with nothing in it yet, unproven.
    pub fn empty(generation: Generation) -> Self {
        Self {
            generation,
            is_proven: false,
            jar: Jar::default(),
            storage: Vec::new(),
            tokens: BTreeMap::new(),
            credentials: BTreeMap::new(),
            vars: BTreeMap::new(),
            user_agent: None,
            languages: None,
            spent: Default::default(),
            replays: BTreeMap::new(),
        }
    }

    /// A second copy; both are zeroed on drop.
    pub fn duplicate(&self) -> Self {
        Self {
            generation: self.generation,
            is_proven: self.is_proven,
            jar: self.jar.duplicate(),
            storage: self.storage.iter().map(StorageItem::duplicate).collect(),
            tokens: each(&self.tokens, Held::duplicate),
            credentials: each(&self.credentials, Held::duplicate),
            vars: each(&self.vars, Held::duplicate),
            user_agent: self.user_agent.clone(),
            languages: self.languages.clone(),
            spent: self.spent.clone(),
            replays: self.replays.clone(),
        }
    }
}

impl Held {
    /// A second copy; both are zeroed on drop.
    pub fn duplicate(&self) -> Self {
        Self { value: self.value.duplicate(), got: self.got, expiry: self.expiry }
    }
}

impl StorageItem {
    /// A second copy; both are zeroed on drop.
    pub fn duplicate(&self) -> Self {
        Self {
            origin: self.origin.clone(),
            area: self.area,
            key: self.key.clone(),
            value: self.value.duplicate(),
        }
    }
}

fn each<K: Ord + Clone, V>(map: &BTreeMap<K, V>, duplicate: impl Fn(&V) -> V) -> BTreeMap<K, V> {
    map.iter().map(|(key, value)| (key.clone(), duplicate(value))).collect()
}
