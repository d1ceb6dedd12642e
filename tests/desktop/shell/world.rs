//! A desktop with the app on it, a practice site, and a profile that knows the site.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use lamplighter_core::api::{AccountView, LoginAnswer, LoginStage, LoginView, Request, Response, Standing};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::Client;
use testkit::desktop::{MenuEntry, Options, Proc, Role, TrayItem, VirtualDesktop};
use testkit::practice::{self, Person, Settings, Site};
use testkit::wait;

/// Longest that anything here may take; a webview on a slow machine under load needs its time.
pub const SOON: Duration = Duration::from_secs(180);
/// Where the site's JSON interface gives new tokens.
const REFRESH_PATH: &str = "/api/auth/refresh";
/// The same as the site counts it.
pub const REFRESH: &str = "POST /api/auth/refresh";
/// Title of the app's window.
pub const WINDOW: &str = "Lamplighter";

/// Everything that a test acts on.
pub struct World {
    // Dropped in this order: the app before its desktop.
    app: Option<Proc>,
    /// The desktop.
    pub desktop: VirtualDesktop,
    /// The service.
    pub site: Site,
}

/// What the virtual desktop is like unless a test wants it otherwise.
pub fn options() -> Options {
    // xdotool reads titles by the locale's rules; this one is there on every Debian.
    Options { lang: "C.UTF-8".to_owned(), ..Options::default() }
}

impl World {
    /// A desktop, a site with Ana, and a profile. The app is not started yet.
    pub fn new(options: &Options) -> Self {
        Self::with_person(options, Person::new("Ana"))
    }

