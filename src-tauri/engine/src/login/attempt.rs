//! Runs one login: its way, its deadline, and the person's "cancel" at any time.

use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::id::Generation;
use lamplighter_core::provider::extract::Warning;
use lamplighter_core::provider::model::{Login, LoginKind, Redirect};
use lamplighter_core::provider::{Bound, Scratch};
use lamplighter_core::record::Material;
use lamplighter_core::report::Notice;
use tokio::sync::{Mutex, mpsc, watch};

use super::notice::Notices;
use super::proof::Proof;
use super::steps::StepFailure;
use super::{Ended, Line, LoginInput, LoginJob, Means, Won};

/// A person with a second factor at hand needs less (design 2).
pub const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// Waits between probes that got no answer; after the last one a login without a window gives up.
const PATIENCE: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(20)];

/// Why a login stopped before it was won.
pub enum Stop {
    /// With something to say.
    Failed(Box<Notice>),
    /// By the person.
    Cancelled,
}

impl From<Notice> for Stop {
    fn from(notice: Notice) -> Self {
        Self::Failed(Box::new(notice))
    }
}

/// Material on its way to becoming a login.
pub struct Draft {
    /// What is there so far.
    pub material: Material,
    /// Scratch values of the login's steps.
    pub scratch: Scratch,
    /// What is odd, though it works.
    pub warnings: Vec<Warning>,
}

impl Draft {
    /// Nothing yet.
    pub fn empty() -> Self {
        Self {
            material: Material::empty(Generation::default()),
            scratch: Scratch::default(),
            warnings: Vec::new(),
        }
    }
}

/// Runs `job` to its end. Dropping the future ends the login window with it.
pub async fn run(job: LoginJob, means: Means, mut line: Line) -> Ended {
    let notices = Notices::of(&job);
    let (forward, inputs) = mpsc::channel(8);
    let uncut = Mutex::new(());
    let ended = {
        let bound = match Bound::new(&job.provider, &job.vars, &job.secrets) {
            Ok(bound) => bound,
            Err(error) => return Ended::Failed(notices.unbound(&error)),
        };
        let stage = &line.stage;
        let attempt = Attempt {
            job: &job,
            bound: &bound,
            means: &means,
            notices: &notices,
            uncut: &uncut,
            stage,
            inputs,
        };
        let hosts = bound.hosts().texts();
        tokio::select! {
            biased;
            gave_up = between_spends(cancelled(&mut line.inputs, &forward), &uncut) => {
                // "No" to another person is an answer: what that person's login left is not tried again.
                if gave_up && matches!(*line.stage.borrow(), LoginStage::WrongPerson { .. })
                    && let Err(notice) = means.spending.set_aside().await
                {
                    tracing::warn!(what = %notice.what, "what another person’s login left is still in the way");
                }
                Err(Stop::Cancelled)
            }
            outcome = attempt.drive() => outcome.map(|(draft, identity)| (draft, identity, hosts)),
            () = between_spends(wait(&means, DEADLINE), &uncut) => Err(notices.too_late(DEADLINE).into()),
        }
    };
    match ended {
        Ok((draft, identity, hosts)) => {
            let Draft { mut material, warnings, .. } = draft;
            material.is_proven = true;
            Ended::Won(Box::new(Won { material, identity, hosts, secrets: job.secrets, warnings }))
        }
        Err(Stop::Failed(notice)) => Ended::Failed(*notice),
        Err(Stop::Cancelled) => Ended::Cancelled,
    }
}

/// Resolves after `end`, but not in the middle of a step that spends: its answer must not be lost.
async fn between_spends<T>(end: impl Future<Output = T>, uncut: &Mutex<()>) -> T {
    let ended = end.await;
    drop(uncut.lock().await);
    ended
}

/// Resolves when the person gives up (`true`) or the engine stops the login; hands everything else on.
async fn cancelled(inputs: &mut mpsc::Receiver<LoginInput>, forward: &mpsc::Sender<LoginInput>) -> bool {
    while let Some(input) = inputs.recv().await {
        match input {
            LoginInput::Answer(LoginAnswer::Cancel) => return true,
            LoginInput::Stop => return false,
            LoginInput::Answer(_) | LoginInput::Raise => {}
        }
        // Never waited for: a way that listens to nothing would else keep a "cancel" from being heard.
        match forward.try_send(input) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => tracing::debug!("a login was told more than it hears"),
            Err(mpsc::error::TrySendError::Closed(_)) => break,
        }
    }
    // Nobody can say anything any more: the deadline decides.
    std::future::pending().await
}

/// Waits for `duration` on the engine's clock, which may wake callers early.
pub async fn wait(means: &Means, duration: Duration) {
    let end =
        means.clock.now().boot.ms.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    loop {
        let left = end.saturating_sub(means.clock.now().boot.ms);
        if left == 0 {
            return;
        }
        means.clock.sleep(Duration::from_millis(left)).await;
    }
}

