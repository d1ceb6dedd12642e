//! `[[alerts]]` and `[[accounts.NAME.alerts]]`: who is told elsewhere.

use std::collections::BTreeSet;

use super::Later;
use super::read::line_of;
use crate::api::{AlertKind, Occasion};
use crate::id::VarName;
use crate::provider::Fault;
use crate::provider::hosts::is_safe;
use crate::provider::read::tree::{Table, Text, Value};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertSettings {
    /// In which form.
    pub kind: AlertKind,
    /// Where to.
    pub url: AlertUrl,
    /// What of.
    pub on: BTreeSet<Occasion>,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertUrl {
    /// To this address, https or on this machine.
    Plain(String),
    /// To the address that the keychain holds under this name (`lamp secret set alerts NAME`).
    Secret(VarName),
}

impl AlertUrl {
    /// The host, or the secret's name: what can be shown.
    pub fn shown(&self) -> String {
        match self {
            Self::Plain(url) => url::Url::parse(url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default(),
            Self::Secret(name) => format!("keychain:{name}"),
        }
    }
}

/// Whether messages may go to `url`: an address of the web, https or on this machine.
pub fn is_alert_address(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| is_safe(&url))
}

/// The name of an alert's secret; a hyphen is the same as an underscore.
pub fn alert_secret(name: &str) -> Option<VarName> {
    name.replace('-', "_").parse().ok()
}

/// Of what is told if the entry does not say.
const USUAL: [Occasion; 3] = [Occasion::NeedsLogin, Occasion::ExpiresSoon, Occasion::Failed];

/// Reads one entry; a kind of a later version is noted there.
pub(super) fn alert(text: &str, value: Value<'_>, alerts: &mut Vec<AlertSettings>, later: &mut Vec<Later>) {
    let Some(table) = value.table() else { return };
    let Some(kind) = table.need("kind").and_then(|kind| kind.text()) else { return };
    let known = AlertKind::ALL.map(|kind| (kind.word(), Some(kind)));
    let kinds: Vec<_> = known.into_iter().chain([("command", None)]).collect();
    match kind.choose(&kinds) {
        Some(Some(kind)) => {
            let alert = settings(&table, kind);
            alerts.extend(table.finish(alert));
        }
        Some(None) => {
            later.push(Later { kind: kind.text.to_owned(), line: line_of(text, &kind), is_alert: true });
        }
        None => {}
    }
}

fn settings(table: &Table<'_>, kind: AlertKind) -> Option<AlertSettings> {
    let url = table.need("url").and_then(|url| url.text()).and_then(|url| address(&url));
    let on = match table.get("on") {
        Some(value) => {
            let words = value.texts()?;
            if words.is_empty() {
                value.fail::<()>(Fault::EmptyList { key: "on".to_owned() });
            }
            let choices = Occasion::ALL.map(|occasion| (occasion.word(), occasion));
            words.iter().filter_map(|word| word.choose(&choices)).collect()
        }
        None => USUAL.into_iter().collect(),
    };
    Some(AlertSettings { kind, url: url?, on })
}

fn address(text: &Text<'_>) -> Option<AlertUrl> {
    if let Some(name) = text.text.strip_prefix("keychain:") {
        let found = alert_secret(name).map(AlertUrl::Secret);
        return found.or_else(|| text.fail(Fault::BadName { name: name.to_owned() }));
    }
    if is_alert_address(text.text) {
        Some(AlertUrl::Plain(text.text.to_owned()))
    } else {
        text.fail(Fault::BadAlertUrl {})
    }
}
