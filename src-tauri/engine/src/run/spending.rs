//! A login step that spends what the person gave: the record comes first, hidden and unproven (I3, I6).
//!
//! It lies in a keychain entry of its own beside the account's, which is not touched before probe and identity
//! passed. The account itself is in the configuration by then, so that what is stored is never without an owner:
//! it is listed, a login goes on with it, a logout removes it. It is written over only by the login that wrote it,
//! and only with what came later (I2, I5); whatever else is found there is moved aside, and kept. What came back is
//! sealed on the disk first, as the reply of a refresh is: the keychain can have locked since (I4, F39).

mod hidden;
mod sealed;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lamplighter_core::id::{AccountId, Generation, ProviderId, VarName, WriteId};
use lamplighter_core::journal::JournalError;
use lamplighter_core::provider::Bound;
use lamplighter_core::record::{Material, Record, StoreError};
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{self, Lang, Why, notice};
use tokio::sync::oneshot;

use super::effects::random;
use super::message::Message;
use super::perform::Ports;
use crate::login::{BeforeSpend, Left, LoginJob, Waiting};

pub(crate) use hidden::{ASIDE, aside, erase, forget, hidden, unfinished};
use hidden::{move_aside, remove};

/// Where one login puts what it is about to spend, and what that brought.
pub(crate) struct Spending {
    ports: Arc<Ports>,
    /// The login's id.
    login: String,
    account: AccountId,
    provider: ProviderId,
    /// Where the login's secrets may go: what is left over is good for the very same hosts only (T23).
    hosts: Vec<String>,
    secrets: BTreeMap<VarName, Secret>,
    name: String,
    service: String,
    lang: Lang,
    own: Mutex<Own>,
}

/// What this login has there.
struct Own {
    /// Stands in each of its records, and in the account's own once that is committed.
    id: WriteId,
    /// Seals its journal; lies in each of its records, too.
    key: Option<Secret>,
    /// There is something of it.
    is_kept: bool,
    /// A first mark that nothing was sent on the strength of, as far as is known.
    is_first: bool,
    /// What there was led nowhere, and lies elsewhere now.
    has_set_aside: bool,
}

impl Own {
    fn new() -> Self {
        Self { id: WriteId(random()), key: None, is_kept: false, is_first: false, has_set_aside: false }
    }
}

impl Spending {
    /// For the login `login` of `account`.
    pub(crate) fn new(ports: &Arc<Ports>, login: &str, account: &AccountId, job: &LoginJob) -> Self {
        Self {
            ports: ports.clone(),
            login: login.to_owned(),
            account: account.clone(),
            provider: job.provider.id.clone(),
            // A login whose variables do not fit is refused before it spends anything.
            hosts: Bound::new(&job.provider, &job.vars, &job.secrets)
                .map(|bound| bound.hosts().texts())
                .unwrap_or_default(),
            secrets: job.secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
            name: job.account.to_string(),
            service: job.provider.name.clone(),
            lang: job.lang,
            own: Mutex::new(Own::new()),
        }
    }

    /// What the account's record is to say of this login; `None` if it kept nothing.
    pub(crate) fn kept(&self) -> Option<WriteId> {
        let own = self.own();
        own.is_kept.then_some(own.id)
    }

    /// Whether the next login has nothing to go on with, though there was something before this one.
    pub(crate) fn is_settled(&self) -> bool {
        let own = self.own();
        own.has_set_aside && !own.is_kept
    }

    /// Secret variables that the login was given.
    pub(crate) fn secrets(&self) -> &BTreeMap<VarName, Secret> {
        &self.secrets
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, store: StoreError) -> Notice {
        self.notice(&Why::Store { store })
    }

    fn notice(&self, why: &Why) -> Notice {
        let tz = jiff::tz::TimeZone::system();
        let clock = text::Clock { now: self.ports.clock.now().wall, tz: &tz };
        let subject = text::Subject { account: &self.name, service: &self.service, lang: self.lang, clock };
        notice(why, &subject)
    }

