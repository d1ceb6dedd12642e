//! Authorization code in the system browser (RFC 6749 section 4.1, RFC 7636, RFC 8252, RFC 9207).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::classify::classify;
use lamplighter_core::exchange::{HttpRequest, Sent};
use lamplighter_core::provider::RenderError;
use lamplighter_core::provider::model::{Login, Redirect, Template};
use lamplighter_core::secret::Secret;
use sha2::Digest as _;
use url::Url;

use super::LoginInput;
use super::attempt::{Attempt, Draft, Stop, wait};
use super::loopback::Loopback;
use super::redirect::{Expected, Redirected};
use super::steps::StepFailure;

/// The loopback listener closes after this (T17).
pub const LISTEN_FOR: Duration = Duration::from_secs(5 * 60);

/// Waits before a code is sent again that was certainly not sent before.
const PATIENCE: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(8)];

/// What binds one authorization to us.
struct Ticket {
    state: String,
    verifier: Secret,
    address: Url,
}

impl Attempt<'_> {
    /// `redirect = "loopback"` or `"localhost:PORT/PATH"`.
    pub async fn by_browser(&mut self, login: &Login, redirect: &Redirect) -> Result<Draft, Stop> {
        let loopback = Loopback::open(redirect).await.map_err(|why| self.notices.no_listener(why))?;
        let address = loopback.address().to_string();
        let ticket = self.ticket(&address)?;
        self.say(LoginStage::Browser { url: ticket.address.to_string() });
        let expected = self.expected(&ticket)?;
        let redirected = tokio::select! {
            redirected = loopback.answer(expected, self.job.lang) => redirected,
            () = wait(self.means, LISTEN_FOR) => return Err(self.notices.too_late(LISTEN_FOR).into()),
        };
        self.redirected(login, redirected, &address, &ticket).await
    }

    /// `redirect = "paste:URI"`: the person pastes the address at which the browser ended.
    pub async fn by_pasted_redirect(&mut self, login: &Login, template: &Template) -> Result<Draft, Stop> {
        let address = self.bound.redirect_text(template).map_err(|error| self.bad(&error))?;
        let ticket = self.ticket(&address)?;
        self.say(LoginStage::PasteAddress { url: ticket.address.to_string() });
        let pasted = loop {
            if let LoginInput::Answer(LoginAnswer::Address { url }) = self.next_input().await {
                break url;
            }
        };
        let redirected = match pasted.expose_str().map(str::trim).and_then(|text| Url::parse(text).ok()) {
            Some(pasted) if is_same_place(&pasted, &address) => self.expected(&ticket)?.judge(&pasted),
            _ => Redirected::Foreign,
        };
        self.redirected(login, redirected, &address, &ticket).await
    }

    fn ticket(&self, redirect: &str) -> Result<Ticket, Stop> {
        let state = random().map_err(|_| self.notices.no_randomness())?;
        let verifier = random().map_err(|_| self.notices.no_randomness())?;
        let challenge = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier.as_bytes()));
        let address =
            self.bound.authorize_url(&state, &challenge, redirect).map_err(|error| self.bad(&error))?;
        Ok(Ticket { state, verifier: Secret::from(verifier), address })
    }

    fn expected(&self, ticket: &Ticket) -> Result<Expected, Stop> {
        let issuer = self.bound.issuer().map_err(|error| self.bad(&error))?;
        Ok(Expected { state: Secret::from(ticket.state.as_str()), issuer })
    }

    async fn redirected(
        &mut self,
        login: &Login,
        redirected: Redirected,
        address: &str,
        ticket: &Ticket,
    ) -> Result<Draft, Stop> {
        let code = match redirected {
            Redirected::Code(code) => code,
            Redirected::Refused(code) => return Err(self.notices.access_refused(&code).into()),
            Redirected::Foreign => return Err(self.notices.foreign_address(address).into()),
        };
        self.say(LoginStage::Proving);
        let has_pkce = self.job.provider.oauth.as_ref().is_some_and(|oauth| oauth.pkce);
        let verifier = has_pkce.then_some(&ticket.verifier);
        let request =
            || self.bound.oauth_code_request(&code, address, verifier).map_err(StepFailure::Impossible);
        let draft = self.tokens(login, request).await;
        draft.map_err(|failure| self.notices.step_failed(&failure).into())
    }

    /// Asks the token end point once; again only if the request certainly never left.
    pub async fn tokens(
        &self,
        login: &Login,
        request: impl Fn() -> Result<HttpRequest, StepFailure>,
    ) -> Result<Draft, StepFailure> {
        let mut patience = PATIENCE.iter();
        let (exchange, url) = loop {
            let request = request()?;
            let url = request.url.clone();
            let exchange = self.means.http.perform(request).await;
            match (exchange.sent, patience.next()) {
                (Sent::No(_), Some(pause)) => wait(self.means, *pause).await,
                _ => break (exchange, url),
            }
        };
        let mut draft = Draft::empty();
        let outcome = classify(self.bound, &url, &draft.material, &login.save, &exchange);
        let answer = self.answered(&exchange, url, &outcome)?;
        let saved = self
            .bound
            .save_from_answer(&login.save, &answer, &draft.material, &draft.scratch, exchange.at)
            .map_err(StepFailure::Incomplete)?;
        draft.warnings.extend(saved.warnings.iter().cloned());
        draft.warnings.extend(self.bound.oauth_warnings(&answer));
        saved.apply(self.bound, &mut draft.material, &mut draft.scratch, exchange.at);
        Ok(draft)
    }

    fn bad(&self, error: &RenderError) -> Stop {
        self.notices.bad_file(&error.to_string()).into()
    }
}

/// 256 random bits, as 43 characters that need no escaping.
fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether a pasted address is the registered one, its query aside.
fn is_same_place(pasted: &Url, registered: &str) -> bool {
    let Ok(registered) = Url::parse(registered) else { return false };
    pasted.origin() == registered.origin()
        && pasted.scheme() == registered.scheme()
        && pasted.path() == registered.path()
}
