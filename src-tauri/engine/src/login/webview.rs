//! The login in the embedded webview: watches the child, judges what it captures.

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::id::Generation;
use lamplighter_core::login::{Capture, Command, Event, Plan};
use lamplighter_core::provider::model::Login;
use lamplighter_core::provider::{ExtractError, Scratch};
use lamplighter_core::record::Material;

use super::LoginInput;
use super::attempt::{Attempt, Draft, Stop, spends};
use super::child::{Heard, LoginWindow};
use super::proof::Proof;
use super::steps::StepFailure;

/// When "I am signed in" appears (look.md: after a minute).
const OFFER_DONE_AFTER_S: u32 = 60;

/// What a capture turned out to be.
enum Judgement {
    /// A login.
    Won(Box<Draft>, Option<String>),
    /// Not yet one.
    NotYet,
    /// The service could not be asked.
    Unclear,
}

impl Attempt<'_> {
    /// Opens the window and works until it brought a login.
    pub async fn by_webview(&mut self, login: &Login) -> Result<(Draft, Option<String>), Stop> {
        let plan = self.plan(login)?;
        self.say(LoginStage::Opening);
        let mut window = LoginWindow::open(self.job.app.as_deref(), &plan)
            .await
            .map_err(|why| self.notices.no_window(&why))?;
        let mut spent = None;
        loop {
            tokio::select! {
                heard = window.hear() => {
                    if let Some(won) = self.heard(login, &mut window, heard, &mut spent).await? {
                        return Ok(won);
                    }
                }
                input = self.next_input() => tell(&mut window, &input).await,
            }
        }
    }

    fn plan(&self, login: &Login) -> Result<Plan, Stop> {
        let before = Material {
            jar: self.job.before.as_ref().map(|before| before.jar.duplicate()).unwrap_or_default(),
            ..Material::empty(Generation::default())
        };
        let device = self.bound.device_jar(&before);
        let (url, done) = self
            .bound
            .login_page(login, &device)
            .map_err(|error| self.notices.bad_file(&error.to_string()))?;
        Ok(Plan {
            account: self.job.account.to_string(),
            provider: self.job.provider.name.clone(),
            lang: self.job.lang,
            url,
            hosts: self.bound.hosts().texts(),
            device,
            done,
            user_agent: None,
            offer_done_after_s: OFFER_DONE_AFTER_S,
        })
    }

    async fn heard(
        &mut self,
        login: &Login,
        window: &mut LoginWindow,
        heard: Heard,
        spent: &mut Option<Draft>,
    ) -> Result<Option<(Draft, Option<String>)>, Stop> {
        match heard {
            Heard::Event(Event::Shown) => self.say(LoginStage::Open { host: None }),
            Heard::Event(Event::At { host, .. }) => self.say(LoginStage::Open { host: Some(host) }),
            Heard::Event(Event::Captured(capture)) => {
                return self.captured(login, window, *capture, spent).await;
            }
            Heard::Event(Event::Closed) => return Err(Stop::Cancelled),
            Heard::Event(Event::Failed { why }) => return Err(self.notices.window_failed(&why).into()),
            Heard::Nonsense(error) => return Err(self.notices.window_failed(&error.to_string()).into()),
            Heard::Gone(status) => {
                tracing::warn!(status, "the login window ended unexpectedly");
                return Err(self.notices.window_ended().into());
            }
        }
        Ok(None)
    }

    async fn captured(
        &mut self,
        login: &Login,
        window: &mut LoginWindow,
        capture: Capture,
        spent: &mut Option<Draft>,
    ) -> Result<Option<(Draft, Option<String>)>, Stop> {
        let host = capture.url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
        self.say(LoginStage::Proving);
        match self.judge(login, capture, spent).await? {
            Judgement::Won(draft, identity) => {
                self.same_person_while_shown(window, identity.as_deref()).await?;
                window.order(Command::Finish).await;
                self.wait_for_end(window).await;
                return Ok(Some((*draft, identity)));
            }
            Judgement::NotYet => window.order(Command::Continue).await,
            Judgement::Unclear => window.order(Command::Unreachable).await,
        }
        self.say(LoginStage::Open { host });
        Ok(None)
    }

    /// `spent` is what the steps made of an earlier capture, if they used something up: it is not taken to them
    /// again, nor replaced by a capture that does not have what they brought.
    async fn judge(
        &mut self,
        login: &Login,
        capture: Capture,
        spent: &mut Option<Draft>,
    ) -> Result<Judgement, Stop> {
        let mut draft = match spent.take() {
            Some(draft) => draft,
            None => match self.stepped(login, capture).await? {
                Ok(draft) => draft,
                Err(judgement) => return Ok(judgement),
            },
        };
        Ok(match self.prove(&mut draft).await {
            Proof::Passed { identity } => Judgement::Won(Box::new(draft), identity),
            Proof::Failed if spends(login) => return Err(self.notices.not_logged_in().into()),
            Proof::Failed => Judgement::NotYet,
            // Many services show who is nobody a page like any other: the person is still on the way.
            Proof::Unclear { is_answered: true, .. } if !spends(login) => Judgement::NotYet,
            Proof::Unclear { .. } => {
                *spent = spends(login).then_some(draft);
                Judgement::Unclear
            }
            Proof::Impossible(error) => return Err(self.notices.bad_file(&error.to_string()).into()),
        })
    }

    /// What the capture and the login's steps make together, or why there is nothing to prove yet.
    async fn stepped(&mut self, login: &Login, capture: Capture) -> Result<Result<Draft, Judgement>, Stop> {
        let now = self.means.clock.now();
        let mut draft = self.drafted(capture);
        let saved = self.bound.save_from_page(&login.save, &[], &draft.material, &Scratch::default(), now);
        match saved {
            Ok(saved) => {
                draft.warnings.extend(saved.warnings.iter().cloned());
                saved.apply(self.bound, &mut draft.material, &mut draft.scratch, now);
            }
            // The page has not put it there yet.
            Err(ExtractError::Missing(_) | ExtractError::Unreadable | ExtractError::NotNewer(_)) => {
                return Ok(Err(Judgement::NotYet));
            }
        }
        match self.take_steps(login, 0, &mut draft, None).await {
            Ok(()) => Ok(Ok(draft)),
            // Before a step could work, the person has to go on signing in.
            Err(StepFailure::Refused { .. } | StepFailure::Incomplete(_)) if !spends(login) => {
                Ok(Err(Judgement::NotYet))
            }
            Err(StepFailure::Unreachable { has_left: false, .. } | StepFailure::NoCertificates) => {
                Ok(Err(Judgement::Unclear))
            }
            Err(failure) => Err(self.stopped_at(login, &failure).into()),
        }
    }

    /// Cookies of all hosts, storage of the provider's only.
    fn drafted(&self, capture: Capture) -> Draft {
        let storage = capture.storage.into_iter();
        let mut draft = Draft::empty();
        draft.material.jar = capture.cookies.into_iter().collect();
        draft.material.storage =
            storage.filter(|item| self.bound.hosts().allow_origin(&item.origin)).collect();
        draft.material.user_agent = capture.user_agent;
        draft.material.languages = capture.languages;
        draft
    }

    /// Asks about another person while the window stays; one that is closed meanwhile means no.
    async fn same_person_while_shown(
        &mut self,
        window: &mut LoginWindow,
        now: Option<&str>,
    ) -> Result<(), Stop> {
        tokio::select! {
            () = self.same_person(now) => Ok(()),
            () = closed(window) => Err(Stop::Cancelled),
        }
    }

    /// The window goes away by itself; one that does not is ended with its handle.
    async fn wait_for_end(&self, window: &mut LoginWindow) {
        const PARTING: std::time::Duration = std::time::Duration::from_secs(2);
        tokio::select! {
            () = closed(window) => {}
            () = super::attempt::wait(self.means, PARTING) => {}
        }
    }
}

async fn tell(window: &mut LoginWindow, input: &LoginInput) {
    match input {
        LoginInput::Raise => window.order(Command::Raise).await,
        LoginInput::Answer(LoginAnswer::SignedIn) => window.order(Command::Capture).await,
        // Nothing else was asked; a cancel is heard before it comes here.
        LoginInput::Answer(_) | LoginInput::Stop => {}
    }
}

async fn closed(window: &mut LoginWindow) {
    while !matches!(window.hear().await, Heard::Gone(_) | Heard::Event(Event::Closed)) {}
}
