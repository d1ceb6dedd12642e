//! A service that answers what a test tells it to, and notes what it was asked.

use std::sync::{Arc, Mutex};

use lamplighter_core::api::{
    AccountView, AlertKind, AlertView, EngineView, Event, LoginAnswer, LoginStage, LoginView, Occasion,
    Request, Response, Standing, TokenGrant, TokenRequest, TokenView,
};
use lamplighter_core::id::Generation;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use lamplighter_engine::api::{Answer, Caller, Service};
use tokio::sync::{Notify, broadcast};

type OnCall = Box<dyn Fn(Request) -> Result<Response, Notice> + Send + Sync>;
type OnToken = Box<dyn Fn(&TokenRequest) -> Result<TokenGrant, Notice> + Send + Sync>;

/// The service.
pub struct Fake {
    on_call: OnCall,
    on_token: OnToken,
    /// Every request, in words, with the language it came in.
    pub asked: Mutex<Vec<(String, Lang)>>,
    /// Every caller.
    pub callers: Mutex<Vec<Caller>>,
    /// Events for listeners.
    pub events: broadcast::Sender<Event>,
    /// If there, tokens wait for it.
    pub gate: Option<Arc<Notify>>,
    /// Told when a token is asked for.
    pub at_gate: Arc<Notify>,
}

impl Fake {
    /// One that answers everything with `usual`, and tokens with `t-1`.
    pub fn new() -> Self {
        Self {
            on_call: Box::new(|request| Ok(usual(&request))),
            on_token: Box::new(|_| Ok(grant("t-1"))),
            asked: Mutex::default(),
            callers: Mutex::default(),
            events: broadcast::Sender::new(16),
            gate: None,
            at_gate: Arc::default(),
        }
    }

    /// Answers to all but tokens.
    pub fn on_call(
        mut self,
        answer: impl Fn(Request) -> Result<Response, Notice> + Send + Sync + 'static,
    ) -> Self {
        self.on_call = Box::new(answer);
        self
    }

    /// Answers to requests for tokens.
    pub fn on_token(
        mut self,
        answer: impl Fn(&TokenRequest) -> Result<TokenGrant, Notice> + Send + Sync + 'static,
    ) -> Self {
        self.on_token = Box::new(answer);
        self
    }

    /// Tokens wait until the gate is told.
    pub fn gated(mut self, gate: &Arc<Notify>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }

    /// What was asked, in words.
    pub fn words(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(words, _)| words.clone()).collect()
    }
}

impl Service for Fake {
    fn call(&self, caller: Caller, request: Request, lang: Lang) -> Answer<'_, Response> {
        let words = told(&request);
        let answer = (self.on_call)(request);
        self.asked.lock().unwrap().push((words.clone(), lang));
        self.callers.lock().unwrap().push(caller);
        if let Some(id) = words.strip_prefix("login_answer ").and_then(|rest| rest.split(' ').next()) {
            // Nobody may be listening.
            _ = self.events.send(Event::Login { id: id.to_owned() });
        }
        Box::pin(async move { answer })
    }

    fn token(
        &self,
        caller: Caller,
        account: String,
        request: TokenRequest,
        lang: Lang,
    ) -> Answer<'_, TokenGrant> {
        let TokenRequest { name, min_valid_ms, wait_ms, stale, rejected } = &request;
        let name = name.as_ref().map(ToString::to_string);
        let words = format!("token {account} {name:?} {min_valid_ms:?} {wait_ms:?} {stale} {rejected:?}");
        self.asked.lock().unwrap().push((words, lang));
        self.callers.lock().unwrap().push(caller);
        Box::pin(async move {
            self.at_gate.notify_one();
            if let Some(gate) = &self.gate {
                gate.notified().await;
            }
            (self.on_token)(&request)
        })
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

/// A request in words, secrets included: what arrives has to be what was sent.
pub fn told(request: &Request) -> String {
    let shown = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    match request {
        Request::Accounts => "accounts".into(),
        Request::Account { account } => format!("account {account}"),
        Request::Refresh { accounts, force, dry_run } => format!("refresh {accounts:?} {force} {dry_run}"),
        Request::TryOnce { account } => format!("try_once {account}"),
        Request::Check { account } => format!("check {account}"),
        Request::Pause { account } => format!("pause {account}"),
        Request::Resume { account } => format!("resume {account}"),
        Request::PauseAll { paused } => format!("pause_all {paused}"),
        Request::Logout { account } => format!("logout {account}"),
        Request::Rename { account, name } => format!("rename {account} {name}"),
        Request::NewLogin { provider, name, vars, secrets, way } => {
            let secrets: Vec<_> = secrets.iter().map(|(name, value)| (name, shown(value))).collect();
            format!("new_login {provider} {name:?} {vars:?} {secrets:?} {way:?}")
        }
        Request::Login { account, way } => format!("login {account} {way:?}"),
        Request::LoginState { login } => format!("login_state {login}"),
        Request::LoginAnswer { login, answer } => {
            let answer = match answer {
                LoginAnswer::Fields { values } => {
                    format!(
                        "{:?}",
                        values.iter().map(|(name, value)| (name, shown(value))).collect::<Vec<_>>()
                    )
                }
                LoginAnswer::Address { url } => shown(url),
                LoginAnswer::SignedIn => "signed_in".into(),
                LoginAnswer::AcceptPerson => "accept_person".into(),
                LoginAnswer::Cancel => "cancel".into(),
            };
            format!("login_answer {login} {answer}")
        }
        Request::SetSecret { account, name, value } => {
            format!("set_secret {account} {name} {}", shown(value))
        }
        Request::RemoveSecret { account, name } => format!("remove_secret {account} {name}"),
        Request::Secrets { account } => format!("secrets {account}"),
        Request::Alerts => "alerts".into(),
        Request::TestAlerts { account } => format!("test_alerts {account:?}"),
        Request::Providers => "providers".into(),
        Request::SetSinks { account, sinks } => format!("set_sinks {account} {sinks:?}"),
        Request::TestSink { account, sink } => format!("test_sink {account} {sink:?}"),
        Request::History { account, limit } => format!("history {account} {limit:?}"),
        Request::Settings => "settings".into(),
        Request::SetSettings { settings } => format!("set_settings {settings:?}"),
        Request::Engine => "engine".into(),
        Request::Show => "show".into(),
        Request::RetryStore => "retry_store".into(),
        Request::ToastAnswer { .. } | Request::CopyToken { .. } | Request::OpenFolder { .. } => {
            "window only".into()
        }
    }
}

