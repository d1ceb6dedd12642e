//! One account at one service behind one chaotic network, from fault to fault.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response, Standing, TokenRequest};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::Start;
use lamplighter_engine::store::Stores;
use lamplighter_engine::{Engine, Holder};
use testkit::clock::ManualClock;
use testkit::hosts::Hosts;
use testkit::practice::{JSON_PROVIDER, Settings, Site};

use crate::common::random::Random;
use crate::count::{Counts, Episode, Outcome, Policy};
use crate::fault::{End, Fault, LONGEST};
use crate::proxy::Proxy;
use crate::whole::world::{HANGS, Handed, Running, SharedStore};
use crate::witness::{Seen, Witness};

/// The account.
const ACCOUNT: &str = "work";
/// Steps of time that an engine takes for being awake.
const STEP: Duration = Duration::from_secs(80);
/// The token of 15 minutes is due by then.
const STEPS: u32 = 11;
/// Days: so long it can take until somebody is asked again who was asked by hand all the time and had no answer (F11).
const PATIENCE: u32 = 6000;
/// Requests with a credential in an outage of a day (F11).
const MOST_OF_A_DAY: usize = 60;
/// Steps of a day.
const DAY: u32 = 24 * 3600 / 80;
/// How often a byte is tried: what went through was a shorter message than the longest.
const TRIES: usize = 4;
/// Longer than any episode.
const GRACE: Duration = Duration::from_secs(3650 * 24 * 3600);

/// What a lane is.
#[derive(Clone)]
pub struct Plan {
    /// Its number, which with the seed makes all of its faults.
    pub number: u64,
    /// The campaign's seed.
    pub seed: u64,
    /// How many lanes there are: they share the bytes to cut at.
    pub lanes: usize,
    /// What the service does with used tokens.
    pub policy: Policy,
    /// Whether it serves https, with the certificate that lies there.
    pub hosts: Option<Hosts>,
    /// How many episodes, at most.
    pub episodes: usize,
    /// The last one begins before this moment, in milliseconds since 1970.
    pub until: i64,
    /// Instead of that: cuts at every byte that lanes with this scheme share, this one of so many.
    pub bytes: Option<[usize; 2]>,
}

/// A lane while it goes on.
pub struct Lane {
    plan: Plan,
    site: Site,
    proxy: Proxy,
    clock: ManualClock,
    witness: Arc<Witness>,
    engine: Running,
    random: Random,
    settled: usize,
    _home: tempfile::TempDir,
}

impl Lane {
    /// Logs in, through a network that is still well.
    pub async fn start(plan: Plan) -> Self {
        let site = Site::start(Settings {
            https: plan.hosts.is_some(),
            hosts: plan.hosts.clone(),
            grace: if plan.policy == Policy::NoGrace { Duration::ZERO } else { GRACE },
            rotation: plan.policy != Policy::NotRotating,
            ..Settings::default()
        });
        let (scheme, address) = site.base().split_once("://").expect("an address");
        let behind: SocketAddr = address.parse().expect("an address of this machine");
        let proxy = Proxy::start(behind).await;
        let base = format!("{scheme}://{}", proxy.address());
        let home = tempfile::tempdir().expect("a folder");
        let (clock, (witness, observer)) = (ManualClock::new(), Witness::new());
        let start = Start {
            env: Env { root: Some(prepared(home.path())), ..Env::default() },
            holder: Holder::Desktop,
            desktop: None,
            clock: Arc::new(Handed(clock.clone())),
            store: Some(Stores::only(SharedStore::default())),
            passphrase: None,
            observer: Some(observer),
            ..Start::one_shot(Lang::En)
        };
        let engine = Running::new(Engine::start(start).await.expect("the engine starts"));
        let random = Random::new(plan.seed, plan.number);
        let lane = Self { plan, site, proxy, clock, witness, engine, random, settled: 0, _home: home };
        let login = lane.engine.begin_login_at(&base, ACCOUNT).await;
        lane.log_in(&login).await;
        lane
    }