/// Whether a step of this login uses up what the person gave.
pub fn spends(login: &Login) -> bool {
    login.steps.iter().any(|step| step.spends == Some(true))
}

/// One login under way.
pub struct Attempt<'a> {
    /// What is to be logged in.
    pub job: &'a LoginJob,
    /// The provider with the account's variables.
    pub bound: &'a Bound<'a>,
    /// HTTP, time, spending.
    pub means: &'a Means,
    /// What can be said.
    pub notices: &'a Notices,
    /// Held while a step spends.
    pub uncut: &'a Mutex<()>,
    stage: &'a watch::Sender<LoginStage>,
    inputs: mpsc::Receiver<LoginInput>,
}

impl Attempt<'_> {
    async fn drive(mut self) -> Result<(Draft, Option<String>), Stop> {
        let provider = &self.job.provider;
        let Some(login) = provider.logins.get(self.job.way) else {
            return Err(self.notices.no_such_way().into());
        };
        if let Some(won) = self.by_what_is_left(login).await? {
            return Ok(won);
        }
        match &login.kind {
            LoginKind::Web { chrome: true, .. } => Err(self.notices.chrome_only().into()),
            LoginKind::Web { .. } => self.by_webview(login).await,
            LoginKind::OAuth { redirect: Redirect::Paste(address) } => {
                let draft = self.by_pasted_redirect(login, address).await?;
                self.proven(login, draft, None).await
            }
            LoginKind::OAuth { redirect } => {
                let draft = self.by_browser(login, redirect).await?;
                self.proven(login, draft, None).await
            }
            LoginKind::Device => {
                let draft = self.by_device(login).await?;
                self.proven(login, draft, None).await
            }
            LoginKind::Form { fields } => {
                let form = self.ask_form(fields).await?;
                self.proven(login, Draft::empty(), Some(&form)).await
            }
            LoginKind::Paste { fields } => {
                let draft = self.ask_pasted(fields).await?;
                self.proven(login, draft, None).await
            }
        }
    }

    /// Says how the login stands.
    pub fn say(&self, stage: LoginStage) {
        self.stage.send_replace(stage);
    }

    /// The next thing that the person says.
    pub async fn next_input(&mut self) -> LoginInput {
        match self.inputs.recv().await {
            Some(input) => input,
            None => std::future::pending().await,
        }
    }

    /// The login's steps, then the probe, asked again while it gets no answer, then the person.
    async fn proven(
        &mut self,
        login: &Login,
        mut draft: Draft,
        form: Option<&lamplighter_core::provider::Form>,
    ) -> Result<(Draft, Option<String>), Stop> {
        self.say(LoginStage::Proving);
        let taken = self.take_steps(login, 0, &mut draft, form).await;
        taken.map_err(|failure| self.stopped_at(login, &failure))?;
        let identity = match self.prove_patiently(&mut draft).await {
            Proof::Passed { identity } => identity,
            Proof::Failed => return Err(self.notices.not_logged_in().into()),
            Proof::Unclear { host, .. } => {
                return Err(self
                    .stopped_at(login, &StepFailure::Unreachable { host, has_left: true })
                    .into());
            }
            Proof::Impossible(error) => return Err(self.notices.bad_file(&error.to_string()).into()),
        };
        self.same_person(identity.as_deref()).await;
        Ok((draft, identity))
    }

    /// What is said of a login that stopped there: if it may have spent something, that is kept.
    pub(super) fn stopped_at(&self, login: &Login, failure: &StepFailure) -> Notice {
        let is_open = match failure {
            StepFailure::Unreachable { has_left, .. } => *has_left,
            StepFailure::Refused { for_good, .. } => !for_good,
            StepFailure::Incomplete(_) => true,
            StepFailure::NoCertificates | StepFailure::Impossible(_) | StepFailure::NotStored(_) => false,
        };
        if is_open && spends(login) {
            self.notices.left_waits(failure)
        } else {
            self.notices.step_failed(failure)
        }
    }

    /// The probe, asked again a few times while it gets no answer.
    pub async fn prove_patiently(&self, draft: &mut Draft) -> Proof {
        for pause in PATIENCE {
            match self.prove(draft).await {
                Proof::Unclear { .. } => wait(self.means, pause).await,
                proof => return proof,
            }
        }
        self.prove(draft).await
    }

    /// Another person than before: waits until that is accepted (or the login cancelled).
    pub async fn same_person(&mut self, now: Option<&str>) {
        let before = self.job.before.as_ref().and_then(|before| before.identity.as_deref());
        let (Some(before), Some(now)) = (before, now) else { return };
        if before == now {
            return;
        }
        self.say(LoginStage::WrongPerson { before: before.to_owned(), now: now.to_owned() });
        while !matches!(self.next_input().await, LoginInput::Answer(LoginAnswer::AcceptPerson)) {}
        self.say(LoginStage::Proving);
    }
}
