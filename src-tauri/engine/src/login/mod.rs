//! One login, from the first page to proven material.
//!
//! Whatever the way (webview, system browser, form, pasted values), the end is the same: values are extracted,
//! the login's steps run, the probe must pass, and the person must be the one from before (or accepted as
//! another). Only then does the caller get anything to store (I6); what failed leaves nothing behind (F61).

mod attempt;
mod child;
mod device;
mod fields;
mod kept;
mod left;
mod loopback;
pub(crate) mod notice;
mod oauth;
mod page;
mod proof;
mod redirect;
mod seam;
mod steps;
mod webview;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::id::{AccountName, VarName};
use lamplighter_core::jar::Jar;
use lamplighter_core::provider::extract::Warning;
use lamplighter_core::provider::model::Provider;
use lamplighter_core::record::{Material, Record};
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use tokio::sync::{mpsc, watch};

pub use attempt::run;
pub use child::find_app;
pub(crate) use kept::{kept, not_saved, unsaved};
pub use seam::{BeforeSpend, Http, Left, NothingToSpend, Waiting};

/// What is to be logged in, and how.
pub struct LoginJob {
    /// The account's name; a new account's is already chosen.
    pub account: AccountName,
    /// How the service works.
    pub provider: Arc<Provider>,
    /// The account's variables.
    pub vars: BTreeMap<VarName, String>,
    /// Its secret variables.
    pub secrets: BTreeMap<VarName, Secret>,
    /// Which of the provider's login ways.
    pub way: usize,
    /// Language of the window and of notices.
    pub lang: Lang,
    /// What is stored of this account, if anything.
    pub before: Option<Before>,
    /// The desktop app's executable, which owns the login window; found by [`find_app`] if absent.
    pub app: Option<PathBuf>,
}

impl LoginJob {
    /// `webview`, `chrome`, `oauth`, `device`, `form` or `paste`, as [`lamplighter_core::api::LoginView`] says it.
    pub fn kind(&self) -> &'static str {
        use lamplighter_core::provider::model::LoginKind;
        match self.provider.logins.get(self.way).map(|login| &login.kind) {
            Some(LoginKind::Web { chrome: true, .. }) => "chrome",
            Some(LoginKind::OAuth { .. }) => "oauth",
            Some(LoginKind::Device) => "device",
            Some(LoginKind::Form { .. }) => "form",
            Some(LoginKind::Paste { .. }) => "paste",
            Some(LoginKind::Web { chrome: false, .. }) | None => "webview",
        }
    }
}

/// What an earlier login left: as whom, and the cookies by which the service knows this device.
pub struct Before {
    /// As whom the probe found us.
    pub identity: Option<String>,
    /// The whole jar; the device jar is chosen from it.
    pub jar: Jar,
}

impl Before {
    /// What `record` says. Its newest material's jar, proven or not: a device is known all the same.
    pub fn of(record: &Record) -> Self {
        Self { identity: record.identity.clone(), jar: record.current.jar.duplicate() }
    }
}

/// A login that was proven. Nothing of it is stored yet, but what a spending step had stored beforehand.
pub struct Won {
    /// Generation 0 and proven; the caller gives it its place behind what was there before.
    pub material: Material,
    /// As whom the probe found us: the identity sources of the first probe that has any.
    pub identity: Option<String>,
    /// Hosts that the person agreed to by logging in.
    pub hosts: Vec<String>,
    /// Secret variables, as the job had them.
    pub secrets: BTreeMap<VarName, Secret>,
    /// What is odd, though it works.
    pub warnings: Vec<Warning>,
}

/// How a login ended.
pub enum Ended {
    /// Proven; to be committed, then tried by a forced refresh.
    Won(Box<Won>),
    /// It did not come to a login; what was there before is untouched.
    Failed(Notice),
    /// The person gave up or closed the window.
    Cancelled,
}

/// What a login can be told while it runs.
pub enum LoginInput {
    /// An answer of the person.
    Answer(LoginAnswer),
    /// The same login was asked for once more: its window comes to the front (F61).
    Raise,
    /// The engine ends, or the account goes: the login ends, and nothing is decided by it.
    Stop,
}

impl From<LoginAnswer> for LoginInput {
    fn from(answer: LoginAnswer) -> Self {
        Self::Answer(answer)
    }
}

/// How the caller follows and steers a login.
pub struct Line {
    /// How it stands; [`LoginStage::is_over`] stages are the caller's to set, after the commit.
    pub stage: watch::Sender<LoginStage>,
    /// What the person says.
    pub inputs: mpsc::Receiver<LoginInput>,
}

/// What a login needs of the engine.
#[derive(Clone)]
pub struct Means {
    /// Carries out requests.
    pub http: Arc<dyn Http>,
    /// The engine's clock.
    pub clock: Arc<dyn crate::clock::Clock>,
    /// Stores what is about to be spent.
    pub spending: Arc<dyn BeforeSpend>,
}
