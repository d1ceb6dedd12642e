//! A home, an engine with a desktop that writes down, a login window that is a script, and the practice site.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lamplighter_core::api::{
    AccountView, LoginStage, Request, Response, SinkSettings, Standing, Toast, TokenGrant, TokenRequest,
};
use lamplighter_core::login::{Capture, Event};
use lamplighter_core::record::{Record, StorageArea, StorageItem};
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Caller, Service};
use lamplighter_engine::desktop::Desktop;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::Start;
use lamplighter_engine::{Engine, Holder};
use testkit::practice::{PROVIDER, Site};

use crate::browser::user;
use crate::whole::world::{Handed, World};

/// Longer than a Chrome takes on a machine that is busy with other things.
const HANGS: Duration = Duration::from_secs(300);
/// A machine that is awake reads its clocks at least this often.
const STEP: Duration = Duration::from_secs(20);
const ACCOUNT: &str = "work";

/// Whether the calling test may go on: unprivileged, so that Chrome runs with its sandbox, and with a login window
/// for the engine to start. The window is a script that reports what the test has put beside it: what a person's
/// login at the site would have left there.
pub fn has_window() -> bool {
    user::is_prepared("LAMPLIGHTER_APP", |home| {
        let path = home.join("window");
        let script =
            "#!/bin/sh\nread -r plan\necho '{\"event\":\"shown\"}'\ncat \"${0%/*}/captured\"\nread -r told\n";
        // Written by another process: a file that this one has open for writing cannot be executed.
        let mut shell = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh");
        std::io::Write::write_all(&mut shell.stdin.take().expect("a pipe"), script.as_bytes())
            .expect("written");
        assert!(shell.wait().expect("sh").success());
        path
    })
}

/// A desktop without a screen.
#[derive(Default)]
struct Seen(Mutex<Vec<Toast>>);

impl Desktop for Seen {
    fn toast(&self, toast: Toast) {
        self.0.lock().expect("no test thread panicked").push(toast);
    }

    fn close_toast(&self, _key: &str) {}

    fn show_window(&self) {}

    fn has_tray(&self) -> bool {
        true
    }
}

pub struct Setting {
    world: World,
    engine: Engine,
    service: Arc<dyn Service>,
    seen: Arc<Seen>,
}

impl Setting {
    pub async fn start() -> Self {
        Self::start_with(PROVIDER).await
    }

    /// With another file for the practice site.
    pub async fn start_with(provider: &str) -> Self {
        let world = World::new();
        std::fs::write(world.path("config/providers/practice.toml"), provider).expect("a file");
        let seen = Arc::new(Seen::default());
        let start = Start {
            env: Env { root: Some(world.path("")), ..Env::default() },
            holder: Holder::Desktop,
            desktop: Some(seen.clone()),
            lang: Lang::En,
            clock: Arc::new(Handed(world.clock.clone())),
            store: Some(lamplighter_engine::store::Stores::only(world.store.clone())),
            passphrase: None,
            observer: None,
        };
        let engine = Engine::start(start).await.expect("the engine starts");
        Self { service: engine.service(), engine, world, seen }
    }

    pub async fn stop(self) {
        self.engine.stop().await;
    }

    pub fn site(&self) -> &Site {
        &self.world.site
    }

    pub fn toasts(&self) -> Vec<Toast> {
        self.seen.0.lock().expect("no test thread panicked").clone()
    }

    pub async fn call(&self, request: Request) -> Result<Response, Notice> {
        let call = self.service.call(Caller::window(1), request, Lang::En);
        tokio::time::timeout(HANGS, call).await.expect("an answer in time")
    }

    pub async fn token(&self, request: TokenRequest) -> Result<TokenGrant, Notice> {
        let call = self.service.token(Caller::window(1), ACCOUNT.to_owned(), request, Lang::En);
        tokio::time::timeout(HANGS, call).await.expect("an answer in time")
    }

    pub async fn account(&self) -> AccountView {
        match self.call(Request::Account { account: ACCOUNT.to_owned() }).await {
            Ok(Response::Account { account }) => *account,
            other => panic!("no account: {other:?}"),
        }
    }

    /// Ways of the refreshes so far, newest first.
    pub async fn ways(&self) -> Vec<String> {
        match self.call(Request::History { account: ACCOUNT.to_owned(), limit: Some(20) }).await {
            Ok(Response::History { rows }) => {
                rows.into_iter().filter(|row| row.kind == "refresh").filter_map(|row| row.way).collect()
            }
            other => panic!("no history: {other:?}"),
        }
    }

