//! What all accounts share: hosts that are down, the store, the screen, sleep.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Effect;
use super::list::Awake;
use super::toast::Prompts;
use crate::classify::Cause;
use crate::record::StoreError;
use crate::schedule::{PER_HOST, Rate, Timer};
use crate::time::{BootTime, Now};

/// While a host is down it is looked at about once a minute, without any secret; a little more often, so that a
/// minute after its return every program that waited has its token.
const CHECK: Duration = Duration::from_secs(50);
/// The clocks are read at least every 30 s: a longer gap is a sleep (F45).
const GAP: Duration = Duration::from_secs(90);
/// After a sleep the network gets this long to come back.
const SETTLE: Duration = Duration::from_secs(5);
/// A machine that said that it goes to sleep and does neither that nor say that it woke is awake after this.
const TO_BED: Duration = Duration::from_secs(60);
/// One outage, one toast; flapping for an hour is one outage (F47).
const ONE_OUTAGE: Duration = Duration::from_secs(3600);

/// The world around the accounts.
#[derive(Debug, Default)]
pub(super) struct World {
    down: BTreeMap<String, Down>,
    /// What the store said last, if it was no.
    pub store: Option<StoreError>,
    pub store_prompts: Prompts,
    pub is_locked: bool,
    pub is_stopping: bool,
    /// How long the engine was awake, sleeps not counted.
    pub awake: Awake,
    last: Option<Now>,
    /// The machine is about to sleep; over when it wakes, or does not go to sleep after all.
    resting: Option<Timer>,
    /// Nothing but asked-for work starts before.
    pub settle: Option<Timer>,
    /// Attempts that talked to each host, lately (S2.5).
    rates: BTreeMap<String, Rate>,
    /// What the person's own check of the network said while a host is down.
    judged: Option<bool>,
    outage_told: Option<Timer>,
    /// The toast of an outage is on the screen: of which host it tells.
    outage_shown: Option<String>,
}

/// A host that is looked at.
#[derive(Debug)]
struct Down {
    since: Now,
    next: Timer,
    is_checking: bool,
    doubt: Doubt,
    /// Where something else than the service answered.
    door: Option<String>,
}

/// Why it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Nothing leaves for it: nothing is tried meanwhile.
    Unreachable,
    /// Something was sent, and what came was no answer of the service (5xx, a page, nothing). Some fronts answer
    /// their root like that for ever, so the waits of each account go on; only the return of one whose check has
    /// failed tells something.
    Ailing {
        /// A check said the same.
        is_confirmed: bool,
    },
}

/// What reading the clocks showed.
pub(super) struct Tick {
    /// How much time passed, a sleep not counted.
    pub passed: Awake,
    /// The machine slept, or was started anew.
    pub has_slept: bool,
}

impl World {
    /// Reads the clocks.
    pub fn tick(&mut self, now: Now) -> Tick {
        let asleep = Tick { passed: Awake::default(), has_slept: true };
        let Some(last) = self.last.replace(now) else { return Tick { has_slept: false, ..asleep } };
        let passed = passed(last.boot, now.boot).unwrap_or(GAP);
        if passed < GAP {
            let unlocked = if self.is_locked { Duration::ZERO } else { passed };
            self.awake.all += passed;
            self.awake.unlocked += unlocked;
            return Tick { passed: Awake { all: passed, unlocked }, has_slept: false };
        }
        self.woke(now);
        asleep
    }

    /// When the clocks were read last.
    pub fn now(&self) -> Option<Now> {
        self.last
    }

    /// The machine is about to sleep.
    pub fn sleeps(&mut self, now: Now) {
        self.resting = Some(Timer::after(TO_BED, now));
    }

    /// It woke.
    pub fn woke(&mut self, now: Now) {
        self.resting = None;
        self.settle = Some(Timer::after(SETTLE, now));
        // What was down before the sleep is looked at as soon as the network had its time.
        for down in self.down.values_mut() {
            down.next = Timer::after(SETTLE, now);
        }
    }

    /// How long nothing may start, because the machine is about to sleep.
    pub fn rests(&self, now: Now) -> Duration {
        self.resting.map_or(Duration::ZERO, |resting| resting.left(now))
    }

    /// Checks that are due. A host that nobody waits for any more is forgotten instead; `is_waited_for` is told the host
    /// and whether nothing leaves for it.
    pub fn checks(
        &mut self,
        now: Now,
        is_waited_for: impl Fn(&str, bool) -> bool,
        effects: &mut Vec<Effect>,
    ) {
        self.down.retain(|host, down| {
            if down.is_checking || !down.next.is_over(now) {
                return true;
            }
            if !is_waited_for(host, down.doubt == Doubt::Unreachable) {
                effects.push(Effect::EngineChanged);
                return false;
            }
            down.is_checking = true;
            effects.push(Effect::CheckHost { host: host.clone(), door: down.door.clone() });
            true
        });
    }

    pub fn is_down(&self, host: &str) -> bool {
        self.unreachable(host).is_some()
    }

    pub fn down_since(&self, host: &str) -> Option<Now> {
        self.unreachable(host).map(|down| down.since)
    }

