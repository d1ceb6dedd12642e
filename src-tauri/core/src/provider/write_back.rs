//! A field that came from a cookie or from web storage goes back there when something else changes it.

use zeroize::Zeroizing;

use super::bound::Bound;
use super::model::{Field, JsonPath, Save, Source, Strategy};
use crate::record::Material;
use crate::secret::Secret;
use crate::time::{Expiry, Now};

impl Bound<'_> {
    /// Writes `value` into every place that some `save` of the provider reads `field` from. Only places that
    /// exist: a cookie or an item of our own making would look odd to the service.
    pub(super) fn write_back(
        &self,
        field: &Field,
        value: &Secret,
        expiry: Option<&Expiry>,
        material: &mut Material,
        now: Now,
    ) {
        for source in self.places_of(field) {
            match source {
                Source::Cookie(name) => self.write_cookie(name, value, expiry, material, now),
                Source::Storage { .. } => self.write_item(source, value, material),
                _ => {}
            }
        }
    }

    /// All sources that any login or rung fills this field from.
    fn places_of(&self, field: &Field) -> impl Iterator<Item = &Source> {
        let of_logins = self.provider.logins.iter().map(|login| &login.save);
        let of_rungs = self.provider.rungs.iter().map(|rung| &rung.save);
        let logins = self.provider.logins.iter().flat_map(|login| &login.steps);
        let rungs = self.provider.rungs.iter().flat_map(|rung| match &rung.strategy {
            Strategy::Http { steps } => steps.as_slice(),
            _ => &[],
        });
        let of_steps = logins.chain(rungs).map(|step| &step.save);
        let all = of_logins.chain(of_rungs).chain(of_steps).flatten();
        let field = field.clone();
        all.filter(move |save: &&Save| save.field == field).map(|save| &save.source)
    }

    fn write_cookie(
        &self,
        name: &str,
        value: &Secret,
        expiry: Option<&Expiry>,
        material: &mut Material,
        now: Now,
    ) {
        let hosts = self.hosts();
        let is_meant = |cookie: &&mut crate::jar::Cookie| cookie.name == name && hosts.have_cookie(cookie);
        for cookie in material.jar.cookies.iter_mut().rev().filter(is_meant).take(1) {
            if cookie.value != *value {
                cookie.value = value.duplicate();
                // A session cookie stays one; a dated one must not end before the value that it carries.
                let end = expiry.map(|expiry| expiry.at(now));
                cookie.expires = cookie.expires.map(|old| end.map_or(old, |end| old.max(end)));
            }
        }
    }

    fn write_item(&self, source: &Source, value: &Secret, material: &mut Material) {
        let Source::Storage { area, origin, key, path } = source else { return };
        let Ok(origin) = self.origin(origin.as_ref(), material) else { return };
        let hosts = self.hosts();
        let is_meant = |item: &&mut crate::record::StorageItem| {
            let is_origin = match &origin {
                Some(origin) => item.origin == *origin,
                None => hosts.allow_origin(&item.origin),
            };
            item.area == *area && item.key == *key && is_origin
        };
        for item in material.storage.iter_mut().rev().filter(is_meant).take(1) {
            match path {
                None => item.value = value.duplicate(),
                Some(path) => {
                    if let Some(text) = with_value_at(&item.value, path, value) {
                        item.value = text;
                    }
                }
            }
        }
    }
}

/// The JSON document with the text at `path` replaced; `None` if there is no such place. The rest keeps its
/// order and values.
fn with_value_at(document: &Secret, path: &JsonPath, value: &Secret) -> Option<Secret> {
    let mut json: serde_json::Value = serde_json::from_slice(document.expose()).ok()?;
    let place = path.0.iter().try_fold(&mut json, |place, step| match place {
        serde_json::Value::Object(members) => members.get_mut(step),
        serde_json::Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })?;
    if !place.is_string() {
        return None;
    }
    *place = serde_json::Value::String(value.expose_str()?.to_owned());
    let text = Zeroizing::new(serde_json::to_vec(&json).ok()?);
    Some(Secret::new(text.as_slice()))
}
