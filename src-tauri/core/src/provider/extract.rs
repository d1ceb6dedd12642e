//! What a reply or a page brings: values for fields, with when they end.

use super::answer::Answer;
use super::bound::Bound;
use super::expiry::{credential_expiry, jwt_claims, token_expiry};
use super::fill::{Scratch, field_of};
use super::json::Json;
use super::model::{ExpirySource, Field, Save, Source};
use crate::exchange::BrowserResult;
use crate::id::TokenName;
use crate::record::{Held, Material};
use crate::secret::Secret;
use crate::time::{Expiry, Now, Timestamp};

/// New values, not yet in the material.
pub struct Saved {
    /// In the order of `save`.
    pub values: Vec<SavedValue>,
    /// What is odd, though it works.
    pub warnings: Vec<Warning>,
}

/// A new value of a field.
pub struct SavedValue {
    /// Of what.
    pub field: Field,
    /// Itself.
    pub value: Secret,
    /// When it ends, if anything told.
    pub expiry: Option<Expiry>,
}

/// Odd, but no reason to stop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Warning {
    /// Nothing told when the token ends: it is used until a 401 (F19).
    NoExpiry(TokenName),
    /// The service did not say when the token ends; the file's fixed life is assumed (F19, F20).
    ExpiryAssumed(TokenName),
    /// The service sent an empty or null value; the old one is kept (F23).
    EmptyValue(Field),
    /// The token answer has no `token_type` (F18).
    TokenTypeMissing,
    /// The token answer has a `token_type` that is not Bearer (F18).
    TokenTypeUnknown,
    /// Scopes that were asked for and not granted (F26).
    ScopeLost(Vec<String>),
}

/// Why a reply or page did not bring what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// A field that must be there is not.
    #[error("the answer has no {0}")]
    Missing(Field),
    /// The body claims to be JSON and is none: on a spent credential the outcome is unknown (F8, F28).
    #[error("the answer cannot be read")]
    Unreadable,
    /// The page still has the old token, or one that ends no later.
    #[error("the page has no newer {0}")]
    NotNewer(Field),
}

impl Bound<'_> {
    /// What the answer to a step or to the token end point brings. `material` holds the reply's cookies already.
    ///
    /// # Errors
    /// If a field that must be there is not, or the body cannot be read, or a token that is a cookie is the old one
    /// and nothing made it longer.
    pub fn save_from_answer(
        &self,
        save: &[Save],
        answer: &Answer<'_>,
        material: &Material,
        scratch: &Scratch,
        now: Now,
    ) -> Result<Saved, ExtractError> {
        let needs_body = |save: &Save| matches!(save.source, Source::Json(_));
        if answer.is_unreadable && save.iter().any(needs_body) {
            return Err(ExtractError::Unreadable);
        }
        let from = From { bound: self, answer: Some(answer), material, scratch, request_headers: &[] };
        let saved = from.save_all(save, now)?;
        // The jar always has a cookie to show: one that this reply did not bring is no answer to it.
        let is_stale = |save: &&Save| match &save.source {
            Source::Cookie(name) => !answer.sets_cookie(name) && self.is_old_cookie(save, &saved, material),
            _ => false,
        };
        match save.iter().find(is_stale) {
            Some(save) => Err(ExtractError::NotNewer(save.field.clone())),
            None => Ok(saved),
        }
    }

    /// What an answer brings that does not bring all it should: values that stand in the answer itself and are another
    /// than what is held. What is missing stays as it was.
    pub fn found_in_answer(
        &self,
        save: &[Save],
        answer: &Answer<'_>,
        material: &Material,
        scratch: &Scratch,
        now: Now,
    ) -> Saved {
        From { bound: self, answer: Some(answer), material, scratch, request_headers: &[] }.found(save, now)
    }

    /// Whether this token ends with a cookie and is what is held already, no longer than before.
    fn is_old_cookie(&self, save: &Save, saved: &Saved, material: &Material) -> bool {
        let Field::Token(name) = &save.field else { return false };
        let new = saved.values.iter().find(|value| value.field == save.field);
        let (Some(new), Some(old)) = (new, material.tokens.get(name)) else { return false };
        new.value == old.value
            && self.end_by_cookie(name, material).is_some()
            && !self.is_longer(name, old, material)
    }

    /// Whether the cookie that says when this token ends now says a later time than when the token was got: a session
    /// that each visit makes longer keeps its value.
    fn is_longer(&self, name: &TokenName, old: &Held, material: &Material) -> bool {
        let before = old.expiry.map(|expiry| expiry.got.wall.plus(expiry.life()));
        match (self.end_by_cookie(name, material), before) {
            (Some(end), Some(before)) => end > before,
            _ => false,
        }
    }

    /// When the token ends, if a cookie is what tells.
    fn end_by_cookie(&self, name: &TokenName, material: &Material) -> Option<Timestamp> {
        let (_, token) = self.provider.tokens.iter().find(|(token, _)| token == name)?;
        token.expires.iter().find_map(|source| match source {
            ExpirySource::Cookie(cookie) => self.cookie(material, cookie)?.expires,
            _ => None,
        })
    }

    /// What a page or a capture brought, once [`Bound::take_page`] (or the login) has put its cookies and
    /// storage into `material`; also what a rung saves beside its steps.
    ///
    /// # Errors
    /// If a field that must be there is not.
    pub fn save_from_page(
        &self,
        save: &[Save],
        request_headers: &[(String, Secret)],
        material: &Material,
        scratch: &Scratch,
        now: Now,
    ) -> Result<Saved, ExtractError> {
        From { bound: self, answer: None, material, scratch, request_headers }.save_all(save, now)
    }

    /// What a visit brought: as [`Bound::save_from_page`], and every token among it is newer than what `before`
    /// holds (another, or the same with a cookie that ends later), and ends later where both ends are known. A fixed life of the file is no knowledge: it always
    /// begins anew.
    ///
    /// # Errors
    /// If a field that must be there is not, or a token is not newer.
    pub fn save_from_visit(
        &self,
        save: &[Save],
        visit: &BrowserResult,
        material: &Material,
        before: &Material,
        now: Now,
    ) -> Result<Saved, ExtractError> {
        let scratch = Scratch::default();
        let saved = self.save_from_page(save, &visit.request_headers, material, &scratch, now)?;
        for new in &saved.values {
            let Field::Token(name) = &new.field else { continue };
            let Some(old) = before.tokens.get(name) else { continue };
            let sources = self.provider.tokens.iter().find(|(token, _)| token == name);
            let is_fixed = |expiry: &Expiry| {
                let life = ExpirySource::Life(expiry.life());
                sources.is_some_and(|(_, token)| token.expires.contains(&life))
            };
            let ends_later = match (&new.expiry, &old.expiry) {
                (Some(new), Some(old)) if !is_fixed(new) => new.left(now) > old.left(now),
                _ => true,
            };
            let is_other = new.value != old.value || self.is_longer(name, old, material);
            if !is_other || !ends_later {
                return Err(ExtractError::NotNewer(new.field.clone()));
            }
        }
        Ok(saved)
    }

    /// The value of one source, for a probe's identity.
    pub(super) fn read_source(
        &self,
        source: &Source,
        answer: &Answer<'_>,
        material: &Material,
    ) -> Option<Secret> {
        let scratch = Scratch::default();
        let from =
            From { bound: self, answer: Some(answer), material, scratch: &scratch, request_headers: &[] };
        from.read(source, &[]).filter(|value| !value.is_empty())
    }
}

