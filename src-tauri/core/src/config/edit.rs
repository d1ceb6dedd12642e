//! Changing `config.toml` as a person would: comments, order and line ends stay.

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::{AccountSettings, Config};
use crate::api::{Settings, SinkSettings};
use crate::id::{AccountName, VarName};
use crate::provider::mistake::Mistake;
use crate::record::StoreKind;
use crate::text::Lang;

/// The file's text, open for edits. Whoever writes the result compares the file on disk with the text that this
/// was made from, and refuses if it changed meanwhile.
pub struct Document {
    document: DocumentMut,
    has_crlf: bool,
    has_bom: bool,
}

impl Document {
    /// Opens a text that [`Config::parse`] accepts.
    ///
    /// # Errors
    /// With its mistakes: a broken file is not edited.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        Config::parse(text)?;
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let why = error.message().to_owned();
            vec![Mistake::at(text, &error.span().unwrap_or(0..0), crate::provider::Fault::NotToml { why })]
        })?;
        Ok(Self { document, has_crlf: text.contains("\r\n"), has_bom: text.starts_with('\u{feff}') })
    }

    /// The text as it is now.
    pub fn text(&self) -> String {
        let mut text = self.document.to_string();
        if self.has_crlf {
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        if self.has_bom && !text.starts_with('\u{feff}') {
            text.insert(0, '\u{feff}');
        }
        text
    }

    /// Adds an account at the end; false if the name is taken.
    pub fn add_account(&mut self, name: &AccountName, settings: &AccountSettings) -> bool {
        let Some(accounts) = self.accounts(true) else { return false };
        if accounts.contains_key(name.as_str()) {
            return false;
        }
        let mut table = Table::new();
        table.insert("id", value(settings.id.as_str()));
        table.insert("provider", value(settings.provider.as_str()));
        if !settings.vars.is_empty() {
            let vars: InlineTable =
                settings.vars.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            table.insert("vars", value(vars));
        }
        accounts.insert(name.as_str(), Item::Table(table));
        self.set_sinks(name, &settings.sinks);
        true
    }

    /// Gives an account another name, in its old place; false if it is not there or the new name is taken.
    pub fn rename_account(&mut self, old: &AccountName, new: &AccountName) -> bool {
        let Some(accounts) = self.accounts(false) else { return false };
        if accounts.contains_key(new.as_str()) {
            return false;
        }
        let Some(account) = accounts.remove(old.as_str()) else { return false };
        accounts.insert(new.as_str(), account);
        true
    }

    /// Removes an account; false if it is not there.
    pub fn remove_account(&mut self, name: &AccountName) -> bool {
        self.accounts(false).is_some_and(|accounts| accounts.remove(name.as_str()).is_some())
    }

    /// Replaces an account's sinks of the kinds that this version acts on; others stay as they are. False if
    /// there is no such account.
    pub fn set_sinks(&mut self, name: &AccountName, sinks: &[SinkSettings]) -> bool {
        let Some(account) = self.account(name) else { return false };
        let old = account.remove("sinks").and_then(|old| old.into_array_of_tables().ok()).unwrap_or_default();
        let mut new = ArrayOfTables::new();
        let mut given = sinks.iter();
        for mut table in old {
            if table.get("kind").and_then(Item::as_str) == Some("env") {
                let Some(sink) = given.next() else { continue };
                write_sink(&mut table, sink);
            }
            new.push(table);
        }
        for sink in given {
            let mut table = Table::new();
            write_sink(&mut table, sink);
            new.push(table);
        }
        if !new.is_empty() {
            account.insert("sinks", Item::ArrayOfTables(new));
        }
        true
    }

    /// Sets a variable of an account; false if there is no such account.
    pub fn set_var(&mut self, name: &AccountName, var: &VarName, text: &str) -> bool {
        let Some(account) = self.account(name) else { return false };
        if !account.contains_key("vars") {
            account.insert("vars", value(InlineTable::new()));
        }
        let Some(vars) = account.get_mut("vars").and_then(Item::as_table_like_mut) else { return false };
        put(vars, var.as_str(), text.into());
        true
    }

    /// Pauses or resumes an account; false if there is no such account.
    pub fn set_paused(&mut self, name: &AccountName, paused: bool) -> bool {
        let Some(account) = self.account(name) else { return false };
        put_or_remove(account, "paused", paused.then(|| true.into()));
        true
    }

    /// Writes `[settings]`; what is as it is without a word is left out.
    pub fn set_settings(&mut self, settings: &Settings) {
        if !self.document.contains_key("settings") {
            self.document.insert("settings", Item::Table(Table::new()));
        }
        let Some(table) = self.document.get_mut("settings").and_then(Item::as_table_like_mut) else { return };
        let lang = settings.lang.map(|lang| if lang == Lang::Fr { "fr" } else { "en" });
        put_or_remove(table, "lang", lang.map(Value::from));
        put_or_remove(table, "theme", settings.theme.as_deref().map(Value::from));
        let flags = [
            ("start_at_login", settings.start_at_login),
            ("chrome_without_sandbox", settings.chrome_without_sandbox),
            ("told_tray", settings.told_tray),
        ];
        for (key, is_on) in flags {
            put_or_remove(table, key, is_on.then(|| true.into()));
        }
        put_or_remove(table, "chrome", settings.chrome.as_deref().map(Value::from));
        let store = Some(settings.store).filter(|store| *store != StoreKind::default());
        put_or_remove(table, "store", store.map(|store| store.word().into()));
        put_or_remove(table, "store_key", settings.store_key.as_deref().map(Value::from));
    }

    fn accounts(&mut self, make: bool) -> Option<&mut dyn TableLike> {
        if make && !self.document.contains_key("accounts") {
            let mut table = Table::new();
            table.set_implicit(true);
            self.document.insert("accounts", Item::Table(table));
        }
        self.document.get_mut("accounts")?.as_table_like_mut()
    }

    fn account(&mut self, name: &AccountName) -> Option<&mut dyn TableLike> {
        self.accounts(false)?.get_mut(name.as_str())?.as_table_like_mut()
    }
}

fn write_sink(table: &mut Table, sink: &SinkSettings) {
    let SinkSettings::Env { path, set, allow_tracked } = sink;
    put(table, "kind", "env".into());
    put(table, "path", path.as_str().into());
    if !table.contains_key("set") {
        table.insert("set", value(InlineTable::new()));
    }
    if let Some(entries) = table.get_mut("set").and_then(Item::as_table_like_mut) {
        let gone: Vec<String> =
            entries.iter().map(|(key, _)| key.to_owned()).filter(|key| !set.contains_key(key)).collect();
        for key in gone {
            entries.remove(&key);
        }
        for (key, text) in set {
            put(entries, key, text.as_str().into());
        }
    }
    put_or_remove(table, "allow_tracked", allow_tracked.then(|| true.into()));
}

/// Sets a value and keeps the comment behind it; one that is the same already is not touched.
fn put(table: &mut dyn TableLike, key: &str, new: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if is_same(old, &new) => {}
        Some(old) => {
            let decor = old.decor().clone();
            *old = new;
            *old.decor_mut() = decor;
        }
        None => _ = table.insert(key, Item::Value(new)),
    }
}

fn put_or_remove(table: &mut dyn TableLike, key: &str, new: Option<Value>) {
    match new {
        Some(new) => put(table, key, new),
        None => _ = table.remove(key),
    }
}

fn is_same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::String(old), Value::String(new)) => old.value() == new.value(),
        (Value::Boolean(old), Value::Boolean(new)) => old.value() == new.value(),
        _ => false,
    }
}
