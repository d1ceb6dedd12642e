//! Single words of a file: templates, fields, paths, sources, expiries.

use super::names::Names;
use super::tree::{Text, Value};
use crate::provider::fault::Fault;
use crate::provider::model::{ExpirySource, Field, JsonPath, Part, Place, Save, Source, Template};
use crate::record::StorageArea;
use crate::time::parse_duration;

/// What a template may refer to where it stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub names: &'a Names,
    /// Fields and secret variables; else plain variables only.
    pub fields: bool,
    /// Scratch that earlier steps saved.
    pub steps: &'a [String],
    /// Fields of the form, in its steps.
    pub form: Option<&'a [String]>,
}

impl<'a> Scope<'a> {
    pub fn plain(names: &'a Names) -> Self {
        Self { names, fields: false, steps: &[], form: None }
    }

    pub fn anywhere(names: &'a Names) -> Self {
        Self { fields: true, ..Self::plain(names) }
    }
}

/// Which kinds of sources can yield where they stand.
#[derive(Clone, Copy, Default)]
pub(super) struct Yields {
    pub reply: bool,
    pub page: bool,
    pub chrome: bool,
}

pub(super) fn template(text: &Text<'_>, scope: Scope<'_>) -> Option<Template> {
    let mut parts = Vec::new();
    let mut rest = text.text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((place, after)) = after.split_once("}}") else {
            return text.fail(Fault::TemplateUnclosed {});
        };
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(Part::Place(self::place(text, place.trim(), scope)?));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Some(Template(parts))
}

fn place(text: &Text<'_>, place: &str, scope: Scope<'_>) -> Option<Place> {
    let bad = || Fault::BadPlace { place: place.to_owned() };
    let Some((kind, name)) = place.split_once('.') else {
        let Some(is_secret) = scope.names.vars.get(place) else {
            let fault = if is_name(place) { Fault::UnknownVar { name: place.to_owned() } } else { bad() };
            return text.fail(fault);
        };
        if *is_secret && !scope.fields {
            return text.fail(Fault::NotPlain {});
        }
        return place.parse().ok().map(Place::Var).or_else(|| text.fail(bad()));
    };
    if !is_name(name) {
        return text.fail(bad());
    }
    if kind == "form" {
        let Some(form) = scope.form else { return text.fail(Fault::FormOutsideLogin {}) };
        if !form.iter().any(|field| field == name) {
            return text.fail(Fault::UnknownFormField { name: name.to_owned() });
        }
        return Some(Place::Form(name.to_owned()));
    }
    if !scope.fields {
        return text.fail(Fault::NotPlain {});
    }
    let Some(field) = parse_field(place) else { return text.fail(bad()) };
    check_held(text, &field, scope).then_some(Place::Field(field))
}

/// Whether the field can have a value where it is used.
pub(super) fn check_held(text: &Text<'_>, field: &Field, scope: Scope<'_>) -> bool {
    let name = field.to_string();
    match field {
        Field::Step(step) if !scope.steps.contains(step) => {
            text.fail::<()>(Fault::StepNotSaved { field: name });
            false
        }
        Field::Step(_) => true,
        _ if !check_declared(text, field, scope.names) => false,
        _ if !scope.names.saved.contains(&name) => {
            text.fail::<()>(Fault::NeverSaved { field: name });
            false
        }
        _ => true,
    }
}

/// Whether the token or the chain is one of the file.
fn check_declared(text: &Text<'_>, field: &Field, names: &Names) -> bool {
    match field {
        Field::Token(token) if !names.tokens.contains_key(token.as_str()) => {
            text.fail::<()>(Fault::UnknownToken { name: token.to_string() });
            false
        }
        Field::Refresh(chain) if !names.chains.contains(chain.as_str()) => {
            text.fail::<()>(Fault::UnknownChain { name: chain.to_string() });
            false
        }
        _ => true,
    }
}

fn is_name(text: &str) -> bool {
    text.parse::<crate::id::VarName>().is_ok()
}

fn parse_field(text: &str) -> Option<Field> {
    let (kind, name) = text.split_once('.')?;
    match kind {
        "token" => name.parse().ok().map(Field::Token),
        "refresh" => name.parse().ok().map(Field::Refresh),
        "var" => name.parse().ok().map(Field::Var),
        "step" if is_name(name) => Some(Field::Step(name.to_owned())),
        _ => None,
    }
}

/// A field that is filled or asked about here.
pub(super) fn field(text: &Text<'_>, names: &Names) -> Option<Field> {
    let Some(field) = parse_field(text.text) else {
        return text.fail(Fault::BadField { field: text.text.to_owned() });
    };
    check_declared(text, &field, names).then_some(field)
}

/// `save = { field = source }`.
pub(super) fn save(value: Option<Value<'_>>, scope: Scope<'_>, yields: Yields) -> Vec<Save> {
    let Some(table) = value.and_then(|value| value.table()) else { return Vec::new() };
    let mut saves = Vec::new();
    let mut earlier: Vec<Field> = Vec::new();
    for (key, value) in table.entries() {
        let is_field_kind = matches!(key.text, "token" | "refresh" | "var" | "step");
        if is_field_kind && value.is_table() {
            key.fail::<()>(Fault::QuoteField { field: key.text.to_owned() });
            continue;
        }
        let field = field(&key, scope.names);
        let Some(text) = value.text() else { continue };
        let (bare, optional) = match text.text.strip_suffix('?') {
            Some(bare) => (Text { text: bare, ..text.clone() }, true),
            None => (text.clone(), false),
        };
        if let (Some(source), Some(field)) = (source(&bare, scope, yields, &earlier), field) {
            earlier.push(field.clone());
            saves.push(Save { field, source, optional });
        }
    }
    saves
}