impl Saved {
    /// Puts the values into the material, and back into the cookie or the storage item that a field comes from
    /// elsewhere in the file, so that a page never replays a spent token.
    pub fn apply(self, bound: &Bound<'_>, material: &mut Material, scratch: &mut Scratch, now: Now) {
        for SavedValue { field, value, expiry } in self.values {
            bound.write_back(&field, &value, expiry.as_ref(), material, now);
            let held = |value| Held { value, got: now, expiry };
            match &field {
                Field::Token(name) => {
                    material.tokens.insert(name.clone(), held(value));
                    self::renew_idle(bound, name, material, now);
                }
                Field::Refresh(chain) => _ = material.credentials.insert(chain.clone(), held(value)),
                Field::Var(name) => _ = material.vars.insert(name.clone(), held(value)),
                Field::Step(name) => scratch.set(name, value),
            }
        }
    }

    /// Whether this brings `field`.
    pub fn has(&self, field: &Field) -> bool {
        self.values.iter().any(|saved| saved.field == *field)
    }
}

/// A credential that ends unused was used just now to mint `token`: its idle time starts again.
fn renew_idle(bound: &Bound<'_>, token: &TokenName, material: &mut Material, now: Now) {
    let Some((_, token)) = bound.provider.tokens.iter().find(|(name, _)| name == token) else { return };
    let Some(rules) = bound.provider.chains.get(&token.chain).filter(|rules| rules.idle.is_some()) else {
        return;
    };
    let Some(held) = material.credentials.get(&token.chain) else { return };
    let at = super::expiry::At { now: held.got, server_date: None, answer: None, cookie: None };
    let expiry = credential_expiry(rules, &held.value, at, Some(now));
    if let Some(held) = material.credentials.get_mut(&token.chain) {
        held.expiry = expiry;
    }
}

/// Everything that sources can read from.
struct From<'a> {
    bound: &'a Bound<'a>,
    answer: Option<&'a Answer<'a>>,
    material: &'a Material,
    scratch: &'a Scratch,
    request_headers: &'a [(String, Secret)],
}

