//! Device code (RFC 8628): the person confirms in any browser, we ask until they have.

use std::time::Duration;

use lamplighter_core::api::LoginStage;
use lamplighter_core::exchange::Exchange;
use lamplighter_core::provider::Answer;
use lamplighter_core::provider::model::{JsonPath, Login};
use lamplighter_core::secret::Secret;
use url::Url;

use super::attempt::{Attempt, Draft, Stop, wait};
use super::steps::StepFailure;

/// Between two questions if the service names no interval, and what `slow_down` adds (RFC 8628 section 3.5).
const STEP: Duration = Duration::from_secs(5);

/// A service may not make us ask more often than this, nor wait longer.
const INTERVALS: std::ops::RangeInclusive<u64> = 1..=60;

/// What the service gives for one device login (RFC 8628 section 3.2).
struct Device {
    code: Secret,
    address: Url,
    interval: Duration,
}

impl Attempt<'_> {
    /// `kind = "device"`. The login's deadline ends it if the code does not.
    pub async fn by_device(&mut self, login: &Login) -> Result<Draft, Stop> {
        let device = self.begin_device().await?;
        self.say(LoginStage::Browser { url: device.address.to_string() });
        let mut interval = device.interval;
        loop {
            wait(self.means, interval).await;
            let request =
                || self.bound.oauth_device_token_request(&device.code).map_err(StepFailure::Impossible);
            match self.tokens(login, request).await {
                Ok(draft) => return Ok(draft),
                Err(StepFailure::Refused { code: Some(code), .. }) if code == "authorization_pending" => {}
                Err(StepFailure::Refused { code: Some(code), .. }) if code == "slow_down" => interval += STEP,
                Err(StepFailure::Refused { code: Some(code), .. }) if code == "access_denied" => {
                    return Err(self.notices.access_refused(&code).into());
                }
                // RFC 8628 section 3.5: a connection that fails means asking less often.
                Err(StepFailure::Unreachable { .. }) => interval = interval.saturating_mul(2),
                Err(failure) => return Err(self.notices.step_failed(&failure).into()),
            }
        }
    }

    async fn begin_device(&self) -> Result<Device, Stop> {
        let request =
            self.bound.oauth_device_request().map_err(|error| self.notices.bad_file(&error.to_string()))?;
        let url = request.url.clone();
        let exchange = self.means.http.perform(request).await;
        let device = read(&exchange, &url).map_err(|failure| self.notices.step_failed(&failure))?;
        device.ok_or_else(|| self.notices.no_device_address().into())
    }
}

/// `None` if the service gives no address that the person can simply open.
fn read(exchange: &Exchange, url: &Url) -> Result<Option<Device>, StepFailure> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let has_left = exchange.sent == lamplighter_core::exchange::Sent::Maybe;
    let reply = exchange.reply.as_ref().map_err(|_| StepFailure::Unreachable { host, has_left })?;
    let answer = Answer::read(reply, Some(url.clone()));
    let text = |name: &str| answer.json.as_ref()?.at(&JsonPath(vec![name.to_owned()]))?.to_secret();
    let Some(code) = text("device_code").filter(|_| answer.is_2xx()) else {
        let code = text("error").and_then(|code| code.expose_str().map(str::to_owned));
        return Err(StepFailure::Refused { status: reply.status, code });
    };
    let seconds = text("interval").and_then(|text| text.expose_str()?.parse().ok());
    let interval = seconds.map_or(STEP, |seconds: u64| {
        Duration::from_secs(seconds.clamp(*INTERVALS.start(), *INTERVALS.end()))
    });
    let address = text("verification_uri_complete").and_then(|text| Url::parse(text.expose_str()?).ok());
    let is_safe = |address: &Url| lamplighter_core::provider::hosts::is_safe(address);
    Ok(address.filter(is_safe).map(|address| Device { code, address, interval }))
}
