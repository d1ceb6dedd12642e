//! What a file declares, gathered before anything is checked, so that order does not matter.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::provider::hosts::HostPattern;

/// Names that others may refer to.
#[derive(Default)]
pub(super) struct Names {
    /// Variables, and whether they are secret.
    pub vars: BTreeMap<String, bool>,
    /// Tokens, and their chains.
    pub tokens: BTreeMap<String, String>,
    /// Every chain of a token; `main` if there is no token.
    pub chains: BTreeSet<String>,
    /// Every field that some `save` or pasted field fills.
    pub saved: BTreeSet<String>,
    /// Host entries as they stand in the file.
    pub hosts: Vec<String>,
    /// Those of them that need no variable.
    pub patterns: Vec<HostPattern>,
}

impl Names {
    pub fn gather(document: &DeTable<'_>) -> Self {
        let mut names = Self::default();
        for (name, var) in members(document.get("vars")) {
            let is_secret = child(var, "secret").and_then(DeValue::as_bool).unwrap_or(false);
            names.vars.insert(name.to_owned(), is_secret);
        }
        for (name, token) in members(document.get("tokens")) {
            let chain = child(token, "chain").and_then(DeValue::as_str).unwrap_or("main");
            names.tokens.insert(name.to_owned(), chain.to_owned());
        }
        names.chains = names.tokens.values().cloned().collect();
        if names.chains.is_empty() {
            names.chains.insert("main".to_owned());
        }
        for key in ["login", "refresh"] {
            for part in items(document.get(key)) {
                names.gather_saved(part);
                items(part.get("steps")).for_each(|step| names.gather_saved(step));
                let is_paste = part.get("kind").and_then(|kind| kind.get_ref().as_str()) == Some("paste");
                if is_paste {
                    names.saved.extend(members(part.get("fields")).map(|(field, _)| field.to_owned()));
                }
            }
        }
        let hosts = document.get("hosts").and_then(|hosts| hosts.get_ref().as_array());
        let hosts = hosts.into_iter().flat_map(|hosts| hosts.iter());
        names.hosts = hosts.filter_map(|host| host.get_ref().as_str()).map(str::to_owned).collect();
        names.patterns = names.hosts.iter().filter_map(|host| host.parse().ok()).collect();
        names
    }

    /// Whether every host is known without an account.
    pub fn knows_all_hosts(&self) -> bool {
        self.patterns.len() == self.hosts.len()
    }

    fn gather_saved(&mut self, part: &DeTable<'_>) {
        self.saved.extend(members(part.get("save")).map(|(field, _)| field.to_owned()));
    }
}

type Node<'a> = Option<&'a Spanned<DeValue<'a>>>;

fn members<'a>(value: Node<'a>) -> impl Iterator<Item = (&'a str, &'a DeValue<'a>)> {
    let table = value.and_then(|value| value.get_ref().as_table());
    table
        .into_iter()
        .flat_map(|table| table.iter())
        .map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()))
}

fn items<'a>(value: Node<'a>) -> impl Iterator<Item = &'a DeTable<'a>> {
    let array = value.and_then(|value| value.get_ref().as_array());
    array.into_iter().flat_map(|array| array.iter()).filter_map(|item| item.get_ref().as_table())
}

fn child<'a>(value: &'a DeValue<'a>, key: &str) -> Option<&'a DeValue<'a>> {
    value.as_table()?.get(key).map(Spanned::get_ref)
}
