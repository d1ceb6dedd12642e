//! The effects of an attempt, performed without I/O.

use lamplighter_core::account::{Job, Session};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_core::refresh::{Effect, Input, newest, with_held};

use super::faults::Fault;
use super::network::Call;
use super::world::{Running, World};

impl World {
    pub fn perform(
        &mut self,
        id: &AccountId,
        effect: Effect,
        running: &mut Running,
        fault: Option<Fault>,
    ) -> Input {
        let slept = std::mem::take(&mut running.has_slept);
        match effect {
            Effect::Load => {
                let loaded = self.load(id, fault);
                running.is_unreadable = matches!(loaded, Err(StoreError::Corrupt(_)));
                Input::Loaded(loaded)
            }
            Effect::ReadJournal { .. } => {
                // What neither store nor journal took is in memory still, until the process ends.
                let (read, stored) = (self.read_journal(id, fault), self.stored(id));
                let served = self.watch.served.get(id).map(|record| &**record);
                Input::Journal(with_held(read, served, stored.as_deref()))
            }
            Effect::CreateJournal { entries, .. } => Input::Written(self.create_journal(id, &entries, fault)),
            Effect::Append { entry, what } => Input::Written(self.append(id, &entry, what, fault)),
            Effect::Sweep { keep } => {
                // What a broken disk does not take stays as it is; nobody waits for it.
                if fault != Some(Fault::Disk) {
                    self.sweep(id, &keep);
                }
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
            Effect::SetAside => {
                // Nobody could read it, it is kept beside, and a login takes its place (F42).
                self.note_set_aside(id, running);
                Input::SetAside(self.store.set_aside(id))
            }
            Effect::Publish(record) => {
                self.check_published(id, &record);
                let record = newest(self.watch.served.get(id), record);
                self.watch.served.insert(id.clone(), record.clone());
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
