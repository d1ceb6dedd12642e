//! `[[refresh]]`, `[[probe]]` and `[[revoke.steps]]`.

use super::address::{Use, address};
use super::conditions::{Stands, conditions};
use super::names::Names;
use super::step::{step, steps};
use super::tree::Table;
use super::words::{Scope, Yields, save, source};
use crate::id::ChainName;
use crate::provider::fault::Fault;
use crate::provider::model::{OAuth, Probe, Rung, Step, Strategy};

/// All refresh ways in order.
pub(super) fn rungs(root: &Table<'_>, names: &Names, oauth: Option<&OAuth>) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for value in root.list("refresh") {
        let Some(table) = value.table() else { continue };
        let rung = rung(&table, names, oauth);
        let Some(rung) = table.finish(rung) else { continue };
        let is_after_manual =
            rungs.iter().any(|above| above.chain == rung.chain && above.strategy == Strategy::Manual);
        if is_after_manual {
            value.fail::<()>(Fault::ManualNotLast {});
        }
        rungs.push(rung);
    }
    rungs
}

fn rung(table: &Table<'_>, names: &Names, oauth: Option<&OAuth>) -> Option<Rung> {
    let chain = chain(table, names);
    let kinds = ["oauth", "http", "browser", "manual"].map(|kind| (kind, kind));
    let strategy = table.need("strategy")?.text()?.choose(&kinds)?;
    let scope = Scope::anywhere(names);
    let spends = if strategy == "http" { table.flag("spends") } else { None };
    let (strategy, yields) = match strategy {
        "oauth" => {
            if oauth.is_none() {
                table.source.fail(&table.span, Fault::OAuthMissing { key: "token".to_owned() });
            }
            (Strategy::OAuth, Yields { reply: true, ..Yields::default() })
        }
        "http" => {
            let list = table.need("steps")?;
            let steps = steps(list.list()?, scope);
            if steps.is_empty() && list.list().is_some_and(|list| list.is_empty()) {
                list.fail::<()>(Fault::EmptyList { key: "steps".to_owned() });
            }
            (Strategy::Http { steps }, Yields::default())
        }
        "browser" => (browser(table, scope)?, Yields { page: true, chrome: true, reply: false }),
        _ => (Strategy::Manual, Yields::default()),
    };
    let is_manual = strategy == Strategy::Manual;
    let save = if is_manual { Vec::new() } else { save(table.get("save"), scope, yields) };
    Some(Rung { chain: chain?, strategy, save, spends })
}

fn browser(table: &Table<'_>, scope: Scope<'_>) -> Option<Strategy> {
    let url = table.need("url").and_then(|url| url.text());
    let url = url.and_then(|url| address(&url, scope, Use::OurPage));
    let ready = table.need("ready").map(|ready| conditions("ready", ready, scope, Stands::Ready));
    let restore = [("all", true), ("session", false)];
    let restore_all = table.text("restore").and_then(|text| text.choose(&restore)).unwrap_or(false);
    Some(Strategy::Browser { url: url?, ready: ready?, restore_all })
}

/// The chain of a rung or a probe: `main` unless it says so.
fn chain(table: &Table<'_>, names: &Names) -> Option<ChainName> {
    let Some(text) = table.text("chain") else {
        let main = ChainName::main();
        if !names.chains.contains(main.as_str()) {
            table.source.fail(&table.span, Fault::UnknownChain { name: main.to_string() });
        }
        return Some(main);
    };
    let chain: ChainName = text.name()?;
    if names.chains.contains(chain.as_str()) {
        return Some(chain);
    }
    text.fail(Fault::UnknownChain { name: chain.to_string() })
}

/// `[[probe]]`.
pub(super) fn probes(root: &Table<'_>, names: &Names) -> Vec<Probe> {
    let mut probes = Vec::new();
    for value in root.list("probe") {
        let Some(table) = value.table() else { continue };
        let probe = probe(&table, names);
        probes.extend(table.finish(probe));
    }
    probes
}

fn probe(table: &Table<'_>, names: &Names) -> Option<Probe> {
    let scope = Scope::anywhere(names);
    let chain = table.get("chain").is_some().then(|| chain(table, names));
    let request = table.need("request").and_then(|request| request.table()).and_then(|request| {
        let step = step(&request, scope, false);
        request.finish(step)
    });
    let yields = Yields { reply: true, page: true, chrome: false };
    let identity = table.get("identity").and_then(|identity| identity.texts()).unwrap_or_default();
    let identity = identity.iter().filter_map(|text| source(text, scope, yields, &[])).collect();
    let every = table.duration("every").map(|(every, _)| every);
    let chain = match chain {
        Some(chain) => Some(chain?),
        None => None,
    };
    Some(Probe { chain, request: request?, identity, every })
}

/// `[[revoke.steps]]`.
pub(super) fn revoke(root: &Table<'_>, names: &Names) -> Vec<Step> {
    let Some(table) = root.table("revoke") else { return Vec::new() };
    let steps = steps(table.list("steps"), Scope::anywhere(names));
    table.finish(Some(steps)).unwrap_or_default()
}
