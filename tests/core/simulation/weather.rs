//! Everything around the accounts that goes wrong by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use lamplighter_core::account::Event;
use lamplighter_core::id::AccountId;
use lamplighter_core::record::StoreError;

use super::model::Over;
use super::world::World;

/// How things are now.
pub struct Weather {
    /// How much goes wrong, in a thousand of what can.
    pub faults: u64,
    pub is_net_up: bool,
    /// Hosts that are down.
    down: BTreeSet<String>,
    pub is_disk_full: bool,
    pub has_chrome: bool,
    pub is_screen_locked: bool,
    /// A bug put in on purpose: replies are said to be sealed, and are not.
    pub forgets_replies: bool,
}

impl Weather {
    pub fn new(faults: u64) -> Self {
        Self {
            faults,
            is_net_up: true,
            down: BTreeSet::new(),
            is_disk_full: false,
            has_chrome: true,
            is_screen_locked: false,
            forgets_replies: false,
        }
    }

    pub fn is_up(&self, host: &str) -> bool {
        self.is_net_up && !self.down.contains(host)
    }
}

impl World {
    /// Whether something goes wrong that does so `weight` times in 100,000 when everything can.
    pub fn goes_wrong(&mut self, weight: u64) -> bool {
        let is_wrong = self.random.roll(10_000_000) < weight * self.weather.faults / 10;
        self.tally.faults += u64::from(is_wrong);
        is_wrong
    }

    /// Before every step.
    pub fn meddle(&mut self) {
        if self.weather.faults == 0 {
            return;
        }
        if self.goes_wrong(150) {
            self.crash();
        }
        self.meddle_with_network();
        self.meddle_with_machine();
        self.meddle_with_time();
        self.meddle_with_services();
        self.people();
    }

    fn meddle_with_network(&mut self) {
        if self.goes_wrong(60) {
            self.weather.is_net_up = false;
        } else if !self.weather.is_net_up && self.random.roll(60) == 0 {
            self.weather.is_net_up = true;
            self.event(Event::Network { up: true });
        }
        if self.goes_wrong(60)
            && let Some(host) = self.some_host()
        {
            self.weather.down.insert(host);
        }
        if !self.weather.down.is_empty() && self.random.roll(120) == 0 {
            self.weather.down.clear();
        }
    }

    fn meddle_with_machine(&mut self) {
        if self.goes_wrong(30) {
            let is_locked = self.random.roll(2) == 0;
            let absent = StoreError::Absent("no bus".to_owned());
            self.store.refuses = Some(if is_locked { StoreError::Locked } else { absent });
        } else if self.store.refuses.is_some() && self.random.roll(60) == 0 {
            self.store.refuses = None;
            self.event(Event::Store(Ok(())));
        }
        if self.goes_wrong(20) {
            self.weather.is_disk_full = true;
        } else if self.weather.is_disk_full && self.random.roll(40) == 0 {
            self.weather.is_disk_full = false;
        }
        if self.goes_wrong(20) {
            self.weather.has_chrome = !self.weather.has_chrome;
        }
        if self.goes_wrong(60) {
            let locked = !self.weather.is_screen_locked;
            self.weather.is_screen_locked = locked;
            self.event(Event::Screen { locked });
        }
    }

    fn meddle_with_time(&mut self) {
        if self.goes_wrong(20) {
            self.tally.sleeps += 1;
            let hours = self.random.roll(10);
            self.pass(Duration::from_secs(hours * 3600));
        }
        if self.goes_wrong(15) {
            self.tally.jumps += 1;
            let days = i64::try_from(self.random.roll(4000)).unwrap_or(0) - 2000;
            self.clock.jump_wall(days * 86_400_000);
        }
    }

    /// Services end logins of their own accord, and change their minds about robots.
    fn meddle_with_services(&mut self) {
        if self.goes_wrong(10)
            && let Some(id) = self.some_account()
            && let Some(model) = self.models.get_mut(&id)
            && let Some(login) = model.logins.last_mut()
        {
            login.over.get_or_insert(Over::Revoked);
        }
        if self.goes_wrong(30)
            && let Some(id) = self.some_account()
            && let Some(model) = self.models.get_mut(&id)
        {
            model.wants_browser = model.kind == super::services::Kind::Ladder && !model.wants_browser;
        }
    }

    pub fn some_account(&mut self) -> Option<AccountId> {
        let index = self.random.roll(self.models.len() as u64);
        self.models.keys().nth(usize::try_from(index).unwrap_or(0)).cloned()
    }

    fn some_host(&mut self) -> Option<String> {
        let id = self.some_account()?;
        let rules = self.accounts.rules(&id)?;
        rules.chains.values().next().map(|chain| chain.host.clone())
    }

    /// Ends all faults and lets everything settle.
    pub fn calm_down(&mut self) {
        let forgets_replies = self.weather.forgets_replies;
        self.weather = Weather { forgets_replies, ..Weather::new(0) };
        self.store.refuses = None;
        self.event(Event::Store(Ok(())));
        self.event(Event::Network { up: true });
        self.event(Event::Screen { locked: false });
        self.paused.clear();
        self.event(Event::Paused { account: None, paused: false });
        self.live(Duration::from_secs(26 * 3600));
    }
}
