//! Everything around the accounts that goes wrong by itself, and for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lamplighter_core::account::Event;
use lamplighter_core::id::AccountId;
use lamplighter_core::record::StoreError;

use super::network::{OUTAGES, Outage};
use super::services::Kind;
use super::trouble::{Troubles, Whose};
use super::world::World;

const MINUTE: u64 = 60_000;

/// How things are now. Times are on the clock that nobody touches.
pub struct Weather {
    /// Nothing goes wrong that no script says.
    pub is_calm: bool,
    /// The whole network is out like this until then.
    pub outage: Option<(Outage, u64)>,
    /// Hosts that are, and until when.
    down: BTreeMap<String, (Outage, u64)>,
    /// The network comes and goes every 2 s until then.
    pub flaps: u64,
    /// The store is shut until then.
    pub store_opens: u64,
    /// The disk has no room until then.
    pub disk_full: u64,
    pub is_screen_locked: bool,
    /// Apps whose settings are wrong, and when their person mends that.
    pub wrong_apps: BTreeMap<Kind, u64>,
    /// Accounts with an attempt on its way, or an answer that nobody has read yet, when that was last done.
    late_words: BTreeSet<AccountId>,
    /// When the person saves an app's settings once more.
    saves_again: BTreeMap<Kind, u64>,
    /// Entries that a newer version has written, what they were, and when that version is what runs.
    pub newer: BTreeMap<AccountId, (Vec<u8>, u64)>,
    /// The process was told to stop, and ends then.
    pub stops: Option<u64>,
    /// What was in anybody's way.
    pub troubles: Troubles,
    /// A bug put in on purpose: replies are said to be sealed, and are not.
    pub forgets_replies: bool,
}

impl Weather {
    pub fn new(is_calm: bool) -> Self {
        Self {
            is_calm,
            outage: None,
            down: BTreeMap::new(),
            flaps: 0,
            store_opens: 0,
            disk_full: 0,
            is_screen_locked: false,
            wrong_apps: BTreeMap::new(),
            late_words: BTreeSet::new(),
            saves_again: BTreeMap::new(),
            newer: BTreeMap::new(),
            stops: None,
            troubles: Troubles::default(),
            forgets_replies: false,
        }
    }

    /// What is wrong with the way to a host.
    pub fn outage_of(&self, host: &str, at: u64) -> Option<Outage> {
        if at < self.flaps && (at / 2000).is_multiple_of(2) {
            return Some(Outage::NoRoute);
        }
        let whole = self.outage.filter(|(_, until)| at < *until).map(|(outage, _)| outage);
        whole.or_else(|| self.down.get(host).filter(|(_, until)| at < *until).map(|(outage, _)| *outage))
    }

    /// Whether nothing keeps anybody from refreshing.
    pub fn is_fair(&self, at: u64) -> bool {
        self.outage.is_none()
            && self.down.is_empty()
            && at >= self.flaps
            && at >= self.disk_full
            && self.stops.is_none()
    }

    /// When something changes next by itself.
    pub fn next(&self) -> Option<u64> {
        let outage = self.outage.map(|(_, until)| until);
        let down = self.down.values().map(|(_, until)| *until).min();
        let shut = (self.store_opens > 0).then_some(self.store_opens);
        let apps = self.wrong_apps.values().chain(self.saves_again.values()).copied().min();
        let newer = self.newer.values().map(|(_, until)| *until).min();
        [outage, down, shut, apps, newer, self.stops].into_iter().flatten().min()
    }
}

