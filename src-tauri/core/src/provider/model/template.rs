//! Text with places, and what can stand in them.

use crate::id::{ChainName, TokenName, VarName};

/// Text with `{{…}}` places, parsed once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template(pub Vec<Part>);

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// A place to fill in.
    Place(Place),
}

/// What can be filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `{{client_id}}`: a variable of the account.
    Var(VarName),
    /// `{{token.NAME}}`, `{{refresh.CHAIN}}`, `{{var.NAME}}`, `{{step.NAME}}`.
    Field(Field),
    /// `{{form.NAME}}`: what the person typed; in login steps only.
    Form(String),
}

/// Something that `save` can fill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `token.NAME`: an access token.
    Token(TokenName),
    /// `refresh.CHAIN`: a credential.
    Refresh(ChainName),
    /// `var.NAME`: kept with the material.
    Var(VarName),
    /// `step.NAME`: scratch, lives until the attempt ends.
    Step(String),
}

/// A dotted path into JSON: `authed_user.access_token`, `items.0.id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonPath(pub Vec<String>);

/// JSON whose strings are templates.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTemplate {
    /// A string.
    Text(Template),
    /// A number, a boolean.
    Plain(serde_json::Value),
    /// An array.
    Array(Vec<JsonTemplate>),
    /// An object.
    Object(Vec<(String, JsonTemplate)>),
}
