//! The processes around one account, and asking with all of them at once.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use lamplighter_core::api::{AccountView, Request, Response, Standing};
use lamplighter_core::text::Lang;
use lamplighter_engine::api::Client;
use lamplighter_engine::paths::Paths;
use testkit::practice::{Settings, Site};
use testkit::wait;

use crate::home::{Home, Store, env};
use crate::roles::{ACCOUNT, ASKERS, Got, Kind, Person, Role, WAIT_MS, command};

/// Programs with askers.
pub const PROGRAMS: usize = 16;
/// Askers in all.
pub const ALL: usize = PROGRAMS * ASKERS + 3;
/// Where the credential goes.
pub const REFRESH: &str = "/api/auth/refresh";
/// Longer than a busy machine takes for anything here.
const PATIENCE: Duration = Duration::from_secs(180);
/// Short enough to be waited for, long enough for an engine to pause it.
const SHORT_LIFE: Duration = Duration::from_secs(3);
/// Longer than a campaign.
const LONG_LIFE: Duration = Duration::from_secs(12 * 3600);

/// A process of ours and the lines that it says; ends with this.
pub struct Speaker {
    child: Child,
    hears: Option<ChildStdin>,
    says: Lines<BufReader<ChildStdout>>,
}

impl Speaker {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("it starts");
        let hears = child.stdin.take();
        let says = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, hears, says }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn tell(&mut self, line: &str) {
        let hears = self.hears.as_mut().expect("it was not told to end");
        writeln!(hears, "{line}").and_then(|()| hears.flush()).expect("it listens");
    }

    fn hear(&mut self) -> String {
        self.says.next().and_then(Result::ok).unwrap_or_default()
    }

    /// Asks it to end, and waits for that.
    pub fn end(mut self) {
        self.hears = None;
        self.child.wait().expect("ours");
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("ours");
        self.child.wait().expect("ours");
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// One account and everybody who needs its token.
pub struct Crowd {
    pub site: Site,
    home: Home,
    lamp: PathBuf,
    programs: Vec<Speaker>,
    pub holder: Option<Speaker>,
    config: String,
    expiries: usize,
}

/// After so many expiries the attempts are counted anew.
const FRESH_STATE: usize = 5;

/// Who was started and has not answered yet.
pub struct Asked(Vec<Child>);

impl Crowd {
    /// A login, and all processes.
    pub fn gather() -> Self {
        let grace = Duration::from_secs(24 * 3600);
        let site = Site::start(Settings { grace, token_life: LONG_LIFE, ..Settings::default() });
        // Sealed files: cron has no session, and so no keyring.
        let home = Home::new(Store::Sealed);
        let lamp = lamp();
        let mut crowd =
            Self { site, home, lamp, programs: Vec::new(), holder: None, config: String::new(), expiries: 0 };
        crowd.programs = (0..PROGRAMS)
            .map(|_| Speaker::start(crowd.role(Kind::Program { lamp: crowd.lamp.clone() })))
            .collect();
        let person = crowd.site.person();
        let person = Person {
            base: crowd.site.base().to_owned(),
            email: person.email.clone(),
            password: person.password.clone(),
            code: crowd.site.totp_code(&person.email),
        };
        crowd.hold(Some(person));
        crowd
    }

    fn role(&self, kind: Kind) -> Command {
        command(&Role { home: self.home.path().to_owned(), kind }, self.home.session())
    }

    /// Whether an engine starts beside the one that runs.
    pub fn another_engine_starts(&self) -> bool {
        Speaker::start(self.role(Kind::Holder(None))).hear() == "ready"
    }

    fn hold(&mut self, person: Option<Person>) {
        let mut holder = Speaker::start(self.role(Kind::Holder(person)));
        assert_eq!(holder.hear(), "ready");
        self.holder = Some(holder);
    }

    /// The lock's file.
    pub fn lock(&self) -> PathBuf {
        self.paths().lock()
    }

    fn paths(&self) -> Paths {
        Paths::resolve(&env(self.home.path()), Lang::En).expect("a home")
    }

    /// How often a credential was presented, good or not, answered or not.
    pub fn presented(&self) -> usize {
        self.site.presented(&self.site.person().email).all
    }

    /// How many requests with one came in.
    pub fn arrived(&self) -> usize {
        self.site.arrived(&format!("POST {REFRESH}"))
    }

    /// Waits until the service has acted on one more than `before`.
    pub fn wait_until_presented(&self, before: usize) {
        assert!(wait::until_true(PATIENCE, || self.presented() > before), "nobody asks");
    }

    /// Waits until one more came in than `before`.
    pub fn wait_for_arrival(&self, before: usize) {
        assert!(self.site.wait_for_arrival(&format!("POST {REFRESH}"), before + 1, PATIENCE), "nobody asks");
    }

    fn call(&self, request: &Request) -> Response {
        let client = Client::new(self.paths().socket(), Lang::En);
        client.call(request).unwrap_or_else(|trouble| panic!("{:?}", trouble.notice(Lang::En)))
    }

    fn account(&self) -> AccountView {
        match self.call(&Request::Account { account: ACCOUNT.to_owned() }) {
            Response::Account { account } => *account,
            other => panic!("no account: {other:?}"),
        }
    }

    /// The token has expired and nobody has done anything about it, because the account is paused. What is minted from
    /// now on lives long.
    pub fn expire(&mut self) {
        self.expiries += 1;
        if self.expiries.is_multiple_of(FRESH_STATE) {
            self.forget_attempts();
        }
        if self.holder.is_none() {
            self.hold(None);
        }
        self.config = std::fs::read_to_string(self.paths().config_file()).expect("the file");
        self.site.set_token_life(SHORT_LIFE);
        let account = || ACCOUNT.to_owned();
        // An engine that has just started may not have read the login yet: it shows no token, and its request is to come.
        let before = self.presented();
        self.call(&Request::Refresh { accounts: vec![account()], force: true, dry_run: false });
        self.wait_until_presented(before);
        self.call(&Request::Pause { account: account() });
        let is_over = || {
            let view = self.account();
            let now = testkit::clock::wall_ms();
            view.standing == Standing::Paused
                && !view.tokens.is_empty()
                && view.tokens.iter().all(|token| token.ends.is_some_and(|ends| ends.0 < now))
        };
        assert!(wait::until_true(PATIENCE, is_over), "it never expires");
        self.site.set_token_life(LONG_LIFE);
    }

    /// Who has more than twenty attempts by hand waits half a minute for each further one (S2.5), and this makes one
    /// for each expiry. They are counted in the database of states, of which nothing is needed (F43).
    fn forget_attempts(&mut self) {
        if let Some(holder) = self.holder.take() {
            holder.end();
        }
        let state = self.paths().state();
        for suffix in ["", "-wal", "-shm"] {
            let mut name = state.clone().into_os_string();
            name.push(suffix);
            // Not there: nothing was counted.
            _ = std::fs::remove_file(name);
        }
    }

    /// The account goes on.
    pub fn resume(&self) {
        self.call(&Request::Resume { account: ACCOUNT.to_owned() });
    }

    /// The holder ends as it should, and leaves the account as it was before it was paused.
    pub fn leave(&mut self) {
        self.holder.take().expect("there is one").end();
        std::fs::write(self.paths().config_file(), &self.config).expect("the file");
    }

    /// Everybody asks, and is still waiting when this returns.
    pub fn ask(&mut self, wait_ms: u64) -> Asked {
        let wait = format!("{}s", wait_ms.div_ceil(1000));
        let words = ["token", ACCOUNT, "--wait", &wait];
        let mut beside = Vec::new();
        for session in [true, true, false] {
            let mut command = Command::new(&self.lamp);
            command.env_clear().args(words).env("LAMPLIGHTER_HOME", self.home.path());
            if session {
                command.envs(self.home.session().iter().map(|(name, value)| (*name, value)));
            }
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            beside.push(command.spawn().expect("lamp is built"));
        }
        for program in &mut self.programs {
            program.tell(&wait_ms.to_string());
        }
        for program in &mut self.programs {
            assert_eq!(program.hear(), "asking");
        }
        Asked(beside)
    }

    /// What they got.
    pub fn answers(&mut self, asked: Asked) -> Got {
        let mut all = Got::default();
        for program in &mut self.programs {
            let line = program.hear();
            let got: Got = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            all.served += got.served;
            all.tokens.extend(got.tokens);
            all.refused.extend(got.refused);
        }
        for child in asked.0 {
            let ran = child.wait_with_output().expect("it was started");
            if ran.status.success() {
                all.served += 1;
                all.tokens.insert(String::from_utf8_lossy(&ran.stdout).trim().to_owned());
            } else {
                all.refused.insert(String::from_utf8_lossy(&ran.stderr).trim().to_owned());
            }
        }
        all
    }

    /// `lamp token` alone, with nobody waiting for long: what it prints as an error.
    pub fn one_in_vain(&self) -> Result<String, String> {
        let mut command = Command::new(&self.lamp);
        command.env_clear().args(["token", ACCOUNT, "--wait", "1s"]);
        command.envs(self.home.session().iter().map(|(name, value)| (*name, value)));
        let ran = command.output().expect("lamp is built");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        if ran.status.success() { Ok(text(ran.stdout)) } else { Err(text(ran.stderr)) }
    }

    /// Everybody has a token, and it is the service's.
    pub fn check(&self, got: &Got) -> Result<(), String> {
        if got.served != ALL || !got.refused.is_empty() {
            return Err(format!(
                "{} of {ALL} were served, the others were told: {:?}",
                got.served, got.refused
            ));
        }
        let owner = Some(self.site.person().email.clone());
        if got.tokens.iter().any(|token| self.site.owner_of(token) != owner) {
            return Err("a token that was served is not the service's".to_owned());
        }
        Ok(())
    }
}

/// The real command line: where cargo built it, or beside this program if it was copied.
fn lamp() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_lamp"));
    if built.is_file() { built } else { testkit::program("lamp") }
}

/// How long askers wait.
pub const PATIENT: u64 = WAIT_MS;