impl World {
    /// Before every step: what goes wrong without regard to what is being done.
    pub fn meddle(&mut self) {
        if self.weather.is_calm {
            return;
        }
        // All of it is rare beside what strikes single steps.
        match self.random.roll(200_000) {
            0 => {
                let outage = OUTAGES[usize::try_from(self.random.roll(6)).unwrap_or(0)];
                let until = self.elapsed + self.some_time();
                self.weather.outage = Some((outage, until));
                self.weather.troubles.note(Whose::All, self.elapsed, until);
            }
            1..=3 => {
                let outage = OUTAGES[usize::try_from(self.random.roll(6)).unwrap_or(0)];
                let until = self.elapsed + self.some_time();
                if let Some(host) = self.some_host() {
                    self.weather.troubles.note(Whose::Host(host.clone()), self.elapsed, until);
                    self.weather.down.insert(host, (outage, until));
                }
            }
            4 => {
                let locked = self.random.roll(2) == 0;
                let absent = StoreError::Absent("no bus".to_owned());
                self.store.refuses = Some(if locked { StoreError::Locked } else { absent });
                self.weather.store_opens = self.elapsed + self.some_time();
                self.weather.troubles.note(Whose::All, self.elapsed, self.weather.store_opens);
            }
            5 => {
                self.weather.disk_full = self.elapsed + self.some_time();
                self.weather.troubles.note(Whose::All, self.elapsed, self.weather.disk_full);
            }
            6..=9 => {
                let locked = !self.weather.is_screen_locked;
                self.weather.is_screen_locked = locked;
                self.event(Event::Screen { locked });
            }
            10..=14 => {
                let id = self.some_account();
                self.pause(id);
            }
            15..=17 => self.change_of_mind(),
            18 => {
                // Somebody is away.
                let month = Duration::from_secs(3600 * (24 + self.random.roll(24 * 29)));
                if self.random.roll(20) == 0 {
                    self.away += super::model::millis(month);
                    self.sleep(month);
                }
            }
            _ => {}
        }
    }

    /// A network's own page in the place of everything at the host of this account.
    pub fn portal_for_host(&mut self, id: &AccountId, until: u64) {
        let host = self.accounts.rules(id).and_then(|rules| rules.chains.values().next());
        let Some(host) = host.map(|chain| chain.host.clone()) else { return };
        self.weather.troubles.note(Whose::Host(host.clone()), self.elapsed, until);
        self.weather.down.insert(host, (Outage::Portal, until));
    }

    /// Mostly minutes, sometimes a day.
    fn some_time(&mut self) -> u64 {
        match self.random.roll(10) {
            0 => self.random.roll(24 * 60) * MINUTE,
            1..=3 => self.random.roll(120) * MINUTE,
            _ => self.random.roll(10) * MINUTE,
        }
        .max(1000)
    }

    /// What has changed by itself.
    pub fn turn_weather(&mut self) {
        let at = self.elapsed;
        if self.weather.outage.is_some_and(|(_, until)| at >= until) {
            self.weather.outage = None;
            // Systems tell, most of the time.
            if self.random.roll(4) > 0 {
                self.event(Event::Network { up: true });
            }
        }
        self.weather.down.retain(|_, (_, until)| at < *until);
        if self.weather.store_opens > 0 && at >= self.weather.store_opens {
            self.weather.store_opens = 0;
            self.store.refuses = None;
            self.event(Event::Store(Ok(())));
        }
        let mended: Vec<Kind> = self
            .weather
            .wrong_apps
            .iter()
            .chain(&self.weather.saves_again)
            .filter(|(_, until)| at >= **until)
            .map(|(kind, _)| *kind)
            .collect();
        for kind in mended {
            self.mend_app(kind);
        }
        let updated: Vec<AccountId> = self
            .weather
            .newer
            .iter()
            .filter(|(_, (_, until))| at >= *until)
            .map(|(id, _)| id.clone())
            .collect();
        if !updated.is_empty() {
            for id in updated {
                let Some((bytes, _)) = self.weather.newer.remove(&id) else { continue };
                self.store.put_back(&id, Some(bytes));
            }
            // The version that wrote them is started.
            self.crash(false, true);
        }
        if self.weather.stops.is_some_and(|stops| at >= stops) {
            self.weather.stops = None;
            self.crash(false, true);
        }
    }

