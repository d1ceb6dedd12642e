//! OAuth 2.0 as data: requests to the token end point, and the address that the system browser opens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use url::Url;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::bound::Bound;
use super::extract::Warning;
use super::fill::{FormBody, Places, RenderError};
use super::json::Json;
use super::model::{ClientAuth, Field, JsonPath, OAuth, Place, Template};
use crate::exchange::HttpRequest;
use crate::id::{ChainName, Generation};
use crate::record::Material;
use crate::secret::Secret;

impl Bound<'_> {
    /// The refresh request of a chain (RFC 6749 section 6).
    ///
    /// # Errors
    /// If the chain has no credential, or the end point cannot be asked.
    pub fn oauth_refresh_request(
        &self,
        chain: &ChainName,
        material: &Material,
    ) -> Result<HttpRequest, RenderError> {
        let undefined = || RenderError::Undefined(Place::Field(Field::Refresh(chain.clone())));
        let credential = material.credentials.get(chain).filter(|held| !held.value.is_empty());
        let credential = credential.ok_or_else(undefined)?;
        let mut form = FormBody::default();
        form.add("grant_type", &"refresh_token".into());
        form.add("refresh_token", &credential.value);
        self.token_request(form, material)
    }

    /// The request that turns an authorization code into tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    ///
    /// # Errors
    /// If the end point cannot be asked.
    pub fn oauth_code_request(
        &self,
        code: &Secret,
        redirect: &str,
        verifier: Option<&Secret>,
    ) -> Result<HttpRequest, RenderError> {
        let mut form = FormBody::default();
        form.add("grant_type", &"authorization_code".into());
        form.add("code", code);
        form.add("redirect_uri", &redirect.into());
        if let Some(verifier) = verifier {
            form.add("code_verifier", verifier);
        }
        self.token_request(form, &Material::empty(Generation::default()))
    }

    /// The request that begins a device login (RFC 8628 section 3.1).
    ///
    /// # Errors
    /// If the provider has no such end point, or it cannot be asked.
    pub fn oauth_device_request(&self) -> Result<HttpRequest, RenderError> {
        let material = Material::empty(Generation::default());
        let (oauth, places) = (self.oauth()?, Places::of(self, &material));
        let mut form = FormBody::default();
        if let Some(scope) = &oauth.scope {
            form.add("scope", &places.text(scope)?);
        }
        let url = places.url(oauth.device.as_ref().ok_or(RenderError::NoOAuth)?)?;
        self.client_request(oauth, url, form, &places)
    }

    /// The request that asks whether the person is done (RFC 8628 section 3.4).
    ///
    /// # Errors
    /// If the end point cannot be asked.
    pub fn oauth_device_token_request(&self, device_code: &Secret) -> Result<HttpRequest, RenderError> {
        let mut form = FormBody::default();
        form.add("grant_type", &"urn:ietf:params:oauth:grant-type:device_code".into());
        form.add("device_code", device_code);
        self.token_request(form, &Material::empty(Generation::default()))
    }

    /// The address that the system browser opens (RFC 6749 section 4.1.1); `challenge` is the S256 one (RFC 7636
    /// section 4.3), used if the provider has PKCE on.
    ///
    /// # Errors
    /// If the provider has no such end point, or it is none that a browser may be sent to.
    pub fn authorize_url(&self, state: &str, challenge: &str, redirect: &str) -> Result<Url, RenderError> {
        let material = Material::empty(Generation::default());
        let (oauth, places) = (self.oauth()?, Places::of(self, &material));
        let mut url = places.url(oauth.authorize.as_ref().ok_or(RenderError::NoOAuth)?)?;
        if !super::hosts::is_safe(&url) {
            return Err(RenderError::HostNotAllowed(url.host_str().unwrap_or_default().to_owned()));
        }
        let mut pairs = vec![("response_type", "code".into()), ("client_id", places.text(&oauth.client_id)?)];
        pairs.push(("redirect_uri", redirect.into()));
        pairs.push(("state", state.into()));
        if oauth.pkce {
            pairs.push(("code_challenge", challenge.into()));
            pairs.push(("code_challenge_method", "S256".into()));
        }
        if let Some(scope) = &oauth.scope {
            pairs.push(("scope", places.text(scope)?));
        }
        for (name, template) in &oauth.extra {
            pairs.push((name, places.text(template)?));
        }
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            let value = value.expose_str().ok_or(RenderError::BadValue("query"))?;
            url.query_pairs_mut().append_pair(name, value);
        }
        Ok(url)
    }

    /// The issuer that a redirect's `iss` must equal (RFC 9207), if the provider names one.
    ///
    /// # Errors
    /// If it cannot be filled in.
    pub fn issuer(&self) -> Result<Option<String>, RenderError> {
        self.plain_text(self.oauth()?.issuer.as_ref())
    }

    /// The registered redirect address of a login whose redirect is `paste:…`.
    ///
    /// # Errors
    /// If it cannot be filled in.
    pub fn redirect_text(&self, redirect: &Template) -> Result<String, RenderError> {
        self.plain_text(Some(redirect)).map(Option::unwrap_or_default)
    }

    /// What is odd about a token answer, though it is a good one: `token_type` (F18) and `scope` (F26).
    pub fn oauth_warnings(&self, answer: &Answer<'_>) -> Vec<Warning> {
        let Some(json) = &answer.json else { return Vec::new() };
        let mut warnings = Vec::new();
        match texts(json, "token_type").first().map(|kind| kind.to_ascii_lowercase()).as_deref() {
            Some("bearer" | "bot" | "user") => {}
            Some(_) => warnings.push(Warning::TokenTypeUnknown),
            None => warnings.push(Warning::TokenTypeMissing),
        }
        let granted = texts(json, "scope");
        let asked = self.oauth().ok().and_then(|oauth| self.plain_text(oauth.scope.as_ref()).ok().flatten());
        let split = |text: &str| {
            text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let granted: Vec<String> = granted.iter().flat_map(|text| split(text)).collect();
        let is_lost = |scope: &String| !granted.contains(scope);
        let lost: Vec<String> = asked.iter().flat_map(|text| split(text)).filter(is_lost).collect();
        if !granted.is_empty() && !lost.is_empty() {
            warnings.push(Warning::ScopeLost(lost));
        }
        warnings
    }

    fn plain_text(&self, template: Option<&Template>) -> Result<Option<String>, RenderError> {
        let Some(template) = template else { return Ok(None) };
        let text = Places::of(self, &Material::empty(Generation::default())).text(template)?;
        text.expose_str().map(|text| Some(text.to_owned())).ok_or(RenderError::BadUrl)
    }

    fn oauth(&self) -> Result<&OAuth, RenderError> {
        self.provider.oauth.as_ref().ok_or(RenderError::NoOAuth)
    }

    fn token_request(&self, form: FormBody, material: &Material) -> Result<HttpRequest, RenderError> {
        let (oauth, places) = (self.oauth()?, Places::of(self, material));
        self.client_request(oauth, places.url(&oauth.token)?, form, &places)
    }

    /// A form post in which the client proves itself (RFC 6749 section 2.3.1). The browser's identity is not
    /// sent: an OAuth client is a program and says so.
    fn client_request(
        &self,
        oauth: &OAuth,
        mut url: Url,
        mut form: FormBody,
        places: &Places<'_>,
    ) -> Result<HttpRequest, RenderError> {
        self.check_target(&mut url)?;
        let mut headers = vec![
            ("Accept".to_owned(), "application/json".into()),
            ("Content-Type".to_owned(), "application/x-www-form-urlencoded".into()),
        ];
        let id = places.text(&oauth.client_id)?;
        let secret = oauth.client_secret.as_ref().map(|secret| places.text(secret)).transpose()?;
        match (oauth.client_auth, secret) {
            (ClientAuth::Basic, secret) => {
                headers.push(("Authorization".to_owned(), basic(&id, secret.as_ref())));
            }
            (ClientAuth::Body, Some(secret)) => {
                form.add("client_id", &id);
                form.add("client_secret", &secret);
            }
            (ClientAuth::Body | ClientAuth::None, _) => form.add("client_id", &id),
        }
        Ok(HttpRequest { method: "POST".to_owned(), url, headers, body: Some(form.finish()) })
    }
}

/// Id and secret are form-encoded before they are joined (RFC 6749 section 2.3.1).
fn basic(id: &Secret, secret: Option<&Secret>) -> Secret {
    let mut joined = Zeroizing::new(Vec::with_capacity(256));
    joined.extend(url::form_urlencoded::byte_serialize(id.expose()).flat_map(str::bytes));
    joined.push(b':');
    let secret = secret.map(Secret::expose).unwrap_or_default();
    joined.extend(url::form_urlencoded::byte_serialize(secret).flat_map(str::bytes));
    let encoded = Zeroizing::new(BASE64.encode(joined.as_slice()));
    Secret::from(format!("Basic {}", encoded.as_str()))
}

/// A member that is a text or an array of texts.
fn texts(json: &Json, name: &str) -> Vec<String> {
    let as_text = |json: &Json| json.to_secret().and_then(|text| text.expose_str().map(str::to_owned));
    match json.at(&JsonPath(vec![name.to_owned()])) {
        Some(Json::Array(items)) => items.iter().filter_map(as_text).collect(),
        Some(other) => as_text(other).into_iter().collect(),
        None => Vec::new(),
    }
}
