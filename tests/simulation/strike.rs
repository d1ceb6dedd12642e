//! What strikes at the steps of an attempt.

use std::fmt::Write as _;
use std::time::Duration;

use lamplighter_core::account::{Event, Session};
use lamplighter_core::id::AccountId;
use lamplighter_core::refresh::{Appended, Effect};

use super::faults::{Fault, Step};
use super::model::Over;
use super::network::Call;
use super::services::Kind;
use super::table::LEADING;
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
        let fault = self.choose(id, step, kind);
        _ = writeln!(self.trace, "{} {} {} {fault:?}", self.elapsed, id.as_str(), step.name());
        let Some(fault) = fault else { return Some((effect, None)) };
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

    /// What leads to a rare step; else what struck least of what is possible and makes sense now, if it is time.
    fn choose(&mut self, id: &AccountId, step: Step, kind: Kind) -> Option<Fault> {
        let lived = self.lived();
        let is_struck = self.covered.is_struck(step, kind, lived, &mut self.random);
        let lead = self.covered.lead(step, kind, lived).and_then(|fault| self.leading(id, fault));
        if lead.is_some() && self.random.chance(LEADING) {
            return lead;
        }
        let dice = if is_struck { self.random.roll(u64::MAX) } else { return None };
        self.covered.rarest(step, kind, dice, |fault| self.may(id, fault))
    }

    /// A doubted login is not called wrong once more: that its probe gets no answer makes it wait as well.
    fn leading(&self, id: &AccountId, fault: Fault) -> Option<Fault> {
        let session = self.accounts.get(id).map(|account| &account.session);
        let is_doubted = matches!(session, Some(Session::Suspect { .. }));
        if fault == Fault::Lag && is_doubted {
            Some(Fault::Reset)
        } else {
            Some(fault).filter(|it| self.may(id, *it))
        }
    }

    /// What is in the way of sending a lost request again. What strikes all says so where it begins.
    fn note_trouble(&mut self, id: &AccountId, fault: Fault) {
        match fault {
            Fault::Hangs => self.hamper_host(id, 20_000),
            Fault::Drips => self.hamper_host(id, 60_000),
            // Then its host, or the store, is looked at before anybody goes on.
            Fault::Portal | Fault::Tls | Fault::NoRoute | Fault::Reset | Fault::CutShort | Fault::Storm => {
                self.hamper_host(id, 0);
            }
            Fault::StoreShut | Fault::StoreSlow => self.hamper_all(Duration::ZERO),
            Fault::ManyAsk | Fault::Reports | Fault::ClockJump | Fault::TwoCopies => {}
            _ => self.hamper(id, 0),
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
            Fault::Flap => {
                let lasts = MINUTE * (1 + self.random.roll(10));
                self.weather.flaps = self.elapsed + lasts;
                self.hamper_all(Duration::from_millis(lasts));
            }
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
                self.hamper_all(Duration::from_secs(5));
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
            Fault::Portal if self.random.roll(8) == 0 => {
                // It mostly is still there when the next request comes.
                let until = self.elapsed + MINUTE * (10 + self.random.roll(110));
                self.portal_for_host(id, until);
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
}
