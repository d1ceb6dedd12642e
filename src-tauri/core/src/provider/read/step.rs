//! `[[….steps]]` and probe requests.

use super::address::{Use, address};
use super::conditions::{Stands, conditions};
use super::tree::{Table, Text, Value};
use super::words::{Scope, Yields, save, template};
use crate::provider::fault::Fault;
use crate::provider::model::{Auth, Body, Field, JsonTemplate, Step, Template};

const METHODS: [(&str, &str); 7] = [
    ("GET", "GET"),
    ("HEAD", "HEAD"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("PATCH", "PATCH"),
    ("DELETE", "DELETE"),
    ("OPTIONS", "OPTIONS"),
];

/// Set by whoever sends, or by `auth = "cookies"`: a file that sets them could smuggle or contradict.
const NOT_OURS: [&str; 10] = [
    "host",
    "cookie",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "proxy-authorization",
];

/// Steps in order; each may use the scratch that earlier ones saved.
pub(super) fn steps(list: Vec<Value<'_>>, scope: Scope<'_>) -> Vec<Step> {
    let mut known: Vec<String> = Vec::new();
    let mut steps = Vec::new();
    for value in list {
        let Some(table) = value.table() else { continue };
        let scope = Scope { steps: &known, ..scope };
        let step = step(&table, scope, true);
        let Some(step) = table.finish(step) else { continue };
        known.extend(step.save.iter().filter_map(|save| match &save.field {
            Field::Step(name) => Some(name.clone()),
            _ => None,
        }));
        steps.push(step);
    }
    steps
}

/// One request. A probe's has no `when`, `spends` and `save`.
pub(super) fn step(table: &Table<'_>, scope: Scope<'_>, is_step: bool) -> Option<Step> {
    let method = table.need("method").and_then(|method| method.text()).and_then(|text| text.choose(&METHODS));
    let url =
        table.need("url").and_then(|url| url.text()).and_then(|url| address(&url, scope, Use::Endpoint));
    let headers = headers(table.get("headers"), scope);
    let query = pairs(table.get("query"), scope);
    let body = body(table, method, scope);
    let auth = table.text("auth").map_or(Some(Auth::None), |text| auth(&text, scope));
    if auth.as_ref().is_some_and(|auth| matches!(auth, Auth::Token(_)))
        && headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
    {
        table.source.fail(&table.span, Fault::AuthTwice {});
    }
    if let (Some(Body::Text(_)), Some(value)) = (&body, table.get("body"))
        && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        value.fail::<()>(Fault::BodyWithoutType {});
    }
    let (mut when, mut spends, mut saves) = (Vec::new(), None, Vec::new());
    if is_step {
        let read = |when| conditions("when", when, scope, Stands::When);
        when = table.get("when").map(read).unwrap_or_default();
        spends = table.flag("spends");
        saves = save(table.get("save"), scope, Yields { reply: true, ..Yields::default() });
    }
    Some(Step {
        method: method?.to_owned(),
        url: url?,
        headers,
        query,
        body: body?,
        auth: auth?,
        when,
        spends,
        save: saves,
    })
}

fn auth(text: &Text<'_>, scope: Scope<'_>) -> Option<Auth> {
    match text.text.split_once(':') {
        None if text.text == "none" => Some(Auth::None),
        None if text.text == "cookies" => Some(Auth::Cookies),
        Some(("token", name)) => match name.parse() {
            Ok(token) if scope.names.tokens.contains_key(name) => Some(Auth::Token(token)),
            _ => text.fail(Fault::UnknownToken { name: name.to_owned() }),
        },
        _ => text.fail(Fault::BadAuth { auth: text.text.to_owned() }),
    }
}

fn body(table: &Table<'_>, method: Option<&str>, scope: Scope<'_>) -> Option<Body> {
    let given = [table.get("json"), table.get("form"), table.get("body")];
    let mut there = given.iter().flatten();
    let Some(first) = there.next() else { return Some(Body::Empty) };
    if let Some(second) = there.next() {
        return second.fail(Fault::TwoBodies {});
    }
    if let Some(method @ ("GET" | "HEAD")) = method {
        return first.fail(Fault::BodyOnGet { method: method.to_owned() });
    }
    match given {
        [Some(json), _, _] => json_template(json, scope).map(Body::Json),
        [_, Some(form), _] => Some(Body::Form(pairs(Some(form), scope))),
        _ => template(&first.text()?, scope).map(Body::Text),
    }
}

fn json_template(value: Value<'_>, scope: Scope<'_>) -> Option<JsonTemplate> {
    if value.is_text() {
        return template(&value.text()?, scope).map(JsonTemplate::Text);
    }
    if value.is_table() {
        let members = value.table()?;
        let members: Vec<Option<_>> = members
            .entries()
            .map(|(key, value)| Some((key.text.to_owned(), json_template(value, scope)?)))
            .collect();
        return members.into_iter().collect::<Option<_>>().map(JsonTemplate::Object);
    }
    if value.is_array() {
        let items: Vec<Option<_>> =
            value.list()?.into_iter().map(|item| json_template(item, scope)).collect();
        return items.into_iter().collect::<Option<_>>().map(JsonTemplate::Array);
    }
    value.json().map(JsonTemplate::Plain)
}

/// `{ name = "template" }`, in order.
pub(super) fn pairs(value: Option<Value<'_>>, scope: Scope<'_>) -> Vec<(String, Template)> {
    let Some(table) = value.and_then(|value| value.table()) else { return Vec::new() };
    let pair =
        |(key, value): (Text<'_>, Value<'_>)| Some((key.text.to_owned(), template(&value.text()?, scope)?));
    table.entries().filter_map(pair).collect()
}

/// Headers, whose names and values must not forge others (T13).
pub(super) fn headers(value: Option<Value<'_>>, scope: Scope<'_>) -> Vec<(String, Template)> {
    let Some(table) = value.and_then(|value| value.table()) else { return Vec::new() };
    let mut headers = Vec::new();
    for (key, value) in table.entries() {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let is_ours = !NOT_OURS.iter().any(|name| key.text.eq_ignore_ascii_case(name));
        if key.text.is_empty() || !key.text.bytes().all(is_token) || !is_ours {
            key.fail::<()>(Fault::BadHeader { name: key.text.to_owned() });
        }
        let Some(text) = value.text() else { continue };
        if text.text.chars().any(char::is_control) {
            text.fail::<()>(Fault::BadHeaderValue { name: key.text.to_owned() });
        }
        headers.extend(template(&text, scope).map(|template| (key.text.to_owned(), template)));
    }
    headers
}
