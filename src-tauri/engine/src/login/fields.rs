//! Logins whose values the person types or pastes into our own window. They are used once and never stored as
//! typed.

use std::collections::BTreeMap;

use lamplighter_core::api::{FieldView, LoginAnswer, LoginStage};
use lamplighter_core::provider::Form;
use lamplighter_core::provider::model::{Field, FormField};
use lamplighter_core::secret::Secret;

use super::LoginInput;
use super::attempt::{Attempt, Draft, Stop};

impl Attempt<'_> {
    /// `kind = "form"`.
    pub async fn ask_form(&mut self, fields: &[(String, FormField)]) -> Result<Form, Stop> {
        let views = fields.iter().map(|(name, field)| view(name, field)).collect();
        let mut values = self.ask(views).await;
        let form: Form = fields
            .iter()
            .filter_map(|(name, _)| {
                Some((name.clone(), values.remove(name).filter(|value| !value.is_empty())?))
            })
            .collect();
        let missing = fields.iter().find(|(name, field)| !field.optional && !form.contains_key(name));
        match missing {
            Some((_, field)) => Err(self.notices.field_missing(&field.label).into()),
            None => Ok(form),
        }
    }

    /// `kind = "paste"`.
    pub async fn ask_pasted(&mut self, fields: &[(Field, FormField)]) -> Result<Draft, Stop> {
        let views = fields.iter().map(|(name, field)| view(&name.to_string(), field)).collect();
        let mut values = self.ask(views).await;
        let mut pasted = Vec::new();
        for (name, field) in fields {
            match values
                .remove(&name.to_string())
                .map(|value| trimmed(&value))
                .filter(|value| !value.is_empty())
            {
                Some(value) => pasted.push((name.clone(), value)),
                None if field.optional => {}
                None => return Err(self.notices.field_missing(&field.label).into()),
            }
        }
        let now = self.means.clock.now();
        let saved = self.bound.save_pasted(pasted, now);
        let mut draft = Draft::empty();
        draft.warnings.extend(saved.warnings.iter().cloned());
        saved.apply(self.bound, &mut draft.material, &mut draft.scratch, now);
        Ok(draft)
    }

    async fn ask(&mut self, fields: Vec<FieldView>) -> BTreeMap<String, Secret> {
        self.say(LoginStage::Fields { fields });
        loop {
            if let LoginInput::Answer(LoginAnswer::Fields { values }) = self.next_input().await {
                return values;
            }
        }
    }
}

fn view(name: &str, field: &FormField) -> FieldView {
    FieldView {
        name: name.to_owned(),
        label: field.label.clone(),
        secret: field.secret,
        optional: field.optional,
        default: None,
        kind: "text".to_owned(),
        help: None,
    }
}

/// Pasted values come with line ends and spaces around them; no token has any.
fn trimmed(value: &Secret) -> Secret {
    Secret::new(value.expose().trim_ascii())
}
