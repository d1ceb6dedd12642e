//! Values that a person pasted, as if a reply had brought them.

use super::bound::Bound;
use super::expiry::{At, credential_expiry, token_expiry};
use super::extract::{Saved, SavedValue, Warning};
use super::model::Field;
use crate::secret::Secret;
use crate::time::{Expiry, Now};

impl Bound<'_> {
    /// Pasted values of fields, with when they end as far as they tell it themselves (a JWT) or the file does.
    pub fn save_pasted(&self, values: Vec<(Field, Secret)>, now: Now) -> Saved {
        let mut warnings = Vec::new();
        let values = values
            .into_iter()
            .map(|(field, value)| {
                let expiry = self.pasted_expiry(&field, &value, now, &mut warnings);
                SavedValue { field, value, expiry }
            })
            .collect();
        Saved { values, warnings }
    }

    fn pasted_expiry(
        &self,
        field: &Field,
        value: &Secret,
        now: Now,
        warnings: &mut Vec<Warning>,
    ) -> Option<Expiry> {
        let at = At { now, server_date: None, answer: None, cookie: None };
        match field {
            Field::Token(name) => {
                let (_, token) = self.provider.tokens.iter().find(|(token, _)| token == name)?;
                let (expiry, is_assumed) = token_expiry(&token.expires, value, at);
                match (&expiry, is_assumed) {
                    (None, _) => warnings.push(Warning::NoExpiry(name.clone())),
                    (Some(_), true) => warnings.push(Warning::ExpiryAssumed(name.clone())),
                    (Some(_), false) => {}
                }
                expiry
            }
            Field::Refresh(chain) => credential_expiry(self.provider.chains.get(chain)?, value, at, None),
            Field::Var(_) | Field::Step(_) => None,
        }
    }
}
