//! Device code (RFC 8628): the person confirms in any browser, on any machine; we ask until they have.

use std::time::Duration;

use lamplighter_core::api::LoginStage;
use lamplighter_core::classify::classify;
use lamplighter_core::exchange::{Exchange, Sent};
use lamplighter_core::provider::Answer;
use lamplighter_core::provider::model::{JsonPath, Login};
use lamplighter_core::record::Material;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use url::Url;

use super::attempt::{Attempt, Draft, Stop, wait};
use super::notice::Notices;
use super::steps::StepFailure;

/// Between two questions if the service names no interval, and what `slow_down` adds (RFC 8628 section 3.5).
const STEP: Duration = Duration::from_secs(5);

/// A service may not make us ask more often than this, nor wait longer.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Longest code that a person is asked to type.
const LONGEST_CODE: usize = 64;

/// Waits before the first question is sent again that was certainly not sent before.
const PATIENCE: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(8)];

/// What the service gives for one device login (RFC 8628 section 3.2).
struct Device {
    code: Secret,
    user_code: String,
    address: Url,
    complete: Option<Url>,
    interval: Duration,
    life: Option<Duration>,
}

impl Attempt<'_> {
    /// `kind = "device"`. Ends with the code, or with the login's deadline if that comes first.
    pub async fn by_device(&mut self, login: &Login) -> Result<Draft, Stop> {
        let device = self.begin_device(login).await?;
        self.say(LoginStage::Device {
            url: device.address.to_string(),
            complete: device.complete.as_ref().map(Url::to_string),
            code: device.user_code.clone(),
        });
        let expiry = async {
            match device.life {
                Some(life) => wait(self.means, life).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            tokens = self.ask_for_tokens(login, &device) => tokens,
            () = expiry => Err(self.notices.code_ran_out().into()),
        }
    }

    async fn ask_for_tokens(&self, login: &Login, device: &Device) -> Result<Draft, Stop> {
        let mut interval = device.interval;
        loop {
            wait(self.means, interval).await;
            let request =
                || self.bound.oauth_device_token_request(&device.code).map_err(StepFailure::Impossible);
            let failure = match self.tokens(login, request).await {
                Ok(draft) => return Ok(draft),
                Err(failure) => failure,
            };
            let code = match &failure {
                StepFailure::Refused { code, .. } => code.as_deref().unwrap_or_default(),
                _ => "",
            };
            match (code, &failure) {
                ("authorization_pending", _) => {}
                ("slow_down", _) => interval += STEP,
                ("access_denied", _) => return Err(self.notices.access_refused(code).into()),
                ("expired_token", _) => return Err(self.notices.code_ran_out().into()),
                // RFC 8628 section 3.5: a connection that fails means asking less often; so does a service that
                // is out of order.
                (_, StepFailure::Unreachable { .. } | StepFailure::Refused { for_good: false, .. }) => {
                    interval = interval.saturating_mul(2).min(LONGEST);
                }
                _ => return Err(self.notices.step_failed(&failure).into()),
            }
        }
    }

    async fn begin_device(&self, login: &Login) -> Result<Device, Stop> {
        let mut patience = PATIENCE.iter();
        let (exchange, url) = loop {
            let request = self.bound.oauth_device_request();
            let request = request.map_err(|error| self.notices.bad_file(&error.to_string()))?;
            let url = request.url.clone();
            let exchange = self.means.http.perform(request).await;
            match (exchange.sent, patience.next()) {
                (Sent::No(_), Some(pause)) => wait(self.means, *pause).await,
                _ => break (exchange, url),
            }
        };
        let answer = self.device_answer(login, &exchange, url);
        let answer = answer.map_err(|failure| self.notices.step_failed(&failure))?;
        read(&answer).ok_or_else(|| self.notices.no_device_code().into())
    }

    fn device_answer<'a>(
        &self,
        login: &Login,
        exchange: &'a Exchange,
        url: Url,
    ) -> Result<Answer<'a>, StepFailure> {
        let nothing = Material::empty(Default::default());
        let outcome = classify(self.bound, &url, &nothing, &login.save, exchange);
        self.answered(exchange, url, &outcome)
    }
}

/// `None` if there is nothing that a person could type, or no address that is fit to be opened.
fn read(answer: &Answer<'_>) -> Option<Device> {
    let text = |name: &str| answer.json.as_ref()?.at(&JsonPath(vec![name.to_owned()]))?.to_secret();
    let seconds = |name: &str| text(name)?.expose_str()?.parse().ok().map(Duration::from_secs);
    let address = |name: &str| {
        let address = Url::parse(text(name)?.expose_str()?).ok()?;
        lamplighter_core::provider::hosts::is_safe(&address).then_some(address)
    };
    let user_code = text("user_code")?.expose_str()?.trim().to_owned();
    let is_fit = (1..=LONGEST_CODE).contains(&user_code.len()) && !user_code.chars().any(char::is_control);
    Some(Device {
        code: text("device_code").filter(|code| !code.is_empty())?,
        user_code: is_fit.then_some(user_code)?,
        // The second name is the one of drafts, which some services kept.
        address: address("verification_uri").or_else(|| address("verification_url"))?,
        complete: address("verification_uri_complete"),
        interval: seconds("interval").map_or(STEP, |interval| interval.clamp(SHORTEST, LONGEST)),
        life: seconds("expires_in"),
    })
}

impl Notices {
    /// A device login that shows nothing to type, or nowhere to type it.
    fn no_device_code(&self) -> Notice {
        let service = &self.service;
        let en = format!("{service} gave no code to type, or no address to type it at.");
        let fr = format!("{service} n’a pas donné de code à saisir, ou pas d’adresse où le saisir.");
        self.notice(
            Code::Blocked,
            (en, fr),
            (
                "Choose another login way of this service.",
                "Choisissez une autre méthode de connexion de ce service.",
            ),
        )
    }

    /// Nobody confirmed the code in time.
    fn code_ran_out(&self) -> Notice {
        let service = &self.service;
        let en = format!("The code of {service} has run out.");
        let fr = format!("Le code de {service} a expiré.");
        self.notice(
            Code::NeedsLogin,
            (en, fr),
            (
                "Start the login again and type the new code.",
                "Recommencez la connexion et saisissez le nouveau code.",
            ),
        )
    }
}
