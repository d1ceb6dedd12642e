//! A desktop with the app on it, all provider files of docs/examples, and the hosts that are real here.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use lamplighter_core::api::{
    AccountView, HistoryRow, LoginAnswer, LoginStage, LoginView, Request, Response, TokenGrant, TokenRequest,
};
use lamplighter_core::record::{Record, decode};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::Client;
use testkit::desktop::{Options, Proc, Role, VirtualDesktop};
use testkit::hosts::Hosts;
use testkit::wait;

/// Longest that anything here may take; browsers on a busy machine need some seconds.
pub const SOON: Duration = Duration::from_secs(60);
/// The account of each test.
pub const ACCOUNT: &str = "work";

const EXAMPLES: [(&str, &str); 3] = [
    ("django-simplejwt", include_str!("../../docs/examples/django-simplejwt.toml")),
    ("django-allauth", include_str!("../../docs/examples/django-allauth.toml")),
    ("oidc-provider", include_str!("../../docs/examples/oidc-provider.toml")),
];

/// A browser as a person starts it, except that a screen reader's view of its pages is asked for.
const BROWSER: &str = "#!/bin/sh\nexec chromium --no-first-run --no-default-browser-check --password-store=basic \\\n  \
    --disable-background-networking --disable-component-update --disable-sync --disable-features=Translate \\\n  \
    --force-renderer-accessibility --window-size=900,760 --user-data-dir=\"$HOME/chromium\" \"$1\" >> \"$HOME/browser.log\" 2>&1\n";

/// Everything that a test acts on.
pub struct World {
    // Dropped in this order: the app before its desktop.
    _app: Proc,
    /// The desktop.
    pub desktop: VirtualDesktop,
    client: Client,
}

/// The hosts, or `None` where nothing can be shown.
pub fn hosts() -> Option<Hosts> {
    let hosts = Hosts::here();
    if hosts.is_none() {
        eprintln!("skipped, needs real hosts: cargo xtask test peers");
    }
    hosts
}

impl World {
    /// A desktop with an unlocked keyring, notifications and a tray, and the app running on it.
    pub fn start(hosts: &Hosts) -> Self {
        Self::start_with(hosts, &[])
    }

    /// The same with more provider files.
    pub fn start_with(hosts: &Hosts, files: &[(&str, &str)]) -> Self {
        let desktop = VirtualDesktop::start(&Options::default()).expect("a desktop");
        hosts.trust(&desktop.home()).expect("Chromium's list");
        let home = desktop.home().join("lamplighter");
        let providers = home.join("config/providers");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&providers).expect("a folder");
        for (name, text) in EXAMPLES.iter().chain(files) {
            fs::write(providers.join(format!("{name}.toml")), text).expect("written");
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = desktop.command(testkit::program("lamplighter"));
        command.env("LAMPLIGHTER_HOME", &home).env("LAMPLIGHTER_LOG", "debug");
        command.env("PATH", format!("{}:{path}", put_browser(&desktop).display()));
        let app = Proc::spawn(&mut command).expect("it starts");
        let client = Client::new(home.join("runtime/api.sock"), Lang::En);
        let world = Self { _app: app, desktop, client };
        let answers = || world.client.call(&Request::Engine).is_ok();
        assert!(wait::until_true(SOON, answers), "the app does not answer: {}", world.log());
        world
    }

    /// What the app wrote to its log and to the terminal.
    pub fn log(&self) -> String {
        let own = self.desktop.home().join("lamplighter/logs/lamplighter.log");
        let said = self.desktop.logs().join("lamplighter.log");
        [own, said].map(|path| fs::read_to_string(path).unwrap_or_default()).join("\n")
    }

    /// Asks the app's engine.
    pub fn ask(&self, request: &Request) -> Response {
        let answer = self.client.call(request);
        answer.unwrap_or_else(|trouble| panic!("{:?}", trouble.notice(Lang::En)))
    }

    /// A token as a program asks for it: good for the request that it is about to send.
    pub fn token(&self) -> Result<TokenGrant, lamplighter_core::report::Notice> {
        let request = TokenRequest { min_valid_ms: Some(1_500), ..TokenRequest::default() };
        let granted = self.client.token(ACCOUNT, &request);
        granted.map_err(|trouble| trouble.notice(Lang::En))
    }

    /// How the account stands.
    pub fn account(&self) -> AccountView {
        match self.ask(&Request::Account { account: ACCOUNT.to_owned() }) {
            Response::Account { account } => *account,
            other => panic!("{other:?}"),
        }
    }

    /// Its past, newest first.
    pub fn history(&self) -> Vec<HistoryRow> {
        match self.ask(&Request::History { account: ACCOUNT.to_owned(), limit: Some(500) }) {
            Response::History { rows } => rows,
            other => panic!("{other:?}"),
        }
    }

