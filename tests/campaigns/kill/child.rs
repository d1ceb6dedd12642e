//! The process that is killed: a real engine, which looks at what the last one left and then does something.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio, exit};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lamplighter_core::api::{AccountView, LoginAnswer, Request, Response, Standing, TokenRequest};
use lamplighter_core::refresh::Effect;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_core::time::{BootTime, Now};
use lamplighter_engine::start::{Observed, Start, StartError};
use lamplighter_engine::{Engine, Holder};
use testkit::clock::ManualClock;
use tokio::sync::watch;

use crate::home::env;
use crate::plan::{AGAIN, Act, Found, Kill, Phase, Plan, Told};
use crate::steps;
use crate::whole::world::{Handed, Running};

/// Tells this program that it is such a process, and which one.
pub const PLAN: &str = "LAMPLIGHTER_CAMPAIGN_KILL";
/// The account.
const ACCOUNT: &str = "work";
/// Steps of time that an engine takes for being awake.
const STEP: Duration = Duration::from_secs(80);
/// A doubt is confirmed after five minutes, a lost reply is tried again within thirty.
const PATIENCE: u32 = 60;

/// Kills the process at its moment.
struct Reaper {
    kill: Option<Kill>,
    /// Steps since the phase began; `usize::MAX / 2` and more before it has.
    steps: AtomicUsize,
    /// Where the thread that kills later waits for the word.
    word: Mutex<std::sync::mpsc::Sender<()>>,
}

/// No phase has that many steps.
const NOT_YET: usize = usize::MAX / 2;

impl Reaper {
    fn new(kill: Option<Kill>) -> Arc<Self> {
        let (word, heard) = channel();
        if let Some(later) = kill.and_then(|kill| kill.later) {
            std::thread::spawn(move || die_later(&heard, Duration::from_micros(later)));
        }
        let reaper = Arc::new(Self { kill, steps: AtomicUsize::new(NOT_YET), word: Mutex::new(word) });
        reaper.begins(Phase::Start);
        reaper
    }

    /// A phase begins.
    fn begins(&self, phase: Phase) {
        if self.kill.is_some_and(|kill| kill.phase == phase) {
            self.steps.store(0, Ordering::SeqCst);
            if phase == Phase::Start {
                self.strike();
            }
        }
    }

    /// A step was done, or is about to be.
    fn step(&self) {
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        if self.kill.is_some_and(|kill| kill.point == step) {
            self.strike();
        }
    }

    /// Its moment has been reached: whatever was not done until then is not done.
    fn is_near(&self) -> bool {
        let Some(kill) = self.kill.filter(|kill| kill.later.is_some()) else { return false };
        (kill.point + 1..NOT_YET).contains(&self.steps.load(Ordering::SeqCst)) || kill.phase == Phase::Start
    }

    fn strike(&self) {
        match self.kill {
            Some(Kill { later: Some(_), .. }) => {
                // The thread has had its word if this fails.
                _ = self.word.lock().map(|word| word.send(()));
            }
            _ => die(),
        }
    }
}

/// Other programs do not wait either: what runs meanwhile is what is killed in its middle.
fn die_later(word: &Receiver<()>, later: Duration) {
    if word.recv().is_ok() {
        // The moment of a kill is a time and nothing else; nobody wakes this thread before.
        std::thread::park_timeout(later);
        die();
    }
}

/// As `kill -9` does it: nothing is written, closed or dropped.
fn die() -> ! {
    let this = rustix::process::getpid();
    rustix::process::kill_process(this, rustix::process::Signal::KILL).expect("one may kill oneself");
    loop {
        std::thread::park();
    }
}

fn tell(told: &Told) {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, told).expect("text");
    out.write_all(b"\n").and_then(|()| out.flush()).expect("the campaign reads");
}

/// Such a process from its start to its end.
pub fn main(plan: &str) -> ! {
    let plan: Plan = serde_json::from_str(plan).expect("a plan");
    let reaper = Reaper::new(plan.kill);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(live(plan, reaper));
    exit(0)
}

async fn live(plan: Plan, reaper: Arc<Reaper>) {
    let (busy, mut is_busy) = watch::channel(true);
    let seen = reaper.clone();
    let observer = steps::observer(&plan.home, move |observed| {
        seen.step();
        busy.send_replace(!matches!(observed, Observed::Before(_, Effect::Done(_))));
    });
    reaper.begins(Phase::Repair);
    let clock = clock(&plan);
    let start = Start {
        env: env(&plan.home),
        holder: Holder::Desktop,
        desktop: None,
        clock: Arc::new(Handed(clock.clone())),
        // As the settings say: the real one.
        store: None,
        passphrase: None,
        observer: Some(observer),
        ..Start::one_shot(Lang::En)
    };
    let engine = match Engine::start(start).await {
        Ok(engine) => Running::new(engine),
        Err(why) => return tell(&Told::NotStarted(not_started(why))),
    };
    let has_login = loop {
        let found = look(&engine, &plan, &clock, &mut is_busy).await;
        let has_login = matches!(found, Found::Token(_));
        tell(&Told::Found(found));
        let mut word = String::new();
        // Whatever else is said, or that nobody is there any more: it goes on.
        _ = std::io::stdin().lock().read_line(&mut word);
        if word != AGAIN {
            break has_login;
        }
    };
    if let Some(act) = plan.act {
        let act = if has_login { act } else { Act::Login };
        tell(&Told::Acts(act));
        reaper.begins(Phase::Act);
        perform(act, &engine, &plan).await;
    }
    if reaper.is_near() {
        std::future::pending::<()>().await;
    }
    if plan.act.is_none() {
        engine.engine.stop().await;
    }
}

