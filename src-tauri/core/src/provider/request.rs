//! A step as a request that is ready to be sent.

use url::Url;
use zeroize::Zeroizing;

use super::bound::Bound;
use super::conditions::Scene;
use super::fill::{Form, Places, RenderError, Scratch, field_of, is_left_out};
use super::model::{Auth, Body, Field, JsonTemplate, Part, Place, Rung, Step, Strategy, Template};
use crate::exchange::HttpRequest;
use crate::record::Material;
use crate::secret::{JsonWriter, Secret};
use crate::time::Now;

impl Bound<'_> {
    /// The request of `step`: templates filled in, cookies chosen for its address, the identity of the capture.
    ///
    /// # Errors
    /// If a value is missing or would forge something, or if the address is not one that secrets may go to.
    pub fn request(
        &self,
        step: &Step,
        material: &Material,
        scratch: &Scratch,
        form: Option<&Form>,
        now: Now,
    ) -> Result<HttpRequest, RenderError> {
        let places = Places { bound: self, material, scratch: Some(scratch), form };
        let mut url = places.url(&step.url)?;
        for (name, template) in &step.query {
            let value = places.text(template)?;
            if !is_left_out(template, &value) {
                let text = value.expose_str().ok_or(RenderError::BadValue("query"))?;
                url.query_pairs_mut().append_pair(name, text);
            }
        }
        self.check_target(&mut url)?;
        let mut headers = identity_headers(material);
        for (name, template) in &step.headers {
            let value = places.header(template)?;
            if !is_left_out(template, &value) {
                headers.push((name.clone(), value));
            }
        }
        match &step.auth {
            Auth::None => {}
            Auth::Cookies => headers.extend(cookie_header(material, &url, now)),
            Auth::Token(token) => headers.push(("Authorization".to_owned(), places.bearer(token)?)),
        }
        let body = body(&places, &step.body, &mut headers)?;
        Ok(HttpRequest { method: step.method.clone(), url, headers, body })
    }

    /// Whether all of a step's `when` hold; else the step is left out.
    pub fn is_wanted(&self, step: &Step, material: &Material, scratch: &Scratch) -> bool {
        let scene = Scene::of_material(self, material, scratch);
        step.when.iter().all(|condition| scene.holds(condition))
    }

    /// A request to `url` that carries nothing: the check whether a host can be reached.
    ///
    /// # Errors
    /// If `url` is none that requests may go to.
    pub fn bare_request(&self, mut url: Url) -> Result<HttpRequest, RenderError> {
        self.check_target(&mut url)?;
        url.set_path("/");
        url.set_query(None);
        Ok(HttpRequest { method: "HEAD".to_owned(), url, headers: Vec::new(), body: None })
    }

    /// The same request at the address that a redirect points to, for GET steps with cookies: only within
    /// `hosts`, cookies chosen anew, everything else that was secret stays behind (T12).
    ///
    /// # Errors
    /// If the address is none that requests may go to.
    pub fn follow(&self, to: Url, material: &Material, now: Now) -> Result<HttpRequest, RenderError> {
        let mut url = to;
        self.check_target(&mut url)?;
        let mut headers = identity_headers(material);
        headers.extend(cookie_header(material, &url, now));
        Ok(HttpRequest { method: "GET".to_owned(), url, headers, body: None })
    }

    /// Secrets never leave `hosts`; a fragment never leaves this machine.
    pub(super) fn check_target(&self, url: &mut Url) -> Result<(), RenderError> {
        url.set_fragment(None);
        if self.allows(url) {
            return Ok(());
        }
        Err(RenderError::HostNotAllowed(url.host_str().unwrap_or_default().to_owned()))
    }
}

impl Step {
    /// Whether it spends by itself: it says so, or it sends `refresh.*`, or it is not GET or HEAD.
    pub fn spends(&self) -> bool {
        let is_reading = matches!(self.method.as_str(), "GET" | "HEAD");
        self.spends.unwrap_or_else(|| !is_reading || self.sends(|field| matches!(field, Field::Refresh(_))))
    }

