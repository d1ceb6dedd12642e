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
            () = between_spends(cancelled(&mut line.inputs, &forward), &uncut) => Err(Stop::Cancelled),
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
async fn between_spends(end: impl Future<Output = ()>, uncut: &Mutex<()>) {
    end.await;
    drop(uncut.lock().await);
}

/// Resolves when the person gives up; hands everything else on.
async fn cancelled(inputs: &mut mpsc::Receiver<LoginInput>, forward: &mpsc::Sender<LoginInput>) {
    while let Some(input) = inputs.recv().await {
        if matches!(input, LoginInput::Answer(LoginAnswer::Cancel)) {
            return;
        }
        if forward.send(input).await.is_err() {
            break;
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
        if let Some(won) = self.by_what_is_left(login).await {
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

    /// An earlier try of a login that spends: goes on where it stopped. If that leads nowhere, the person is asked.
    async fn by_what_is_left(&mut self, login: &Login) -> Option<(Draft, Option<String>)> {
        if login.steps.iter().all(|step| step.spends != Some(true)) {
            return None;
        }
        let mut draft = Draft { material: self.means.spending.left().await?, ..Draft::empty() };
        self.take_steps(login, &mut draft, None).await.ok()?;
        let Proof::Passed { identity } = self.prove(&mut draft).await else { return None };
        self.same_person(identity.as_deref()).await;
        Some((draft, identity))
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
        self.take_steps(login, &mut draft, form)
            .await
            .map_err(|failure| self.notices.step_failed(&failure))?;
        let mut patience = PATIENCE.iter();
        let identity = loop {
            match self.prove(&mut draft).await {
                Proof::Passed { identity } => break identity,
                Proof::Failed => return Err(self.notices.not_logged_in().into()),
                Proof::Unclear { host } => match patience.next() {
                    Some(pause) => wait(self.means, *pause).await,
                    None => return Err(self.notices.unreachable(&host).into()),
                },
                Proof::Impossible(error) => return Err(self.notices.bad_file(&error.to_string()).into()),
            }
        };
        self.same_person(identity.as_deref()).await;
        Ok((draft, identity))
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
