//! A world for one engine: a home of its own, a keychain in memory, clocks that are moved by hand, a service.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use lamplighter_core::api::{
    AccountView, LoginAnswer, LoginStage, Request, Response, SinkSettings, Standing, TokenGrant, TokenRequest,
};
use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError};
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Now;
use lamplighter_engine::api::{Caller, Service};
use lamplighter_engine::clock::Clock;
use lamplighter_engine::desktop::Desktop;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::Start;
use lamplighter_engine::store::Stores;
use lamplighter_engine::{Engine, Holder};
use testkit::clock::ManualClock;
use testkit::memory_store::MemoryStore;
use testkit::practice::{Settings, Site};

/// Nothing in these tests takes longer, unless it hangs; not on a slow machine either that is busy with other things.
pub const HANGS: Duration = Duration::from_secs(180);

/// The clocks are read at least every 30 s; more than 90 s at once is a sleep.
const AWAKE: Duration = Duration::from_secs(20);

/// The testkit's clock as the engine's.
pub struct Handed(pub ManualClock);

impl Clock for Handed {
    fn now(&self) -> Now {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep(duration)
    }
}

/// A keychain in memory that outlives the engines that use it.
#[derive(Clone, Default)]
pub struct SharedStore(Arc<Mutex<MemoryStore>>);

impl SharedStore {
    pub fn lock(&self) -> MutexGuard<'_, MemoryStore> {
        self.0.lock().expect("no test thread panicked")
    }

    pub fn is_empty(&self) -> bool {
        self.lock().backup().is_empty()
    }
}

impl SessionStore for SharedStore {
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        self.lock().load(account)
    }

    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError> {
        self.lock().save(account, expected, record)
    }

    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.lock().delete(account)
    }

    fn set_aside(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.lock().set_aside(account)
    }

    fn erase(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.lock().erase(account)
    }
}

/// Everything around one engine.
pub struct World {
    home: tempfile::TempDir,
    pub clock: ManualClock,
    pub store: SharedStore,
    pub site: Site,
}

impl World {
    /// A service with rotation, and an empty home that knows its provider file.
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let providers = home.path().join("config/providers");
        std::fs::create_dir_all(&providers).expect("a folder");
        for (name, text) in [
            ("practice-json", include_str!("../../support/providers/practice-json.toml")),
            ("practice-oauth", include_str!("../../support/providers/practice-oauth.toml")),
        ] {
            std::fs::write(providers.join(name).with_extension("toml"), text).expect("a file");
        }
        Self { home, clock: ManualClock::new(), store: SharedStore::default(), site: Site::start(settings) }
    }

    /// Replaces a provider file.
    pub fn provider(&self, name: &str, text: &str) {
        std::fs::write(self.path("config/providers").join(name).with_extension("toml"), text)
            .expect("a file");
    }

    /// Waits until so many refreshes have reached the service, answered or not.
    pub async fn arrived(&self, count: usize) {
        self.reached("POST /api/auth/refresh", count).await;
    }

    /// Waits until the first probe has reached the service.
    pub async fn probed(&self) {
        self.reached("GET /api/me", 1).await;
    }

    async fn reached(&self, endpoint: &str, count: usize) {
        let arrived = async {
            while self.site.arrived(endpoint) < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANGS, arrived).await.expect("it arrives");
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.home.path().join(inside)
    }

    /// Starts an engine in this world.
    pub async fn start(&self) -> Running {
        self.start_on(None).await
    }

    /// The same, with a desktop around it.
    pub async fn start_on(&self, desktop: Option<Arc<dyn Desktop>>) -> Running {
        self.start_as(desktop, Some(Stores::only(self.store.clone()))).await
    }

    /// The same with other stores; those that its settings name if there are none.
    pub async fn start_with(&self, stores: Option<Stores>) -> Running {
        self.start_as(None, stores).await
    }

    /// With the store that its settings name, and somebody who can be asked for a passphrase.
    #[cfg(unix)]
    pub async fn start_asking(&self, ask: Box<lamplighter_engine::start::AskPassphrase>) -> Running {
        let start = Start { passphrase: Some(ask), ..self.new_start(None, None) };
        Running::new(Engine::start(start).await.expect("the engine starts"))
    }

    async fn start_as(&self, desktop: Option<Arc<dyn Desktop>>, store: Option<Stores>) -> Running {
        let start = self.new_start(desktop, store);
        Running::new(Engine::start(start).await.expect("the engine starts"))
    }

    fn new_start(&self, desktop: Option<Arc<dyn Desktop>>, store: Option<Stores>) -> Start {
        let env = Env { root: Some(self.home.path().to_owned()), ..Env::default() };
        Start {
            env,
            holder: Holder::Desktop,
            desktop,
            lang: Lang::En,
            clock: Arc::new(Handed(self.clock.clone())),
            store,
            passphrase: None,
            observer: None,
        }
    }

    /// Time passes for everybody, in steps as short as a machine that is awake notices.
    pub async fn pass(&self, engine: &Running, by: Duration) {
        self.pass_by(engine, by, AWAKE).await;
    }

    /// The same in steps of this length; one of 90 s and more is a sleep.
    pub async fn pass_by(&self, engine: &Running, by: Duration, step: Duration) {
        let mut left = by;
        while !left.is_zero() {
            let step = left.min(step);
            left -= step;
            self.site.clock().advance(step);
            self.clock.advance(step);
            engine.settle().await;
        }
    }

    /// The machine sleeps: nobody notices the time that passes.
    pub fn sleep(&self, by: Duration) {
        self.site.clock().advance(by);
        self.clock.advance(by);
    }
}

