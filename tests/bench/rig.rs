//! An engine with one account of the practice site, in a home of its own and with a keychain in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Caller, Service};
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::Start;
use lamplighter_engine::{Engine, Holder};
use testkit::memory_store::MemoryStore;
use testkit::practice::{Settings, Site};

use super::Done;

/// The account's name.
pub const ACCOUNT: &str = "bench";

/// What is measured.
pub struct Rig {
    home: tempfile::TempDir,
    site: Site,
    engine: Engine,
    service: Arc<dyn Service>,
}

impl Rig {
    /// Starts everything and logs in.
    ///
    /// # Errors
    /// Whatever went wrong, in words.
    pub async fn start() -> Done<Self> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let providers = home.path().join("config/providers");
        std::fs::create_dir_all(&providers).map_err(|error| error.to_string())?;
        let text = include_str!("../support/providers/practice-json.toml");
        std::fs::write(providers.join("practice-json.toml"), text).map_err(|error| error.to_string())?;
        let start = Start {
            env: Env { root: Some(home.path().to_owned()), ..Env::default() },
            holder: Holder::Desktop,
            desktop: None,
            lang: Lang::En,
            clock: Arc::new(SystemClock::new()),
            store: Some(lamplighter_engine::store::Stores::only(MemoryStore::default())),
            observer: None,
        };
        let engine = Engine::start(start).await.map_err(|error| format!("{error:?}"))?;
        let service = engine.service();
        let rig = Self { home, site: Site::start(Settings::default()), engine, service };
        rig.log_in().await?;
        Ok(rig)
    }

    /// The engine's home, for `LAMPLIGHTER_HOME`.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Address of the site.
    pub fn base(&self) -> &str {
        self.site.base()
    }

    /// Refreshes the account, due or not.
    ///
    /// # Errors
    /// If it did not succeed.
    pub async fn refresh(&self) -> Done<()> {
        let request = Request::Refresh { accounts: vec![ACCOUNT.to_owned()], force: true, dry_run: false };
        match self.call(request).await? {
            Response::Refresh { report } if report.success == 1 => Ok(()),
            other => Err(format!("it was not refreshed: {other:?}")),
        }
    }

    /// Ends it.
    pub async fn stop(self) {
        self.engine.stop().await;
    }

    async fn call(&self, request: Request) -> Done<Response> {
        let answer = self.service.call(Caller::window(std::process::id()), request, Lang::En).await;
        answer.map_err(|notice| notice.what)
    }

    async fn log_in(&self) -> Done<()> {
        let request = Request::NewLogin {
            provider: "practice-json".parse().map_err(|error| format!("{error:?}"))?,
            name: Some(ACCOUNT.parse().map_err(|error| format!("{error:?}"))?),
            vars: BTreeMap::from([(
                "base".parse().map_err(|error| format!("{error:?}"))?,
                self.base().to_owned(),
            )]),
            secrets: BTreeMap::new(),
            way: None,
        };
        let mut answer = self.call(request).await?;
        // A step for each time that the login's state is told to have changed.
        let mut events = self.service.events();
        let mut is_filled_in = false;
        loop {
            let Response::Login { login } = answer else { return Err("no login".to_owned()) };
            answer = match login.stage {
                LoginStage::Fields { .. } if !is_filled_in => {
                    is_filled_in = true;
                    self.call(Request::LoginAnswer { login: login.id, answer: self.filled_in() }).await?
                }
                LoginStage::Done { .. } => return Ok(()),
                stage if stage.is_over() => return Err(format!("the login did not succeed: {stage:?}")),
                _ => {
                    let state = self.call(Request::LoginState { login: login.id.clone() }).await?;
                    if matches!(&state, Response::Login { login: now } if now.stage == login.stage) {
                        // Lagging is no reason to stop looking.
                        _ = events.recv().await;
                    }
                    state
                }
            };
        }
    }

    fn filled_in(&self) -> LoginAnswer {
        let person = self.site.person();
        let code = self.site.totp_code(&person.email);
        let values = [("email", person.email.as_str()), ("password", &person.password), ("code", &code)];
        LoginAnswer::Fields {
            values: values.map(|(field, value)| (field.to_owned(), Secret::from(value))).into(),
        }
    }
}