impl From<'_> {
    fn save_all(&self, save: &[Save], now: Now) -> Result<Saved, ExtractError> {
        let mut saved = Saved { values: Vec::new(), warnings: Vec::new() };
        for Save { field, source, optional } in save {
            match self.read(source, &saved.values).filter(|value| !value.is_empty()) {
                Some(value) => {
                    let expiry = self.expiry(field, &value, now, &mut saved.warnings);
                    saved.values.push(SavedValue { field: field.clone(), value, expiry });
                }
                None if *optional || self.keeps_old(field) => {
                    if self.is_empty_there(source) {
                        saved.warnings.push(Warning::EmptyValue(field.clone()));
                    }
                }
                None => return Err(ExtractError::Missing(field.clone())),
            }
        }
        Ok(saved)
    }

    fn found(&self, save: &[Save], now: Now) -> Saved {
        let mut saved = Saved { values: Vec::new(), warnings: Vec::new() };
        for Save { field, source, .. } in save.iter().filter(|save| !matches!(save.field, Field::Step(_))) {
            let is_here = match source {
                Source::Json(_) | Source::Header(_) | Source::Text(_) => true,
                Source::Cookie(name) => self.answer.is_some_and(|answer| answer.sets_cookie(name)),
                Source::Jwt { field, .. } => saved.has(field),
                Source::Storage { .. } | Source::RequestHeader(_) => false,
            };
            let value = self.read(source, &saved.values).filter(|value| is_here && !value.is_empty());
            let is_new = |value: &Secret| field_of(self.material, None, field) != Some(value);
            if let Some(value) = value.filter(is_new) {
                let expiry = self.expiry(field, &value, now, &mut saved.warnings);
                saved.values.push(SavedValue { field: field.clone(), value, expiry });
            }
        }
        saved
    }

    /// A refresh answer without a new credential means that the old one stays (RFC 6749 section 6; F22, F23).
    fn keeps_old(&self, field: &Field) -> bool {
        matches!(field, Field::Refresh(_)) && field_of(self.material, Some(self.scratch), field).is_some()
    }

    fn is_empty_there(&self, source: &Source) -> bool {
        let Source::Json(path) = source else { return false };
        let value = self.answer.and_then(|answer| answer.json.as_ref()).and_then(|json| json.at(path));
        value.is_some_and(|value| value.to_secret().is_none())
    }

    fn read(&self, source: &Source, new: &[SavedValue]) -> Option<Secret> {
        match source {
            Source::Json(path) => self.answer?.json.as_ref()?.at(path)?.to_secret(),
            Source::Cookie(name) => Some(self.bound.cookie(self.material, name)?.value.duplicate()),
            Source::Header(name) => {
                let headers = &self.answer?.reply.headers;
                headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.duplicate())
            }
            Source::Storage { area, origin, key, path } => {
                let origin = self.bound.origin(origin.as_ref(), self.material).ok()?;
                let storage = &self.material.storage;
                let item = self.bound.storage_item(storage, *area, origin.as_deref(), key)?;
                match path {
                    None => Some(item.value.duplicate()),
                    Some(path) => Json::read(item.value.expose())?.at(path)?.to_secret(),
                }
            }
            Source::RequestHeader(name) => {
                let seen = self.request_headers.iter();
                let newest = seen.rev().find(|(have, _)| have.eq_ignore_ascii_case(name));
                newest.map(|(_, value)| without_scheme(value))
            }
            Source::Text(pattern) => {
                let text = self.answer?.reply.body.expose_str()?;
                let regex = regex_lite::Regex::new(pattern).ok()?;
                Some(regex.captures(text)?.get(1)?.as_str().into())
            }
            Source::Jwt { field, claim } => {
                let new = new.iter().find(|saved| saved.field == *field).map(|saved| &saved.value);
                let token = new.or_else(|| field_of(self.material, Some(self.scratch), field))?;
                jwt_claims(token)?.at(claim)?.to_secret()
            }
        }
    }

    fn expiry(&self, field: &Field, value: &Secret, now: Now, warnings: &mut Vec<Warning>) -> Option<Expiry> {
        let cookie = |name: &str| self.bound.cookie(self.material, name).and_then(|cookie| cookie.expires);
        let at = super::expiry::At {
            now,
            server_date: self.answer.and_then(|answer| answer.reply.date),
            answer: self.answer.and_then(|answer| answer.json.as_ref()),
            cookie: Some(&cookie),
        };
        match field {
            Field::Token(name) => {
                let (_, token) = self.bound.provider.tokens.iter().find(|(token, _)| token == name)?;
                let (expiry, is_assumed) = token_expiry(&token.expires, value, at);
                if expiry.is_none() {
                    warnings.push(Warning::NoExpiry(name.clone()));
                } else if is_assumed {
                    warnings.push(Warning::ExpiryAssumed(name.clone()));
                }
                expiry
            }
            Field::Refresh(chain) => {
                credential_expiry(self.bound.provider.chains.get(chain)?, value, at, None)
            }
            Field::Var(_) | Field::Step(_) => None,
        }
    }
}

/// `Authorization: Bearer x` seen in a browser is the token x.
fn without_scheme(value: &Secret) -> Secret {
    let bytes = value.expose();
    match bytes.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case(b"bearer ") => {
            Secret::new(bytes.get(7..).unwrap_or_default())
        }
        _ => value.duplicate(),
    }
}
