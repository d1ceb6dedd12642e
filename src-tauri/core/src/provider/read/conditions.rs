//! Conditions, each where it can be known.

use super::tree::{Table, Text, Value};
use super::words::{Scope, check_held, field, json_path_of, origin_and_key};
use crate::provider::fault::Fault;
use crate::provider::model::Condition;
use crate::record::StorageArea;

/// Where a condition stands; says what can be known there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// `done` of a web login.
    Done,
    /// `ready` of a browser rung.
    Ready,
    /// `[dead]`.
    Dead,
    /// `[expired]` and `[answers] error`: a reply alone.
    Reply,
    /// `when` of a step.
    When,
}

const KINDS: [&str; 10] = [
    "status",
    "json",
    "header",
    "url",
    "cookie",
    "local_storage",
    "session_storage",
    "selector",
    "present",
    "absent",
];

impl Stands {
    fn can_know(self, kind: &str) -> bool {
        match kind {
            "status" | "json" | "header" => matches!(self, Self::Dead | Self::Reply),
            "url" => matches!(self, Self::Done | Self::Ready | Self::Dead),
            "cookie" | "local_storage" | "session_storage" => self != Self::Reply,
            "selector" => matches!(self, Self::Ready | Self::Dead),
            _ => self == Self::When,
        }
    }
}

/// `any = […]` of a table, or the list of `done` and `ready`; a `when` may be a single condition.
pub(super) fn conditions(
    key: &'static str,
    value: Value<'_>,
    scope: Scope<'_>,
    stands: Stands,
) -> Vec<Condition> {
    if stands == Stands::When && value.is_table() {
        return condition(value, scope, stands).into_iter().collect();
    }
    let Some(list) = value.list() else { return Vec::new() };
    if list.is_empty() {
        value.fail::<()>(Fault::EmptyList { key: key.to_owned() });
    }
    list.into_iter().filter_map(|value| condition(value, scope, stands)).collect()
}

pub(super) fn condition(value: Value<'_>, scope: Scope<'_>, stands: Stands) -> Option<Condition> {
    let table = value.table()?;
    let found: Vec<(&'static str, Value<'_>)> =
        KINDS.iter().filter_map(|kind| Some((*kind, table.get(kind)?))).collect();
    let condition = match found.as_slice() {
        [(kind, _)] if !stands.can_know(kind) => {
            let fault = Fault::ConditionOutOfPlace { condition: (*kind).to_owned() };
            // Its other keys are not looked at: it cannot stand here at all.
            return value.fail(fault);
        }
        [(kind, value)] => one(kind, *value, &table, scope),
        [] => {
            table.get("equals");
            table.get("in");
            value.fail(Fault::BadCondition {})
        }
        _ => return value.fail(Fault::BadCondition {}),
    };
    table.finish(condition)
}

fn one(kind: &str, value: Value<'_>, table: &Table<'_>, scope: Scope<'_>) -> Option<Condition> {
    if kind == "status" {
        let status = value.number()?;
        let fault = || Fault::BadStatus { status: status.to_string() };
        let status = u16::try_from(status).ok().filter(|status| (100..600).contains(status));
        return status.map(Condition::Status).or_else(|| value.fail(fault()));
    }
    let text = value.text()?;
    text.filled()?;
    match kind {
        "json" => {
            let any_of = wanted(table)?;
            Some(Condition::Json { path: json_path_of(&text)?, any_of })
        }
        "header" => {
            let equals = table.text("equals").map(|equals| equals.text.to_owned());
            Some(Condition::Header { name: text.text.to_ascii_lowercase(), equals })
        }
        "url" => Some(Condition::Url(text.text.to_owned())),
        "cookie" => Some(Condition::Cookie(text.text.to_owned())),
        "selector" => Some(Condition::Selector(text.text.to_owned())),
        "present" => held(&text, scope).map(Condition::Present),
        "absent" => held(&text, scope).map(Condition::Absent),
        kind => {
            let area = if kind == "local_storage" { StorageArea::Local } else { StorageArea::Session };
            let (origin, key) = origin_and_key(&text, text.text, scope)?;
            Some(Condition::Storage { area, origin, key: key.to_owned() })
        }
    }
}

fn wanted(table: &Table<'_>) -> Option<Vec<serde_json::Value>> {
    match (table.get("equals"), table.get("in")) {
        (Some(equals), Some(_)) => equals.fail(Fault::EqualsAndIn {}),
        (Some(equals), None) => Some(vec![equals.json()?]),
        (None, Some(any_of)) => {
            let any_of: Vec<_> = any_of.list()?.iter().filter_map(Value::json).collect();
            if any_of.is_empty() {
                table.get("in")?.fail(Fault::EmptyList { key: "in".into() })
            } else {
                Some(any_of)
            }
        }
        (None, None) => Some(Vec::new()),
    }
}

fn held(text: &Text<'_>, scope: Scope<'_>) -> Option<crate::provider::model::Field> {
    let field = field(text, scope.names)?;
    check_held(text, &field, scope).then_some(field)
}
