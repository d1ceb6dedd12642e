//! One home and its processes, each killed, one after the other. The unit that can be repeated.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::time::Duration;

use testkit::practice::{Settings, Site};

use crate::child;
use crate::common::random::Random;
use crate::count::{Cell, Counts, Outcome};
use crate::home::{Home, Store};
use crate::oracle::{Steps, unmarked};
use crate::plan::{AGAIN, Act, Found, Kill, Phase, Plan, Policy, Told};

/// Kills of one line, at most: then a fresh home.
pub const KILLS: usize = 24;
/// Far longer than a line takes, however busy the machine is.
const GRACE: Duration = Duration::from_secs(24 * 3600);
/// Between two processes: longer than a token lives, so that each has to refresh.
const BETWEEN: u64 = 3600;

/// What is tried, by number; the same for every seed.
pub fn combination(line: u64, stores: &[Store]) -> (Policy, Store) {
    let policies = [Policy::NoGrace, Policy::Grace, Policy::NotRotating];
    let index = usize::try_from(line).unwrap_or(0);
    (policies[index / stores.len() % policies.len()], stores[index % stores.len()])
}

/// A broken promise.
pub struct Broken {
    /// Where.
    pub line: u64,
    /// What.
    pub what: String,
}

/// A line while it goes on.
pub struct Line<'a> {
    number: u64,
    policy: Policy,
    store: Store,
    home: Home,
    site: Site,
    random: Random,
    counts: &'a mut Counts,
    /// Kills whose consequences nobody has looked at yet.
    open: Vec<Cell>,
    /// Good answers that were lost, and whose loss the line has been told of already.
    settled: usize,
    /// Of acts of each kind and of repairs, for going through all points of them.
    turns: [usize; 4],
    login: Login,
    logs_out: bool,
    passed: u64,
    /// Times that a record was stored, when somebody looked last.
    saves: usize,
}

/// What is known of the login, as far as somebody has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Login {
    /// There is none.
    None,
    /// It works.
    Lives,
    /// The service has ended it, by its own rule.
    Ended,
}

impl<'a> Line<'a> {
    /// Line `number` of `seed`.
    pub fn new(seed: u64, number: u64, stores: &[Store], counts: &'a mut Counts) -> Self {
        let (policy, store) = combination(number, stores);
        let grace = if policy == Policy::Grace { GRACE } else { Duration::ZERO };
        let rotation = policy != Policy::NotRotating;
        let site = Site::start(Settings { grace, rotation, ..Settings::default() });
        let combinations = 3 * stores.len() as u64;
        let before = usize::try_from(number / combinations).unwrap_or(0);
        // Where the last line of this kind stopped, about: so that together they go through all points.
        let turns = [before * 3, before * 7, before * 2, before * 5];
        Self {
            number,
            policy,
            store,
            home: Home::new(store),
            site,
            random: Random::new(seed, number),
            counts,
            open: Vec::new(),
            settled: 0,
            turns,
            login: Login::None,
            logs_out: false,
            passed: 0,
            saves: 0,
        }
    }

    /// Runs it: at most `kills`, and [`KILLS`].
    pub fn run(mut self, kills: usize) -> Result<(), Broken> {
        let most = kills.min(KILLS);
        let mut done = 0;
        // Some processes live: there is no such point in what they did. Twice as many as kills is more than enough.
        for _ in 0..KILLS * 2 {
            if done >= most {
                break;
            }
            done += usize::from(self.process()?);
        }
        self.last_look()
    }

    /// One process; whether it was killed.
    fn process(&mut self) -> Result<bool, Broken> {
        let (act, kill) = self.choose();
        let (acts, was_killed) = self.start(Some(act), Some(kill))?;
        if was_killed {
            // Who logs out may have come to an end or not; whoever comes next finishes it.
            self.logs_out |= acts == Some(Act::Logout);
            let at = Steps::of(self.home.path()).last().to_owned();
            self.open.push(Cell::new(self.policy, self.store, acts, kill, &at));
        } else {
            self.counts.points_missing += 1;
            self.login = if acts == Some(Act::Logout) { Login::None } else { Login::Lives };
        }
        Ok(was_killed)
    }

