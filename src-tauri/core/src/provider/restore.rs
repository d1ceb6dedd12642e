//! What a browser is given, and what is taken from it afterwards.

use std::time::Duration;

use super::bound::Bound;
use super::fill::{Places, RenderError};
use super::model::{Field, Login, LoginKind, Rung, Save, Source, Strategy};
use crate::exchange::{BrowserResult, BrowserVisit};
use crate::id::Generation;
use crate::jar::Cookie;
use crate::record::{Material, StorageItem};

impl Bound<'_> {
    /// The visit that a browser rung makes: jar and web storage of the provider's hosts, without the tokens that
    /// this rung saves (a page that still has a good token mints none) unless the file says `restore = "all"`.
    ///
    /// # Errors
    /// If its address cannot be made, is not among the hosts, or the rung is no browser rung.
    pub fn visit(
        &self,
        rung: &Rung,
        material: &Material,
        deadline: Duration,
    ) -> Result<BrowserVisit, RenderError> {
        let Strategy::Browser { url, ready, restore_all } = &rung.strategy else {
            return Err(RenderError::BadUrl);
        };
        let url = Places::of(self, material).url(url)?;
        if !self.allows(&url) {
            return Err(RenderError::HostNotAllowed(url.host_str().unwrap_or_default().to_owned()));
        }
        let left_out: &[Save] = if *restore_all { &[] } else { &rung.save };
        let is_left_out = |source: &Source| {
            let is_token = |save: &&Save| matches!(save.field, Field::Token(_));
            left_out.iter().filter(is_token).any(|save| save.source == *source)
        };
        let is_kept = |item: &&StorageItem| {
            self.hosts().allow_origin(&item.origin)
                && !left_out.iter().any(|save| self.is_item(save, item, material))
        };
        let is_ours = |cookie: &&Cookie| {
            self.hosts().have_cookie(cookie) && !is_left_out(&Source::Cookie(cookie.name.clone()))
        };
        Ok(BrowserVisit {
            url,
            hosts: self.hosts().texts(),
            cookies: material.jar.cookies.iter().filter(is_ours).map(Cookie::duplicate).collect(),
            storage: material.storage.iter().filter(is_kept).map(StorageItem::duplicate).collect(),
            user_agent: material.user_agent.clone(),
            languages: material.languages.clone(),
            ready: self.browser_conditions(ready, material, Some(material))?,
            dead: self.browser_conditions(&self.provider.dead, material, None)?,
            deadline,
        })
    }

    /// The device jar for a login: cookies of other hosts, and those by which the service knows this device.
    pub fn device_jar(&self, material: &Material) -> Vec<Cookie> {
        let is_device = |cookie: &&Cookie| {
            !self.hosts().have_cookie(cookie) || self.provider.device.contains(&cookie.name)
        };
        material.jar.cookies.iter().filter(is_device).map(Cookie::duplicate).collect()
    }

    /// First page of a web login, and what must hold for it to look done. `device` is the device jar: what it
    /// holds does not count.
    ///
    /// # Errors
    /// If its address cannot be made or is not among the hosts, or it is no web login.
    pub fn login_page(
        &self,
        login: &Login,
        device: &[Cookie],
    ) -> Result<(url::Url, Vec<crate::exchange::BrowserCondition>), RenderError> {
        let LoginKind::Web { url, done, .. } = &login.kind else { return Err(RenderError::BadUrl) };
        let mut before = Material::empty(Generation::default());
        before.jar.merge(device.iter().map(Cookie::duplicate));
        let url = Places::of(self, &before).url(url)?;
        if !super::hosts::is_safe(&url) {
            return Err(RenderError::HostNotAllowed(url.host_str().unwrap_or_default().to_owned()));
        }
        let done = self.browser_conditions(done, &before, Some(&before))?;
        Ok((url, done))
    }

    /// Takes over what a visit left behind: its cookies and storage replace those of the provider's hosts. The
    /// tokens that were not restored and that the page did not mint stay as they were, and so does storage of
    /// origins that the visit did not come to. What could not be read changes nothing. Says whether anything
    /// changed.
    pub fn take_page(&self, material: &mut Material, visit: &BrowserResult, given: &BrowserVisit) -> bool {
        let mut has_changed = false;
        if let Some(cookies) = &visit.cookies {
            let before = material.jar.digest();
            let was_given = |cookie: &Cookie| given.cookies.iter().any(|given| given.is_same_place(cookie));
            material.jar.replace(was_given, cookies.iter().map(Cookie::duplicate).collect());
            has_changed |= material.jar.digest() != before;
        }
        if let Some(storage) = &visit.storage {
            let was_given = |item: &StorageItem| given.storage.iter().any(|given| is_same_place(given, item));
            let is_there = |item: &StorageItem| storage.iter().any(|new| is_same_place(new, item));
            let last = visit.url.as_ref().map(|url| url.origin().ascii_serialization());
            let was_visited = |item: &StorageItem| {
                last.as_ref() == Some(&item.origin) || storage.iter().any(|new| new.origin == item.origin)
            };
            let before = material.storage.len();
            material.storage.retain(|item| !was_given(item) || !was_visited(item) || is_there(item));
            has_changed |= material.storage.len() != before;
            for new in storage.iter().filter(|item| self.hosts().allow_origin(&item.origin)) {
                has_changed |= put(&mut material.storage, new);
            }
        }
        has_changed
    }

    /// Takes over what a visit has left behind that is new; what is gone or empty stays as it was, because a page that
    /// is not signed in says nothing of what still counts. Says whether anything changed.
    pub fn take_new(&self, material: &mut Material, visit: &BrowserResult) -> bool {
        let before = material.jar.digest();
        let cookies = visit.cookies.iter().flatten().filter(|cookie| !cookie.value.is_empty());
        material.jar.merge(cookies.map(Cookie::duplicate));
        let mut has_changed = material.jar.digest() != before;
        let is_ours = |item: &&StorageItem| !item.value.is_empty() && self.hosts().allow_origin(&item.origin);
        for new in visit.storage.iter().flatten().filter(is_ours) {
            has_changed |= put(&mut material.storage, new);
        }
        has_changed
    }

    /// Whether a visit has put another value in the place of one that it was given.
    pub fn has_replaced(&self, visit: &BrowserResult, given: &BrowserVisit) -> bool {
        let is_other_cookie = |new: &Cookie| {
            let was = given.cookies.iter().find(|given| given.is_same_place(new));
            !new.value.is_empty() && was.is_some_and(|was| was.value != new.value)
        };
        let is_other_item = |new: &StorageItem| {
            let was = given.storage.iter().find(|given| is_same_place(given, new));
            !new.value.is_empty() && was.is_some_and(|was| was.value != new.value)
        };
        visit.cookies.iter().flatten().any(is_other_cookie)
            || visit.storage.iter().flatten().any(is_other_item)
    }

    fn is_item(&self, save: &Save, item: &StorageItem, material: &Material) -> bool {
        let Source::Storage { area, origin, key, .. } = &save.source else { return false };
        if !matches!(save.field, Field::Token(_)) || item.area != *area || item.key != *key {
            return false;
        }
        match self.origin(origin.as_ref(), material) {
            Ok(Some(origin)) => item.origin == origin,
            _ => true,
        }
    }
}

/// Puts an item into the storage; says whether that changed anything.
fn put(storage: &mut Vec<StorageItem>, new: &StorageItem) -> bool {
    match storage.iter_mut().find(|item| is_same_place(item, new)) {
        Some(item) if item.value == new.value => false,
        Some(item) => {
            item.value = new.value.duplicate();
            true
        }
        None => {
            storage.push(new.duplicate());
            true
        }
    }
}

fn is_same_place(a: &StorageItem, b: &StorageItem) -> bool {
    a.origin == b.origin && a.area == b.area && a.key == b.key
}