/// A fitting answer to any request.
pub fn usual(request: &Request) -> Response {
    let account = || Response::Account { account: Box::new(account("work-slack")) };
    match request {
        Request::Accounts | Request::PauseAll { .. } => {
            Response::Accounts { accounts: vec![self::account("work-slack")] }
        }
        Request::Logout { .. } => Response::LoggedOut { revoke_failed: None, left: None },
        Request::Engine => Response::Engine { engine: Box::new(engine()) },
        Request::Alerts | Request::TestAlerts { .. } => Response::Alerts { alerts: vec![alert()] },
        Request::Providers => Response::Providers { providers: Vec::new() },
        Request::Settings | Request::SetSettings { .. } => {
            Response::Settings { settings: Default::default() }
        }
        Request::Secrets { .. } => Response::Secrets { names: vec!["client_secret".parse().unwrap()] },
        Request::History { .. } => Response::History { rows: Vec::new() },
        Request::NewLogin { .. }
        | Request::Login { .. }
        | Request::LoginState { .. }
        | Request::LoginAnswer { .. } => Response::Login { login: Box::new(login(LoginStage::Cancelled)) },
        Request::SetSecret { .. } | Request::RemoveSecret { .. } | Request::Show | Request::RetryStore => {
            Response::Done
        }
        _ => account(),
    }
}

/// A hook that refused.
fn alert() -> AlertView {
    AlertView {
        account: None,
        kind: AlertKind::Discord,
        to: "keychain:ops".into(),
        on: vec![Occasion::NeedsLogin, Occasion::Failed],
        told: None,
        waiting: 1,
        notice: Some(Notice::new(Code::Temporary, "The alert to keychain:ops was not taken: status 404.")),
    }
}

/// An account that is fine; all times are in 2030.
pub fn account(name: &str) -> AccountView {
    let at = |minutes: i64| Timestamp(1_900_000_000_000 + minutes * 60_000);
    AccountView {
        id: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        name: name.parse().unwrap(),
        provider: "slack".parse().unwrap(),
        service: "Slack".into(),
        host: "slack.com".into(),
        identity: Some("ana@example.com".into()),
        standing: Standing::Fine,
        notice: None,
        tokens: vec![TokenView {
            name: "bot".parse().unwrap(),
            got: at(0),
            ends: Some(at(720)),
            life_ms: Some(43_200_000),
        }],
        next_refresh: Some(at(715)),
        last_refresh: Some(at(0)),
        logged_in: Some(at(-1000)),
        renewable: Some(true),
        ends: None,
        unused_until: None,
        likely: None,
        can_try_once: false,
        lacks_secret: false,
        cookies: 7,
        generation: Generation(3),
        unsaved: false,
        sinks: Vec::new(),
        readers: Vec::new(),
        strip: Vec::new(),
        login: None,
    }
}

/// The same, needing the person.
pub fn needs_login(name: &str) -> AccountView {
    let notice = Notice::new(Code::NeedsLogin, "Slack ended the session at 14:02.")
        .of(name)
        .safe("Your programs have a valid token until 14:31.")
        .next("Nothing happens until you reconnect.")
        .cure(format!("lamp login {name}"));
    AccountView { standing: Standing::NeedsYou, notice: Some(notice), ..account(name) }
}

/// The engine as a whole.
pub fn engine() -> EngineView {
    EngineView {
        version: "0.1.0".into(),
        holder: "desktop".into(),
        pid: 4711,
        notices: Vec::new(),
        warnings: Vec::new(),
        standing: Standing::Fine,
        words: "All 1 logins are fine.".into(),
        logs: "/home/ana/logs".into(),
        config: "/home/ana/config".into(),
        tray: Some(true),
        no_notifications: None,
        store: Some(lamplighter_core::record::StoreKind::Keyring),
        store_words: "Logins are kept in your system’s keyring.".into(),
        practice: None,
    }
}

/// A login under way.
pub fn login(stage: LoginStage) -> LoginView {
    LoginView {
        id: "login-1".into(),
        account: "work-slack".parse().unwrap(),
        account_id: None,
        service: "Slack".into(),
        stage,
        kind: "form".into(),
    }
}

/// A token with a bearer header.
pub fn grant(value: &str) -> TokenGrant {
    TokenGrant {
        value: Secret::from(value),
        name: "access".parse().unwrap(),
        ends: Some(Timestamp(1_900_000_000_000)),
        left_ms: Some(600_000),
        generation: Generation(3),
        headers: vec![("Authorization".into(), Secret::from(format!("Bearer {value}")))],
        still_good: false,
        warning: None,
    }
}