    /// Signs the site's person in, by way of the window; also the names of the cookies that it reported.
    pub async fn log_in(&self) -> (LoginStage, Vec<String>) {
        let opened = self.site().open_session(&self.site().person().email);
        let names = opened.cookies.iter().map(|cookie| cookie.name.clone()).collect();
        let item = |area, key: &str, value: &str| StorageItem {
            origin: self.site().base().to_owned(),
            area,
            key: key.to_owned(),
            value: Secret::from(value),
        };
        let capture = Capture {
            by_person: false,
            cookies: opened.cookies,
            storage: vec![
                item(StorageArea::Local, "access_token", &opened.access),
                item(StorageArea::Session, "tab", "1"),
            ],
            user_agent: None,
            languages: Some("en-GB".to_owned()),
            url: Some(self.site().base().parse().expect("an address")),
        };
        let line = Event::Captured(Box::new(capture)).to_line();
        let window = PathBuf::from(std::env::var_os("LAMPLIGHTER_APP").expect("a window"));
        std::fs::write(window.with_file_name("captured"), &*line).expect("written");
        let request = Request::NewLogin {
            provider: "practice".parse().expect("an id"),
            name: Some(ACCOUNT.parse().expect("a name")),
            vars: BTreeMap::from([("base".parse().expect("a name"), self.site().base().to_owned())]),
            secrets: BTreeMap::new(),
            way: None,
        };
        let Ok(Response::Login { login }) = self.call(request).await else { panic!("no login") };
        (self.login_ends(&login.id).await, names)
    }

    async fn login_ends(&self, login: &str) -> LoginStage {
        let mut events = self.service.events();
        let looking = async {
            loop {
                match self.call(Request::LoginState { login: login.to_owned() }).await {
                    Ok(Response::Login { login }) if login.stage.is_over() => return login.stage,
                    Ok(_) => {}
                    Err(notice) => panic!("{notice:?}"),
                }
                // Lagging is no reason to stop looking.
                _ = events.recv().await;
            }
        };
        tokio::time::timeout(HANGS, looking).await.expect("the login ends")
    }

    /// Looks at the record as the keychain has it.
    pub fn stored<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        let store = self.world.store.lock();
        let account = store.backup().into_keys().next().expect("a record");
        look(&store.peek(&account).expect("a record that can be read"))
    }

    /// Has the token delivered to an env file from now on; what is in it.
    pub async fn env_file(&self) -> String {
        std::fs::write(self.env_path(), "# mine\nOTHER=1\nTOKEN=old\n").expect("a file");
        let set = BTreeMap::from([("TOKEN".to_owned(), "{{token.access}}".to_owned())]);
        let sink =
            SinkSettings::Env { path: self.env_path().display().to_string(), set, allow_tracked: false };
        let request = Request::SetSinks { account: ACCOUNT.to_owned(), sinks: vec![sink] };
        self.call(request).await.expect("the sink is taken");
        self.env_becomes_other_than("old").await
    }

    fn env_path(&self) -> PathBuf {
        self.world.path(".env")
    }

    /// The token in the file, once it is another; all else in it is as it was.
    pub async fn env_becomes_other_than(&self, old: &str) -> String {
        let path = self.env_path();
        let token = move |path: &Path| {
            let content = std::fs::read_to_string(path).expect("the file is there at any time");
            let token = content.strip_prefix("# mine\nOTHER=1\nTOKEN=").expect("the rest stays");
            token.strip_suffix('\n').expect("a whole line").to_owned()
        };
        let old = old.to_owned();
        let look = move || Some(token(&path)).filter(|token| *token != old);
        let waited = tokio::task::spawn_blocking(move || testkit::wait::until(HANGS, look));
        waited.await.expect("no panic").expect("the file gets another token")
    }

    /// Time passes for everybody; whatever becomes due is done on the way.
    pub async fn pass(&self, by: Duration) {
        let end = self.world.clock.now().wall.plus(by);
        while self.world.clock.now().wall < end {
            self.step().await;
        }
    }

    /// Time passes, at most half an hour, until the account looks like that.
    pub async fn until_after(&self, what: &str, is_so: impl Fn(&AccountView) -> bool) {
        for _ in 0..90 {
            self.step().await;
            if is_so(&self.account().await) {
                return;
            }
        }
        panic!("never {what}: {:?}", self.account().await);
    }

    async fn step(&self) {
        self.site().clock().advance(STEP);
        self.world.clock.advance(STEP);
        let mut events = self.service.events();
        let settling = async {
            while self.account().await.standing == Standing::Working {
                // Lagging is no reason to stop looking.
                _ = events.recv().await;
            }
        };
        tokio::time::timeout(HANGS, settling).await.expect("it settles");
    }

    /// Nothing of Chrome is left: no process, no profile.
    pub fn assert_no_chrome(&self) {
        let folder = self.world.path("runtime/chrome");
        let left: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().flatten().collect();
        assert!(left.is_empty(), "files are left: {left:?}");
        let mark = folder.display().to_string();
        let is_ours = |entry: &std::fs::DirEntry| {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&mark)
        };
        let running = std::fs::read_dir("/proc").expect("proc").flatten().filter(is_ours).count();
        assert_eq!(running, 0, "processes are left");
    }
}
