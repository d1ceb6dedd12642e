//! The effects of an attempt, performed without I/O, and what strikes at each of them.

use std::time::Duration;

use lamplighter_core::account::{Event, Job, Session};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::SessionStore as _;
use lamplighter_core::refresh::{Appended, Effect, Input};
use std::fmt::Write as _;

use super::faults::{Fault, Step};
use super::model::Over;
use super::network::Call;
use super::world::{Running, World};

const MINUTE: u64 = 60_000;

/// Which step of a refresh an effect is; `None` for what is none.
fn step_of(effect: &Effect) -> Option<Step> {
    Some(match effect {
        Effect::Load => Step::Load,
        Effect::ReadJournal { .. } => Step::Journal,
        Effect::CreateJournal { .. } => Step::Create,
        Effect::Append { what: Appended::Mark, .. } => Step::Mark,
        Effect::Append { what: Appended::Unmark, .. } => Step::Unmark,
        Effect::Append { what: Appended::Answer, .. } => Step::Answer,
        Effect::Append { what: Appended::Record, .. } => Step::Spill,
        Effect::Send(request) => match Call::of(request) {
            Call::Refresh => Step::Send,
            Call::Second => Step::Second,
            Call::Probe => Step::Probe,
            Call::Other => return None,
        },
        Effect::Browse(_) => Step::Browse,
        Effect::Save { .. } => Step::Save,
        Effect::Publish(_) => Step::Publish,
        Effect::Sweep { .. } => Step::Sweep,
        Effect::HostCheck { .. } => Step::HostCheck,
        Effect::WaitUntil(_) => Step::Wait,
        Effect::Delete | Effect::SetAside | Effect::Done(_) => return None,
    })
}

impl World {
    /// What strikes at this step, if anything does. `None` if the process did not outlive it.
    pub fn strike(
        &mut self,
        id: &AccountId,
        effect: Effect,
        running: &mut Running,
    ) -> Option<(Effect, Option<Fault>)> {
        let (Some(step), false) = (step_of(&effect), self.weather.is_calm) else {
            return Some((effect, None));
        };
        let kind = self.models.get(id)?.kind;
        let lived = self.lived();
        let fault = self.covered.pick(step, kind, lived, &mut self.random);
        _ = writeln!(self.trace, "{} {} {} {fault:?}", self.elapsed, id.as_str(), step.name());
        let Some(fault) = fault else { return Some((effect, None)) };
        // What cannot be right now strikes another time.
        if !self.may(id, fault) {
            return Some((effect, None));
        }
        self.covered.hit(fault, step, kind);
        self.tally.faults += 1;
        self.note_trouble(id, fault);
        match fault {
            Fault::Killed | Fault::PowerLost | Fault::StatesLost => {
                if self.random.roll(2) == 0 {
                    self.perform(id, effect, running, None);
                }
                if fault == Fault::StatesLost {
                    self.states.clear();
                    self.watch.forget_states();
                }
                self.crash(fault == Fault::PowerLost, false);
                return None;
            }
            _ => {}
        }
        Some((effect, self.befall(id, fault)))
    }

    /// What concerns all, or this account alone, can cost the grace of a lost reply.
    fn note_trouble(&mut self, id: &AccountId, fault: Fault) {
        let lasts = match fault {
            Fault::Hangs => 20_000,
            Fault::Drips => 60_000,
            _ => 0,
        };
        if let Some(model) = self.models.get_mut(id) {
            model.trouble = self.elapsed + lasts;
        }
        if matches!(fault, Fault::Flap | Fault::Stopped) {
            self.weather.trouble = self.elapsed;
        }
    }

    /// Whether a fault makes sense now: services are not wrong twice in a row, machines are not told to stop twice.
    fn may(&self, id: &AccountId, fault: Fault) -> bool {
        let Some(model) = self.models.get(id) else { return false };
        match fault {
            Fault::NoOnce | Fault::ErrorIn200 | Fault::LoginPage | Fault::Lag => {
                // A wrong no is one no, and not the one that confirms another.
                let session = self.accounts.get(id).map(|account| &account.session);
                let is_first = matches!(session, Some(Session::None | Session::Alive { .. }));
                is_first && (model.was_wrong == 0 || self.elapsed > model.was_wrong + 60 * MINUTE)
            }
            Fault::BadApp => !self.weather.wrong_apps.contains_key(&model.kind),
            Fault::Stopped => self.weather.stops.is_none(),
            Fault::Flap => self.elapsed >= self.weather.flaps,
            Fault::Newer => !self.weather.newer.contains_key(id),
            _ => true,
        }
    }

