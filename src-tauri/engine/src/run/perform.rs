//! Performs an attempt: carries out one effect of the refresh machine after the other, until it is done.
//!
//! There is no policy here. What is sent, saved and believed is decided by the machine in core, which the
//! simulation runs as well.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use lamplighter_core::account::Job;
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{Exchange, NoReply, NotSent, Sent};
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::journal::{JournalError, JournalRead};
use lamplighter_core::record::{Record, StoreError, StoreKind};
use lamplighter_core::refresh::{
    Appended, Attempt, AttemptEnd, AttemptSummary, Effect, End, Input, newest, with_held,
};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

use super::erase::Unseen;
use super::message::Message;
use super::naming::Named;
use super::owed::Owed;
use crate::browser::Chrome;
use crate::clock::Clock;
use crate::http::HttpClient;
use crate::journal::{Journal, Opened};
use crate::lock::EngineLock;
use crate::start::{Observed, Observer};
use crate::store::StoreThread;

/// Room that a mark asks for beyond itself, so that the reply fits though the disk fills up meanwhile (F38).
pub(super) const ROOM_FOR_REPLY: usize = 256 * 1024;

/// What attempts need of the world.
pub(crate) struct Ports {
    pub store: StoreThread,
    /// Which one that is, and the others; empty until the configuration says it.
    pub named: OnceLock<Named>,
    /// Other stores that a logout could not look into.
    pub unseen: Mutex<Unseen>,
    /// What logouts still owe.
    pub owed: Arc<Owed>,
    pub journals: PathBuf,
    pub http: Arc<HttpClient>,
    /// Replaced when its settings change.
    pub chrome: RwLock<Arc<Chrome>>,
    pub clock: Arc<dyn Clock>,
    pub lock: EngineLock,
    pub messages: mpsc::Sender<Message>,
    /// See [`Observer`].
    pub observer: Option<Observer>,
}

impl Ports {
    /// Which store is used; `None` until the configuration says it.
    pub(crate) fn kind(&self) -> Option<StoreKind> {
        self.named.get().map(|named| named.kind)
    }

    /// The other stores, which are only read.
    pub(crate) fn elsewhere(&self) -> &[(StoreKind, StoreThread)] {
        self.named.get().map_or(&[], |named| &named.elsewhere)
    }
}

/// One attempt's own view of the ports.
pub(crate) struct Performer {
    ports: Arc<Ports>,
    account: AccountId,
    job: Job,
    /// What the store held last, for when it cannot be read (F39). Never what is only in the journal: a machine
    /// that believes it to be stored would spend its credential without a way back.
    stored: Option<Arc<Record>>,
    journal: Option<Journal>,
    /// The newest that is known: what neither store nor journal took is there and nowhere else (F38).
    served: Option<Arc<Record>>,
}

impl Performer {
    pub(crate) fn new(ports: Arc<Ports>, account: AccountId, job: Job) -> Self {
        Self { ports, account, job, stored: None, journal: None, served: None }
    }

    /// Knows what the store held last, and what is served.
    pub(crate) fn with(mut self, stored: Option<Arc<Record>>, served: Option<Arc<Record>>) -> Self {
        (self.stored, self.served) = (stored, served);
        self
    }

    /// Runs `attempt` from its first effect to its end; also tells what the store holds now.
    pub(crate) async fn run(
        mut self,
        mut attempt: Attempt,
        first: Effect,
    ) -> (AttemptEnd, Option<Arc<Record>>) {
        let mut effect = first;
        loop {
            self.observe(Observed::Before(self.job, &effect));
            let input = match effect {
                Effect::Done(end) => return (*end, self.stored),
                effect => self.perform(effect).await,
            };
            self.observe(Observed::After(self.job, &input));
            effect = attempt.step(input, self.ports.clock.now());
        }
    }

    fn observe(&self, step: Observed<'_>) {
        if let Some(observer) = &self.ports.observer {
            observer(step);
        }
    }

