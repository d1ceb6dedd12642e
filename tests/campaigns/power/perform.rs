//! The effects of an attempt: a real journal, a store, a service, and a power that fails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::exchange::{Exchange, NoReply, Sent};
use lamplighter_core::id::AccountId;
use lamplighter_core::journal::{Entry, JournalError, JournalRead};
use lamplighter_core::record::{Record, SessionStore};
use lamplighter_core::refresh::{Appended, Effect, Input};
use lamplighter_core::secret::Secret;
use lamplighter_engine::journal::{Journal, Opened};
use testkit::clock::ManualClock;
use zeroize::Zeroizing;

use super::disk::{Power, Shared, held, torn};
use super::keyring::Entries;
use super::service::Service;
use super::tally::Came;

/// A reply that is not known to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// None is out, or the last one is sealed.
    Kept,
    /// The service has answered; the answer is in memory.
    InMemory,
    /// It went with the power.
    Lost,
}

/// The world around one process.
pub struct World<'a> {
    pub account: AccountId,
    pub journals: &'a Path,
    pub journal: Option<Journal>,
    pub store: Box<dyn SessionStore>,
    pub keyring: Option<Shared<Entries>>,
    pub power: Shared<Power>,
    pub service: &'a mut Service,
    pub clock: &'a ManualClock,
    pub reply: &'a mut Reply,
    /// Generation that was saved for certain, and one that was being saved.
    pub saved: &'a mut u64,
    pub saving: &'a mut Option<u64>,
    /// The mark of the request that is next says that it is a replay.
    pub is_replay: bool,
    pub has_mark: bool,
}