/// Where a value comes from; `earlier` fields were filled in the same list.
pub(super) fn source(text: &Text<'_>, scope: Scope<'_>, yields: Yields, earlier: &[Field]) -> Option<Source> {
    let bad = || Fault::BadSource { source: text.text.to_owned() };
    let Some((kind, rest)) = text.text.split_once(':') else { return text.fail(bad()) };
    let can_yield = match kind {
        "json" | "header" | "text" => yields.reply,
        "local_storage" | "session_storage" => yields.page,
        "request_header" => yields.chrome,
        "cookie" | "jwt" => true,
        _ => return text.fail(bad()),
    };
    if !can_yield {
        return text.fail(Fault::SourceOutOfPlace { source: kind.to_owned() });
    }
    if rest.is_empty() {
        return text.fail(bad());
    }
    match kind {
        "json" => json_path(text, rest).map(Source::Json),
        "header" => Some(Source::Header(rest.to_ascii_lowercase())),
        "request_header" => Some(Source::RequestHeader(rest.to_ascii_lowercase())),
        "cookie" => Some(Source::Cookie(rest.to_owned())),
        "text" => pattern(text, rest),
        "jwt" => jwt(text, rest, scope, earlier),
        kind => {
            let area = if kind == "local_storage" { StorageArea::Local } else { StorageArea::Session };
            let (origin, key) = origin_and_key(text, rest, scope)?;
            let (key, path) = match key.split_once('/') {
                Some((key, "")) => (key, Some(JsonPath(Vec::new()))),
                Some((key, path)) => (key, Some(json_path(text, path)?)),
                None => (key, None),
            };
            let key = key.to_owned();
            if key.is_empty() { text.fail(bad()) } else { Some(Source::Storage { area, origin, key, path }) }
        }
    }
}

/// `[ORIGIN#]KEY`.
pub(super) fn origin_and_key<'t>(
    text: &Text<'_>,
    rest: &'t str,
    scope: Scope<'_>,
) -> Option<(Option<Template>, &'t str)> {
    let Some((origin, key)) = rest.split_once('#') else { return Some((None, rest)) };
    let origin = template(&Text { text: origin, ..text.clone() }, Scope::plain(scope.names))?;
    let is_address = match origin.0.first() {
        Some(Part::Text(start)) => start.starts_with("https://") || start.starts_with("http://"),
        Some(Part::Place(_)) => true,
        None => false,
    };
    if is_address { Some((Some(origin), key)) } else { text.fail(Fault::BadUrl {}) }
}

fn pattern(text: &Text<'_>, regex: &str) -> Option<Source> {
    match regex_lite::Regex::new(regex) {
        Ok(compiled) if compiled.captures_len() < 2 => text.fail(Fault::RegexWithoutGroup {}),
        Ok(_) => Some(Source::Text(regex.to_owned())),
        Err(error) => text.fail(Fault::BadRegex { why: error.to_string() }),
    }
}

fn jwt(text: &Text<'_>, rest: &str, scope: Scope<'_>, earlier: &[Field]) -> Option<Source> {
    let bad = || Fault::BadSource { source: text.text.to_owned() };
    let Some((name, claim)) = rest.split_once('/') else { return text.fail(bad()) };
    let Some(field) = parse_field(name) else {
        return text.fail(Fault::BadField { field: name.to_owned() });
    };
    if !earlier.contains(&field) && !check_held(text, &field, scope) {
        return None;
    }
    // Claims may be addresses (`https://example.com/plan`), so a claim is one key unless it is a plain path.
    let claim =
        if claim.contains("://") { JsonPath(vec![claim.to_owned()]) } else { json_path(text, claim)? };
    Some(Source::Jwt { field, claim })
}

pub(super) fn json_path(text: &Text<'_>, path: &str) -> Option<JsonPath> {
    let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
    if steps.iter().any(String::is_empty) || path.chars().any(char::is_control) {
        return text.fail(Fault::BadJsonPath { path: path.to_owned() });
    }
    Some(JsonPath(steps))
}

/// `json:PATH` or just `PATH`.
pub(super) fn json_path_of(text: &Text<'_>) -> Option<JsonPath> {
    json_path(text, text.text.strip_prefix("json:").unwrap_or(text.text))
}

/// `expires = […]`.
pub(super) fn expiries(value: Option<Value<'_>>) -> Vec<ExpirySource> {
    let Some(texts) = value.and_then(|value| value.texts()) else { return Vec::new() };
    texts.iter().filter_map(expiry).collect()
}

fn expiry(text: &Text<'_>) -> Option<ExpirySource> {
    match text.text.split_once(':') {
        None if text.text == "jwt" => Some(ExpirySource::Jwt),
        Some(("json", path)) => json_path(text, path).map(ExpirySource::Json),
        Some(("cookie", name)) if !name.is_empty() => Some(ExpirySource::Cookie(name.to_owned())),
        _ => {
            let life = parse_duration(text.text).filter(|life| !life.is_zero());
            let bad = || text.fail(Fault::BadExpiry { text: text.text.to_owned() });
            life.map(ExpirySource::Life).or_else(bad)
        }
    }
}
