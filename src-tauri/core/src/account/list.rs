//! The accounts by their ids. Whoever is changed is remembered, so that the agenda is never out of date.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Account, Rules};
use crate::id::AccountId;

/// One account and how it works.
pub(super) struct Entry {
    pub account: Account,
    pub rules: Rules,
    /// Up to where [`Awake`] is counted in its prompts.
    pub counted: Awake,
}

/// How long the engine was awake since it began, and how long of that the screen was unlocked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Awake {
    pub all: Duration,
    pub unlocked: Duration,
}

impl Awake {
    pub fn since(self, earlier: Self) -> Self {
        Self { all: self.all - earlier.all, unlocked: self.unlocked - earlier.unlocked }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct List {
    entries: BTreeMap<AccountId, Entry>,
    changed: BTreeSet<AccountId>,
    looks: AtomicU64,
}

impl List {
    /// How often an account was looked at.
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    fn look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self, id: &AccountId) -> Option<&Entry> {
        self.look();
        self.entries.get(id)
    }

    /// To be changed, and remembered as changed.
    pub fn get_mut(&mut self, id: &AccountId) -> Option<&mut Entry> {
        self.look();
        let entry = self.entries.get_mut(id)?;
        self.changed.insert(id.clone());
        Some(entry)
    }

    /// To be changed in what the agenda does not hang on.
    pub fn quietly(&mut self, id: &AccountId) -> Option<&mut Entry> {
        self.look();
        self.entries.get_mut(id)
    }

    pub fn insert(&mut self, id: AccountId, entry: Entry) {
        self.changed.insert(id.clone());
        self.entries.insert(id, entry);
    }

    pub fn remove(&mut self, id: &AccountId) {
        self.changed.insert(id.clone());
        self.entries.remove(id);
    }

    pub fn ids(&self) -> impl Iterator<Item = &AccountId> {
        self.entries.keys().inspect(|_| self.look())
    }

    /// Those of whom this is true: for what happens rarely and concerns many.
    pub fn ids_where(&self, is_meant: impl Fn(&Entry) -> bool) -> Vec<AccountId> {
        self.entries
            .iter()
            .inspect(|_| self.look())
            .filter(|(_, entry)| is_meant(entry))
            .map(|(id, _)| id.clone())
            .collect()
    }

    pub fn is_any(&self, is_meant: impl Fn(&Entry) -> bool) -> bool {
        self.entries.values().inspect(|_| self.look()).any(is_meant)
    }

    /// What surrounds this account changed.
    pub fn touch(&mut self, id: AccountId) {
        self.changed.insert(id);
    }

    /// What surrounds all accounts changed.
    pub fn touch_all(&mut self) {
        self.changed.extend(self.entries.keys().cloned());
    }

    /// Who was changed since the last call.
    pub fn take_changed(&mut self) -> BTreeSet<AccountId> {
        std::mem::take(&mut self.changed)
    }
}
