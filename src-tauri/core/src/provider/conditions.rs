//! Conditions: whether they hold for a reply, for the material, and what of them a browser is asked.

use url::Url;

use super::answer::Answer;
use super::bound::Bound;
use super::fill::{Places, RenderError, Scratch};
use super::hosts::Hosts;
use super::json::Json;
use super::model::{Condition, Template};
use super::request::is_there;
use crate::exchange::BrowserCondition;
use crate::record::{Material, StorageArea, StorageItem};

/// What is known when a condition is looked at; what is not known does not hold.
#[derive(Default, Clone, Copy)]
pub struct Scene<'a> {
    answer: Option<&'a Answer<'a>>,
    url: Option<&'a Url>,
    bound: Option<&'a Bound<'a>>,
    material: Option<&'a Material>,
    scratch: Option<&'a Scratch>,
}

impl<'a> Scene<'a> {
    /// A reply alone.
    pub fn of_answer(answer: &'a Answer<'a>) -> Self {
        Self { answer: Some(answer), url: answer.url.as_ref(), ..Self::default() }
    }

    /// A reply and what is held after it (its cookies included).
    pub fn new(bound: &'a Bound<'a>, answer: &'a Answer<'a>, material: &'a Material) -> Self {
        Self { bound: Some(bound), material: Some(material), ..Self::of_answer(answer) }
    }

    /// What is held before a step.
    pub fn of_material(bound: &'a Bound<'a>, material: &'a Material, scratch: &'a Scratch) -> Self {
        Self { bound: Some(bound), material: Some(material), scratch: Some(scratch), ..Self::default() }
    }

    /// The address at which a browser ended, and what it held then.
    pub fn of_page(bound: &'a Bound<'a>, url: Option<&'a Url>, material: &'a Material) -> Self {
        Self { bound: Some(bound), url, material: Some(material), ..Self::default() }
    }

    /// Whether `condition` holds here.
    pub fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Status(status) => self.answer.is_some_and(|answer| answer.reply.status == *status),
            Condition::Json { path, any_of } => {
                let value =
                    self.answer.and_then(|answer| answer.json.as_ref()).and_then(|json| json.at(path));
                value.is_some_and(|value| is_one_of(value, any_of))
            }
            Condition::Header { name, equals } => {
                let value = self.answer.and_then(|answer| answer.header(name));
                value.is_some_and(|value| equals.as_ref().is_none_or(|equals| equals == value))
            }
            Condition::Url(pattern) => self.is_at(pattern),
            Condition::Cookie(name) => self.has_cookie(name),
            Condition::Storage { area, origin, key } => self.has_item(*area, origin.as_ref(), key),
            // Only a running browser can say.
            Condition::Selector(_) => false,
            Condition::Present(field) => {
                self.material.is_some_and(|material| is_there(material, self.scratch, field))
            }
            Condition::Absent(field) => {
                self.material.is_some_and(|material| !is_there(material, self.scratch, field))
            }
        }
    }

    /// Whether any of them holds.
    pub fn holds_any(&self, conditions: &[Condition]) -> bool {
        conditions.iter().any(|condition| self.holds(condition))
    }

    fn is_at(&self, pattern: &str) -> bool {
        let location = self.answer.and_then(Answer::location);
        let hosts = self.bound.map(Bound::hosts);
        [self.url, location.as_ref()].into_iter().flatten().any(|url| is_there_at(pattern, url, hosts))
    }

    fn has_cookie(&self, name: &str) -> bool {
        let (Some(bound), Some(material)) = (self.bound, self.material) else { return false };
        bound.cookie(material, name).is_some_and(|cookie| !cookie.value.is_empty())
    }

    fn has_item(&self, area: StorageArea, origin: Option<&Template>, key: &str) -> bool {
        let (Some(bound), Some(material)) = (self.bound, self.material) else { return false };
        let Ok(origin) = bound.origin(origin, material) else { return false };
        bound.storage_item(&material.storage, area, origin.as_deref(), key).is_some()
    }
}

