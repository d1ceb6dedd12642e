//! `[[login]]`.

use super::address::{Use, address};
use super::conditions::{Stands, conditions};
use super::names::Names;
use super::step::steps;
use super::tree::{Table, Text, Value};
use super::words::{Scope, Yields, field, save, template};
use crate::provider::fault::Fault;
use crate::provider::model::{FormField, Login, LoginKind, OAuth, Redirect};

/// All login ways, each once.
pub(super) fn logins(root: &Table<'_>, names: &Names, oauth: Option<&OAuth>) -> Vec<Login> {
    let Some(list) = root.need("login").and_then(|logins| logins.list()) else { return Vec::new() };
    let mut logins: Vec<Login> = Vec::new();
    for value in list {
        let Some(table) = value.table() else { continue };
        let login = login(&table, names, oauth);
        let Some(login) = table.finish(login) else { continue };
        if logins.contains(&login) {
            value.fail::<()>(Fault::DuplicateLogin {});
        }
        logins.push(login);
    }
    logins
}

fn login(table: &Table<'_>, names: &Names, oauth: Option<&OAuth>) -> Option<Login> {
    let kinds = ["webview", "oauth", "device", "form", "chrome", "paste"].map(|kind| (kind, kind));
    let kind = table.need("kind")?.text()?.choose(&kinds)?;
    let scope = Scope::anywhere(names);
    let mut form: Option<Vec<String>> = None;
    let mut yields = Yields { reply: true, ..Yields::default() };
    let kind = match kind {
        "oauth" => {
            need_oauth(table, "authorize", oauth.map(|oauth| oauth.authorize.is_some()));
            LoginKind::OAuth { redirect: redirect(table, names)? }
        }
        "device" => {
            need_oauth(table, "device", oauth.map(|oauth| oauth.device.is_some()));
            LoginKind::Device
        }
        "form" => {
            let fields = form_fields(table)?;
            form = Some(fields.iter().map(|(name, _)| name.clone()).collect());
            yields = Yields::default();
            LoginKind::Form { fields }
        }
        "paste" => {
            yields = Yields::default();
            LoginKind::Paste { fields: paste_fields(table, names)? }
        }
        kind => {
            yields = Yields { page: true, chrome: kind == "chrome", reply: false };
            let url = table.need("url").and_then(|url| url.text());
            let url = url.and_then(|url| address(&url, Scope::plain(names), Use::Page));
            let done = table.need("done").map(|done| conditions("done", done, scope, Stands::Done));
            LoginKind::Web { url: url?, done: done?, chrome: kind == "chrome" }
        }
    };
    let steps = steps(table.list("steps"), Scope { form: form.as_deref(), ..scope });
    let save = save(table.get("save"), scope, yields);
    Some(Login { kind, steps, save })
}

fn need_oauth(table: &Table<'_>, key: &str, is_there: Option<bool>) {
    if is_there != Some(true) {
        table.source.fail(&table.span, Fault::OAuthMissing { key: key.to_owned() });
    }
}

fn redirect(table: &Table<'_>, names: &Names) -> Option<Redirect> {
    let Some(text) = table.text("redirect") else { return Some(Redirect::Loopback) };
    let bad = || text.fail(Fault::BadRedirect { redirect: text.text.to_owned() });
    if text.text == "loopback" {
        return Some(Redirect::Loopback);
    }
    if let Some(address) = text.text.strip_prefix("paste:") {
        if address.is_empty() {
            return bad();
        }
        return template(&Text { text: address, ..text.clone() }, Scope::plain(names)).map(Redirect::Paste);
    }
    let Some(rest) = text.text.strip_prefix("localhost:") else { return bad() };
    let (port, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    match port.parse::<u16>() {
        Ok(port) if port > 0 && path.bytes().all(is_plain) => {
            Some(Redirect::Localhost { port, path: format!("/{path}") })
        }
        _ => bad(),
    }
}

fn form_fields(table: &Table<'_>) -> Option<Vec<(String, FormField)>> {
    let fields = entries(table, |key| key.name::<crate::id::VarName>().map(|name| name.to_string()))?;
    Some(fields)
}

fn paste_fields(table: &Table<'_>, names: &Names) -> Option<Vec<(crate::provider::model::Field, FormField)>> {
    entries(table, |key| field(key, names))
}

/// `[login.fields]`, in order.
fn entries<T>(
    table: &Table<'_>,
    mut name: impl FnMut(&Text<'_>) -> Option<T>,
) -> Option<Vec<(T, FormField)>> {
    let value = table.need("fields")?;
    let fields = value.table()?;
    if fields.is_empty() {
        return value.fail(Fault::EmptyList { key: "fields".to_owned() });
    }
    let mut read = Vec::new();
    for (key, value) in fields.entries() {
        if matches!(key.text, "token" | "refresh" | "var") && is_unquoted(&value) {
            key.fail::<()>(Fault::QuoteField { field: key.text.to_owned() });
            continue;
        }
        let field = form_field(&key, value);
        if let (Some(name), Some(field)) = (name(&key), field) {
            read.push((name, field));
        }
    }
    Some(read)
}

/// `token.bot = { label = … }` without quotes is a table of tables.
fn is_unquoted(value: &Value<'_>) -> bool {
    value.is_table()
        && value
            .table()
            .is_some_and(|table| !table.is_empty() && table.entries().all(|(_, inner)| inner.is_table()))
}

fn form_field(key: &Text<'_>, value: Value<'_>) -> Option<FormField> {
    let table = value.table()?;
    let label = table.text("label").and_then(|label| label.filled()).unwrap_or(key.text).to_owned();
    let secret = table.flag("secret").unwrap_or(false);
    let optional = table.flag("optional").unwrap_or(false);
    table.finish(Some(FormField { label, secret, optional }))
}
