//! F36: the process is killed right before and right after every single step that the engine performs, and a new
//! one starts in its place. Real processes, real sockets, the real journal; the keychain survives, as keychains do.
//!
//! The service has one-time refresh tokens and ends the whole login when a used one is presented, at once or after
//! a grace.

mod child;
mod home;
mod steps;
pub mod store;

use std::path::Path;
use std::time::Duration;

use lamplighter_core::api::{AccountView, Request, Response, Standing, TokenRequest};
use lamplighter_core::journal::fold;
use lamplighter_core::refresh::Effect;
use lamplighter_core::report::Code;
use lamplighter_engine::journal::{Journal, Opened};
use lamplighter_engine::start::Observed;
use testkit::clock::ManualClock;
use testkit::practice::{Fault, Person, Settings, Site};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::whole::world::Running;
use child::{Plan, STEP, STEPS, Scene};
use steps::Steps;
use store::Keeps;

const SCENES: [Scene; 7] =
    [Scene::Commit, Scene::Trial, Scene::Refresh, Scene::Lost, Scene::Gone, Scene::Damaged, Scene::Logout];
/// More points than any attempt has.
const MOST_POINTS: usize = 60;
/// As long as a slow machine takes to start a process in the place of the one that was killed.
const GRACE: Duration = Duration::from_secs(300);
/// A doubt is confirmed after five minutes, a lost reply is tried again within thirty.
const PATIENCE: u32 = 40;

#[tokio::test]
async fn f36_a_login_outlives_a_kill_at_every_step_where_used_tokens_have_a_grace() {
    all_points(GRACE, Keeps::Keychain).await;
}

#[tokio::test]
async fn f36_a_login_in_sealed_files_outlives_a_kill_at_every_step() {
    all_points(GRACE, Keeps::Sealed).await;
}

#[tokio::test]
async fn f36_a_login_outlives_a_kill_at_every_step_but_one_that_loses_the_only_reply() {
    all_points(Duration::ZERO, Keeps::Keychain).await;
}

#[expect(clippy::print_stdout, reason = "the cells that were covered are the result")]
async fn all_points(grace: Duration, keeps: Keeps) {
    let people = (0..SCENES.len() * MOST_POINTS).map(|number| Person::new(&format!("P{number}"))).collect();
    let site = Site::start(Settings { people, grace, ..Settings::default() });
    let mut person = 0;
    for scene in SCENES {
        let mut kills = 0;
        for point in 0..MOST_POINTS {
            let cell = Cell::make(&site, keeps, grace, (scene, point), person);
            person += 1;
            if child::run(&cell.plan).success() {
                break;
            }
            site.clear_faults();
            let at = cell.steps().last().to_owned();
            let found = cell.look(&at).await;
            let (scene, grace) = (format!("{scene:?}"), grace.as_secs());
            println!("{scene:<8} grace {grace:>3} s, killed {at:<28} {found}");
            kills += 1;
        }
        assert!(kills >= 6, "{scene:?}: a scene of {kills} points shows nothing");
    }
}

/// One kill.
struct Cell<'a> {
    site: &'a Site,
    home: tempfile::TempDir,
    plan: Plan,
    has_grace: bool,
}

impl<'a> Cell<'a> {
    fn make(
        site: &'a Site,
        keeps: Keeps,
        grace: Duration,
        (scene, point): (Scene, usize),
        person: usize,
    ) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        home::make(home.path());
        let email = format!("p{person}@example.com");
        let person = home::Person {
            password: site.person_named(&email).password.clone(),
            code: site.totp_code(&email),
            email,
        };
        if scene == Scene::Lost {
            // The trial goes through, the reply to the refresh after it does not.
            site.script("/api/auth/refresh", [Fault::Nothing, Fault::ResetAfter]);
        }
        let plan =
            Plan { home: home.path().to_owned(), base: site.base().to_owned(), person, scene, keeps, point };
        Self { site, home, plan, has_grace: !grace.is_zero() }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    fn steps(&self) -> Steps {
        Steps::of(self.home())
    }

    fn records(&self) -> usize {
        self.plan.keeps.records(self.home()).len()
    }