    /// What the next process does, and when it is killed: points in turn, moments at random.
    fn choose(&mut self) -> (Act, Kill) {
        let act = match self.login {
            Login::None | Login::Ended => Act::Login,
            Login::Lives if self.random.below(12) == 0 => Act::Logout,
            Login::Lives => Act::Refresh,
        };
        let phase = match self.random.below(20) {
            0 => Phase::Start,
            1..=3 if !self.open.is_empty() => Phase::Repair,
            _ => Phase::Act,
        };
        let slot = if phase == Phase::Repair { 3 } else { act as usize };
        let points = [LOGIN_POINTS, REFRESH_POINTS, LOGOUT_POINTS, REPAIR_POINTS][slot];
        let later = if phase == Phase::Start {
            Some(self.random.below(150_000))
        } else {
            // From a microsecond to some milliseconds, short ones as often as long ones.
            (self.random.below(2) == 0)
                .then(|| 1 << self.random.below(14))
                .map(|ends| self.random.below(ends))
        };
        let point = if later.is_some() {
            usize::try_from(self.random.below(points as u64)).unwrap_or(0)
        } else {
            self.turns[slot] += 1;
            (self.turns[slot] - 1) % points
        };
        (act, Kill { phase, point, later })
    }

    /// Starts such a process, judges what it finds, and waits for its end. Returns what it did then, and whether it was
    /// killed.
    fn start(&mut self, act: Option<Act>, kill: Option<Kill>) -> Result<(Option<Act>, bool), Broken> {
        let plan = self.plan(act, kill);
        self.passed += BETWEEN;
        let mut child = child::command(&plan, self.home.session()).spawn().expect("it starts");
        let told = BufReader::new(child.stdout.take().expect("piped"));
        let mut hears = child.stdin.take().expect("piped");
        let (mut acts, mut judged) = (None, Ok(()));
        for line in told.lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Told::NotStarted(why)) => judged = Err(self.broken(&format!("STUCK: {why}"))),
                Ok(Told::Found(Found::Broken(_))) if self.keyring_comes_back() => {
                    _ = hears.write_all(AGAIN.as_bytes());
                }
                Ok(Told::Found(found)) => {
                    judged = judged.and(self.found(&found));
                    // What it does next does not mix with what it found. It may be dead by now.
                    _ = hears.write_all(b"go\n");
                }
                Ok(Told::Acts(act)) => acts = Some(act),
                // Killed in the middle of a word.
                Err(_) => {}
            }
        }
        let mut why = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut why).expect("text");
        let status = child.wait().expect("ours");
        judged?;
        let was_killed = signal(status) == Some(9);
        if !was_killed && !status.success() {
            return Err(self.broken(&format!("LOST: the process ended with {status}: {why}")));
        }
        if !self.home.lock_is_free() {
            return Err(self.broken("STUCK: the lock of a dead process is not free"));
        }
        Ok((acts, was_killed))
    }

    /// Whether the keyring itself had ended, which no campaign has done: it is started again, as its desktop does, and
    /// what was kept in it has to be there.
    fn keyring_comes_back(&mut self) -> bool {
        let Some(how) = self.home.keyring_ended() else { return false };
        self.counts.keyring_ended(how);
        self.home.open_keyring();
        true
    }

    fn plan(&self, act: Option<Act>, kill: Option<Kill>) -> Plan {
        let person = self.site.person();
        Plan {
            home: self.home.path().to_owned(),
            base: self.site.base().to_owned(),
            email: person.email.clone(),
            password: person.password.clone(),
            code: self.site.totp_code(&person.email),
            store: self.store,
            passed: self.passed,
            logs_out: self.logs_out,
            act,
            kill,
        }
    }

    /// What is left after the kills that nobody has looked at.
    fn found(&mut self, found: &Found) -> Result<(), Broken> {
        let steps = Steps::of(self.home.path());
        let presented = self.site.presented(&self.site.person().email);
        if let Some(what) = unmarked(&steps, presented) {
            return Err(self.broken(&format!("UNMARKED: {what}")));
        }
        // Answers of the service that nobody can have: what they granted is known to it alone.
        let lost = presented.good.saturating_sub(steps.sealed());
        let saves = steps.count("after save");
        let outcome = self.outcome(found, lost > self.settled, saves > self.saves)?;
        self.login = match outcome {
            Outcome::Alive | Outcome::Healed => Login::Lives,
            Outcome::Gone => Login::Ended,
            Outcome::LoggedOut => Login::None,
            Outcome::NotYet | Outcome::Again => self.login,
        };
        (self.logs_out, self.settled, self.saves) = (false, lost, saves);
        self.counts.settle(&mut self.open, outcome);
        self.counts.seen(self.number, presented, &steps);
        self.check_alarms(presented.alarms)
    }

    /// What came of it. `is_lost`: an answer of the service died with a process. `is_new`: a record was stored.
    fn outcome(&self, found: &Found, is_lost: bool, is_new: bool) -> Result<Outcome, Broken> {
        let lost = |what: &str| Err(self.broken(&format!("LOST: {what}")));
        Ok(match found {
            Found::Token(token) if self.site.owner_of(token).is_none() => {
                return lost("the token that is served is not the service's");
            }
            Found::Token(_) if is_lost => Outcome::Healed,
            Found::Token(_) => Outcome::Alive,
            Found::NeedsLogin { record: true, .. } if is_lost && self.policy == Policy::NoGrace => {
                Outcome::Gone
            }
            Found::NeedsLogin { record: true, .. } if self.login == Login::Ended && !is_new => {
                Outcome::NotYet
            }
            Found::NeedsLogin { record: true, says } => {
                return lost(&format!("the service had nothing against it, but: {says}"));
            }
            Found::Nothing if self.logs_out => Outcome::LoggedOut,
            Found::NeedsLogin { record: false, .. } | Found::Nothing
                if self.login == Login::None && !is_new =>
            {
                Outcome::NotYet
            }
            Found::NeedsLogin { record: false, .. } => return lost("the record is gone"),
            Found::Nothing => return lost("the account is gone"),
            Found::Broken(what) => return lost(what),
        })
    }

    /// A family that died of reuse is a login that was gone, of a reply that was lost: no more of them than those.
    fn check_alarms(&self, alarms: usize) -> Result<(), Broken> {
        let gone = self.counts.gone_of(self.number);
        let allowed = if self.policy == Policy::NoGrace { gone } else { 0 };
        if alarms > allowed {
            return Err(
                self.broken(&format!("ALARM: {alarms} of them, {allowed} by replays of lost replies"))
            );
        }
        Ok(())
    }

    /// Whatever was killed last is looked at, too.
    fn last_look(mut self) -> Result<(), Broken> {
        let (_, was_killed) = self.start(None, None)?;
        if was_killed || !self.open.is_empty() {
            return Err(self.broken("nobody could look at what was left"));
        }
        Ok(())
    }

    fn broken(&self, what: &str) -> Broken {
        let last = Steps::of(self.home.path()).last().to_owned();
        let (policy, store, open) = (self.policy, self.store, &self.open);
        let presented = self.site.presented(&self.site.person().email);
        let log = std::fs::read_to_string(self.home.log()).unwrap_or_default();
        let log = log.lines().rev().find(|line| line.contains("WARN")).unwrap_or("nothing in the log");
        let what = format!(
            "{what}\n  {policy:?}, {store:?}, last step: {last}, {presented:?}, after {open:?}\n  {log}"
        );
        Broken { line: self.number, what }
    }
}

/// More than each has; one more than that would only be a process that lives.
const LOGIN_POINTS: usize = 40;
const REFRESH_POINTS: usize = 22;
const LOGOUT_POINTS: usize = 12;
const REPAIR_POINTS: usize = 26;

fn signal(status: std::process::ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal()
}
