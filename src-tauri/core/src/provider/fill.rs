//! Templates filled in, with the encoding that each place of a request needs.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::Url;
use zeroize::Zeroizing;

use super::bound::Bound;
use super::model::{Field, Part, Place, Template};
use crate::id::TokenName;
use crate::record::Material;
use crate::secret::{JsonWriter, Secret};

/// What the person typed into our own window, by field name; used once, never stored.
pub type Form = BTreeMap<String, Secret>;

/// `step.NAME` values: live until the attempt ends.
#[derive(Default)]
pub struct Scratch(BTreeMap<String, Secret>);

impl Scratch {
    /// A value, if a step has saved it.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// Keeps a value until the attempt ends.
    pub fn set(&mut self, name: &str, value: Secret) {
        self.0.insert(name.to_owned(), value);
    }
}

/// Why a request could not be made. Never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A place has no value.
    #[error("{0} has no value")]
    Undefined(Place),
    /// Control bytes where they would forge a header, or `.` and `..` as a path segment (T13).
    #[error("a value does not fit into the {0}")]
    BadValue(&'static str),
    /// What came out is no address.
    #[error("no address came out")]
    BadUrl,
    /// The address is on a host that gets no secrets (T12, T23).
    #[error("{0} is not among the hosts of this provider")]
    HostNotAllowed(String),
    /// The provider has no `[oauth]`, or not that part of it.
    #[error("the provider has no such OAuth end point")]
    NoOAuth,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Var(name) => write!(f, "{name}"),
            Self::Field(field) => write!(f, "{field}"),
            Self::Form(name) => write!(f, "form.{name}"),
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(name) => write!(f, "token.{name}"),
            Self::Refresh(name) => write!(f, "refresh.{name}"),
            Self::Var(name) => write!(f, "var.{name}"),
            Self::Step(name) => write!(f, "step.{name}"),
        }
    }
}

/// Everything outside RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the values of places come from.
pub(super) struct Places<'a> {
    pub bound: &'a Bound<'a>,
    pub material: &'a Material,
    pub scratch: Option<&'a Scratch>,
    pub form: Option<&'a Form>,
}

impl<'a> Places<'a> {
    /// Variables and material only.
    pub fn of(bound: &'a Bound<'a>, material: &'a Material) -> Self {
        Self { bound, material, scratch: None, form: None }
    }

    fn value(&self, place: &Place) -> Result<&'a [u8], RenderError> {
        let value = match place {
            Place::Var(name) => self.bound.var_bytes(name),
            Place::Field(field) => field_of(self.material, self.scratch, field).map(Secret::expose),
            Place::Form(name) => self.form.and_then(|form| form.get(name)).map(Secret::expose),
        };
        value.ok_or_else(|| RenderError::Undefined(place.clone()))
    }

    fn fill(
        &self,
        template: &Template,
        mut put: impl FnMut(&mut Zeroizing<Vec<u8>>, &[u8]) -> Result<(), RenderError>,
    ) -> Result<Secret, RenderError> {
        let mut out = Zeroizing::new(Vec::with_capacity(1024));
        for part in &template.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Place(place) => put(&mut out, self.value(place)?)?,
            }
        }
        Ok(Secret::new(out.as_slice()))
    }

    /// The text as it comes out: for JSON strings, form values and bodies, which are encoded as a whole.
    pub fn text(&self, template: &Template) -> Result<Secret, RenderError> {
        self.fill(template, |out, value| {
            out.extend_from_slice(value);
            Ok(())
        })
    }

    /// The value of a header; control bytes would start another one (T13).
    pub fn header(&self, template: &Template) -> Result<Secret, RenderError> {
        let value = self.text(template)?;
        if value.expose().iter().any(|byte| byte.is_ascii_control()) {
            return Err(RenderError::BadValue("header"));
        }
        Ok(value)
    }

    /// `Bearer TOKEN` (RFC 6750 section 2.1).
    pub fn bearer(&self, token: &TokenName) -> Result<Secret, RenderError> {
        let place = Place::Field(Field::Token(token.clone()));
        if self.value(&place)?.is_empty() {
            return Err(RenderError::Undefined(place));
        }
        let place = Part::Place(place);
        self.header(&Template(vec![Part::Text("Bearer ".to_owned()), place]))
    }

    /// An address. A value at its very start is an address itself and goes in as it is; in the host only what a
    /// host may hold goes in; in the path and the query values are percent-encoded.
    pub fn url(&self, template: &Template) -> Result<Url, RenderError> {
        let text = self.fill(template, put_into_url)?;
        let url = text.expose_str().and_then(|text| Url::parse(text).ok()).ok_or(RenderError::BadUrl)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() || has_user {
            return Err(RenderError::BadUrl);
        }
        Ok(url)
    }

    /// `name=value&…` (application/x-www-form-urlencoded); what renders empty is left out.
    pub fn form_body(&self, fields: &[(String, Template)]) -> Result<Secret, RenderError> {
        let mut form = FormBody::default();
        for (name, template) in fields {
            form.add(name, &self.text(template)?);
        }
        Ok(form.finish())
    }

    /// Writes a JSON template as an element or as the document itself.
    pub fn json_element(
        &self,
        json: &mut JsonWriter,
        template: &super::model::JsonTemplate,
    ) -> Result<(), RenderError> {
        use super::model::JsonTemplate as J;
        let mut result = Ok(());
        match template {
            J::Text(text) => {
                let value = self.text(text)?;
                if !is_left_out(text, &value) {
                    json.secret_element(&value);
                }
            }
            J::Plain(value) => json.element(value),
            J::Array(items) => json.array(|json| result = self.json_items(json, items)),
            J::Object(members) => json.object(|json| result = self.json_members(json, members)),
        }
        result
    }

    fn json_items(
        &self,
        json: &mut JsonWriter,
        items: &[super::model::JsonTemplate],
    ) -> Result<(), RenderError> {
        items.iter().try_for_each(|item| self.json_element(json, item))
    }

    fn json_members(
        &self,
        json: &mut JsonWriter,
        members: &[(String, super::model::JsonTemplate)],
    ) -> Result<(), RenderError> {
        use super::model::JsonTemplate as J;
        for (key, template) in members {
            let mut result = Ok(());
            match template {
                J::Text(text) => {
                    let value = self.text(text)?;
                    if !is_left_out(text, &value) {
                        json.secret_text(key, &value);
                    }
                }
                J::Plain(value) => json.value(key, value),
                J::Array(items) => json.array_at(key, |json| result = self.json_items(json, items)),
                J::Object(inner) => json.object_at(key, |json| result = self.json_members(json, inner)),
            }
            result?;
        }
        Ok(())
    }
}