    pub fn next_check(&self, host: &str) -> Option<Timer> {
        self.unreachable(host).map(|down| down.next)
    }

    fn unreachable(&self, host: &str) -> Option<&Down> {
        self.down.get(host).filter(|down| down.doubt == Doubt::Unreachable)
    }

    /// A request to `host` never left. Whether it was up until now.
    pub fn went_down(&mut self, host: &str, now: Now) -> bool {
        let is_new = !self.is_down(host);
        let down = self.look_at(host, Doubt::Unreachable, now);
        if is_new {
            (down.since, down.doubt, down.door) = (now, Doubt::Unreachable, None);
        }
        is_new
    }

    /// A request to `host` left, and what came is no answer of the service. Of a host that is down it is nothing new.
    pub fn is_ailing(&mut self, host: &str, door: Option<String>, now: Now) {
        let down = self.look_at(host, Doubt::Ailing { is_confirmed: false }, now);
        down.door = door.filter(|_| down.doubt != Doubt::Unreachable);
    }

    fn look_at(&mut self, host: &str, doubt: Doubt, now: Now) -> &mut Down {
        let next = Timer::after(CHECK, now);
        self.down.entry(host.to_owned()).or_insert(Down {
            since: now,
            next,
            is_checking: false,
            doubt,
            door: None,
        })
    }

    /// A check's answer, or any other answer of the host. Whether what waited for it is due.
    pub fn checked(&mut self, host: &str, up: bool, now: Now) -> bool {
        if up {
            // Something can be reached.
            self.judged = None;
            let before = self.down.remove(host).map(|down| down.doubt);
            return before.is_some_and(|doubt| doubt != Doubt::Ailing { is_confirmed: false });
        }
        if let Some(down) = self.down.get_mut(host) {
            down.is_checking = false;
            down.next = Timer::after(CHECK, now);
            if down.doubt != Doubt::Unreachable {
                down.doubt = Doubt::Ailing { is_confirmed: true };
            }
        }
        false
    }

    /// The person's own check of the network said this; whether that is new.
    pub fn judged(&mut self, up: Option<bool>) -> bool {
        let up = up.filter(|_| !self.is_all_up());
        std::mem::replace(&mut self.judged, up) != up
    }

    /// What is said of a host that is down.
    pub fn cause(&self, host: &str, cause: &Cause) -> Cause {
        match self.judged {
            Some(up) if self.is_down(host) && cause.is_about_the_way() => {
                if up {
                    Cause::HostOnly
                } else {
                    Cause::Offline
                }
            }
            _ => cause.clone(),
        }
    }

    /// The network is back: every host may be asked now.
    pub fn network_is_up(&mut self, now: Now) {
        for down in self.down.values_mut() {
            down.next = Timer::due(now);
        }
    }

    /// An attempt is about to talk to `host`.
    pub fn talked_to(&mut self, host: String, now: Now) {
        self.rates.entry(host).or_default().spend(PER_HOST, 1, now);
    }

    /// How long `host` is spared, because it was asked very often.
    pub fn spared(&self, host: &str, now: Now) -> Duration {
        self.rates.get(host).map_or(Duration::ZERO, |rate| rate.wait(PER_HOST, now))
    }

    /// Whether this outage may be told now: once.
    pub fn may_tell_outage(&self, now: Now) -> bool {
        let is_same = self.outage_told.is_some_and(|told| !told.is_over(now));
        !(self.is_locked || self.outage_shown.is_some() || is_same)
    }

    /// It is told.
    pub fn tell_outage(&mut self, host: String, now: Now) {
        self.outage_shown = Some(host);
        self.outage_told = Some(Timer::after(ONE_OUTAGE, now));
    }

    /// The host of which a toast tells that is on the screen.
    pub fn outage_shown(&self) -> Option<&str> {
        self.outage_shown.as_deref()
    }

    /// The outage is over. Flapping since it was told is the same one still.
    pub fn end_outage(&mut self) {
        self.outage_shown = None;
    }

    /// Since when `host` is looked at, whatever is wrong with it.
    pub fn troubled_since(&self, host: &str) -> Option<Now> {
        self.down.get(host).map(|down| down.since)
    }

    pub fn is_all_up(&self) -> bool {
        self.down.values().all(|down| down.doubt != Doubt::Unreachable)
    }

    /// The next thing to do by itself.
    pub fn next(&self, now: Now) -> Option<Duration> {
        let spared = self.rates.values().map(|rate| rate.wait(PER_HOST, now)).filter(|wait| !wait.is_zero());
        let checks = self.down.values().filter(|down| !down.is_checking).map(|down| down.next.left(now));
        let checks = checks.chain(spared);
        checks.chain(self.settle.map(|settle| settle.left(now)).filter(|left| !left.is_zero())).min()
    }
}

/// Time between two readings of the boot clock; `None` over a reboot.
fn passed(from: BootTime, to: BootTime) -> Option<Duration> {
    (from.boot == to.boot).then(|| Duration::from_millis(to.ms.saturating_sub(from.ms)))
}