    async fn perform(&mut self, effect: Effect) -> Input {
        match effect {
            Effect::Load => Input::Loaded(self.load().await),
            Effect::ReadJournal { key } => Input::Journal(self.read_journal(key).await),
            Effect::CreateJournal { key, entries } => Input::Written(self.create_journal(key, entries).await),
            Effect::Append { what, entry } => Input::Written(self.append(what, entry).await),
            Effect::Sweep { keep } => {
                self.sweep(keep).await;
                Input::Swept
            }
            // F49: also between two steps of which only the first was marked by itself.
            Effect::Send(_) if !self.ports.lock.still_held() => Input::Exchanged(self.not_sent()),
            Effect::Send(request) => Input::Exchanged(self.ports.http.perform(request).await),
            Effect::Browse(visit) => {
                let chrome = self.ports.chrome.read().unwrap_or_else(PoisonError::into_inner).clone();
                Input::Browsed(chrome.visit(visit).await)
            }
            Effect::Save { expected, record } => {
                let saved = self.ports.store.save(&self.account, expected, record.clone()).await;
                if saved.is_ok() {
                    self.stored = Some(record);
                }
                Input::Saved(saved)
            }
            Effect::Delete => Input::Deleted(self.delete().await),
            Effect::SetAside => Input::SetAside(self.ports.store.set_aside(&self.account).await),
            Effect::Publish(record) => {
                self.publish(record).await;
                Input::Published
            }
            Effect::HostCheck { origin } => Input::HostChecked(self.ports.http.is_reachable(&origin).await),
            Effect::WaitUntil(at) => {
                self.wait_until(at).await;
                Input::Woken
            }
            // Taken by `run`.
            Effect::Done(_) => Input::Woken,
        }
    }

    /// The record of the store; the one in memory if the store cannot be read now. A store that can be read
    /// is always believed: another machine may have written.
    async fn load(&mut self) -> Result<Option<Arc<Record>>, StoreError> {
        match self.ports.store.load(&self.account).await {
            Ok(record) => {
                self.stored = record.map(Arc::new);
                if self.stored.is_none() && self.job == Job::Logout {
                    // What a login spent and did not come to prove is a session at the service, too.
                    let left = super::spending::unfinished(&self.ports, &self.account).await?;
                    return Ok(left.map(Arc::new));
                }
                Ok(self.stored.clone())
            }
            Err(error @ (StoreError::Corrupt(_) | StoreError::NewerFormat(_))) => Err(error),
            Err(error) => self.stored.clone().map(Some).ok_or(error),
        }
    }

    async fn read_journal(&mut self, key: Secret) -> Result<JournalRead, JournalError> {
        let (folder, account) = (self.ports.journals.clone(), self.account.clone());
        let opened = blocking(move || open(&folder, &account, &key)).await;
        let (journal, read) = match opened {
            Ok((journal, read)) => (Some(journal), Ok(read)),
            Err(error) => (None, Err(error)),
        };
        let is_whole = matches!(read, Ok(JournalRead::Entries(_)));
        let read = with_held(read, self.served.as_deref(), self.stored.as_deref())?;
        // Behind what cannot be read nothing is written: it would not be read either.
        self.journal = journal.filter(|_| is_whole || !matches!(read, JournalRead::Held { .. }));
        Ok(read)
    }

    /// Whoever lost the lock (F49) must not put a new journal in the place of another engine's.
    async fn create_journal(
        &mut self,
        key: Secret,
        entries: Vec<Zeroizing<Vec<u8>>>,
    ) -> Result<(), JournalError> {
        if !self.ports.lock.still_held() {
            return Err(JournalError::LockLost);
        }
        let (folder, account) = (self.ports.journals.clone(), self.account.clone());
        let opened = self.journal.take();
        let journal = blocking(move || {
            let mut journal = match opened {
                Some(journal) => journal,
                None => Journal::open(&folder, &account, &key)?.0,
            };
            journal.start_over_with(&entries)?;
            Ok(journal)
        })
        .await?;
        self.journal = Some(journal);
        Ok(())
    }

    async fn append(&mut self, what: Appended, entry: Zeroizing<Vec<u8>>) -> Result<(), JournalError> {
        let mut journal =
            self.journal.take().ok_or_else(|| JournalError::Disk("no journal is open".to_owned()))?;
        let ports = self.ports.clone();
        let (journal, written) = blocking(move || {
            let written = append_checked(&ports, &mut journal, what, &entry);
            Ok((journal, written))
        })
        .await?;
        self.journal = Some(journal);
        written
    }