    /// The person corrects the settings of an app.
    fn mend_app(&mut self, kind: Kind) {
        self.weather.wrong_apps.remove(&kind);
        self.weather.saves_again.remove(&kind);
        let ids: Vec<AccountId> =
            self.models.iter().filter(|(_, model)| model.kind == kind).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let is_refused = self.models.get(&id).is_some_and(|model| model.refused_app);
            let is_on_its_way = self.running.contains_key(&id) || self.has_unread(&id);
            self.weather.late_words.remove(&id);
            if is_refused && is_on_its_way {
                self.weather.late_words.insert(id.clone());
            }
            let rules = Box::new(self.rules(&id));
            self.event(Event::RulesChanged { account: id, rules });
        }
    }

    pub fn is_app_wrong(&self, id: &AccountId) -> bool {
        self.models.get(id).is_some_and(|model| self.weather.wrong_apps.contains_key(&model.kind))
    }

    /// An answer from before can be read after, with a crash and a sleep between, as long as the service has said
    /// nothing else since; what one account hears of an app concerns all that share it. The person sees that and saves
    /// the settings once more.
    pub fn is_late_word_of_app(&mut self, id: &AccountId) -> bool {
        let kind = self.models[id].kind;
        let has_heard =
            |id: &AccountId| self.models.get(id).is_some_and(|model| model.kind == kind && model.refused_app);
        let is_late = self.weather.late_words.iter().any(has_heard);
        if is_late {
            self.weather.saves_again.entry(kind).or_insert(self.elapsed + MINUTE);
        }
        is_late
    }

    /// A site lets robots in, or does not any more.
    fn change_of_mind(&mut self) {
        let sites: Vec<AccountId> = self
            .models
            .iter()
            .filter(|(_, model)| model.kind == Kind::Site)
            .map(|(id, _)| id.clone())
            .collect();
        let index = self.random.roll(sites.len() as u64);
        if let Some(model) =
            sites.get(usize::try_from(index).unwrap_or(0)).and_then(|id| self.models.get_mut(id))
        {
            model.wants_browser = !model.wants_browser;
        }
    }

    /// The machine sleeps: what was in flight is lost.
    pub fn sleep(&mut self, time: Duration) {
        self.tally.sleeps += 1;
        self.hamper_all(time);
        for running in self.running.values_mut() {
            running.has_slept = true;
        }
        self.elapsed += super::model::millis(time);
        self.clock.advance(time);
        if self.random.roll(2) == 0 {
            self.event(Event::Woke);
        } else {
            self.event(Event::Tick);
        }
    }

    pub fn some_account(&mut self) -> AccountId {
        let index = self.random.roll(self.models.len() as u64);
        let id = self.models.keys().nth(usize::try_from(index).unwrap_or(0));
        id.expect("there is an account").clone()
    }

    fn some_host(&mut self) -> Option<String> {
        let id = self.some_account();
        let rules = self.accounts.rules(&id)?;
        rules.chains.values().next().map(|chain| chain.host.clone())
    }

    /// Ends all faults and lets everything settle.
    pub fn calm_down(&mut self) {
        let forgets_replies = self.weather.forgets_replies;
        let mut newer = std::mem::take(&mut self.weather.newer);
        newer.values_mut().for_each(|(_, until)| *until = self.elapsed + 1);
        let mut wrong_apps = std::mem::take(&mut self.weather.wrong_apps);
        wrong_apps.values_mut().for_each(|until| *until = self.elapsed + 1);
        let stops = self.weather.stops;
        let troubles = std::mem::take(&mut self.weather.troubles);
        self.weather = Weather { forgets_replies, newer, wrong_apps, stops, troubles, ..Weather::new(true) };
        self.store.refuses = None;
        self.event(Event::Store(Ok(())));
        self.event(Event::Network { up: true });
        self.event(Event::Screen { locked: false });
        for id in std::mem::take(&mut self.paused) {
            self.weather.troubles.end(&Whose::One(id.clone()), self.elapsed);
            self.watch.paused.insert(id, self.watch.fair);
        }
        self.event(Event::Paused { account: None, paused: false });
        self.live(Duration::from_secs(26 * 3600));
    }
}
