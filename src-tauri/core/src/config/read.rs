//! Reading `config.toml`; a broken file is refused whole.

use std::collections::BTreeMap;

use super::{Access, AccountSettings, Config, Later};
use crate::api::{Settings, SinkSettings};
use crate::id::{AccountName, VarName};
use crate::provider::Fault;
use crate::provider::mistake::Mistake;
use crate::provider::read::{strict, tree};
use crate::record::StoreKind;
use crate::text::Lang;
use tree::{Source, Table, Text, Value};

impl Config {
    /// Reads the file; an empty one has no accounts.
    ///
    /// # Errors
    /// With every mistake, in the order of the file.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let source = Source::new(text);
        let document = strict::document(text, &source);
        let config = document.as_ref().map(|document| read(text, Table::root(&source, document)));
        source.finish(config)
    }
}

fn read(text: &str, root: Table<'_>) -> Config {
    let settings = root.table("settings").map(settings).unwrap_or_default();
    let (mut alerts, mut later) = (Vec::new(), Vec::new());
    for value in root.list("alerts") {
        super::alerts::alert(text, value, &mut alerts, &mut later);
    }
    let network_check = root.table("network").and_then(super::network::check);
    let mut accounts: BTreeMap<AccountName, AccountSettings> = BTreeMap::new();
    let table = root.table("accounts");
    for (key, value) in table.iter().flat_map(Table::entries) {
        let name = key.text.parse::<AccountName>().ok();
        if name.is_none() {
            key.fail::<()>(Fault::BadAccountName { name: key.text.to_owned() });
        }
        let account = value.table().and_then(|table| account(text, table, &accounts));
        if let (Some(name), Some(account)) = (name, account) {
            accounts.insert(name, account);
        }
    }
    root.finish(Some(Config { accounts, settings, alerts, network_check, later })).unwrap_or_default()
}

fn account(
    text: &str,
    table: Table<'_>,
    others: &BTreeMap<AccountName, AccountSettings>,
) -> Option<AccountSettings> {
    let id = table.need("id").and_then(|id| id.text()).and_then(|id| {
        let read = id.text.parse().ok();
        let twin = others.iter().find(|(_, other)| Some(&other.id) == read.as_ref());
        match (&read, twin) {
            (None, _) => id.fail(Fault::BadAccountId {}),
            (Some(_), Some((name, _))) => id.fail(Fault::IdTwice { name: name.to_string() }),
            (Some(_), None) => read,
        }
    });
    let provider = table.need("provider").and_then(|provider| provider.text()).and_then(|provider| {
        let bad = || provider.fail(Fault::BadProviderId { name: provider.text.to_owned() });
        provider.text.parse().ok().or_else(bad)
    });
    let vars = table.get("vars").map(vars).unwrap_or_default();
    let margin = table.duration("margin").map(|(margin, _)| margin);
    let confirm_after = table.duration("confirm_after");
    let shortest = std::time::Duration::from_secs(60);
    if let Some((_, span)) = confirm_after.as_ref().filter(|(after, _)| *after < shortest) {
        table.source.fail(span, Fault::ConfirmTooSoon {});
    }
    let confirm_window = table.duration("confirm_window");
    let after = confirm_after.as_ref().map_or(shortest, |(after, _)| *after);
    if let Some((_, span)) = confirm_window.as_ref().filter(|(window, _)| *window <= after) {
        table.source.fail(span, Fault::WindowTooShort {});
    }
    let grant = table.duration("grant").map(|(grant, _)| grant);
    let kinds = [("any", Access::Any), ("listed", Access::Listed)];
    let access = table.text("access").and_then(|access| access.choose(&kinds)).unwrap_or_default();
    let paused = table.flag("paused").unwrap_or(false);
    let (mut sinks, mut alerts, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for value in table.list("sinks") {
        sink(text, value, &mut sinks, &mut later);
    }
    for value in table.list("alerts") {
        super::alerts::alert(text, value, &mut alerts, &mut later);
    }
    let account = (|| {
        Some(AccountSettings {
            id: id?,
            provider: provider?,
            vars,
            margin,
            confirm_after: confirm_after.map(|(after, _)| after),
            confirm_window: confirm_window.map(|(window, _)| window),
            grant,
            access,
            paused,
            sinks,
            alerts,
            later,
        })
    })();
    table.finish(account)
}

fn vars(value: Value<'_>) -> BTreeMap<VarName, String> {
    let Some(table) = value.table() else { return BTreeMap::new() };
    let pair = |(key, value): (Text<'_>, Value<'_>)| Some((key.name()?, value.text()?.text.to_owned()));
    table.entries().filter_map(pair).collect()
}

fn sink(text: &str, value: Value<'_>, sinks: &mut Vec<SinkSettings>, later: &mut Vec<Later>) {
    let Some(table) = value.table() else { return };
    let kinds = [("env", true), ("sql", false), ("template", false), ("command", false), ("webhook", false)];
    let kind = table.need("kind").and_then(|kind| kind.text());
    let Some(kind) = kind else { return };
    match kind.choose(&kinds) {
        Some(true) => {
            let sink = env_sink(&table);
            sinks.extend(table.finish(sink));
        }
        // Its other keys are a later version's to judge.
        Some(false) => {
            later.push(Later { kind: kind.text.to_owned(), line: line_of(text, &kind), is_alert: false });
        }
        None => {}
    }
}

fn env_sink(table: &Table<'_>) -> Option<SinkSettings> {
    let path = table.need("path").and_then(|path| path.text()?.filled());
    let allow_tracked = table.flag("allow_tracked").unwrap_or(false);
    let value = table.need("set")?;
    let entries = value.table()?;
    if entries.is_empty() {
        return value.fail(Fault::EmptyList { key: "set".to_owned() });
    }
    let mut set = BTreeMap::new();
    for (key, value) in entries.entries() {
        let is_first_fit = key.text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if !is_first_fit || !key.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            key.fail::<()>(Fault::BadEnvKey { key: key.text.to_owned() });
        }
        let Some(text) = value.text() else { continue };
        if text.text.matches("{{").count() != text.text.matches("}}").count() {
            text.fail::<()>(Fault::TemplateUnclosed {});
        }
        set.insert(key.text.to_owned(), text.text.to_owned());
    }
    Some(SinkSettings::Env { path: path?.to_owned(), set, allow_tracked })
}

pub(super) fn line_of(text: &str, at: &Text<'_>) -> usize {
    text.get(..at.span.start).unwrap_or_default().matches('\n').count() + 1
}

fn settings(table: Table<'_>) -> Settings {
    let langs = [("en", Lang::En), ("fr", Lang::Fr)];
    let themes = [("light", "light"), ("dark", "dark")];
    let stores = StoreKind::ALL.map(|kind| (kind.word(), kind));
    let settings = Settings {
        lang: table.text("lang").and_then(|lang| lang.choose(&langs)),
        theme: table.text("theme").and_then(|theme| theme.choose(&themes)).map(str::to_owned),
        start_at_login: table.flag("start_at_login").unwrap_or(false),
        chrome: table.text("chrome").and_then(|chrome| chrome.filled()).map(str::to_owned),
        chrome_without_sandbox: table.flag("chrome_without_sandbox").unwrap_or(false),
        store: table.text("store").and_then(|store| store.choose(&stores)).unwrap_or_default(),
        store_key: table.text("store_key").and_then(|key| key.filled()).map(str::to_owned),
        told_tray: table.flag("told_tray").unwrap_or(false),
    };
    table.finish(Some(settings)).unwrap_or_default()
}
