//! From a file's text to a [`Provider`]: all mistakes at once, each with its place and cure.

mod address;
mod check;
mod conditions;
mod login;
mod names;
mod parts;
mod rungs;
mod step;
pub(crate) mod strict;
pub(crate) mod tree;
mod words;

use conditions::Stands;
use names::Names;
use tree::{Source, Table};

use super::fault::Fault;
use super::mistake::Mistake;
use super::model::Provider;
use crate::id::ProviderId;

/// Reads a provider file; `id` is its name without `.toml`.
///
/// # Errors
/// With every mistake that can be told, in the order of the file. If it is not TOML at all, with those only.
pub fn parse(id: ProviderId, text: &str) -> Result<Provider, Vec<Mistake>> {
    let source = Source::new(text);
    let document = strict::document(text, &source);
    let provider = document.as_ref().and_then(|document| {
        let root = Table::root(&source, document);
        read(id, root, &Names::gather(document.get_ref()))
    });
    source.finish(provider)
}

fn read(id: ProviderId, root: Table<'_>, names: &Names) -> Option<Provider> {
    let table = root;
    let root = &table;
    let format = root.need("format").and_then(|format| Some((format.number()?, format)));
    if let Some((found, format)) = format.filter(|(found, _)| *found != 1) {
        // Another format has other keys: what else seems wrong says nothing.
        return format.fail(Fault::NewerFormat { found: found.to_string() });
    }
    let name = root.need("name").and_then(|name| name.text()?.filled()).map(str::to_owned);
    let device = root.get("device").and_then(|device| device.texts()).unwrap_or_default();
    let oauth = parts::oauth(root, names);
    let tokens = parts::tokens(root);
    let provider = Provider {
        id,
        name: name.unwrap_or_default(),
        hosts: parts::hosts(root, names),
        device: device.iter().map(|name| name.text.to_owned()).collect(),
        vars: parts::vars(root),
        logins: login::logins(root, names, oauth.as_ref()),
        chains: parts::chains(root, names),
        rungs: rungs::rungs(root, names, oauth.as_ref()),
        probes: rungs::probes(root, names),
        expired: parts::any(root, "expired", names, Stands::Reply),
        dead: parts::any(root, "dead", names, Stands::Dead),
        answers: parts::answers(root, names),
        policy: parts::policy(root, &tokens),
        usage: parts::usage(root, names),
        revoke: rungs::revoke(root, names),
        oauth,
        tokens,
    };
    // A part that could not be read makes others look wrong that are not.
    if root.source.is_clean() {
        check::check(root, &provider);
    }
    table.finish(Some(provider))
}