    /// Episode after episode.
    pub async fn run(mut self, counts: &mut Counts) -> Result<(), String> {
        if let Some([this, all]) = self.plan.bytes {
            self.cut_everywhere(this, all, counts).await?;
        } else {
            let number = usize::try_from(self.plan.number).unwrap_or(0);
            let longest = LONGEST[usize::from(self.plan.hosts.is_some())];
            for turn in 0..self.plan.episodes {
                if testkit::clock::wall_ms() >= self.plan.until {
                    break;
                }
                let fault = Fault::next(&mut self.random, turn * self.plan.lanes + number, longest);
                self.live(turn, fault, counts).await?;
            }
        }
        counts.cuts(self.plan.hosts.is_some(), &self.proxy.cuts(), self.proxy.longest());
        self.engine.engine.stop().await;
        Ok(())
    }

    /// F8: one cut after each `all` bytes, of what is sent and of what is answered.
    async fn cut_everywhere(&mut self, this: usize, all: usize, counts: &mut Counts) -> Result<(), String> {
        for byte in (this..).step_by(all).take_while(|byte| *byte < LONGEST[1]) {
            for way in [0, 1] {
                for turn in 0..TRIES {
                    let is_cut = self.proxy.cuts().contains(&(way == 1, byte));
                    if is_cut || byte >= self.proxy.longest()[way] {
                        break;
                    }
                    let end = if (byte + turn).is_multiple_of(2) { End::Reset } else { End::Close };
                    let fault = if way == 0 { Fault::Request(byte, end) } else { Fault::Reply(byte, end) };
                    self.live(byte, fault, counts).await?;
                }
            }
        }
        Ok(())
    }

    /// One episode, and a new login if the service has ended the last one by its rule.
    async fn live(&mut self, turn: usize, fault: Fault, counts: &mut Counts) -> Result<(), String> {
        let episode = self.episode(turn, fault).await?;
        let is_gone = episode.outcome == Outcome::Gone;
        counts.add(self.plan.policy, self.plan.hosts.is_some(), episode);
        if is_gone {
            let request = Request::Login { account: ACCOUNT.to_owned(), way: None };
            let Ok(Response::Login { login }) = self.engine.call(request).await else {
                return Err("no login begins".to_owned());
            };
            self.log_in(&login.id).await;
        }
        Ok(())
    }

    async fn log_in(&self, login: &str) {
        let person = self.site.person();
        let code = self.site.totp_code(&person.email);
        let values = [("email", person.email.as_str()), ("password", &person.password), ("code", &code)];
        let values = values.map(|(field, value)| (field.to_owned(), Secret::from(value))).into();
        self.engine.answer(login, LoginAnswer::Fields { values }).await;
        let stage = self.engine.login_ends(login).await;
        assert!(matches!(stage, LoginStage::Done { .. }), "the network is well: {stage:?}");
    }

    /// One fault, and what becomes of the login.
    async fn episode(&mut self, turn: usize, fault: Fault) -> Result<Episode, String> {
        let is_outage = fault.is_quick() && self.random.below(40) == 0;
        let lasts = if is_outage { usize::MAX } else { *self.random.pick(&[1, 1, 1, 2, 3, 6]) };
        let is_asked = self.random.below(2) == 0;
        let (before, presented) = (self.witness.seen(), self.presented());
        self.proxy.harm(fault, lasts);
        if is_asked {
            let request =
                Request::Refresh { accounts: vec![ACCOUNT.to_owned()], force: true, dry_run: false };
            _ = self.engine.call(request).await;
        } else {
            for _ in 0..STEPS {
                self.pass().await;
            }
        }
        if is_outage {
            for _ in 0..DAY {
                self.pass().await;
            }
            self.proxy.well();
        }
        // A cut behind the last byte is no outage, and a service that answers may be asked.
        let day = self.witness.seen();
        let day = (day.sends - before.sends).saturating_sub(day.sealed - before.sealed);
        let decided = self.until_decided(fault).await;
        let hits = self.proxy.heal();
        let seen = self.witness.seen();
        let checked = match decided {
            Ok(_) if is_outage && day > MOST_OF_A_DAY => {
                Err(format!("TOO MANY: {day} in an outage of a day"))
            }
            Ok(lives) => self.check(lives, &before, &seen, hits).await.map(|()| lives),
            Err(stuck) => Err(stuck),
        };
        let lives = checked.map_err(|what| {
            let after = self.presented();
            format!(
                "{what}\n  {fault:?} for {lasts} connections, {hits} hit, episode {turn}, asked for: {is_asked}\n  \
                 {before:?} → {seen:?}\n  {presented:?} → {after:?}"
            )
        })?;
        let outcome = match lives {
            false => Outcome::Gone,
            true if seen.replays > before.replays => Outcome::Replayed,
            true if seen.sends > before.sends + 1 => Outcome::SentAgain,
            true => Outcome::Fine,
        };
        Ok(Episode {
            fault,
            outcome,
            hits,
            day: if is_outage { Some(day) } else { None },
            sends: seen.sends - before.sends,
            refreshes: self.presented().good - presented.good,
        })
    }