    /// Whether a field that `is_meant` goes out with this step.
    pub fn sends(&self, is_meant: impl Fn(&Field) -> bool) -> bool {
        let is_token = |token| is_meant(&Field::Token(token));
        if let Auth::Token(token) = &self.auth
            && is_token(token.clone())
        {
            return true;
        }
        let mut templates: Vec<&Template> = vec![&self.url];
        templates.extend(self.headers.iter().chain(&self.query).map(|(_, template)| template));
        match &self.body {
            Body::Empty => {}
            Body::Text(text) => templates.push(text),
            Body::Form(fields) => templates.extend(fields.iter().map(|(_, template)| template)),
            Body::Json(json) => collect(json, &mut templates),
        }
        let parts = templates.into_iter().flat_map(|template| &template.0);
        parts.into_iter().any(|part| matches!(part, Part::Place(Place::Field(field)) if is_meant(field)))
    }
}

impl Rung {
    /// Whether its step `index` spends: in OAuth and browser rungs always, else as the rung or the step says.
    pub fn spends(&self, index: usize) -> bool {
        match &self.strategy {
            Strategy::Browser { .. } | Strategy::OAuth => true,
            Strategy::Manual => false,
            Strategy::Http { steps } => {
                let Some(step) = steps.get(index) else { return false };
                step.spends.or(self.spends).unwrap_or_else(|| step.spends())
            }
        }
    }

    /// The requests that it makes itself, if it is an http rung.
    pub fn steps(&self) -> &[Step] {
        match &self.strategy {
            Strategy::Http { steps } => steps,
            _ => &[],
        }
    }
}

/// The cookies of the jar that belong to `url` (RFC 6265bis section 5.8.3).
fn cookie_header(material: &Material, url: &Url, now: Now) -> Option<(String, Secret)> {
    material.jar.header_for(url, now.wall).map(|cookies| ("Cookie".to_owned(), cookies))
}

/// The identity of the capture's browser: services compare it.
fn identity_headers(material: &Material) -> Vec<(String, Secret)> {
    let pairs = [("User-Agent", &material.user_agent), ("Accept-Language", &material.languages)];
    let is_fit = |value: &&String| !value.is_empty() && !value.bytes().any(|byte| byte.is_ascii_control());
    let header = |(name, value): (&str, &Option<String>)| {
        value.as_ref().filter(is_fit).map(|value| (name.to_owned(), Secret::from(value.as_str())))
    };
    pairs.into_iter().filter_map(header).collect()
}

fn body(
    places: &Places<'_>,
    body: &Body,
    headers: &mut Vec<(String, Secret)>,
) -> Result<Option<Secret>, RenderError> {
    let (content_type, bytes) = match body {
        Body::Empty => return Ok(None),
        Body::Text(template) => return places.text(template).map(Some),
        Body::Form(fields) => ("application/x-www-form-urlencoded", places.form_body(fields)?),
        Body::Json(template) => ("application/json", json_body(places, template)?),
    };
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("Content-Type".to_owned(), content_type.into()));
    }
    Ok(Some(bytes))
}

fn json_body(places: &Places<'_>, template: &JsonTemplate) -> Result<Secret, RenderError> {
    let mut json = JsonWriter::new();
    places.json_element(&mut json, template)?;
    let bytes: Zeroizing<Vec<u8>> = json.finish();
    Ok(Secret::new(bytes.as_slice()))
}

fn collect<'a>(json: &'a JsonTemplate, into: &mut Vec<&'a Template>) {
    match json {
        JsonTemplate::Text(template) => into.push(template),
        JsonTemplate::Plain(_) => {}
        JsonTemplate::Array(items) => items.iter().for_each(|item| collect(item, into)),
        JsonTemplate::Object(members) => members.iter().for_each(|(_, item)| collect(item, into)),
    }
}

/// Whether a field has a value.
pub(super) fn is_there(material: &Material, scratch: Option<&Scratch>, field: &Field) -> bool {
    field_of(material, scratch, field).is_some_and(|value| !value.is_empty())
}