    /// The same with somebody else.
    pub fn with_person(options: &Options, person: Person) -> Self {
        let site = Site::start(Settings { people: vec![person], ..Settings::default() });
        let desktop = VirtualDesktop::start(options).expect("a desktop");
        let world = Self { app: None, desktop, site };
        let providers = world.home().join("config/providers");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&providers).expect("a folder");
        for (name, text) in [
            ("practice", practice::PROVIDER),
            ("practice-json", &json_provider()),
            ("practice-oauth", practice::OAUTH_PROVIDER),
        ] {
            world.write_provider(name, text);
        }
        world.put_browser();
        world
    }

    /// A usual desktop with the app running on it.
    pub fn running() -> Self {
        let mut world = Self::new(&options());
        world.start(&[]);
        world
    }

    /// `LAMPLIGHTER_HOME`.
    pub fn home(&self) -> PathBuf {
        self.desktop.home().join("lamplighter")
    }

    /// A provider file of the person's own.
    pub fn write_provider(&self, name: &str, text: &str) {
        let path = self.home().join("config/providers").join(format!("{name}.toml"));
        fs::write(path, text).expect("written");
    }

    /// A browser that only notes what it is asked to open.
    fn put_browser(&self) {
        let folder = self.desktop.home().join("bin");
        fs::create_dir(&folder).expect("a folder");
        let path = folder.join("xdg-open");
        let note = self.desktop.home().join("opened");
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", note.display());
        fs::write(&path, script).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it may run");
    }

    /// Addresses that the browser was asked to open.
    pub fn opened(&self) -> Vec<String> {
        let note = fs::read_to_string(self.desktop.home().join("opened")).unwrap_or_default();
        note.lines().map(str::to_owned).collect()
    }

    /// The app's command, with nothing but its environment.
    pub fn command(&self) -> Command {
        self.command_of(&testkit::program("lamplighter"))
    }

    /// The same for a copy of the app, or another program of ours.
    pub fn command_of(&self, program: &Path) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = self.desktop.command(program);
        command.env("LAMPLIGHTER_HOME", self.home()).env("LAMPLIGHTER_LOG", "debug");
        command.env("PATH", format!("{}:{path}", self.desktop.home().join("bin").display()));
        command
    }

    /// Starts the app, and waits until its engine answers.
    pub fn start(&mut self, words: &[&str]) {
        let mut command = self.command();
        command.args(words);
        self.start_by(&mut command);
    }

    /// The same by a command of the test's own.
    pub fn start_by(&mut self, command: &mut Command) {
        let app = Proc::spawn(command).expect("it starts");
        self.app = Some(app);
        let answers = || self.client(Lang::En).call(&Request::Engine).is_ok();
        assert!(wait::until_true(SOON, answers), "the app does not answer: {}", self.log());
    }

    /// The running app.
    pub fn app(&mut self) -> &mut Proc {
        self.app.as_mut().expect("it was started")
    }

    /// Starts the app once more and waits for its end.
    pub fn start_again(&self, words: &[&str]) -> ExitStatus {
        let mut again = Proc::spawn(self.command().args(words)).expect("it starts");
        again.wait(SOON).expect("a second start ends")
    }

    /// What the app wrote to its log and to the terminal.
    pub fn log(&self) -> String {
        let own = fs::read_to_string(self.home().join("logs/lamplighter.log")).unwrap_or_default();
        let said = fs::read_to_string(self.desktop.logs().join("lamplighter.log")).unwrap_or_default();
        format!("{own}\n{said}")
    }

    /// The way to the app's engine.
    pub fn client(&self, lang: Lang) -> Client {
        Client::new(self.home().join("runtime/api.sock"), lang)
    }

    /// Asks the app's engine.
    pub fn ask(&self, request: &Request) -> Response {
        let answer = self.client(Lang::En).call(request);
        answer.unwrap_or_else(|trouble| panic!("{:?}", trouble.notice(Lang::En)))
    }

    /// An account of the practice site's JSON interface, logged in without a window.
    pub fn log_in(&self, name: &str) -> AccountView {
        self.log_in_at(&self.site, "practice-json", name)
    }

    /// The same at another site, or by another provider file for that interface.
    pub fn log_in_at(&self, site: &Site, provider: &str, name: &str) -> AccountView {
        let login = self.new_login_at(site, provider, name);
        let ana = site.person().clone();
        let values =
            [("email", ana.email.clone()), ("password", ana.password), ("code", site.totp_code(&ana.email))];
        let values = values.map(|(name, value)| (name.to_owned(), Secret::from(value)));
        let asked = || matches!(self.login(&login.id).stage, LoginStage::Fields { .. }).then_some(());
        wait::until(SOON, asked).expect("it asks for the fields");
        let answer = LoginAnswer::Fields { values: BTreeMap::from(values) };
        self.ask(&Request::LoginAnswer { login: login.id.clone(), answer });
        let over = || Some(self.login(&login.id).stage).filter(LoginStage::is_over);
        let stage = wait::until(SOON, over).expect("it comes to an end");
        assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
        self.account(name)
    }

    /// Begins the login of a new account, as `lamp` does.
    pub fn new_login(&self, provider: &str, name: &str) -> LoginView {
        self.new_login_at(&self.site, provider, name)
    }

    fn new_login_at(&self, site: &Site, provider: &str, name: &str) -> LoginView {
        let base = ("base".parse().expect("a name"), site.base().to_owned());
        let request = Request::NewLogin {
            provider: provider.parse().expect("an id"),
            name: Some(name.parse().expect("a name")),
            vars: BTreeMap::from([base]),
            secrets: BTreeMap::new(),
            way: None,
        };
        match self.ask(&request) {
            Response::Login { login } => *login,
            other => panic!("{other:?}"),
        }
    }

    /// How a login stands.
    pub fn login(&self, id: &str) -> LoginView {
        match self.ask(&Request::LoginState { login: id.to_owned() }) {
            Response::Login { login } => *login,
            other => panic!("{other:?}"),
        }
    }

    /// How an account stands.
    pub fn account(&self, name: &str) -> AccountView {
        match self.ask(&Request::Account { account: name.to_owned() }) {
            Response::Account { account } => *account,
            other => panic!("{other:?}"),
        }
    }

    /// Whether there is an account of this name.
    pub fn has_account(&self, name: &str) -> bool {
        self.client(Lang::En).call(&Request::Account { account: name.to_owned() }).is_ok()
    }

    /// The next refresh is answered once the returned sender says so, or is dropped; it has arrived when this returns.
    pub fn hold_refresh(&self, account: &str) -> tokio::sync::watch::Sender<bool> {
        let (gate, held) = tokio::sync::watch::channel(false);
        self.site.script(REFRESH_PATH, [practice::Fault::Held(held)]);
        let arrived = self.site.arrived(REFRESH);
        let (client, account) = (self.client(Lang::En), account.to_owned());
        // The answer comes when the engine is done, or never if it ends before.
        std::thread::spawn(move || {
            _ = client.call(&Request::Refresh { accounts: vec![account], force: true, dry_run: false });
        });
        assert!(self.site.wait_for_arrival(REFRESH, arrived + 1, SOON), "{}", self.log());
        gate
    }

    /// Sends the app a signal, by `kill`'s name of it.
    pub fn signal(&mut self, name: &str) {
        let pid = self.app().pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill").success());
    }

    /// Ends Ana's session at the service behind everybody's back, and makes the engine find out at once.
    pub fn end_session(&self, name: &str) {
        let email = self.site.person().email.clone();
        self.site.end_session(&email);
        self.site.revoke_grants(&email);
        self.site.revoke_all_tokens();
        let accounts = vec![name.to_owned()];
        self.ask(&Request::Refresh { accounts, force: true, dry_run: false });
        let needs_you = || self.account(name).standing == Standing::NeedsYou;
        assert!(wait::until_true(SOON, needs_you), "{:?}", self.account(name));
    }

    /// The app's tray item.
    pub fn item(&self) -> TrayItem {
        self.desktop.tray_item_named("lamplighter", SOON).expect("a tray item")
    }

    /// Texts of the tray menu's entries; a check mark that is set is told by "✓".
    pub fn menu(&self) -> Vec<String> {
        let entries = self.desktop.tray_menu(&self.item()).unwrap_or_default();
        entries.into_iter().filter(|entry| !entry.text.is_empty()).map(text).collect()
    }

    /// Waits until the tray menu has an entry with this text in it.
    pub fn await_entry(&self, part: &str) {
        let has = || self.menu().iter().any(|text| text.contains(part));
        assert!(wait::until_true(SOON, has), "no {part:?} in {:?}", self.menu());
    }

    /// Chooses the entry with this text in it.
    pub fn choose(&self, part: &str) {
        self.await_entry(part);
        self.desktop.tray_choose(&self.item(), part).expect("it can be chosen");
    }

    /// Chooses "Quit" and waits for the app's end.
    pub fn quit(&mut self) -> ExitStatus {
        self.await_entry("Quit");
        // It may be gone before it has answered the panel.
        _ = self.desktop.tray_choose(&self.item(), "Quit");
        let ended = self.app().wait(SOON);
        ended.unwrap_or_else(|| panic!("it does not end: {}", self.log()))
    }

    /// Whether the app's window is on the screen.
    pub fn shows_window(&self) -> bool {
        self.desktop.windows().iter().any(|window| window.title == WINDOW)
    }

    /// Waits until the app's window is on the screen.
    pub fn await_window(&self) -> testkit::desktop::Window {
        let found = || self.desktop.windows().into_iter().find(|window| window.title == WINDOW);
        wait::until(SOON, found).unwrap_or_else(|| panic!("no window; {}", self.log()))
    }

    /// Waits until it is gone.
    pub fn await_no_window(&self) {
        assert!(wait::until_true(SOON, || !self.shows_window()), "the window is still there");
    }

    /// Waits until this text is in the window.
    pub fn await_text(&self, part: &str) {
        let shown = self.desktop.element(Role::Any, part, SOON);
        assert!(shown.is_some(), "no {part:?} in {:?}", self.texts());
    }

    /// All texts that a screen reader would find.
    pub fn texts(&self) -> Vec<String> {
        let elements = self.desktop.elements().unwrap_or_default();
        elements.into_iter().map(|element| element.name).filter(|name| !name.is_empty()).collect()
    }

    /// Ways in which one can log in at a provider, as its file says now.
    pub fn ways(&self, provider: &str) -> Vec<String> {
        let Response::Providers { providers } = self.ask(&Request::Providers) else { return Vec::new() };
        let found = providers.into_iter().find(|found| found.id == provider);
        found.map(|found| found.logins).unwrap_or_default()
    }

    /// Whether the app's window, if there is one, is more than its background.
    fn is_painted(&self) -> bool {
        let Some(window) = self.desktop.windows().into_iter().find(|window| window.title == WINDOW) else {
            return true;
        };
        self.desktop.is_painted(&window)
    }

    /// Takes a picture if `TESTKIT_PICTURES` names a folder.
    pub fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("TESTKIT_PICTURES") {
            // What a screen reader is told is there before it is painted. A picture without it is still one.
            wait::until_true(SOON, || self.is_painted());
            self.desktop.screenshot(&PathBuf::from(folder).join(format!("{name}.png"))).expect("a picture");
        }
    }
}

/// The site's JSON interface as a service whose refusals are final, so that nobody waits for a confirmation.
pub fn json_provider() -> String {
    practice::JSON_PROVIDER.replace("rejected = [", "final = [")
}

fn text(entry: MenuEntry) -> String {
    if entry.checked { format!("✓ {}", entry.text) } else { entry.text }
}