    fn no_room(&self, error: &JournalError) -> Notice {
        let said = match error {
            JournalError::Disk(said) => said.clone(),
            JournalError::LockLost => error.to_string(),
        };
        self.notice(&Why::Disk { said })
            .safe(self.lang.pick(
                "Nothing was sent; what you entered is still good.",
                "Rien n’a été envoyé\u{a0}; ce que vous avez saisi reste valable.",
            ))
            .next(self.lang.pick("Nothing more happens by itself.", "Rien d’autre ne se fera tout seul."))
    }

    /// The account is in the configuration before anything is stored for it.
    async fn take_a_place(&self) -> Result<(), Notice> {
        let (done, taken) = oneshot::channel();
        let wanted = Message::LoginSpends { login: self.login.clone(), done };
        let ending = || super::calls::internal(self.lang);
        self.ports.messages.send(wanted).await.map_err(|_| ending())?;
        taken.await.map_err(|_| ending())?
    }

    /// Nothing is sent unless the keychain has it, and the disk has room for what comes back.
    async fn keep_before(&self, mark: Mark, material: &Material) -> Result<(), Notice> {
        let slot = hidden(&self.account);
        let id = self.own().id;
        let there = match self.ports.store.load(&slot).await {
            Ok(Some(there)) if there.login == Some(id) && there.current.generation <= mark.generation() => {
                Some(there)
            }
            Ok(None) => None,
            // Another login's, or later than this: nothing that may be written over.
            Ok(Some(_)) | Err(StoreError::Corrupt(_)) => {
                move_aside(&self.ports, &self.account).await.map_err(|error| self.say(error))?;
                None
            }
            Err(error) => return Err(self.say(error)),
        };
        let key = match &there {
            Some(there) => there.journal_key.duplicate(),
            None => crate::seal::new_key().map_err(|_| super::calls::internal(self.lang))?,
        };
        sealed::begin(&self.ports, &slot, &key).await.map_err(|error| self.no_room(&error))?;
        self.own().key = Some(key.duplicate());
        // The same mark once more: an answer got lost, and the very same request goes out again.
        if there.as_ref().is_some_and(|there| there.current.generation == mark.generation()) {
            return Ok(());
        }
        let record = self.record(mark, material, key);
        let saved = self.ports.store.save(&slot, there.map(|there| there.write_id), record).await;
        // One that is slow may land later: then it is there.
        if matches!(saved, Ok(()) | Err(StoreError::Slow)) {
            let mut own = self.own();
            own.is_first = !own.is_kept;
            own.is_kept = true;
        }
        if !self.own().is_kept {
            // Nobody has its key.
            sealed::remove(&self.ports, &slot).await;
        }
        saved.map_err(|error| self.say(error))
    }

    /// What came back is kept if the disk or the keychain has it. It is nowhere else.
    async fn keep_after(&self, mark: Mark, material: &Material) -> Result<(), Notice> {
        let key = self.own().key.as_ref().map(Secret::duplicate);
        let key = key.ok_or_else(|| super::calls::internal(self.lang))?;
        self.own().is_first = false;
        let record = self.record(mark, material, key);
        let sealed = sealed::keep(&self.ports, &hidden(&self.account), &record).await;
        match (self.store(record).await, sealed) {
            (Ok(()), sealed) => {
                if let Err(error) = sealed {
                    tracing::info!(%error, "what a login brought is in the keychain alone");
                }
                Ok(())
            }
            (Err(error), Ok(())) => {
                tracing::info!(%error, "what a login brought is sealed on the disk until the keychain takes it");
                Ok(())
            }
            (Err(error), Err(_)) => Err(self.say(error)),
        }
    }

    /// Over what this login has there.
    async fn store(&self, record: Record) -> Result<(), StoreError> {
        let slot = hidden(&self.account);
        let there = match self.ports.store.load(&slot).await {
            Ok(Some(there)) if there.login == record.login => {
                if there.current.generation == record.current.generation {
                    return Ok(());
                }
                Some(there.write_id)
            }
            Ok(None) => None,
            Ok(Some(_)) => return Err(StoreError::Conflict),
            // Nobody can read it; the store keeps it as it is.
            Err(StoreError::Corrupt(_)) => {
                self.ports.store.set_aside(&slot).await?;
                None
            }
            Err(error) => return Err(error),
        };
        self.ports.store.save(&slot, there, record).await
    }