fn not_started(why: StartError) -> String {
    match why {
        StartError::Held(holder) => format!("the lock is held by {holder:?}"),
        StartError::Notice(notice) => format!("{notice:?}"),
    }
}

fn clock(plan: &Plan) -> ManualClock {
    let start = ManualClock::new().now();
    let passed = Duration::from_secs(plan.passed);
    let ms = start.boot.ms + plan.passed * 1000;
    ManualClock::at(Now { wall: start.wall.plus(passed), boot: BootTime { ms, ..start.boot } })
}

/// What the last process left.
async fn look(
    engine: &Running,
    plan: &Plan,
    clock: &ManualClock,
    is_busy: &mut watch::Receiver<bool>,
) -> Found {
    if !has_account(engine).await {
        return Found::Nothing;
    }
    is_busy.wait_for(|is_busy| !is_busy).await.expect("the engine runs");
    if plan.logs_out {
        let request = Request::Logout { account: ACCOUNT.to_owned() };
        return match engine.call(request).await {
            Ok(_) if !has_account(engine).await => Found::Nothing,
            Ok(_) => Found::Broken("logged out, and the account is still there".to_owned()),
            Err(notice) => Found::Broken(format!("not logged out: {notice:?}")),
        };
    }
    let mut asked_for_login = 0;
    for _ in 0..PATIENCE {
        engine.settle().await;
        // Until the store has answered nothing is known, and no time of ours makes it answer.
        let is_read = |view: &AccountView| view.standing != Standing::Fine || !view.tokens.is_empty();
        let view = engine.until(ACCOUNT, "read", is_read).await;
        let now = clock.now().wall;
        if view.standing == Standing::Fine && view.tokens.iter().any(|token| token.ends > Some(now)) {
            return token(engine).await;
        }
        if view.standing == Standing::NeedsYou {
            // Twice: what was written down before the kill may say so until the record is read.
            asked_for_login += 1;
            if asked_for_login == 2 {
                let says = view.notice.map_or_else(String::new, |notice| notice.what);
                return Found::NeedsLogin { record: has_record(plan, &view.id), says };
            }
        }
        clock.advance(STEP);
        // An attempt that this made due has begun when this returns, or none was.
        engine.settle().await;
    }
    let view = engine.account(ACCOUNT).await;
    Found::Broken(format!("{:?} for ever, because {:?}", view.standing, view.notice))
}

async fn token(engine: &Running) -> Found {
    match engine.token(ACCOUNT, TokenRequest::default()).await {
        Ok(grant) => match grant.value.expose_str() {
            Some(token) => Found::Token(token.to_owned()),
            None => Found::Broken("the token is no text".to_owned()),
        },
        Err(notice) => Found::Broken(format!("no token: {notice:?}")),
    }
}

async fn has_account(engine: &Running) -> bool {
    match engine.call(Request::Accounts).await {
        Ok(Response::Accounts { accounts }) => !accounts.is_empty(),
        other => panic!("no accounts: {other:?}"),
    }
}

/// Whether the store, asked by itself, has the account's record.
fn has_record(plan: &Plan, id: &lamplighter_core::id::AccountId) -> bool {
    let mut store = crate::home::store(plan.store, &plan.home);
    store.load(id).is_ok_and(|record| record.is_some())
}

async fn perform(act: Act, engine: &Running, plan: &Plan) {
    let account = || ACCOUNT.to_owned();
    match act {
        Act::Login => log_in(engine, plan).await,
        Act::Refresh => {
            let request = Request::Refresh { accounts: vec![account()], force: true, dry_run: false };
            _ = engine.call(request).await;
        }
        Act::Logout => _ = engine.call(Request::Logout { account: account() }).await,
    }
    engine.settle().await;
}

async fn log_in(engine: &Running, plan: &Plan) {
    let login = if has_account(engine).await {
        let request = Request::Login { account: ACCOUNT.to_owned(), way: None };
        let Ok(Response::Login { login }) = engine.call(request).await else { panic!("no login") };
        login.id
    } else {
        engine.begin_login_at(&plan.base, ACCOUNT).await
    };
    let values = [("email", &plan.email), ("password", &plan.password), ("code", &plan.code)];
    let values: BTreeMap<String, Secret> =
        values.map(|(field, value)| (field.to_owned(), Secret::from(value.as_str()))).into();
    engine.answer(&login, LoginAnswer::Fields { values }).await;
    engine.login_ends(&login).await;
}

/// A command that starts this program as such a process.
pub fn command(plan: &Plan, session: &[(&str, String)]) -> Command {
    // The very program that runs, though a build may have replaced its file meanwhile.
    let this = Path::new("/proc/self/exe");
    let this = if this.exists() { this.to_owned() } else { std::env::current_exe().expect("this program") };
    let mut command = Command::new(this);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").env("LANG", "C.UTF-8");
    command.envs(session.iter().map(|(name, value)| (*name, value)));
    command.env(PLAN, serde_json::to_string(plan).expect("text"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