    async fn sweep(&mut self, keep: Zeroizing<Vec<u8>>) {
        let Some(mut journal) = self.journal.take() else { return };
        let swept = blocking(move || {
            let swept = journal.sweep_all_but(&[keep]);
            Ok((journal, swept))
        })
        .await;
        if let Ok((journal, swept)) = swept {
            self.journal = Some(journal);
            if let Err(error) = swept {
                tracing::info!(account = %self.account, %error, "the journal stays as large as it is");
            }
        }
    }

    async fn delete(&mut self) -> Result<(), StoreError> {
        super::erase::secrets(&self.ports, &self.account, true).await?;
        self.journal = None;
        self.stored = None;
        super::erase::journals(&self.ports, &self.account).await;
        Ok(())
    }

    /// A logout of which only the deletion can be done here.
    pub(crate) async fn delete_alone(mut self) -> AttemptEnd {
        let end = match self.delete().await {
            Ok(()) => End::LoggedOut { revoke_failed: Some(Cause::Unreadable) },
            Err(error) => End::NotDeleted(error),
        };
        let summary = AttemptSummary {
            end,
            chain: ChainName::main(),
            lost: Vec::new(),
            unsaved: None,
            is_held: false,
            requests: 0,
            way: None,
            took: Duration::ZERO,
            host: None,
            warnings: Vec::new(),
        };
        AttemptEnd { record: None, summary }
    }

    fn not_sent(&self) -> Exchange {
        tracing::warn!(account = %self.account, "the lock is not ours any more: nothing is sent");
        Exchange {
            sent: Sent::No(NotSent::Connect),
            reply: Err(NoReply::NotSent),
            took: Duration::ZERO,
            at: self.ports.clock.now(),
        }
    }

    async fn publish(&mut self, record: Arc<Record>) {
        let record = newest(self.served.as_ref(), record);
        self.served = Some(Arc::clone(&record));
        let (done, published) = oneshot::channel();
        let message = Message::Publish { account: self.account.clone(), record, done };
        if self.ports.messages.send(message).await.is_ok() {
            // An engine that ends answers nobody any more.
            _ = published.await;
        }
    }

    async fn wait_until(&self, at: Timestamp) {
        let now = self.ports.clock.now();
        self.ports.clock.sleep(at.since(now.wall).min(Duration::from_secs(60))).await;
    }
}

/// Opens the journal. One that is damaged stays as it is until it is made anew.
fn open(
    folder: &std::path::Path,
    account: &AccountId,
    key: &Secret,
) -> std::io::Result<(Journal, JournalRead)> {
    let (journal, opened) = Journal::open(folder, account, key)?;
    let plain = |entries: Vec<Secret>| {
        entries.iter().map(|entry| Zeroizing::new(entry.expose().to_vec())).collect::<Vec<_>>()
    };
    let read = match opened {
        Opened::Fresh => JournalRead::Entries(Vec::new()),
        Opened::Entries { entries, torn } => {
            if torn {
                tracing::info!(%account, "the last journal entry was torn: nothing was sent on its strength");
            }
            JournalRead::Entries(plain(entries))
        }
        Opened::Damaged { readable } => {
            tracing::warn!(%account, readable = readable.len(), "the journal is damaged: a reply may be lost");
            JournalRead::Lost { readable: plain(readable) }
        }
        Opened::Missing | Opened::WrongKey => {
            tracing::warn!(%account, "the journal is not there, or another one is: a reply may be lost");
            JournalRead::Lost { readable: Vec::new() }
        }
    };
    Ok((journal, read))
}

/// I3: before a mark the lock is checked to be the one that is held (F49), and room for the reply is made sure.
fn append_checked(
    ports: &Ports,
    journal: &mut Journal,
    what: Appended,
    entry: &[u8],
) -> Result<(), JournalError> {
    let disk = |error: std::io::Error| JournalError::Disk(error.to_string());
    if what == Appended::Mark {
        if !ports.lock.still_held() {
            return Err(JournalError::LockLost);
        }
        journal.reserve(entry.len() + ROOM_FOR_REPLY).map_err(disk)?;
    }
    journal.append(entry).map_err(disk)
}

/// Disk work has no place on the threads that serve tokens.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, JournalError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| JournalError::Disk(error.to_string())),
        Err(error) => Err(JournalError::Disk(error.to_string())),
    }
}