/// An engine that runs.
pub struct Running {
    pub engine: Engine,
    service: Arc<dyn Service>,
}

impl Running {
    pub fn new(engine: Engine) -> Self {
        Self { service: engine.service(), engine }
    }

    pub async fn call(&self, request: Request) -> Result<Response, Notice> {
        let call = self.service.call(Caller::window(1), request, Lang::En);
        tokio::time::timeout(HANGS, call).await.expect("an answer in time")
    }

    /// What it tells from now on.
    #[cfg(unix)]
    pub fn events(&self) -> tokio::sync::broadcast::Receiver<lamplighter_core::api::Event> {
        self.service.events()
    }

    /// Asks, and looks at the answer later.
    pub fn call_later(&self, request: Request) -> tokio::task::JoinHandle<Result<Response, Notice>> {
        let service = self.service.clone();
        tokio::spawn(async move { service.call(Caller::window(1), request, Lang::En).await })
    }

    pub async fn token(&self, account: &str, request: TokenRequest) -> Result<TokenGrant, Notice> {
        let call = self.service.token(Caller::window(1), account.to_owned(), request, Lang::En);
        tokio::time::timeout(HANGS, call).await.expect("an answer in time")
    }

    /// Lets the engine do what is due: until nothing works any more.
    pub async fn settle(&self) {
        let mut events = self.service.events();
        let settling = async {
            // Before it takes a second call the engine does what the moved clock made due.
            _ = self.call(Request::Engine).await;
            loop {
                match self.call(Request::Accounts).await {
                    Ok(Response::Accounts { accounts }) => {
                        if accounts.iter().all(|account| account.standing != Standing::Working) {
                            return;
                        }
                    }
                    other => panic!("no accounts: {other:?}"),
                }
                // Lagging is no reason to stop looking.
                _ = events.recv().await;
            }
        };
        tokio::time::timeout(HANGS, settling).await.expect("it settles");
    }

    pub async fn account(&self, account: &str) -> AccountView {
        match self.call(Request::Account { account: account.to_owned() }).await {
            Ok(Response::Account { account }) => *account,
            other => panic!("no account: {other:?}"),
        }
    }

    /// Waits until the account looks like that.
    pub async fn until(
        &self,
        account: &str,
        what: &str,
        is_so: impl Fn(&AccountView) -> bool,
    ) -> AccountView {
        let mut events = self.service.events();
        let looking = async {
            loop {
                let view = self.account(account).await;
                if is_so(&view) {
                    return view;
                }
                // Lagging is no reason to stop looking.
                _ = events.recv().await;
            }
        };
        match tokio::time::timeout(HANGS, looking).await {
            Ok(view) => view,
            Err(_) => panic!("never {what}: {:?}", self.account(account).await),
        }
    }

    /// Logs in at the practice site's JSON interface, by its form, as `name`.
    pub async fn log_in(&self, world: &World, name: &str) -> LoginStage {
        let login = self.begin_login(world, name).await;
        self.fill_in(world, &login).await
    }

    /// Fills in the form of a login, and waits for its end.
    pub async fn fill_in(&self, world: &World, login: &str) -> LoginStage {
        let person = world.site.person();
        let code = world.site.totp_code(&person.email);
        let values = [("email", person.email.as_str()), ("password", &person.password), ("code", &code)];
        let values = values.map(|(field, value)| (field.to_owned(), Secret::from(value))).into();
        self.answer(login, LoginAnswer::Fields { values }).await;
        self.login_ends(login).await
    }

    pub async fn begin_login(&self, world: &World, name: &str) -> String {
        self.begin_login_at(world.site.base(), name).await
    }

    pub async fn begin_login_at(&self, base: &str, name: &str) -> String {
        let vars = BTreeMap::from([("base".parse().expect("a name"), base.to_owned())]);
        let request = Request::NewLogin {
            provider: "practice-json".parse().expect("an id"),
            name: Some(name.parse().expect("a name")),
            vars,
            secrets: BTreeMap::new(),
            way: None,
        };
        match self.call(request).await {
            Ok(Response::Login { login }) => login.id,
            other => panic!("no login: {other:?}"),
        }
    }

    pub async fn answer(&self, login: &str, answer: LoginAnswer) {
        let request = Request::LoginAnswer { login: login.to_owned(), answer };
        self.call(request).await.expect("the answer is taken");
    }

    /// Waits for the end of a login.
    pub async fn login_ends(&self, login: &str) -> LoginStage {
        self.until_stage(login, LoginStage::is_over).await
    }

    /// Waits until a login stands so.
    pub async fn until_stage(&self, login: &str, is_so: impl Fn(&LoginStage) -> bool) -> LoginStage {
        let mut events = self.service.events();
        let looking = async {
            loop {
                match self.call(Request::LoginState { login: login.to_owned() }).await {
                    Ok(Response::Login { login }) if is_so(&login.stage) => return login.stage,
                    Ok(_) => {}
                    Err(notice) => panic!("{notice:?}"),
                }
                _ = events.recv().await;
            }
        };
        tokio::time::timeout(HANGS, looking).await.expect("the login comes so far")
    }

    pub async fn sink(&self, account: &str, path: &std::path::Path, key: &str) {
        let set = BTreeMap::from([(key.to_owned(), "{{token.access}}".to_owned())]);
        let sink = SinkSettings::Env { path: path.display().to_string(), set, allow_tracked: false };
        let request = Request::SetSinks { account: account.to_owned(), sinks: vec![sink] };
        self.call(request).await.expect("the sink is taken");
    }
}