/// A field's value.
pub(super) fn field_of<'a>(
    material: &'a Material,
    scratch: Option<&'a Scratch>,
    field: &Field,
) -> Option<&'a Secret> {
    match field {
        Field::Token(name) => material.tokens.get(name).map(|held| &held.value),
        Field::Refresh(chain) => material.credentials.get(chain).map(|held| &held.value),
        Field::Var(name) => material.vars.get(name).map(|held| &held.value),
        Field::Step(name) => scratch?.get(name),
    }
}

/// An empty value of a place is not sent; an empty text that the file's author wrote is.
pub(super) fn is_left_out(template: &Template, value: &Secret) -> bool {
    value.is_empty() && template.0.iter().any(|part| matches!(part, Part::Place(_)))
}

fn put_into_url(out: &mut Zeroizing<Vec<u8>>, value: &[u8]) -> Result<(), RenderError> {
    let authority_at = out.windows(3).position(|three| three == b"://").map(|at| at + 3);
    match authority_at {
        None if out.is_empty() => {
            if value.iter().any(|byte| byte.is_ascii_control() || *byte == b' ') {
                return Err(RenderError::BadValue("address"));
            }
            out.extend_from_slice(value);
        }
        None => return Err(RenderError::BadUrl),
        Some(start) if !out.iter().skip(start).any(|byte| matches!(byte, b'/' | b'?' | b'#')) => {
            let is_host_byte = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            if value.is_empty() || !value.iter().all(is_host_byte) {
                return Err(RenderError::BadValue("host"));
            }
            out.extend_from_slice(value);
        }
        Some(_) => {
            let is_in_path = !out.contains(&b'?');
            if is_in_path && matches!(value, b"." | b"..") {
                return Err(RenderError::BadValue("path"));
            }
            for piece in percent_encode(value, RESERVED) {
                out.extend_from_slice(piece.as_bytes());
            }
        }
    }
    Ok(())
}

/// An `application/x-www-form-urlencoded` body in the making.
#[derive(Default)]
pub(super) struct FormBody(Zeroizing<Vec<u8>>);

impl FormBody {
    /// Adds `name=value` unless the value is empty.
    pub fn add(&mut self, name: &str, value: &Secret) {
        if value.is_empty() {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(b'&');
        }
        self.encode(name.as_bytes());
        self.0.push(b'=');
        self.encode(value.expose());
    }

    fn encode(&mut self, bytes: &[u8]) {
        for piece in url::form_urlencoded::byte_serialize(bytes) {
            self.0.extend_from_slice(piece.as_bytes());
        }
    }

    /// The body.
    pub fn finish(self) -> Secret {
        Secret::new(self.0.as_slice())
    }
}