    /// Begins the login of a new account.
    pub fn new_login(&self, provider: &str, vars: &[(&str, &str)]) -> LoginView {
        let vars = vars.iter().map(|(name, value)| (name.parse().expect("a name"), (*value).to_owned()));
        self.login_by(&Request::NewLogin {
            provider: provider.parse().expect("an id"),
            name: Some(ACCOUNT.parse().expect("a name")),
            vars: vars.collect(),
            secrets: BTreeMap::new(),
            way: None,
        })
    }

    /// Begins another login of the account.
    pub fn login_again(&self) -> LoginView {
        self.login_by(&Request::Login { account: ACCOUNT.to_owned(), way: None })
    }

    fn login_by(&self, request: &Request) -> LoginView {
        match self.ask(request) {
            Response::Login { login } => *login,
            other => panic!("{other:?}"),
        }
    }

    /// How a login stands.
    pub fn login(&self, id: &str) -> LoginStage {
        self.login_by(&Request::LoginState { login: id.to_owned() }).stage
    }

    /// Waits until a login stands so.
    pub fn login_comes_to(&self, id: &str, is_so: impl Fn(&LoginStage) -> bool) -> LoginStage {
        let stage =
            wait::until(SOON, || Some(self.login(id)).filter(|stage| is_so(stage) || stage.is_over()));
        let stage =
            stage.unwrap_or_else(|| panic!("the login stays at {:?}: {}", self.login(id), self.log()));
        assert!(is_so(&stage), "{stage:?}");
        stage
    }

    /// Waits until it is done; as whom, and in which words.
    pub fn login_is_done(&self, id: &str) -> (Option<String>, String) {
        match self.login_comes_to(id, |stage| matches!(stage, LoginStage::Done { .. })) {
            LoginStage::Done { identity, renewable: true, words, .. } => (identity, words),
            other => panic!("{other:?}"),
        }
    }

    /// Fills in the form of a login.
    pub fn fill_in(&self, id: &str, values: &[(&str, &str)]) {
        self.login_comes_to(id, |stage| matches!(stage, LoginStage::Fields { .. }));
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect();
        self.ask(&Request::LoginAnswer { login: id.to_owned(), answer: LoginAnswer::Fields { values } });
    }

    /// Clicks into the field whose label has this in it, and types.
    pub fn type_into(&self, label: &str, text: &str) {
        let pressed = self.desktop.press(Role::Field, label, SOON);
        pressed.unwrap_or_else(|error| panic!("{error}; {}", self.log()));
        self.desktop.key("ctrl+a").expect("pressed");
        self.desktop.type_text(text).expect("typed");
    }

    /// What is in the keychain, as it lies there.
    pub fn stored(&self) -> Record {
        let id = self.account().id;
        let mut find = self.desktop.command("secret-tool");
        find.args(["lookup", "username", id.as_str()]).stdout(Stdio::piped());
        let text = find.output().expect("secret-tool").stdout;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim_ascii()).expect("base64");
        decode(&bytes).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Bodies and titles of all notifications that were ever sent.
    pub fn notifications(&self) -> Vec<String> {
        let log = self.desktop.notification_log();
        let calls = log.split("member=Notify").skip(1).map(|call| {
            let strings = call.lines().filter_map(|line| line.trim().strip_prefix("string \""));
            // Application, icon, title, body; what follows are buttons.
            let words: Vec<&str> = strings.take(4).map(|text| text.trim_end_matches('"')).collect();
            words.get(2..).unwrap_or_default().join(" | ")
        });
        calls.collect()
    }

    /// Status that a program gets at this address, by curl: nothing of ours is in it.
    pub fn curl(&self, url: &str, headers: &[String]) -> String {
        let mut curl = self.desktop.command("curl");
        curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--config", "-"]);
        let mut child = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl");
        let mut config = format!("url = \"{url}\"\n");
        for header in headers {
            config.push_str(&format!("header = \"{header}\"\n"));
        }
        child.stdin.take().expect("a pipe").write_all(config.as_bytes()).expect("it reads");
        String::from_utf8(child.wait_with_output().expect("curl").stdout).expect("text")
    }

    /// Opens an address in the person's browser, as `lamp login` does.
    pub fn open_browser(&mut self, url: &str) {
        let mut command = self.desktop.command(self.desktop.home().join("bin/xdg-open"));
        self.desktop.start_program(command.arg(url)).expect("a browser");
    }

    /// Takes a picture if `TESTKIT_PICTURES` names a folder.
    pub fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("TESTKIT_PICTURES") {
            self.desktop.screenshot(&PathBuf::from(folder).join(format!("{name}.png"))).expect("a picture");
        }
    }
}

/// What the app opens addresses with.
fn put_browser(desktop: &VirtualDesktop) -> PathBuf {
    let folder = desktop.home().join("bin");
    fs::create_dir(&folder).expect("a folder");
    let path = folder.join("xdg-open");
    fs::write(&path, BROWSER).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it may run");
    // Its offer to save the password would lie over the page.
    let profile = desktop.home().join("chromium/Default");
    fs::create_dir_all(&profile).expect("a folder");
    fs::write(profile.join("Preferences"), r#"{"credentials_enable_service":false}"#).expect("written");
    folder
}