    fn presented(&self) -> testkit::practice::Presented {
        self.site.presented(&self.site.person().email)
    }

    async fn pass(&self) {
        // What hangs hangs in real time: none of ours makes it give up.
        let quiet = tokio::time::timeout(HANGS, self.proxy.is_quiet()).await;
        assert!(quiet.is_ok(), "every request has a deadline");
        self.site.clock().advance(STEP);
        self.clock.advance(STEP);
        self.engine.settle().await;
    }

    /// Lets time pass until there is a token again (true), or the person has to log in.
    async fn until_decided(&self, fault: Fault) -> Result<bool, String> {
        for step in 0..PATIENCE {
            self.engine.settle().await;
            let view = self.engine.account(ACCOUNT).await;
            let now = self.clock.now().wall;
            match view.standing {
                Standing::Fine if view.tokens.iter().any(|token| token.ends > Some(now)) => return Ok(true),
                Standing::NeedsYou => return Ok(false),
                _ => {}
            }
            if fault == Fault::Refused && step == 20 {
                // Nobody counts those who find nobody.
                self.proxy.well();
            }
            self.pass().await;
        }
        let view = self.engine.account(ACCOUNT).await;
        let now = self.clock.now().wall;
        let said = view.notice.map(|notice| (notice.what, notice.next));
        Err(format!("STUCK: {:?} at {now:?}, because {said:?}", view.standing))
    }

    /// What must be true after every fault.
    async fn check(&mut self, lives: bool, before: &Seen, seen: &Seen, hits: usize) -> Result<(), String> {
        let presented = self.presented();
        let lost = presented.good.saturating_sub(seen.sealed);
        let is_lost = lost > std::mem::replace(&mut self.settled, lost);
        let may_be_gone = is_lost && self.plan.policy == Policy::NoGrace;
        if !lives && !may_be_gone {
            let notice = self.engine.account(ACCOUNT).await.notice.map(|notice| notice.what);
            return Err(format!("FALSE LOGOUT: {notice:?}"));
        }
        if presented.all > seen.marks || presented.again > seen.replays + seen.confirmations {
            return Err("UNMARKED: more was sent than was written down before".to_owned());
        }
        // One request, one more for each that a fault may have hit; and what was lost is asked for and confirmed.
        let most = 1 + hits + 2 * usize::from(!lives);
        let sends = seen.sends - before.sends;
        if sends > most {
            return Err(format!("TOO MANY: {sends} requests with a credential, {hits} connections were hit"));
        }
        if lives {
            let granted = self.engine.token(ACCOUNT, TokenRequest::default()).await;
            let granted = granted.map_err(|notice| format!("LOST: no token: {}", notice.what))?;
            let token = granted.value.expose_str().ok_or("LOST: a token that is no text")?;
            if self.site.owner_of(token).as_deref() != Some(self.site.person().email.as_str()) {
                return Err("LOST: the token that is served is not the service's".to_owned());
            }
        }
        Ok(())
    }
}

fn prepared(home: &Path) -> std::path::PathBuf {
    let providers = home.join("config/providers");
    std::fs::create_dir_all(&providers).expect("a folder");
    std::fs::write(providers.join("practice-json.toml"), JSON_PROVIDER).expect("a file");
    home.to_owned()
}