    /// What a fault does to the world; what it does to the step itself is handed back.
    fn befall(&mut self, id: &AccountId, fault: Fault) -> Option<Fault> {
        match fault {
            Fault::ClockJump => {
                self.tally.jumps += 1;
                let days = i64::try_from(self.random.roll(4000)).unwrap_or(0) - 2000;
                let near = i64::try_from(self.random.roll(7200)).unwrap_or(0) - 3600;
                // Years off the right time, or about an hour: not ever further away.
                let jump = if self.random.roll(2) == 0 { days * 86_400_000 } else { near * 1000 };
                self.clock.set_wall(self.when().right() + jump);
            }
            Fault::Sleep => {
                // A night now and then, mostly minutes: most of the story is to be lived awake.
                let time = match self.random.roll(100) {
                    0 => self.random.roll(10 * 3600),
                    1 | 2 => self.random.roll(3600),
                    _ => 60 + self.random.roll(120),
                };
                self.sleep(Duration::from_secs(time));
                // Its own connection is gone, too.
                return Some(Fault::Reset);
            }
            Fault::Flap => self.weather.flaps = self.elapsed + 10 * MINUTE,
            Fault::ManyAsk => {
                for _ in 0..16 {
                    self.event(Event::Asked { account: id.clone(), chain: None, force: false });
                }
            }
            Fault::SecondMachine => {
                let at = self.elapsed;
                if let Some(model) = self.models.get_mut(id) {
                    model.refresh_elsewhere(at);
                }
            }
            Fault::Revoked => {
                if let Some(login) = self.models.get_mut(id).and_then(|model| model.logins.last_mut()) {
                    login.over.get_or_insert(Over::Revoked);
                }
            }
            Fault::PersonMeddles => self.person_meddles(id),
            Fault::Reports => {
                let chains: Vec<_> = self.services[id].provider.chains.keys().cloned().collect();
                for chain in chains.iter().cycle().take(4) {
                    let (account, chain) = (id.clone(), chain.clone());
                    self.event(Event::Reported { account, chain });
                }
            }
            Fault::Stopped => {
                self.weather.stops = Some(self.elapsed + 5000);
                self.event(Event::Stopping);
            }
            Fault::NoOnce | Fault::ErrorIn200 | Fault::Lag => {
                let until = self.elapsed + 1 + self.random.roll(20_000);
                if let Some(model) = self.models.get_mut(id) {
                    model.was_wrong = self.elapsed;
                    model.says_no = until;
                }
                return Some(fault);
            }
            Fault::LoginPage => {
                if let Some(model) = self.models.get_mut(id) {
                    model.was_wrong = self.elapsed;
                }
                return Some(fault);
            }
            Fault::BadApp => {
                let until = self.elapsed + MINUTE * (2 + self.random.roll(60));
                if let Some(model) = self.models.get(id) {
                    self.weather.wrong_apps.insert(model.kind, until);
                }
            }
            _ => return Some(fault),
        }
        None
    }