    /// Starts a new engine after the kill, and looks whether all is well.
    async fn look(&self, at: &str) -> &'static str {
        // The one thing that nobody can know: the service has used the token up, and what it said is gone.
        let steps = self.steps();
        let is_reply_gone = steps.count("after spend") > steps.count("after seal reply");
        let had_record = self.records() > 0;
        let clock = ManualClock::new();
        clock.advance(STEP * (STEPS + 1));
        // Busy until the first attempt, which brings record and journal together, is over.
        let (busy, is_busy) = watch::channel(true);
        let observer = steps::observer(self.home(), move |observed| {
            let is_end = matches!(observed, Observed::Before(_, Effect::Done(_)));
            busy.send_replace(!is_end);
        });
        let engine = home::start(self.home(), self.plan.keeps, &clock, observer).await;
        let mut world = After { engine, clock, is_busy };
        let found = match self.plan.scene {
            Scene::Logout => self.log_out(&world.engine, at).await,
            Scene::Commit if !had_record => self.never_logged_in(&world.engine, at).await,
            _ if is_reply_gone && !self.has_grace => self.needs_login(&mut world, at).await,
            _ => self.alive(&mut world, at).await,
        };
        world.engine.engine.stop().await;
        self.check_sends(at);
        found
    }

    /// There is a token that works, and a refresh that works: nobody had to do anything.
    async fn alive(&self, world: &mut After, at: &str) -> &'static str {
        let clock = world.clock.clone();
        let is_alive = |view: &AccountView| {
            let now = clock.now().wall;
            view.standing == Standing::Fine && view.tokens.iter().any(|token| token.ends > Some(now))
        };
        world.until(at, is_alive).await;
        let engine = &world.engine;
        let granted = engine.token("work", TokenRequest::default()).await;
        let granted = granted.unwrap_or_else(|notice| panic!("{:?} {at}: {notice:?}", self.plan.scene));
        let token = granted.value.expose_str().expect("text");
        assert_eq!(self.site.owner_of(token), Some(self.plan.person.email.clone()), "{at}: the token works");
        self.refresh(engine, at).await;
        self.check_journal(at);
        "alive"
    }

    async fn refresh(&self, engine: &Running, at: &str) {
        let request = Request::Refresh { accounts: vec!["work".to_owned()], force: true, dry_run: false };
        let Ok(Response::Refresh { report }) = engine.call(request).await else { panic!("{at}: no report") };
        assert_eq!((report.success, report.total), (1, 1), "{at}: it can be renewed: {report:?}");
    }

    /// The service does not take the login any more. That is said once and for all, and the record is still there.
    async fn needs_login(&self, world: &mut After, at: &str) -> &'static str {
        world.until(at, |view| view.standing == Standing::NeedsYou).await;
        let notice = world.engine.account("work").await.notice.expect("it says why");
        assert_eq!(notice.code, Code::NeedsLogin, "{at}");
        assert_eq!(self.records(), 1, "{at}: I2, nothing is deleted");
        "needs a login: the service ended it"
    }

    /// The login was not stored yet, and the account says so.
    async fn never_logged_in(&self, engine: &Running, at: &str) -> &'static str {
        let view =
            engine.until("work", "asking for a login", |view| view.standing == Standing::NeedsYou).await;
        assert_eq!(view.notice.expect("it says why").code, Code::NeedsLogin, "{at}");
        let stage = engine.log_in_again(&self.plan.person, "work").await;
        assert!(matches!(stage, lamplighter_core::api::LoginStage::Done { .. }), "{at}: {stage:?}");
        "not stored yet; the next login goes through"
    }

    /// Whatever was left, the next logout removes it.
    async fn log_out(&self, engine: &Running, at: &str) -> &'static str {
        // Everything there was is still there, or nothing is.
        let had_record = self.records() > 0;
        engine.call(Request::Logout { account: "work".to_owned() }).await.unwrap_or_else(|notice| {
            panic!("{at}: {notice:?}");
        });
        assert_eq!(self.records(), 0, "{at}");
        let config = std::fs::read_to_string(self.home().join("config/config.toml")).expect("the file");
        assert!(!config.contains("work"), "{at}: {config}");
        let journals = std::fs::read_dir(self.home().join("data/journals")).expect("the folder").count();
        assert_eq!(journals, 0, "{at}");
        if had_record { "still there; the next logout removes it" } else { "gone; the next logout tidies up" }
    }

    /// I3: nothing that spends was ever sent without a mark on the disk, and used tokens only by marked replays.
    fn check_sends(&self, at: &str) {
        let presented = self.site.presented(&self.plan.person.email);
        let marks = self.steps().marks();
        let replays = self.steps().count("after mark of a replay");
        assert!(presented.all <= marks, "{at}: {presented:?} with {marks} marks");
        // What was rejected once is confirmed once, marked as well. Who was killed between a rejection and telling
        // of it asks once more: that cannot end what has been refused already.
        let confirming = self.steps().count("after mark of a confirmation");
        let refused = self.steps().count("after unmark");
        assert!(
            presented.again <= replays + confirming + refused,
            "{at}: {presented:?} with {replays} marked replays, {confirming} confirmations, {refused} refusals"
        );
        if matches!(self.plan.scene, Scene::Gone | Scene::Damaged) {
            // I4: the trial's mark apart, no other than a replay's comes first.
            assert_eq!(
                self.steps().marks_before_replay(),
                1,
                "{at}: a journal was lost, and so may be a reply"
            );
        }
        let most = if self.has_grace || self.plan.scene == Scene::Logout { 2 } else { 3 };
        assert!(presented.again <= most, "{at}: no blind loops: {presented:?}");
    }

    /// Record and journal belong together, and nothing is open between them.
    fn check_journal(&self, at: &str) {
        let records = self.plan.keeps.records(self.home());
        let [record] = records.as_slice() else { panic!("{at}: {} records", records.len()) };
        let folder = self.home().join("data/journals");
        let (_, opened) = Journal::open(&folder, &record.account, &record.journal_key).expect("a journal");
        let entries = match opened {
            Opened::Fresh => Vec::new(),
            Opened::Entries { entries, torn: false } => entries,
            Opened::Entries { torn: true, .. } => panic!("{at}: torn"),
            Opened::Missing | Opened::Damaged { .. } | Opened::WrongKey => panic!("{at}: not readable"),
        };
        let bytes: Vec<_> = entries.iter().map(|entry| Zeroizing::new(entry.expose().to_vec())).collect();
        let fold = fold(&bytes, record.current.generation);
        assert!(fold.open.is_empty() && fold.record.is_none(), "{at}: something is open");
    }
}

/// The engine after the kill.
struct After {
    engine: Running,
    clock: ManualClock,
    is_busy: watch::Receiver<bool>,
}

impl After {
    /// Lets time pass until the account is what it should become.
    async fn until(&mut self, at: &str, is_so: impl Fn(&AccountView) -> bool) {
        for _ in 0..PATIENCE {
            self.is_busy.wait_for(|is_busy| !is_busy).await.expect("the engine runs");
            self.engine.settle().await;
            if is_so(&self.engine.account("work").await) {
                return;
            }
            self.clock.advance(STEP);
        }
        panic!("killed {at}: {:?}", self.engine.account("work").await);
    }
}