impl World<'_> {
    pub fn perform(&mut self, effect: Effect) -> Input {
        self.clock.advance(Duration::from_millis(50));
        match effect {
            Effect::Load => Input::Loaded(self.store.load(&self.account).map(|record| record.map(Arc::new))),
            Effect::ReadJournal { key } => Input::Journal(self.read(&key).map_err(disk)),
            Effect::CreateJournal { key, entries } => {
                Input::Written(self.create(&key, &entries).map_err(disk))
            }
            Effect::Append { what, entry } => Input::Written(self.append(what, &entry).map_err(disk)),
            Effect::Sweep { keep } => {
                self.write("journal: swept", |journal| journal.sweep_all_but(&[keep])).ok();
                Input::Swept
            }
            Effect::Send(request) => Input::Exchanged(self.send(&request)),
            Effect::Save { expected, record } => Input::Saved(self.save(expected, &record)),
            Effect::Publish(_) => Input::Published,
            Effect::HostCheck { .. } => Input::HostChecked(true),
            Effect::WaitUntil(at) => {
                let now = self.clock.now();
                self.clock.advance(at.since(now.wall));
                Input::Woken
            }
            Effect::Browse(_) | Effect::Delete | Effect::SetAside | Effect::Done(_) => {
                panic!("nobody asked for that")
            }
        }
    }

    fn path(&self) -> PathBuf {
        self.journals.join(format!("{}.journal", self.account))
    }

    fn read(&mut self, key: &Secret) -> io::Result<JournalRead> {
        let (journal, opened) = Journal::open(self.journals, &self.account, key)?;
        self.journal = Some(journal);
        let plain = |entries: &[Secret]| {
            entries.iter().map(|entry| Zeroizing::new(entry.expose().to_vec())).collect()
        };
        Ok(match opened {
            Opened::Fresh => JournalRead::Entries(Vec::new()),
            Opened::Entries { entries, .. } => JournalRead::Entries(plain(&entries)),
            Opened::Damaged { .. } => panic!("a power cut never looks like damage"),
            Opened::WrongKey => panic!("a power cut never looks like another key"),
            Opened::Missing => panic!("a record without its journal"),
        })
    }

    fn create(&mut self, key: &Secret, entries: &[Zeroizing<Vec<u8>>]) -> io::Result<()> {
        if self.journal.is_none() {
            self.journal = Some(Journal::open(self.journals, &self.account, key)?.0);
        }
        self.write("journal: made", |journal| journal.start_over_with(entries))
    }

    fn append(&mut self, what: Appended, entry: &[u8]) -> io::Result<()> {
        let name = match what {
            Appended::Mark => "journal: a mark",
            Appended::Unmark => "journal: a mark is taken back",
            Appended::Answer => "journal: a reply is sealed",
            Appended::Record => "journal: a record is sealed",
        };
        if what == Appended::Mark {
            // The next refresh comes minutes later at least.
            if let Some(keyring) = &self.keyring {
                held(keyring).settle();
            }
            self.write("journal: room is made", |journal| journal.reserve(entry.len() + 64 * 1024))?;
        }
        let written = self.write(name, |journal| journal.append(entry));
        match (what, &written) {
            (Appended::Mark, Ok(())) => {
                let Some(Entry::Mark(mark)) = Entry::decode(entry) else { panic!("a mark") };
                (self.has_mark, self.is_replay) = (true, mark.replays > 0);
            }
            (Appended::Answer, Ok(())) => *self.reply = Reply::Kept,
            (Appended::Answer, Err(_)) => {
                let came = held(&self.power).hit.map(|(_, came)| came);
                // A part that was all of it is found when it is read.
                *self.reply = if came == Some(Came::All) { Reply::Kept } else { Reply::Lost };
            }
            _ => {}
        }
        written
    }

    /// Does `work`, which syncs before it returns. If the power fails meanwhile, any part of what it wrote comes.
    fn write(
        &mut self,
        what: &'static str,
        work: impl FnOnce(&mut Journal) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.path();
        if held(&self.power).is_off() {
            return Err(io::Error::other("the power is off"));
        }
        let before = fs::read(&path).ok();
        let journal = self.journal.as_mut().ok_or_else(|| io::Error::other("no journal is open"))?;
        work(journal)?;
        let mut power = held(&self.power);
        let Some(came) = power.fails(what) else { return Ok(()) };
        let after = fs::read(&path)?;
        let is_replaced =
            what == "journal: made" || before.as_ref().is_some_and(|before| before[..40] != after[..40]);
        match (came, before) {
            (Came::All, _) => {}
            (Came::Nothing, Some(before)) => fs::write(&path, before)?,
            (Came::Nothing | Came::Part, None) => fs::remove_file(&path)?,
            // A new file is synced before it gets its name: the old one is there, and a part of the new beside it.
            (Came::Part, Some(before)) if is_replaced => {
                fs::write(path.with_extension("new"), torn(&[], &after, &mut power.random))?;
                fs::write(&path, before)?;
            }
            (Came::Part, Some(before)) => fs::write(&path, torn(&before, &after, &mut power.random))?,
        }
        Err(io::Error::other("the power failed"))
    }

    fn send(&mut self, request: &lamplighter_core::exchange::HttpRequest) -> Exchange {
        let now = self.clock.now();
        let cut = Exchange { sent: Sent::Maybe, reply: Err(NoReply::Cut), took: Duration::ZERO, at: now };
        let hit = {
            let mut power = held(&self.power);
            if power.is_off() {
                return cut;
            }
            power.fails("a request is out")
        };
        if hit == Some(Came::Nothing) {
            return cut;
        }
        assert!(self.has_mark, "I3: something was spent without a mark");
        let before = self.service.shown_again;
        let exchange = self.service.answer(request, now);
        if self.service.shown_again > before {
            assert!(self.is_replay, "a used token was shown, and no mark says that it is a replay");
            assert!(*self.reply == Reply::Lost, "a used token was shown, though its reply was on the disk");
        }
        (self.has_mark, self.is_replay) = (false, false);
        if hit.is_some() {
            *self.reply = Reply::Lost;
            return cut;
        }
        *self.reply = Reply::InMemory;
        exchange
    }

    fn save(
        &mut self,
        expected: Option<lamplighter_core::id::WriteId>,
        record: &Record,
    ) -> Result<(), lamplighter_core::record::StoreError> {
        *self.saving = Some(record.current.generation.0);
        let saved = self.store.save(&self.account, expected, record);
        if saved.is_ok() {
            *self.saved = record.current.generation.0;
            *self.saving = None;
        }
        saved
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn disk(error: io::Error) -> JournalError {
    JournalError::Disk(error.to_string())
}
