//! What a sink or a program is given: a text with places for tokens, filled in.

use super::bound::Bound;
use super::fill::{Places, RenderError};
use super::model::{Field, Part, Place, Template};
use crate::record::Material;
use crate::secret::Secret;

/// Why a sink's text cannot be filled in. Never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A `{{` without its `}}`.
    #[error("a {{{{ is not closed")]
    Unclosed,
    /// Something that a sink is not given: only tokens, `var.NAME` and plain variables are.
    #[error("{0} is not for sinks")]
    NotForSinks(String),
    /// It has no value yet.
    #[error("{0}")]
    Render(#[from] RenderError),
}

impl Bound<'_> {
    /// `text` with its `{{token.NAME}}`, `{{var.NAME}}` and `{{VARIABLE}}` filled in. Refresh credentials and
    /// secret variables are never given out.
    ///
    /// # Errors
    /// If a place is unknown, not for sinks, or has no value.
    pub fn value(&self, text: &str, material: &Material) -> Result<Secret, ValueError> {
        let template = self.template(text)?;
        Ok(Places::of(self, material).text(&template)?)
    }

    fn template(&self, text: &str) -> Result<Template, ValueError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(ValueError::Unclosed)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Place(self.place(name.trim())?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template(parts))
    }

    fn place(&self, name: &str) -> Result<Place, ValueError> {
        let not_for_sinks = || ValueError::NotForSinks(name.to_owned());
        match name.split_once('.') {
            Some(("token", token)) => {
                let token = token.parse().map_err(|_| not_for_sinks())?;
                let known = self.provider.tokens.iter().any(|(name, _)| *name == token);
                if known { Ok(Place::Field(Field::Token(token))) } else { Err(not_for_sinks()) }
            }
            Some(("var", var)) => Ok(Place::Field(Field::Var(var.parse().map_err(|_| not_for_sinks())?))),
            Some(_) => Err(not_for_sinks()),
            None => {
                let name = name.parse().map_err(|_| not_for_sinks())?;
                if self.var(&name).is_some() { Ok(Place::Var(name)) } else { Err(not_for_sinks()) }
            }
        }
    }
}