impl<'a> Bound<'a> {
    /// The provider's cookie of that name.
    pub(super) fn cookie<'m>(&self, material: &'m Material, name: &str) -> Option<&'m crate::jar::Cookie> {
        material.jar.cookies.iter().rfind(|cookie| cookie.name == name && self.hosts().have_cookie(cookie))
    }

    /// An origin as text, or `None` for any of the provider's hosts.
    pub(super) fn origin(
        &self,
        origin: Option<&Template>,
        material: &Material,
    ) -> Result<Option<String>, RenderError> {
        let Some(template) = origin else { return Ok(None) };
        let url = Places::of(self, material).url(template)?;
        Ok(Some(url.origin().ascii_serialization()))
    }

    /// An item of the provider's web storage.
    pub(super) fn storage_item<'m>(
        &self,
        storage: &'m [StorageItem],
        area: StorageArea,
        origin: Option<&str>,
        key: &str,
    ) -> Option<&'m StorageItem> {
        let is_origin = |item: &StorageItem| match origin {
            Some(origin) => item.origin == origin,
            None => self.hosts().allow_origin(&item.origin),
        };
        storage.iter().rfind(|item| item.area == area && item.key == key && is_origin(item))
    }

    /// `done`, `ready` and `dead` as a browser is asked them. With `before`, a value that it holds does not
    /// count: pass it for `done` and `ready`, where only a change proves something. Conditions that need a reply
    /// (status, json, header) are left out; a browser cannot answer them.
    ///
    /// # Errors
    /// If an origin cannot be filled in.
    pub fn browser_conditions(
        &self,
        conditions: &[Condition],
        material: &Material,
        before: Option<&Material>,
    ) -> Result<Vec<BrowserCondition>, RenderError> {
        let mut asked = Vec::new();
        for condition in conditions {
            asked.push(match condition {
                Condition::Url(pattern) => BrowserCondition::Url(pattern.clone()),
                Condition::Selector(selector) => BrowserCondition::Selector(selector.clone()),
                Condition::Cookie(name) => {
                    let old = before.and_then(|before| self.cookie(before, name));
                    BrowserCondition::Cookie {
                        name: name.clone(),
                        not: old.map(|cookie| cookie.value.digest()),
                    }
                }
                Condition::Storage { area, origin, key } => {
                    let origin = self.origin(origin.as_ref(), material)?;
                    let old = before
                        .and_then(|before| self.storage_item(&before.storage, *area, origin.as_deref(), key));
                    let not = old.map(|item| item.value.digest());
                    BrowserCondition::Storage { origin, area: *area, key: key.clone(), not }
                }
                _ => continue,
            });
        }
        Ok(asked)
    }
}

fn is_one_of(value: &Json, any_of: &[serde_json::Value]) -> bool {
    if any_of.is_empty() {
        return !matches!(value, Json::Null);
    }
    any_of.iter().any(|wanted| value.is(wanted))
}

/// Whether `url` is where `pattern` says: at one of `hosts`, or at the host that the pattern itself names. Gateways and
/// sign-in pages of networks have their own "login", which says nothing of the service's (F2, I9).
pub fn is_there_at(pattern: &str, url: &Url, hosts: Option<&Hosts>) -> bool {
    let is_meant = hosts.is_some_and(|hosts| hosts.own(url)) || names_host(pattern);
    is_meant && matches_pattern(pattern, url.as_str())
}

/// Whether nothing but one host can match: a star before the first slash would stand for slashes, too.
fn names_host(pattern: &str) -> bool {
    let rest = pattern.strip_prefix("https://").or_else(|| pattern.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split_once('/')).map(|(host, _)| host);
    host.is_some_and(|host| !host.is_empty() && !host.contains(['*', '@', '?', '#']))
}

/// Whether `text` matches `pattern`, in which `*` stands for anything, nothing included.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.len() >= last.len() && rest.ends_with(last)
}
