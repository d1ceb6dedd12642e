//! The effects of an attempt, performed without I/O, in any weather.

use std::sync::Arc;

use lamplighter_core::exchange::{
    BrowserEnd, BrowserResult, BrowserVisit, Exchange, HttpRequest, NoChrome, NoReply, NotSent,
};
use lamplighter_core::id::AccountId;
use lamplighter_core::journal::{JournalError, JournalRead};
use lamplighter_core::record::{Record, SessionStore as _, StoreError};
use lamplighter_core::refresh::{Appended, Effect, Input};
use testkit::memory_store::Fault;
use zeroize::Zeroizing;

use super::model::in_its_place;
use super::world::{Running, World};
use crate::machines::rig::{cut, not_sent, reply};

impl World {
    pub fn perform(&mut self, id: &AccountId, effect: Effect, running: &mut Running) -> Input {
        match effect {
            Effect::Load => Input::Loaded(self.store.load(id).map(|record| record.map(Arc::new))),
            Effect::ReadJournal { .. } => Input::Journal(Ok(self.read_journal(id))),
            Effect::CreateJournal { entries, .. } => {
                self.journals.insert(id.clone(), entries.iter().map(|entry| entry.to_vec()).collect());
                Input::Written(Ok(()))
            }
            Effect::Append { entry, what } => Input::Written(self.append(id, &entry, what)),
            Effect::Sweep { keep } => {
                self.journals.insert(id.clone(), vec![keep.to_vec()]);
                Input::Swept
            }
            Effect::Send(request) => {
                let spends = matches!(request.url.path(), "/token" | "/auth/refresh");
                if spends {
                    self.check_marked(id);
                }
                running.must_seal = spends;
                self.trace.add(format!("{} {}", request.method, request.url.path()).as_bytes());
                Input::Exchanged(self.exchange(id, &request))
            }
            Effect::Browse(visit) => {
                self.check_marked(id);
                running.must_seal = true;
                self.tally.visits += 1;
                Input::Browsed(self.visit(id, &visit))
            }
            Effect::Save { expected, record } => {
                self.check_save(id, &record, running.job);
                if self.goes_wrong(600) {
                    let late = self.random.roll(2) == 0;
                    let refusal = Fault::Refuses(StoreError::Denied("no".to_owned()));
                    self.store.fail_next(if late { Fault::LandsLate } else { refusal });
                }
                let saved = self.store.save(id, expected, &record);
                self.note_stored(id);
                Input::Saved(saved)
            }
            Effect::Delete => {
                self.check_delete(running.job);
                let deleted = self.store.delete(id);
                if deleted.is_ok() {
                    self.journals.remove(id);
                    self.note_deleted(id);
                }
                Input::Deleted(deleted)
            }
            Effect::SetAside => Input::SetAside(self.store.set_aside(id)),
            Effect::Publish(record) => {
                self.check_published(id, &record);
                self.tally.refreshes += 1;
                Input::Published
            }
            Effect::HostCheck { origin } => {
                Input::HostChecked(self.weather.is_up(&origin.origin().ascii_serialization()))
            }
            Effect::WaitUntil(_) => Input::Woken,
            Effect::Done(_) => unreachable!("handled by the caller"),
        }
    }

    fn read_journal(&self, id: &AccountId) -> JournalRead {
        match self.journals.get(id) {
            Some(entries) => JournalRead::Entries(entries.iter().cloned().map(Zeroizing::new).collect()),
            None => JournalRead::Lost { readable: Vec::new() },
        }
    }

    fn append(&mut self, id: &AccountId, entry: &[u8], what: Appended) -> Result<(), JournalError> {
        // A disk that fills up between mark and reply: the file was grown beforehand (I3).
        if self.weather.is_disk_full && what == Appended::Mark {
            return Err(JournalError::Disk("full".to_owned()));
        }
        self.note_sealed(id, entry);
        if !(self.weather.forgets_replies && what == Appended::Answer) {
            self.journals.entry(id.clone()).or_default().push(entry.to_vec());
        }
        Ok(())
    }

    fn exchange(&mut self, id: &AccountId, request: &HttpRequest) -> Exchange {
        let now = self.clock.now();
        if !self.weather.is_up(&request.url.origin().ascii_serialization()) {
            return not_sent(NotSent::Connect, now);
        }
        if self.goes_wrong(2500) {
            let which = self.random.roll(u64::MAX);
            return in_its_place(which, now);
        }
        let never_arrives = self.goes_wrong(1000);
        let is_lost = self.goes_wrong(2500);
        if never_arrives {
            return cut(NoReply::Cut, now);
        }
        let Some(model) = self.models.get_mut(id) else { return cut(NoReply::Cut, now) };
        let exchange = model.answer(request, self.elapsed, now);
        if !is_lost {
            return exchange;
        }
        self.tally.lost_replies += 1;
        match self.random.roll(3) {
            0 => cut(NoReply::Deadline, now),
            1 => reply(502, &[], "<html>", now),
            _ => reply(200, &[("content-type", "text/html")], "<html>sign in</html>", now),
        }
    }

    fn visit(&mut self, id: &AccountId, visit: &BrowserVisit) -> BrowserResult {
        let now = self.clock.now();
        let nothing = |end| BrowserResult {
            end,
            url: None,
            cookies: None,
            storage: None,
            request_headers: Vec::new(),
            user_agent: None,
            took: std::time::Duration::from_secs(1),
            at: now,
        };
        if !self.weather.has_chrome {
            return nothing(BrowserEnd::CannotRun(NoChrome::Missing));
        }
        if !self.weather.is_up(&visit.url.origin().ascii_serialization()) {
            return nothing(BrowserEnd::Unreachable(NotSent::Connect));
        }
        let Some(model) = self.models.get_mut(id) else { return nothing(BrowserEnd::Crashed) };
        let result = model.page(visit, self.elapsed, now);
        if self.goes_wrong(1000) {
            self.tally.lost_replies += 1;
            return nothing(BrowserEnd::Crashed);
        }
        if self.goes_wrong(1000) {
            return BrowserResult { end: BrowserEnd::TimedOut, storage: Some(Vec::new()), ..result };
        }
        result
    }

    /// What is stored now.
    pub fn stored(&self, id: &AccountId) -> Option<Record> {
        self.store.peek(id)
    }
}
