//! One request, and what is taken from its reply.

use super::{Condition, Field, JsonPath, JsonTemplate, Template};
use crate::id::TokenName;
use crate::record::StorageArea;

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Method, upper case.
    pub method: String,
    /// Address.
    pub url: Template,
    /// Headers.
    pub headers: Vec<(String, Template)>,
    /// Query parameters, added to the address.
    pub query: Vec<(String, Template)>,
    /// Body.
    pub body: Body,
    /// What it presents.
    pub auth: Auth,
    /// All must hold, else the step is left out.
    pub when: Vec<Condition>,
    /// Overrides whether it spends.
    pub spends: Option<bool>,
    /// What its reply brings.
    pub save: Vec<Save>,
}

/// A step's body.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// `application/json`.
    Json(JsonTemplate),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
    /// Any text; its `Content-Type` is among the headers.
    Text(Template),
}

/// What a step presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Nothing.
    None,
    /// The jar's cookies for that address.
    Cookies,
    /// This token as Bearer.
    Token(TokenName),
}

/// `"field" = "source"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Save {
    /// What is filled.
    pub field: Field,
    /// From where.
    pub source: Source,
    /// A trailing `?`: may be absent, then the old value stays.
    pub optional: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `json:PATH` of the reply.
    Json(JsonPath),
    /// `cookie:NAME` of the jar after the reply.
    Cookie(String),
    /// `header:NAME` of the reply.
    Header(String),
    /// `local_storage:[ORIGIN#]KEY[/PATH]`, `session_storage:…`.
    Storage {
        /// Which storage.
        area: StorageArea,
        /// Origin; any of the provider's hosts if absent.
        origin: Option<Template>,
        /// Key.
        key: String,
        /// Path into the item, if it is JSON.
        path: Option<JsonPath>,
    },
    /// `request_header:NAME`: seen in a browser.
    RequestHeader(String),
    /// `text:REGEX`: first group in the reply's text.
    Text(String),
    /// `jwt:FIELD/CLAIM`: a claim of a token that is held.
    Jwt {
        /// Which value.
        field: Field,
        /// Path of the claim.
        claim: JsonPath,
    },
}