    fn record(&self, mark: Mark, material: &Material, journal_key: Secret) -> Record {
        let mut current = material.duplicate();
        (current.is_proven, current.generation) = (false, mark.generation());
        Record {
            account: hidden(&self.account),
            write_id: WriteId(random()),
            login: Some(self.own().id),
            provider: self.provider.clone(),
            hosts: self.hosts.clone(),
            identity: None,
            journal_key,
            secrets: self.secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
            current,
            proven: None,
        }
    }

    async fn find(&self) -> Result<Option<Left>, StoreError> {
        let store = &self.ports.store;
        let Some(record) = unfinished(&self.ports, &self.account).await? else { return Ok(None) };
        if record.provider != self.provider || record.hosts != self.hosts {
            return Ok(None);
        }
        let committed = match store.load(&self.account).await {
            Ok(own) => own.and_then(|own| own.login),
            // It cannot be what this login made, for that is there.
            Err(StoreError::Corrupt(_)) => None,
            Err(error) => return Err(error),
        };
        let Some(id) = record.login.filter(|id| Some(*id) != committed) else {
            // Its login is in the account's own record, which has gone on since.
            remove(&self.ports, &self.account).await?;
            return Ok(None);
        };
        *self.own() = Own { id, key: Some(record.journal_key), is_kept: true, ..Own::new() };
        let next = Mark::of(record.current.generation).next();
        Ok(Some(Left { material: record.current, next }))
    }
}

impl BeforeSpend for Spending {
    fn about_to_spend<'a>(&'a self, step: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(async move {
            self.take_a_place().await?;
            self.keep_before(Mark::Before(step), material).await
        })
    }

    fn has_spent<'a>(&'a self, step: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(self.keep_after(Mark::After(step), material))
    }

    fn not_spent(&self) -> Waiting<'_, ()> {
        Box::pin(async {
            if !self.own().is_first {
                return;
            }
            match remove(&self.ports, &self.account).await {
                Ok(()) => {
                    let mut own = self.own();
                    (own.is_kept, own.is_first) = (false, false);
                }
                // It stays with its account, and the next login finds that it is good for nothing.
                Err(error) => tracing::warn!(%error, "what a login did not spend is still in the keychain"),
            }
        })
    }

    fn left(&self) -> Waiting<'_, Result<Option<Left>, Notice>> {
        Box::pin(async { self.find().await.map_err(|error| self.say(error)) })
    }

    fn set_aside(&self) -> Waiting<'_, Result<(), Notice>> {
        Box::pin(async {
            if !self.own().is_kept {
                return Ok(());
            }
            move_aside(&self.ports, &self.account).await.map_err(|error| self.say(error))?;
            *self.own() = Own { has_set_aside: true, ..Own::new() };
            Ok(())
        })
    }
}

/// Where a login's steps stand; kept as the generation of its hidden record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// The step is about to spend.
    Before(usize),
    /// What it brought is here.
    After(usize),
}

impl Mark {
    fn generation(self) -> Generation {
        let number = |step: usize| u64::try_from(step).unwrap_or(u64::MAX / 4);
        Generation(match self {
            Self::Before(step) => 2 * number(step) + 1,
            Self::After(step) => 2 * number(step) + 2,
        })
    }

    fn of(generation: Generation) -> Self {
        let step = usize::try_from(generation.0.saturating_sub(1) / 2).unwrap_or(usize::MAX);
        if generation.0 % 2 == 1 { Self::Before(step) } else { Self::After(step) }
    }

    /// The step to go on with.
    fn next(self) -> usize {
        match self {
            Self::Before(step) => step,
            Self::After(step) => step.saturating_add(1),
        }
    }
}
