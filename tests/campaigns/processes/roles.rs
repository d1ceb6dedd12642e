//! What the processes of this campaign are: the holder, as the app is one, and programs with 64 askers each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier, Mutex, PoisonError};

use lamplighter_core::api::{LoginAnswer, LoginStage, TokenRequest};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Client, Trouble};
use lamplighter_engine::paths::Paths;
use lamplighter_engine::start::Start;
use lamplighter_engine::{Engine, Holder};
use serde::{Deserialize, Serialize};

use crate::home::env;
use crate::whole::world::Running;

/// Tells this program that it is one of them, and which.
pub const ROLE: &str = "LAMPLIGHTER_CAMPAIGN_PROCESSES";
/// The account.
pub const ACCOUNT: &str = "work";
/// Askers of one program.
pub const ASKERS: usize = 64;
/// Longer than a busy machine takes for anything here.
pub const WAIT_MS: u64 = 170_000;

/// What a process is to be.
#[derive(Serialize, Deserialize)]
pub struct Role {
    /// `LAMPLIGHTER_HOME`.
    pub home: PathBuf,
    /// What it is.
    pub kind: Kind,
}

/// One of these.
#[derive(Serialize, Deserialize)]
pub enum Kind {
    /// An engine that stays, until its standard input ends; logs in first if it is given somebody.
    Holder(Option<Person>),
    /// A program whose askers all ask whenever it is told to, by a line with the number of milliseconds they wait.
    Program { lamp: PathBuf },
}

/// Who logs in.
#[derive(Serialize, Deserialize)]
pub struct Person {
    pub base: String,
    pub email: String,
    pub password: String,
    pub code: String,
}

/// What the askers of a program got.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Got {
    /// How many have a token.
    pub served: usize,
    /// Different ones.
    pub tokens: BTreeSet<String>,
    /// What the others were told.
    pub refused: BTreeSet<String>,
}

/// A command that starts this program as such a process.
pub fn command(role: &Role, session: &[(&'static str, String)]) -> Command {
    let this = Path::new("/proc/self/exe");
    let this = if this.exists() { this.to_owned() } else { std::env::current_exe().expect("this program") };
    let mut command = Command::new(this);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").env("LANG", "C.UTF-8");
    command.envs(session.iter().map(|(name, value)| (*name, value)));
    command.env(ROLE, serde_json::to_string(role).expect("text"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Such a process from its start to its end.
pub fn main(role: &str) {
    let role: Role = serde_json::from_str(role).expect("a role");
    match role.kind {
        Kind::Holder(person) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(hold(&role.home, person));
        }
        Kind::Program { lamp } => {
            let program = Program { home: role.home, lamp, helped: Mutex::default() };
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                let wait = line.parse().unwrap_or(WAIT_MS);
                program.ask(wait);
            }
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever listened may have ended.
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

async fn hold(home: &Path, person: Option<Person>) {
    let start = Start { env: env(home), holder: Holder::Desktop, ..Start::one_shot(Lang::En) };
    let engine = match Engine::start(start).await {
        Ok(engine) => Running::new(engine),
        Err(why) => return say(&format!("not started: {why:?}")),
    };
    if let Some(person) = person {
        let login = engine.begin_login_at(&person.base, ACCOUNT).await;
        let values = [("email", &person.email), ("password", &person.password), ("code", &person.code)];
        let values: BTreeMap<String, Secret> =
            values.map(|(field, value)| (field.to_owned(), Secret::from(value.as_str()))).into();
        engine.answer(&login, LoginAnswer::Fields { values }).await;
        let stage = engine.login_ends(&login).await;
        assert!(matches!(stage, LoginStage::Done { .. }), "{stage:?}");
    }
    say("ready");
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new()));
    _ = ended.await;
    engine.engine.stop().await;
}

/// A program of many threads, each of which needs a token.
struct Program {
    home: PathBuf,
    lamp: PathBuf,
    /// What `lamp` brought when no engine ran: good for all threads of the program.
    helped: Mutex<Option<Result<String, String>>>,
}

impl Program {
    /// All ask at once.
    fn ask(&self, wait: u64) {
        *self.helped() = None;
        let (all, got) = (Barrier::new(ASKERS), Mutex::new(Got::default()));
        let socket = Paths::resolve(&env(&self.home), Lang::En).expect("a home").socket();
        let said = Arc::new(Mutex::new(0));
        std::thread::scope(|scope| {
            for _ in 0..ASKERS {
                scope.spawn(|| {
                    all.wait();
                    {
                        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                        *said += 1;
                        if *said == ASKERS {
                            say("asking");
                        }
                    }
                    let token = self.one(&socket, wait);
                    let mut got = got.lock().unwrap_or_else(PoisonError::into_inner);
                    match token {
                        Ok(token) => {
                            got.served += 1;
                            got.tokens.insert(token);
                        }
                        Err(why) => _ = got.refused.insert(why),
                    }
                });
            }
        });
        let got = got.into_inner().unwrap_or_else(PoisonError::into_inner);
        say(&serde_json::to_string(&got).expect("text"));
    }

    fn helped(&self) -> std::sync::MutexGuard<'_, Option<Result<String, String>>> {
        self.helped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Over the socket; by `lamp`, as programs do, if nobody is there or whoever was there has ended.
    fn one(&self, socket: &Path, wait: u64) -> Result<String, String> {
        let request = TokenRequest { wait_ms: Some(wait), ..TokenRequest::default() };
        match Client::new(socket, Lang::En).token(ACCOUNT, &request) {
            Ok(grant) => grant.value.expose_str().map(str::to_owned).ok_or_else(|| "no text".to_owned()),
            Err(Trouble::Said(notice)) => Err(notice.what),
            Err(Trouble::Nobody | Trouble::Gone) => {
                let mut helped = self.helped();
                helped.get_or_insert_with(|| by_lamp(&self.lamp, wait)).clone()
            }
        }
    }
}

fn by_lamp(lamp: &Path, wait: u64) -> Result<String, String> {
    let words = ["token", ACCOUNT, "--wait", &format!("{}s", wait.div_ceil(1000))].map(str::to_owned);
    let ran = Command::new(lamp).args(words).env_remove(ROLE).stdin(Stdio::null()).output();
    let ran = ran.map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    if ran.status.success() { Ok(text(ran.stdout)) } else { Err(text(ran.stderr)) }
}
