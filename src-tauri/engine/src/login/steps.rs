//! The login's own requests: `[[login.steps]]`, and how any step is carried out.

use std::time::Duration;

use lamplighter_core::api::LoginStage;
use lamplighter_core::classify::{Outcome, classify};
use lamplighter_core::exchange::{Exchange, HttpRequest, NotSent, Sent};
use lamplighter_core::provider::model::{Auth, Login, Step};
use lamplighter_core::provider::{Answer, ExtractError, Form, RenderError};
use lamplighter_core::record::Material;
use lamplighter_core::report::Notice;
use url::Url;

use super::attempt::{Attempt, Draft, wait};

/// Redirects that a GET step with cookies follows, within the provider's hosts (design 4).
const MOST_REDIRECTS: usize = 5;

/// What a step brought and the store refused is offered to it again this often, this long: it is nowhere else.
const KEEP_AGAIN: Duration = Duration::from_secs(3);
const KEEP_TRIES: u32 = 200;

/// Why a login step did not do what it should.
pub enum StepFailure {
    /// The service said no.
    Refused {
        /// Its status.
        status: u16,
        /// Its code, if it gave one.
        code: Option<String>,
        /// It is about what was sent, and would be said again.
        for_good: bool,
    },
    /// It did not answer, or not understandably; whether anything arrived.
    Unreachable {
        /// Which host.
        host: String,
        /// Whether the request can have arrived.
        has_left: bool,
    },
    /// Nobody can be asked: this computer has no certificates of authorities.
    NoCertificates,
    /// The answer lacks what the file says it brings.
    Incomplete(ExtractError),
    /// The request cannot be made as the file describes it.
    Impossible(RenderError),
    /// What was about to be spent could not be stored first.
    NotStored(Box<Notice>),
}

impl Attempt<'_> {
    /// Runs the steps of `login` from number `first` on, one after the other.
    pub async fn take_steps(
        &self,
        login: &Login,
        first: usize,
        draft: &mut Draft,
        form: Option<&Form>,
    ) -> Result<(), StepFailure> {
        for (number, step) in login.steps.iter().enumerate().skip(first) {
            if self.bound.is_wanted(step, &draft.material, &draft.scratch) {
                self.take_step(number, step, draft, form).await?;
            }
        }
        Ok(())
    }

    async fn take_step(
        &self,
        number: usize,
        step: &Step,
        draft: &mut Draft,
        form: Option<&Form>,
    ) -> Result<(), StepFailure> {
        let now = self.means.clock.now();
        let request = self
            .bound
            .request(step, &draft.material, &draft.scratch, form, now)
            .map_err(StepFailure::Impossible)?;
        let spends = step.spends == Some(true);
        let _uncut = if spends { Some(self.uncut.lock().await) } else { None };
        let (exchange, url) = if spends {
            self.spend(number, request, draft).await?
        } else {
            self.exchange(step, request, &mut draft.material).await
        };
        let outcome = classify(self.bound, &url, &draft.material, &step.save, &exchange);
        // Refused, or not heard: whatever was given is still good.
        let is_unspent = !matches!(outcome, Outcome::Renewed | Outcome::Unknown { .. });
        if spends && is_unspent {
            self.means.spending.not_spent().await;
        }
        let answer = self.answered(&exchange, url, &outcome)?;
        self.save(step, &answer, draft, exchange.at)?;
        if spends {
            self.keep(number, draft).await?;
        }
        Ok(())
    }

    /// The answer, if it is a good one.
    pub fn answered<'a>(
        &self,
        exchange: &'a Exchange,
        url: Url,
        outcome: &Outcome,
    ) -> Result<Answer<'a>, StepFailure> {
        if exchange.sent == Sent::No(NotSent::NoCertificates) {
            return Err(StepFailure::NoCertificates);
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let has_left = exchange.sent == Sent::Maybe;
        let reply = exchange.reply.as_ref().map_err(|_| StepFailure::Unreachable { host, has_left })?;
        let answer = Answer::read(reply, Some(url));
        if answer.is_2xx() && !answer.is_error(&self.job.provider.answers) {
            return Ok(answer);
        }
        let for_good = match outcome {
            Outcome::Rejected { .. } => true,
            // Elsewhere than at the service nobody can refuse what it gave: 3xx is a network's sign-in page.
            Outcome::Refused { status, .. } => !(300..400).contains(status),
            _ => false,
        };
        let code = answer.error_code(&self.job.provider.answers);
        Err(StepFailure::Refused { status: reply.status, code, for_good })
    }

    /// Stores what a step brought that spent something. A keychain that is closed just now is waited for.
    async fn keep(&self, number: usize, draft: &Draft) -> Result<(), StepFailure> {
        for tries in 1.. {
            match self.means.spending.has_spent(number, &draft.material).await {
                Ok(()) => break,
                Err(notice) if tries >= KEEP_TRIES => return Err(StepFailure::NotStored(Box::new(notice))),
                Err(notice) => self.say(LoginStage::Unsaved { notice: self.notices.unsaved(notice) }),
            }
            wait(self.means, KEEP_AGAIN).await;
        }
        self.say(LoginStage::Proving);
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
    async fn spend(
        &self,
        number: usize,
        request: HttpRequest,
        draft: &mut Draft,
    ) -> Result<(Exchange, Url), StepFailure> {
        let stored = self.means.spending.about_to_spend(number, &draft.material).await;
        stored.map_err(|notice| StepFailure::NotStored(Box::new(notice)))?;
        let url = request.url.clone();
        let exchange = self.means.http.perform(request).await;
        take_cookies(&mut draft.material, &url, &exchange);
        Ok((exchange, url))
    }

    /// Sends `request`, keeps the cookies of every reply, and follows redirects where the step may, but not to a page
    /// that says "logged out": where that one goes on to says less. Returns the last exchange and its address.
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
            let goes_on = may_follow && !self.is_sent_away(&exchange, &url, material);
            let Some(next) = redirect(&exchange, &url).filter(|_| goes_on) else { break };
            let Ok(request) = self.bound.follow(next, material, self.means.clock.now()) else { break };
            url = request.url.clone();
            exchange = self.means.http.perform(request).await;
            take_cookies(material, &url, &exchange);
        }
        (exchange, url)
    }

    /// Whether this reply sends to where the file says that somebody is logged out.
    fn is_sent_away(&self, exchange: &Exchange, at: &Url, material: &Material) -> bool {
        let Ok(reply) = &exchange.reply else { return false };
        self.bound.is_dead(&Answer::read(reply, Some(at.clone())), material)
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
