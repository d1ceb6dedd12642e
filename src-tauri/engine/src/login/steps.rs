//! The login's own requests: `[[login.steps]]`, and how any step is carried out.

use lamplighter_core::exchange::{Exchange, HttpRequest, Sent};
use lamplighter_core::provider::model::{Auth, Login, Step};
use lamplighter_core::provider::{Answer, ExtractError, Form, RenderError};
use lamplighter_core::record::Material;
use lamplighter_core::report::Notice;
use url::Url;

use super::attempt::{Attempt, Draft};

/// Redirects that a GET step with cookies follows, within the provider's hosts (design 4).
const MOST_REDIRECTS: usize = 5;

/// Why a login step did not do what it should.
pub enum StepFailure {
    /// The service said no.
    Refused {
        /// Its status.
        status: u16,
        /// Its code, if it gave one.
        code: Option<String>,
    },
    /// It did not answer, or not understandably; whether anything arrived.
    Unreachable {
        /// Which host.
        host: String,
        /// Whether the request can have arrived.
        has_left: bool,
    },
    /// The answer lacks what the file says it brings.
    Incomplete(ExtractError),
    /// The request cannot be made as the file describes it.
    Impossible(RenderError),
    /// What was about to be spent could not be stored first.
    NotStored(Box<Notice>),
}

impl Attempt<'_> {
    /// Runs the steps of `login`, one after the other.
    pub async fn take_steps(
        &self,
        login: &Login,
        draft: &mut Draft,
        form: Option<&Form>,
    ) -> Result<(), StepFailure> {
        for step in &login.steps {
            if self.bound.is_wanted(step, &draft.material, &draft.scratch) {
                self.take_step(step, draft, form).await?;
            }
        }
        Ok(())
    }

    async fn take_step(
        &self,
        step: &Step,
        draft: &mut Draft,
        form: Option<&Form>,
    ) -> Result<(), StepFailure> {
        let now = self.means.clock.now();
        let request = self
            .bound
            .request(step, &draft.material, &draft.scratch, form, now)
            .map_err(StepFailure::Impossible)?;
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let spends = step.spends == Some(true);
        let _uncut = if spends { Some(self.uncut.lock().await) } else { None };
        let (exchange, url) = if spends {
            self.spend(request, draft).await?
        } else {
            self.exchange(step, request, &mut draft.material).await
        };
        let has_left = exchange.sent == Sent::Maybe;
        let reply = exchange.reply.as_ref().map_err(|_| StepFailure::Unreachable { host, has_left })?;
        let answer = Answer::read(reply, Some(url));
        if !answer.is_2xx() || answer.is_error(&self.job.provider.answers) {
            let code = answer.error_code(&self.job.provider.answers);
            return Err(StepFailure::Refused { status: reply.status, code });
        }
        self.save(step, &answer, draft, exchange.at)?;
        if spends {
            let stored = self.means.spending.has_spent(&draft.material).await;
            stored.map_err(|notice| StepFailure::NotStored(Box::new(notice)))?;
        }
        Ok(())
    }

    fn save(
        &self,
        step: &Step,
        answer: &Answer<'_>,
        draft: &mut Draft,
        now: lamplighter_core::time::Now,
    ) -> Result<(), StepFailure> {
        let saved = self
            .bound
            .save_from_answer(&step.save, answer, &draft.material, &draft.scratch, now)
            .map_err(StepFailure::Incomplete)?;
        draft.warnings.extend(saved.warnings.iter().cloned());
        saved.apply(self.bound, &mut draft.material, &mut draft.scratch, now);
        Ok(())
    }

    /// Sends a step that spends: stored first, and never cut short by a cancel or the deadline.
    async fn spend(&self, request: HttpRequest, draft: &mut Draft) -> Result<(Exchange, Url), StepFailure> {
        let stored = self.means.spending.about_to_spend(&draft.material).await;
        stored.map_err(|notice| StepFailure::NotStored(Box::new(notice)))?;
        let url = request.url.clone();
        let exchange = self.means.http.perform(request).await;
        take_cookies(&mut draft.material, &url, &exchange);
        Ok((exchange, url))
    }

    /// Sends `request`, keeps the cookies of every reply, and follows redirects where the step may. Returns the
    /// last exchange and its address.
    pub async fn exchange(
        &self,
        step: &Step,
        request: HttpRequest,
        material: &mut Material,
    ) -> (Exchange, Url) {
        let may_follow = step.auth == Auth::Cookies && matches!(request.method.as_str(), "GET" | "HEAD");
        let mut url = request.url.clone();
        let mut exchange = self.means.http.perform(request).await;
        take_cookies(material, &url, &exchange);
        for _ in 0..MOST_REDIRECTS {
            let Some(next) = redirect(&exchange, &url).filter(|_| may_follow) else { break };
            let Ok(request) = self.bound.follow(next, material, self.means.clock.now()) else { break };
            url = request.url.clone();
            exchange = self.means.http.perform(request).await;
            take_cookies(material, &url, &exchange);
        }
        (exchange, url)
    }
}

fn redirect(exchange: &Exchange, at: &Url) -> Option<Url> {
    let reply = exchange.reply.as_ref().ok()?;
    if !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    Answer::read(reply, Some(at.clone())).location()
}

/// Set-Cookie of any step is kept.
fn take_cookies(material: &mut Material, url: &Url, exchange: &Exchange) {
    let Ok(reply) = &exchange.reply else { return };
    for (name, value) in &reply.headers {
        if name == "set-cookie" {
            material.jar.receive(url, value.expose(), exchange.at.wall);
        }
    }
}