    pub fn perform(
        &mut self,
        id: &AccountId,
        effect: Effect,
        running: &mut Running,
        fault: Option<Fault>,
    ) -> Input {
        let slept = std::mem::take(&mut running.has_slept);
        match effect {
            Effect::Load => Input::Loaded(self.load(id, fault)),
            Effect::ReadJournal { .. } => Input::Journal(self.read_journal(id, fault)),
            Effect::CreateJournal { entries, .. } => Input::Written(self.create_journal(id, &entries, fault)),
            Effect::Append { entry, what } => Input::Written(self.append(id, &entry, what, fault)),
            Effect::Sweep { keep } => {
                self.sweep(id, &keep);
                Input::Swept
            }
            Effect::Send(request) => {
                let call = Call::of(&request);
                let spends = call.spends(&request);
                if spends {
                    self.check_marked(id);
                }
                running.has_sent |= matches!(call, Call::Refresh | Call::Second);
                running.must_seal = spends;
                self.watch.hangs = match fault {
                    Some(Fault::Hangs) => 20_000,
                    Some(Fault::Drips) => 60_000,
                    _ => 0,
                };
                let fault = if slept { Some(Fault::Reset) } else { fault };
                Input::Exchanged(self.exchange(id, &request, fault))
            }
            Effect::Browse(visit) => {
                self.check_marked(id);
                running.has_sent = true;
                running.must_seal = true;
                let fault = if slept { Some(Fault::Chrome) } else { fault };
                Input::Browsed(self.visit(id, &visit, fault))
            }
            Effect::Save { expected, record } => {
                Input::Saved(self.save(id, expected, &record, running.job, fault))
            }
            Effect::Delete => {
                self.check_delete(running.job);
                let deleted = self.store.delete(id);
                if deleted.is_ok() {
                    self.journals.remove(id);
                    self.last_write = None;
                    self.weather.newer.remove(id);
                    self.note_deleted(id);
                }
                Input::Deleted(deleted)
            }
            Effect::SetAside => Input::SetAside(self.store.set_aside(id)),
            Effect::Publish(record) => {
                self.check_published(id, &record);
                self.note_published(id, &record);
                Input::Published
            }
            Effect::HostCheck { origin } => {
                let host = origin.origin().ascii_serialization();
                let outage = self.weather.outage_of(&host, self.elapsed);
                let is_up = outage.is_none_or(super::network::Outage::root_answers);
                Input::HostChecked(is_up && fault != Some(Fault::NoRoute))
            }
            Effect::WaitUntil(_) => Input::Woken,
            Effect::Done(_) => unreachable!("handled by the caller"),
        }
    }

    /// Everything in memory is gone; store, journals and states stay.
    pub fn crash(&mut self, power_lost: bool, is_polite: bool) {
        self.tally.crashes += 1;
        self.weather.trouble = self.elapsed;
        self.weather.stops = None;
        // What had been handed over arrives, or does not.
        let ids: Vec<AccountId> = self.running.keys().cloned().collect();
        for id in ids {
            let Some(mut running) = self.running.remove(&id) else { continue };
            let is_on_its_way = matches!(
                running.effect,
                Some(Effect::Send(_) | Effect::Browse(_) | Effect::Save { .. } | Effect::Append { .. })
            );
            _ = writeln!(self.trace, "{} {} dies {is_on_its_way}", self.elapsed, id.as_str());
            if is_on_its_way
                && self.random.roll(2) == 0
                && let Some(effect) = running.effect.take()
            {
                self.perform(&id, effect, &mut running, None);
            }
            self.note_unfinished(&id, running.job);
            self.watch.touch(id);
        }
        self.weather.trouble = self.elapsed;
        self.queue.clear();
        self.wanted.clear();
        self.checks.clear();
        self.orphan_writes(power_lost);
        self.watch.forget_boot();
        if power_lost {
            self.lose_power();
            // Mostly a restart; sometimes somebody leaves it off for an hour or two.
            let off = if self.random.roll(50) == 0 { self.random.roll(7200) } else { self.random.roll(90) };
            self.clock.reboot(Duration::from_secs(off));
            self.elapsed += off * 1000;
        } else if !is_polite && self.random.roll(10) == 0 {
            let off = self.random.roll(300) * 1000;
            self.elapsed += off;
            self.clock.advance(Duration::from_millis(off));
        }
        self.weather.trouble = self.elapsed;
        self.boot();
    }

    /// Whether the account's session says that the person is needed.
    pub fn is_over(&self, id: &AccountId) -> bool {
        self.accounts.get(id).is_some_and(|account| {
            matches!(account.session, Session::Dead { .. } | Session::Blocked { .. })
                || (account.recovered && !account.has_record)
        })
    }

    /// Nothing but [`Job::Commit`], [`Job::Amend`] and [`Job::Logout`] is the person's own work.
    pub fn is_refresh(job: Job) -> bool {
        matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. })
    }
}
